// The live map: puts the parts together and holds what is shown. folium made `map_main` and the
// ward areas `geo_json_wards`; all that carries text from data is written here, as text.
import { keepAddress, layerOfAddress, viewOfAddress, writeLayer, writeView } from "./address.js";
import { drawStreets, drawBoundaries } from "./base.js";
import { setUpChoices } from "./choices.js";
import { setUpKeys } from "./keys.js";
import { drawNames } from "./labels.js";
import { drawMarkers } from "./markers.js";
import { setUpPlaces } from "./places.js";
import { drawShading } from "./shading.js";
import { setUpTable } from "./table.js";

const data = JSON.parse(document.getElementById("view-data").textContent);
const frame = document.getElementById("map");
const map = window.map_main;
const padding = L.point(28, 28);
const bounds = L.latLngBounds(data.bounds);
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

const state = { layer: layerOfAddress(data.layers) ?? firstLayer(), place: null };
let home = null;
let markers = { boxes: [] };
let streets = [];

for (const [name, level] of [
  ["streets", 410], ["shade", 420], ["lines", 450], ["outlines", 460],
  ["names", 610], ["labels", 620], ["markers", 640],
]) map.createPane(name).style.zIndex = level;

const places = setUpPlaces({ onChoose: showPlace });
const boundaries = drawBoundaries(map, window.geo_json_wards, data);
const shading = drawShading(map, window.geo_json_wards, data);

setUpChoices({ onLayer: chooseLayer, keepAddress });
setUpKeys({ layers: layersInOrder(), onLayer: chooseLayer, onPlace: stepPlace, onWhole: showWhole, map });
setUpTable(document.getElementById("ward-table"));
setUpButtons();
setUpPrint();

map.on("moveend", moved);
map.on("resize", () => home?.shown && showWhole());
window.addEventListener("popstate", () => showLayer(layerOfAddress(data.layers) ?? firstLayer()));
L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 160 }).addTo(map);

showLayer(state.layer);
const asked = viewOfAddress();
home = wholeView();
map.setMinZoom(Math.floor(home.zoom) - 1);
if (asked) map.setView(asked.centre, asked.zoom, { animate: false });
else showWhole();
frame.dataset.ready = "true";
drawStreets(map).then((found) => {
  streets = found;
  moved();
});

function layersInOrder() {
  return [...document.querySelectorAll("input[name=layer]")].map((radio) => radio.value);
}

// As the server sent the page: the address need not name a layer.
function firstLayer() {
  return document.querySelector("input[name=layer][checked]").value;
}

function placesShown() {
  const question = data.layers[state.layer];
  return data.places.filter((place) => place.question === question);
}

function chooseLayer(layer) {
  if (layer === state.layer) return;
  writeLayer(layer);
  showLayer(layer);
}

function showLayer(layer) {
  const sameList = data.layers[layer] === data.layers[state.layer];
  state.layer = layer;
  if (!sameList) state.place = null;
  document.getElementById(`layer-${layer}`).checked = true;
  for (const part of document.querySelectorAll(".by-layer")) {
    part.classList.toggle("on", part.dataset.layers.split(" ").includes(layer));
  }
  const label = document.querySelector(`label[for=layer-${layer}]`).textContent;
  document.getElementById("map-layer").textContent = label;
  frame.dataset.layer = layer;
  shading.show(layer);
  boundaries.show(placesShown());
  places.mark(state.place);
  redraw();
}

function showPlace(question, marker) {
  const place = data.places.find((p) => p.question === question && p.marker === marker);
  if (!place) return;
  state.place = place;
  places.mark(place);
  redraw();
  const outline = L.latLngBounds(place.outline.flat(2));
  const zoom = Math.min(15.5, map.getBoundsZoom(outline.pad(0.35)));
  if (still.matches) map.setView(outline.getCenter(), zoom, { animate: false });
  else map.flyTo(outline.getCenter(), zoom, { duration: 0.7 });
}

function stepPlace(step) {
  const shown = placesShown();
  if (!shown.length) return;
  const at = shown.indexOf(state.place);
  const next = at < 0 ? (step > 0 ? 0 : shown.length - 1) : (at + step + shown.length) % shown.length;
  showPlace(shown[next].question, shown[next].marker);
  places.reveal(shown[next], next + 1, shown.length);
}

function wholeView() {
  const zoom = map.getBoundsZoom(bounds, false, padding.multiplyBy(2));
  return { centre: bounds.getCenter(), zoom, shown: false };
}

function showWhole() {
  home = wholeView();
  state.place = null;
  places.mark(null);
  map.fitBounds(bounds, { padding, animate: false });
}

function moved() {
  const centre = map.getCenter();
  const zoom = map.getZoom();
  const off = map.latLngToLayerPoint(centre).distanceTo(map.latLngToLayerPoint(home.centre));
  home.shown = Math.abs(zoom - home.zoom) < 0.01 && off < 4;
  writeView(home.shown ? null : { centre, zoom });
  frame.dataset.center = `${centre.lat.toFixed(5)},${centre.lng.toFixed(5)}`;
  frame.dataset.zoom = String(zoom);
  frame.classList.toggle("close", zoom >= 14.5 && streets.length > 0);
  redraw();
}

function redraw() {
  frame.dataset.place = state.place ? state.place.marker : "";
  if (!home) return;
  markers.remove?.();
  markers = drawMarkers(map, placesShown(), state.place, (place) => {
    showPlace(place.question, place.marker);
    places.reveal(place);
  });
  drawNames(map, data.wards, streets, markers.boxes);
}

function setUpPrint() {
  const fit = (printing) => {
    document.documentElement.classList.toggle("printing", printing);
    map.invalidateSize({ animate: false });
  };
  window.addEventListener("beforeprint", () => fit(true));
  window.addEventListener("afterprint", () => fit(false));
}

function setUpButtons() {
  document.getElementById("zoom-in").addEventListener("click", () => map.zoomIn(1));
  document.getElementById("zoom-out").addEventListener("click", () => map.zoomOut(1));
  document.getElementById("whole").addEventListener("click", showWhole);
}
