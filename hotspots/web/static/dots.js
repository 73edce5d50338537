// Incidents as dots, close up only: ink with a white ring, the area by the count.

const NEAR = 14;
const ONE = 5;
const LARGEST = 26;
const INSIDE = 11;

export function setUpDots(map, frame) {
  const group = L.layerGroup().addTo(map);
  const renderer = L.svg({ pane: "dots", padding: 0.1 });
  let url = null;
  let found = null;
  let moved = false;

  map.on("moveend", draw);
  return { show };

  // The dots of another view: fetched only when they are near enough to be seen.
  function show(address, onMovedPoints) {
    url = address;
    found = null;
    moved = onMovedPoints;
    draw();
  }

  async function draw() {
    const near = map.getZoom() >= NEAR;
    document.documentElement.classList.toggle("dotted", near);
    if (near && !found) {
      const asked = url;
      const answer = await dotsOf(asked);
      if (asked !== url) return;
      found = answer;
      tell(found);
    }
    group.clearLayers();
    const seen = near ? inView() : [];
    for (const [lat, lng, count] of seen) drawDot([lat, lng], count);
    frame.dataset.dots = String(seen.length);
  }

  function inView() {
    const bounds = map.getBounds().pad(0.05);
    return found.points.filter(([lat, lng]) => bounds.contains([lat, lng]));
  }

  function drawDot(at, count) {
    const radius = Math.min(LARGEST, ONE * Math.sqrt(count));
    const ring = { color: "#FFFFFF", weight: 1.5, fillColor: "#14202B", fillOpacity: 1 };
    L.circleMarker(at, { ...ring, pane: "dots", renderer, radius, interactive: false }).addTo(group);
    if (count > 2 && (moved || found.square_m)) write(at, count, radius);
  }

  function write(at, count, radius) {
    const inside = radius >= INSIDE;
    const text = document.createElement("span");
    text.textContent = String(count);
    const icon = L.divIcon({
      className: `dot-count${inside ? " inside" : ""}`, html: text, iconSize: [34, 18],
      iconAnchor: inside ? [17, 9] : [-radius - 2, 9],
    });
    L.marker(at, { pane: "dots", icon, interactive: false, keyboard: false }).addTo(group);
  }
}

async function dotsOf(url) {
  try {
    const answer = await fetch(url);
    return answer.status === 200 ? await answer.json() : { points: [], square_m: 0 };
  } catch {
    return { points: [], square_m: 0 }; // the map is complete without them
  }
}

function tell({ square_m: side }) {
  const note = document.getElementById("dots-note");
  if (note && side) note.textContent = `in each square of ${side} m, drawn at its middle`;
}
