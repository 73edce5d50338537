// Two maps side by side: what moves one moves the other. folium made `map_left`, `map_right` and
// their ward areas; all that carries text from data is written here, as text.
import { partOfAddress, writePart } from "./address.js";
import { drawBoundaries } from "./base.js";
import { setUpKeys } from "./keys.js";
import { drawNames } from "./labels.js";
import { drawMarkers } from "./markers.js";
import { drawShading } from "./shading.js";
import { setUpStreets } from "./streets.js";
import { setUpTable } from "./table.js";

const PANES = [
  ["streets", 410], ["shade", 420], ["lines", 450], ["outlines", 460],
  ["names", 610], ["labels", 620], ["markers", 640],
];
const PLACE_ZOOM = 14.5;
const said = JSON.parse(document.getElementById("compare-data").textContent);
const rows = [...document.querySelectorAll(".became-place")];
const padding = L.point(20, 20);
const bounds = L.latLngBounds(said.left.bounds).extend(L.latLngBounds(said.right.bounds));
const halves = ["left", "right"].map(setUpHalf);
const [left, right] = halves.map((half) => half.map);

let moving = false;
let current = -1;
let home = null;

link(left, right);
link(right, left);
halves.forEach(drawHalf);
setUpKeys({ layers: layersInOrder(), onLayer: followLayer, onPlace: step, onWhole: showWhole, map: left });
setUpTable(document.getElementById("ward-table"));
setUpButtons();
setUpRows();
setUpPrint();
setUpLinks();

const asked = partOfAddress();
home = wholeView();
for (const { map } of halves) map.setMinZoom(Math.floor(home.zoom) - 1);
if (asked) left.setView(asked.centre, asked.zoom, { animate: false });
else showWhole();
left.on("resize", () => home.shown && showWhole());
document.getElementById("halves").dataset.ready = "true";

function setUpHalf(name) {
  const map = window[`map_${name}`];
  for (const [pane, level] of PANES) map.createPane(pane).style.zIndex = level;
  return {
    map, name, data: said[name], areas: window[`geo_json_${name}`],
    frame: document.getElementById(`frame-${name}`), markers: { boxes: [] }, streets: null,
  };
}

function credit(name, text) {
  document.getElementById(`credit-${name}`).textContent = text;
}

function drawHalf(half) {
  const { map, name, data, areas } = half;
  drawBoundaries(map, areas, data).show(data.places);
  if (data.shaded) drawShading(map, areas, data).show(said.layer);
  half.streets = setUpStreets(map, { onChange: () => redraw(half), onCredit: (text) => credit(name, text) });
  if (half.name === "left") L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 140 }).addTo(map);
}

// The other map takes the same view at once, and does not answer in turn. While one is dragged the
// other follows by whole pixels, which is quick; where it stops the two are made to agree exactly.
function link(from, to) {
  from.on("move", () => follow(from, to, false));
  from.on("moveend", () => {
    if (moving) return;
    follow(from, to, true);
    halves.forEach(moved);
  });
}

function follow(from, to, reset) {
  if (moving) return;
  moving = true;
  to.setView(from.getCenter(), from.getZoom(), { animate: false, reset });
  moving = false;
}

function moved(half) {
  const centre = half.map.getCenter();
  const zoom = half.map.getZoom();
  half.frame.dataset.center = `${centre.lat.toFixed(5)},${centre.lng.toFixed(5)}`;
  half.frame.dataset.zoom = String(zoom);
  redraw(half);
  if (half.name !== "left" || !home) return;
  const off = left.latLngToLayerPoint(centre).distanceTo(left.latLngToLayerPoint(home.centre));
  home.shown = Math.abs(zoom - home.zoom) < 0.01 && off < 4;
  writePart(home.shown ? null : { centre, zoom });
}

function redraw(half) {
  const { map, data, frame } = half;
  half.markers.remove?.();
  half.markers = drawMarkers(map, data.places, null, (place) => goTo(place.at));
  const streets = half.streets?.named() ?? [];
  frame.classList.toggle("close", map.getZoom() >= 14.5 && streets.length > 0);
  drawNames(map, data.wards ?? [], streets, half.markers.boxes);
}

function wholeView() {
  const zoom = left.getBoundsZoom(bounds, false, padding.multiplyBy(2));
  return { centre: bounds.getCenter(), zoom, shown: false };
}

function showWhole() {
  home = wholeView();
  mark(-1);
  left.fitBounds(bounds, { padding, animate: false });
}

function goTo(at) {
  left.setView(at, Math.max(left.getZoom(), PLACE_ZOOM), { animate: false });
}

function step(by) {
  if (!rows.length) return;
  show(current < 0 && by < 0 ? rows.length - 1 : (current + by + rows.length) % rows.length);
}

function show(at) {
  const { lat, lng } = rows[at].dataset;
  mark(at);
  goTo([Number(lat), Number(lng)]);
  const text = (selector) => rows[at].querySelector(selector).textContent;
  document.getElementById("said").textContent = `${at + 1} of ${rows.length}: ${text("h4")}. ${text("p")}`;
}

function mark(at) {
  current = at;
  rows.forEach((row, i) => {
    row.classList.toggle("current", i === at);
    row.querySelector("button")?.setAttribute("aria-pressed", String(i === at));
  });
}

// Without this script a row is text: only with it does its name lead anywhere.
function setUpRows() {
  rows.forEach((row, i) => {
    const name = row.querySelector(".goto");
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    name.replaceWith(button);
    button.append(name);
    button.addEventListener("click", () => show(i));
  });
}

function layersInOrder() {
  return [...document.querySelectorAll("[id^=layer-]")].map((link) => link.id.slice("layer-".length));
}

function followLayer(layer) {
  document.getElementById(`layer-${layer}`).click();
}

// Another layer or period is looked at in the same part of the map.
function setUpLinks() {
  for (const link of document.querySelectorAll("a.keep")) {
    link.addEventListener("click", () => {
      link.hash = location.hash;
    });
  }
}

function setUpButtons() {
  document.getElementById("zoom-in").addEventListener("click", () => left.zoomIn(1));
  document.getElementById("zoom-out").addEventListener("click", () => left.zoomOut(1));
  document.getElementById("whole").addEventListener("click", showWhole);
}

function setUpPrint() {
  const fit = (printing) => {
    document.documentElement.classList.toggle("printing", printing);
    for (const { map } of halves) map.invalidateSize({ animate: false });
  };
  window.addEventListener("beforeprint", () => fit(true));
  window.addEventListener("afterprint", () => fit(false));
}
