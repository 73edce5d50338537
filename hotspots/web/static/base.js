// What does not change with the layer: streets below the shading, boundaries and outlines above.

const STREETS = {
  river: { color: "#D5E3EC", widths: [3, 6, 12] },
  street: { color: "#D3D9DF", widths: [0, 1, 4] },
  main_road: { color: "#BCC6CF", widths: [1.2, 2.2, 6] },
  motorway: { color: "#A5B1BC", widths: [2, 3, 8] },
};

// Resolves to the named lines, for their labels; without a network path to them to none.
export async function drawStreets(map) {
  const found = await fetchStreets();
  const renderer = L.canvas({ pane: "streets", padding: 0.3 });
  const drawn = Object.entries(STREETS).map(([kind, style]) => {
    const lines = found.filter((street) => street.kind === kind).flatMap((street) => street.lines);
    const options = { pane: "streets", renderer, interactive: false, color: style.color, smoothFactor: 0.8 };
    return [style, L.polyline(lines, { ...options, weight: 1 }).addTo(map)];
  });
  const restyle = () => drawn.forEach(([style, line]) => setWidth(line, style.widths[tier(map.getZoom())]));
  map.on("zoomend", restyle);
  restyle();
  return found;
}

async function fetchStreets() {
  try {
    const answer = await fetch("/streets.json");
    return answer.ok ? await answer.json() : [];
  } catch {
    return []; // the map is complete without them
  }
}

function tier(zoom) {
  if (zoom >= 14.5) return 2;
  return zoom >= 12.5 ? 1 : 0;
}

function setWidth(line, weight) {
  line.setStyle({ weight, opacity: weight ? 1 : 0 });
}

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

function drawOutline(group, renderer, place) {
  const worse = place.question === "worse";
  const plain = { pane: "outlines", renderer, interactive: false, fill: false };
  const line = { color: worse ? "#7A2F00" : "#0B3C6F", weight: 2.5, dashArray: worse ? "8 4" : null };
  L.polygon(place.outline, { ...plain, color: "#FFFFFF", weight: 6 }).addTo(group);
  L.polygon(place.outline, { ...plain, ...line }).addTo(group);
}
