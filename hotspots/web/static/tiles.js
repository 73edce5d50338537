// Pictures of the streets below everything, where the workspace names some; the stylesheet lays a
// light veil over them so that the hatches read.

export function setUpTiles(map, frame) {
  const { tiles } = frame.dataset;
  if (!tiles) return false;
  const { url, least, most } = JSON.parse(tiles);
  L.tileLayer(url, { minNativeZoom: least, maxNativeZoom: most, maxZoom: 20 }).addTo(map);
  frame.classList.add("tiled");
  return true;
}
