// What is shown, in the address bar: area, category, period and layer as the query, the part of
// the map as #zoom/lat/lng.

export function layerOfAddress(layers) {
  const layer = new URLSearchParams(location.search).get("layer");
  return layer && Object.hasOwn(layers, layer) ? layer : null;
}

// The whole of what is shown, also where the page was asked for with less: a link reopens it.
export function writeView(address, layer, push) {
  const url = new URL(address, location.href);
  url.searchParams.set("layer", layer);
  url.hash = location.hash;
  if (url.href === location.href) return;
  if (push) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
}

export function partOfAddress() {
  const [zoom, lat, lng] = location.hash.slice(1).split("/").map(Number);
  const known = [zoom, lat, lng].every(Number.isFinite) && zoom > 0 && zoom < 20;
  return known && Math.abs(lat) <= 90 && Math.abs(lng) <= 180 ? { zoom, centre: [lat, lng] } : null;
}

// Replaced, not pushed: "back" goes to another layer or period, not to each movement.
export function writePart(part) {
  const url = new URL(location.href);
  url.hash = part ? `${part.zoom}/${part.centre.lat.toFixed(5)}/${part.centre.lng.toFixed(5)}` : "";
  if (url.href !== location.href) history.replaceState(null, "", url);
}

// The next period is looked at in the same layer and at the same place.
export function keepAddress(url) {
  const layer = document.querySelector("input[name=layer]:checked");
  url.searchParams.set("layer", layer.value);
  url.hash = location.hash;
  return url;
}
