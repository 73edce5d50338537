// Names of wards and streets: those that collide are left out, the hottest ward comes first.
import { boxAround, overlap } from "./boxes.js";

const STREET_ZOOM = 15;
const SHIFTS = [0, 1.1, -1.1];
const ruler = document.createElement("canvas").getContext("2d");
const layers = new WeakMap();

export function drawNames(map, wards, streets, taken) {
  layers.get(map)?.remove();
  const group = L.layerGroup().addTo(map);
  layers.set(map, group);
  const boxes = [...taken, ...controls(map)];
  const hottestFirst = [...wards].sort((a, b) => b.incidents - a.incidents);
  const style = styleOf(map, "ward-name");
  for (const ward of hottestFirst) placeWard(map, group, ward, style, boxes);
  if (map.getZoom() >= STREET_ZOOM) placeStreets(map, group, streets, boxes);
}

// The map's own buttons and scale are in the way as well.
function controls(map) {
  const frame = map.getContainer().getBoundingClientRect();
  const parts = document.querySelectorAll(".map-buttons, .leaflet-control-scale");
  return [...parts].map((part) => {
    const { left, right, top, bottom } = part.getBoundingClientRect();
    return { left: left - frame.left, right: right - frame.left, top: top - frame.top, bottom: bottom - frame.top };
  });
}

function styleOf(map, className) {
  const probe = document.createElement("span");
  probe.className = className;
  map.getContainer().append(probe);
  // not the "font" shorthand, which is empty where figures are set to be tabular
  const { fontWeight, fontSize, fontFamily, lineHeight } = getComputedStyle(probe);
  const style = { font: `${fontWeight} ${fontSize} ${fontFamily}`, className, height: Number.parseFloat(lineHeight) };
  probe.remove();
  return style;
}

function widthOf(text, style) {
  ruler.font = style.font;
  return Math.ceil(ruler.measureText(text).width) + 8;
}

function placeWard(map, group, ward, style, boxes) {
  const at = map.latLngToContainerPoint(ward.at);
  const width = widthOf(ward.name, style);
  for (const shift of SHIFTS) {
    const y = at.y + shift * style.height;
    const box = boxAround(at.x, y, width, style.height);
    if (!inView(map, box)) continue;
    if (boxes.some((other) => overlap(box, other))) continue;
    boxes.push(box);
    write(map, group, ward.name, L.point(at.x, y), width, style, "labels");
    return;
  }
}

function placeStreets(map, group, streets, boxes) {
  const style = styleOf(map, "street-name");
  const done = new Set();
  for (const street of streets) {
    if (!street.name || done.has(street.name)) continue;
    if (placeStreet(map, group, street, style, boxes)) done.add(street.name);
  }
}

function placeStreet(map, group, street, style, boxes) {
  const width = widthOf(street.name, style);
  const run = longestRun(map, street.lines);
  if (!run || run.length < width) return false;
  const box = boxAround(run.x, run.y, ...turned(width, style.height, run.angle));
  if (boxes.some((other) => overlap(box, other))) return false;
  boxes.push(box);
  const span = write(map, group, street.name, L.point(run.x, run.y), width, style, "names");
  span.style.transform = `rotate(${run.angle}rad)`;
  return true;
}

// The straight piece in view on which a name has the most room, read from left to right.
function longestRun(map, lines) {
  let best = null;
  for (const line of lines) {
    const points = line.map((at) => map.latLngToContainerPoint(at));
    for (let i = 1; i < points.length; i += 1) {
      const run = runBetween(map, points, i);
      if (run && (!best || run.length > best.length)) best = run;
    }
  }
  return best;
}

const STRAIGHT = 0.2;

function runBetween(map, points, first) {
  const from = points[first - 1];
  const angle = Math.atan2(points[first].y - from.y, points[first].x - from.x);
  let last = first;
  while (last + 1 < points.length && bend(points[last], points[last + 1], angle) < STRAIGHT) last += 1;
  const to = points[last];
  const middle = L.point((from.x + to.x) / 2, (from.y + to.y) / 2);
  if (!inView(map, boxAround(middle.x, middle.y, 1, 1))) return null;
  const whole = Math.atan2(to.y - from.y, to.x - from.x);
  return { x: middle.x, y: middle.y, length: from.distanceTo(to), angle: upright(whole) };
}

function bend(from, to, angle) {
  const turn = Math.atan2(to.y - from.y, to.x - from.x) - angle;
  return Math.abs(Math.atan2(Math.sin(turn), Math.cos(turn)));
}

function upright(angle) {
  if (angle > Math.PI / 2) return angle - Math.PI;
  return angle < -Math.PI / 2 ? angle + Math.PI : angle;
}

function turned(width, height, angle) {
  const cos = Math.abs(Math.cos(angle));
  const sin = Math.abs(Math.sin(angle));
  return [width * cos + height * sin, width * sin + height * cos];
}

function inView(map, box) {
  const size = map.getSize();
  return box.left >= 2 && box.top >= 2 && box.right <= size.x - 2 && box.bottom <= size.y - 2;
}

function write(map, group, text, at, width, style, pane) {
  const span = document.createElement("span");
  span.textContent = text;
  const icon = L.divIcon({ className: style.className, iconSize: [width, style.height], html: span });
  const place = map.containerPointToLatLng(at);
  L.marker(place, { pane, icon, interactive: false, keyboard: false }).addTo(group);
  return span;
}
