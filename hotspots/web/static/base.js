// What does not change with the layer: boundaries and outlines above the shading.

export function drawBoundaries(map, wardAreas, data) {
  const lines = L.svg({ pane: "lines", padding: 0.4 });
  const plain = { pane: "lines", renderer: lines, interactive: false, fill: false };
  L.geoJSON(wardAreas.toGeoJSON(), { ...plain, style: { color: "#5B6975", weight: 1.3 } }).addTo(map);
  for (const borough of data.boroughs) {
    L.polygon(borough, { ...plain, color: "#14202B", weight: 3 }).addTo(map);
  }
  const outlines = L.layerGroup().addTo(map);
  const renderer = L.svg({ pane: "outlines", padding: 0.4 });
  const show = (places) => {
    outlines.clearLayers();
    for (const place of places) drawOutline(outlines, renderer, place);
  };
  return { show };
}

// A place that is no hot spot has a thin line: it must not look like one.
function drawOutline(group, renderer, place) {
  const worse = place.question === "worse";
  const faint = place.hot === false;
  const plain = { pane: "outlines", renderer, interactive: false, fill: false };
  const line = { color: worse ? "#7A2F00" : "#0B3C6F", weight: faint ? 1.3 : 2.5, dashArray: worse ? "8 4" : null };
  L.polygon(place.outline, { ...plain, color: "#FFFFFF", weight: faint ? 3.5 : 6 }).addTo(group);
  L.polygon(place.outline, { ...plain, ...line }).addTo(group);
}
