// The live map of a briefing in one file. The same text in every file: what it shows is in the
// page's JSON, and reaches the page as text only.
"use strict";
{
const data = JSON.parse(document.getElementById("map-data").textContent);
const frame = document.getElementById("map");
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const EDGE = { concentrated: "#0B3C6F", worse: "#7A2F00" };
const STREET = {
  motorway: { color: "#8C98A3", weight: 3.2 }, main_road: { color: "#A3AEB8", weight: 2.2 },
  river: { color: "#9CC3DB", weight: 3 }, street: { color: "#C3CBD3", weight: 1.1 },
};
// Streets other than main roads, and names of streets, from these zooms on.
const MINOR_ZOOM = 13.5;
const STREET_NAME_ZOOM = 14.25;
const DIRECTIONS = 16;
// Without "reset" Leaflet pans by whole pixels, and the whole area would not be where it was.
const EXACTLY = { padding: [28, 28], animate: false, reset: true };
const STEPS = [1.15, 1.6, 2.1, 2.7, 3.4];

const map = L.map("live", {
  zoomControl: false, attributionControl: false, zoomSnap: 0.25, maxZoom: data.closest,
  inertia: !still.matches, fadeAnimation: !still.matches, zoomAnimation: !still.matches,
});
for (const [name, level] of [
  ["streets", 410], ["shade", 420], ["lines", 450], ["outlines", 460],
  ["names", 610], ["labels", 620], ["markers", 640],
]) map.createPane(name).style.zIndex = level;

const whole = L.latLngBounds(data.bounds);
const shapes = L.layerGroup().addTo(map);
const names = L.layerGroup().addTo(map);
const minor = L.layerGroup();
const ruler = document.createElement("canvas").getContext("2d");
const shade = { ...plain("shade"), interactive: true, stroke: false, fill: true, bubblingMouseEvents: false };
const edge = plain("outlines");
const state = { question: frame.dataset.question, place: null, home: null, markers: [] };

document.documentElement.classList.add("js");
map.fitBounds(whole, EXACTLY);
map.setMinZoom(Math.floor(map.getZoom()) - 1);
drawGround();
setUpControls();
setUpPrint();
L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 160 }).addTo(map);
map.on("moveend", moved);
map.on("resize", () => state.home && showWhole());
new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
showQuestion(state.question);
showWhole();
frame.dataset.ready = "true";

// -- what is shown --------------------------------------------------------------------------------

function placesShown() {
  return data.places.filter((place) => place.question === state.question);
}

function showQuestion(question) {
  state.question = question;
  for (const radio of document.querySelectorAll("input[name=question]")) radio.checked = radio.value === question;
  for (const part of document.querySelectorAll(".by-question")) {
    part.classList.toggle("off", part.dataset.question !== question);
  }
  frame.dataset.question = question;
  drawPlaces();
  choose(null);
}

function choose(place) {
  state.place = place;
  for (const card of document.querySelectorAll(".spot")) {
    const current = isOf(card, place);
    card.classList.toggle("current", current);
    card.querySelector("button").setAttribute("aria-expanded", String(current));
  }
  for (const { button, of } of state.markers) button.classList.toggle("current", of === place);
  frame.dataset.place = place ? place.marker : "";
}

function showPlace(place) {
  if (place.question !== state.question) showQuestion(place.question);
  choose(place);
  say(`${place.name}. ${place.says}`);
  const outline = L.latLngBounds(place.outline.flat(2));
  // with streets one looks at the place, without them at where in its ward it lies
  const room = data.streets.length ? 0.2 : 2;
  const zoom = Math.min(15.5, data.closest, map.getBoundsZoom(outline.pad(room)));
  state.home = false;
  if (still.matches) map.setView(outline.getCenter(), zoom, { animate: false });
  else map.flyTo(outline.getCenter(), zoom, { duration: 0.7 });
}

function showWhole() {
  choose(null);
  map.fitBounds(whole, EXACTLY);
  state.home = true;
}

function moved() {
  const { lat, lng } = map.getCenter();
  frame.dataset.center = `${lat.toFixed(5)},${lng.toFixed(5)}`;
  frame.dataset.zoom = String(map.getZoom());
  frame.classList.toggle("close", map.getZoom() >= MINOR_ZOOM);
  if (map.getZoom() >= MINOR_ZOOM) minor.addTo(map);
  else minor.remove();
  drawNames(placeMarkers());
}

function isOf(card, place) {
  return Boolean(place) && card.dataset.question === place.question && card.dataset.marker === place.marker;
}

function placeOf(card) {
  return data.places.find((place) => isOf(card, place));
}

function cardOf(place) {
  return [...document.querySelectorAll(".spot")].find((card) => isOf(card, place));
}

function say(text) {
  document.getElementById("said").textContent = text;
}

// -- drawing --------------------------------------------------------------------------------------

function plain(pane) {
  return { pane, renderer: L.svg({ pane, padding: 0.5 }), interactive: false, fill: false };
}

function drawGround() {
  const land = { ...plain("tilePane"), stroke: false, fill: true, fillColor: "#FFFFFF", fillOpacity: 1 };
  const street = plain("streets");
  const line = plain("lines");
  for (const { outline } of data.wards) L.polygon(outline, land).addTo(map);
  for (const { kind, lines, main } of data.streets) {
    L.polyline(lines, { ...street, ...STREET[kind] }).addTo(main ? map : minor);
  }
  for (const { outline } of data.wards) L.polygon(outline, { ...line, color: "#5B6975", weight: 1.3 }).addTo(map);
  for (const borough of data.boroughs) L.polygon(borough, { ...line, color: "#14202B", weight: 3 }).addTo(map);
}

function drawPlaces() {
  shapes.clearLayers();
  // the first of the list is seen whole, and is reached first by the keyboard
  for (const place of placesShown().reverse()) drawOutline(place);
  state.markers = placesShown().map(newMarker);
  drawNames(placeMarkers());
}

// A place that is no hot spot has a thin line and no hatch: it must not look like one.
function drawOutline(place) {
  const hatch = `url(#${place.question[0]}${place.level})`;
  const filled = place.hot && place.level ? { fillColor: hatch, fillOpacity: 1 } : { fillColor: "#FFFFFF", fillOpacity: 0.01 };
  const dashArray = place.question === "worse" ? "8 4" : null;
  L.polygon(place.outline, { ...shade, ...filled }).on("click", () => fromMap(place)).addTo(shapes);
  L.polygon(place.outline, { ...edge, color: "#FFFFFF", weight: place.hot ? 6 : 3.5 }).addTo(shapes);
  L.polygon(place.outline, { ...edge, color: EDGE[place.question], weight: place.hot ? 2.5 : 1.3, dashArray }).addTo(shapes);
}

// A real button, so that it is in reach of the keyboard and has a name.
function newMarker(place) {
  const button = document.createElement("button");
  const text = document.createElement("span");
  text.textContent = place.marker;
  button.append(text);
  button.type = "button";
  button.className = `marker place-marker ${place.question}${place.hot ? "" : " faint"}`;
  button.setAttribute("aria-label", `Place ${place.marker}: ${place.name}`);
  // a drag that ends on the marker it began on is no click; a key press has no detail
  button.addEventListener("click", ({ detail }) => (detail && map.dragging.moved()) || fromMap(place));
  const side = bySize(44, 34);
  const icon = L.divIcon({ className: "place-icon", iconSize: [side, side], html: button });
  const casing = L.polyline([], { ...edge, color: "#FFFFFF", weight: 6 }).addTo(shapes);
  const leader = L.polyline([], { ...edge, color: "#14202B", weight: 2.5 }).addTo(shapes);
  const marker = L.marker(place.at, { pane: "markers", icon, keyboard: false, interactive: false }).addTo(shapes);
  return { of: place, button, marker, lines: [casing, leader] };
}

function fromMap(place) {
  showPlace(place);
  cardOf(place)?.scrollIntoView({ block: "nearest", behavior: "auto" });
}

function bySize(wide, small) {
  return window.matchMedia("(min-width: 80rem) and (min-height: 55rem)").matches ? wide : small;
}

// -- where markers stand: off the shading, with a line to what they are of ------------------------

// Returns the boxes that names must keep off.
function placeMarkers() {
  const side = bySize(44, 34);
  const spots = state.markers.map(({ of }) => spotOf(of));
  const taken = [];
  for (const [i, { marker, lines }] of state.markers.entries()) {
    const at = bestPoint(spots[i], spots, taken, side);
    taken.push(boxAround(at.x, at.y, side + 6, side + 6));
    const end = map.containerPointToLatLng(at);
    marker.setLatLng(end);
    for (const line of lines) line.setLatLngs([map.containerPointToLatLng(spots[i].peak), end]);
  }
  return [...taken, ...spots.map(({ box, peak }) => (wide(box) ? boxAround(peak.x, peak.y, 20, 20) : box))];
}

function spotOf(place) {
  const outline = L.latLngBounds(place.outline.flat(2));
  const a = map.latLngToContainerPoint(outline.getNorthWest());
  const b = map.latLngToContainerPoint(outline.getSouthEast());
  return { peak: map.latLngToContainerPoint(place.at), box: { left: a.x, top: a.y, right: b.x, bottom: b.y } };
}

// A hot spot this wide is looked into, not at: names may stand on it.
function wide(box) {
  return Math.max(box.right - box.left, box.bottom - box.top) > 140;
}

function bestPoint(spot, spots, taken, side) {
  let best = null;
  for (let i = 0; i < DIRECTIONS; i += 1) {
    const angle = ((i + 0.5) / DIRECTIONS) * 2 * Math.PI;
    for (const reach of reaches(spot, Math.cos(angle), Math.sin(angle), side)) {
      const at = L.point(spot.peak.x + Math.cos(angle) * reach, spot.peak.y - Math.sin(angle) * reach);
      const cost = costOf(at, reach / side, spots, taken, side);
      if (!best || cost < best.cost) best = { at, cost };
    }
  }
  return best.at;
}

// Some steps from the peak, and just outside the outline.
function reaches({ box, peak }, cos, sin, side) {
  const across = (cos > 0 ? box.right - peak.x : peak.x - box.left) / Math.max(Math.abs(cos), 0.01);
  const along = (sin > 0 ? peak.y - box.top : box.bottom - peak.y) / Math.max(Math.abs(sin), 0.01);
  return [...STEPS.map((step) => step * side), Math.min(across, along) + 0.8 * side];
}

function costOf(at, step, spots, taken, side) {
  const box = boxAround(at.x, at.y, side + 6, side + 6);
  const onMarkers = taken.reduce((sum, other) => sum + overlap(box, other), 0) / side ** 2;
  const onShading = spots.reduce((sum, other) => sum + overlap(box, other.box), 0) / side ** 2;
  return 20 * onMarkers + 6 * onShading + step + (inView(box, 4) ? 0 : 12);
}

function boxAround(x, y, width, height) {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

function overlap(a, b) {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

function inView(box, margin) {
  const size = map.getSize();
  return box.left >= margin && box.top >= margin && box.right <= size.x - margin && box.bottom <= size.y - margin;
}

// -- names: those that collide are left out, wards with a place come first ------------------------

function drawNames(taken) {
  names.clearLayers();
  const boxes = [...taken, ...controls()];
  const style = styleOf("ward-name");
  const named = (ward) => placesShown().some(({ name }) => name === ward.name || name.startsWith(`${ward.name}:`));
  const order = [...data.wards].sort((a, b) => named(b) - named(a));
  for (const ward of order) nameWard(ward, style, boxes);
  if (map.getZoom() >= STREET_NAME_ZOOM) nameStreets(boxes);
}

function controls() {
  const { left, top } = map.getContainer().getBoundingClientRect();
  return [...frame.querySelectorAll(".map-buttons, .leaflet-control-scale")].map((part) => {
    const box = part.getBoundingClientRect();
    return { left: box.left - left, right: box.right - left, top: box.top - top, bottom: box.bottom - top };
  });
}

function styleOf(className) {
  const probe = document.createElement("span");
  probe.className = className;
  map.getContainer().append(probe);
  const { fontWeight, fontSize, fontFamily, lineHeight } = getComputedStyle(probe);
  probe.remove();
  return { className, font: `${fontWeight} ${fontSize} ${fontFamily}`, height: Number.parseFloat(lineHeight) };
}

function widthOf(text, style) {
  ruler.font = style.font;
  return Math.ceil(ruler.measureText(text).width) + 8;
}

function nameWard(ward, style, boxes) {
  const at = map.latLngToContainerPoint(ward.at);
  const width = widthOf(ward.name, style);
  for (const shift of [0, 1.1, -1.1]) {
    const y = at.y + shift * style.height;
    if (write(ward.name, L.point(at.x, y), [width, style.height], style, boxes, "labels")) return;
  }
}

function nameStreets(boxes) {
  const style = styleOf("street-name");
  const done = new Set();
  for (const { name, lines } of data.streets) {
    if (!name || done.has(name)) continue;
    const run = longestRun(lines);
    const width = widthOf(name, style);
    if (!run || run.length < width) continue;
    const [cos, sin] = [Math.abs(Math.cos(run.angle)), Math.abs(Math.sin(run.angle))];
    const size = [width * cos + style.height * sin, width * sin + style.height * cos];
    const span = writeAlong(name, run, width / run.length, size, style, boxes);
    if (!span) continue;
    span.style.transform = `rotate(${run.angle}rad)`;
    done.add(name);
  }
}

// In the middle, or where there is room to either side of it.
function writeAlong(name, { ends: [from, to] }, share, size, style, boxes) {
  for (const part of [0.5, 0.25, 0.75]) {
    if (share > 2 * Math.min(part, 1 - part)) return null;
    const at = from.multiplyBy(1 - part).add(to.multiplyBy(part));
    const span = write(name, at, size, style, boxes, "names");
    if (span) return span;
  }
  return null;
}

// The longest straight piece of a street in view, read from left to right.
function longestRun(lines) {
  let best = null;
  for (const line of lines) {
    const points = line.map((at) => map.latLngToContainerPoint(at));
    for (let i = 1; i < points.length; i += 1) {
      const run = straight(points, i);
      if (run && !(best?.length >= run.length)) best = run;
    }
  }
  return best;
}

function straight(points, first) {
  const from = points[first - 1];
  const heading = (to) => Math.atan2(to.y - from.y, to.x - from.x);
  let last = first;
  while (last + 1 < points.length && Math.abs(Math.sin(heading(points[last + 1]) - heading(points[first]))) < 0.15) last += 1;
  const ends = L.LineUtil.clipSegment(from, points[last], L.bounds([0, 0], map.getSize()), false, true);
  if (!ends) return null;
  const angle = heading(points[last]);
  const upright = Math.abs(angle) > Math.PI / 2 ? angle - Math.sign(angle) * Math.PI : angle;
  return { ends, length: ends[0].distanceTo(ends[1]), angle: upright };
}

function write(text, at, [width, height], style, boxes, pane) {
  const box = boxAround(at.x, at.y, width, height);
  if (!inView(box, 2) || boxes.some((other) => overlap(box, other))) return null;
  boxes.push(box);
  const span = document.createElement("span");
  span.textContent = text;
  const icon = L.divIcon({ className: style.className, iconSize: [width, height], html: span });
  L.marker(map.containerPointToLatLng(at), { pane, icon, interactive: false, keyboard: false }).addTo(names);
  return span;
}

// -- around the map -------------------------------------------------------------------------------

function setUpControls() {
  document.getElementById("zoom-in").addEventListener("click", () => map.zoomIn(1));
  document.getElementById("zoom-out").addEventListener("click", () => map.zoomOut(1));
  document.getElementById("whole").addEventListener("click", showWhole);
  map.on("dragstart zoomstart", () => { state.home = false; });
  document.addEventListener("change", ({ target }) => {
    if (target.name !== "question") return;
    showQuestion(target.value);
    showWhole();
  });
  document.addEventListener("keydown", ({ key }) => key === "Escape" && state.place && showWhole());
  document.addEventListener("click", ({ target }) => {
    const card = target.closest?.(".spot h3 button")?.closest(".spot");
    if (card) fromList(card);
    const link = target.closest?.("a[href^='#']");
    if (link) openAround(link.hash.slice(1));
  });
}

function fromList(card) {
  const place = placeOf(card);
  if (place && place === state.place) choose(null);
  else if (place) showPlace(place);
}

// A link into a part that is folded up opens it first.
function openAround(id) {
  const part = document.getElementById(id)?.closest("details");
  if (part) part.open = true;
}

function setUpPrint() {
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const part of folded) part.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const part of folded) part.open = false;
  });
}
}
