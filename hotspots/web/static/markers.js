// A numbered marker for each place, off the shading, with a line to its peak.
import { boxAround, overlap, within } from "./boxes.js";

const DIRECTIONS = 16;
const STEPS = [1.15, 1.6, 2.1, 2.7, 3.4];
// A hot spot wider than this is looked into, not at: names may then stand on it.
const WIDE = 140;

// Returns the boxes in the way of names, and how to take the markers off again.
export function drawMarkers(map, places, current, onChoose) {
  const group = L.layerGroup().addTo(map);
  const side = window.matchMedia("(min-width: 80rem) and (min-height: 55rem)").matches ? 44 : 34;
  const spots = places.map((place) => spotOf(map, place));
  const taken = [];
  for (const spot of spots) {
    const at = bestPlace(map, spot, spots, taken, side);
    const box = boxAround(at.x, at.y, side + 6, side + 6);
    taken.push(box);
    drawLeader(map, group, spot.peak, at);
    drawMarker(map, group, spot.place, at, side, spot.place === current, onChoose);
  }
  return { boxes: [...taken, ...spots.map(keepClear)], remove: () => group.remove() };
}

function spotOf(map, place) {
  const outline = L.latLngBounds(place.outline.flat(2));
  const a = map.latLngToContainerPoint(outline.getNorthWest());
  const b = map.latLngToContainerPoint(outline.getSouthEast());
  return { place, peak: map.latLngToContainerPoint(place.at), box: { left: a.x, top: a.y, right: b.x, bottom: b.y } };
}

function keepClear({ box, peak }) {
  const wide = box.right - box.left > WIDE || box.bottom - box.top > WIDE;
  return wide ? boxAround(peak.x, peak.y, 20, 20) : box;
}

// Distances to try: some steps from the peak, and just outside the outline.
function reaches(spot, cos, sin, side) {
  const across = cos > 0 ? spot.box.right - spot.peak.x : spot.peak.x - spot.box.left;
  const along = sin > 0 ? spot.peak.y - spot.box.top : spot.box.bottom - spot.peak.y;
  const exit = Math.min(across / Math.max(Math.abs(cos), 0.01), along / Math.max(Math.abs(sin), 0.01));
  return [...STEPS.map((step) => step * side), exit + 0.8 * side];
}

function bestPlace(map, spot, spots, taken, side) {
  const size = map.getSize();
  let best = null;
  for (let i = 0; i < DIRECTIONS; i += 1) {
    const angle = ((i + 0.5) / DIRECTIONS) * 2 * Math.PI;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    for (const reach of reaches(spot, cos, sin, side)) {
      const at = L.point(spot.peak.x + cos * reach, spot.peak.y - sin * reach);
      const cost = costOf(at, reach / side, spots, taken, side, size);
      if (!best || cost < best.cost) best = { at, cost };
    }
  }
  return best.at;
}

function costOf(at, step, spots, taken, side, size) {
  const box = boxAround(at.x, at.y, side + 6, side + 6);
  const area = side * side;
  const onMarkers = taken.reduce((sum, other) => sum + overlap(box, other), 0) / area;
  const onShading = spots.reduce((sum, other) => sum + overlap(box, other.box), 0) / area;
  return 20 * onMarkers + 6 * onShading + step + (within(box, size, 4) ? 0 : 12);
}

function drawLeader(map, group, from, to) {
  const ends = [map.containerPointToLatLng(from), map.containerPointToLatLng(to)];
  const plain = { pane: "outlines", interactive: false };
  L.polyline(ends, { ...plain, color: "#FFFFFF", weight: 6 }).addTo(group);
  L.polyline(ends, { ...plain, color: "#14202B", weight: 2.5 }).addTo(group);
}

function drawMarker(map, group, place, at, side, current, onChoose) {
  const worse = place.question === "worse" ? " worse" : "";
  const faint = place.hot === false ? " faint" : "";
  const className = `marker place-marker${worse}${faint}${current ? " current" : ""}`;
  const text = document.createElement("span");
  text.textContent = place.marker;
  const icon = L.divIcon({ className, iconSize: [side, side], html: text });
  // the card in the list is the control for the keyboard: these would be the same stops twice
  const options = { pane: "markers", icon, keyboard: false, riseOnHover: true };
  const marker = L.marker(map.containerPointToLatLng(at), options).addTo(group);
  marker.getElement().setAttribute("aria-hidden", "true");
  marker.on("click", () => onChoose(place));
}
