// The live map: puts the parts together and holds what is shown. folium made `map_main` and the
// ward areas `geo_json_wards`; all that carries text from data is written here, as text.
import { layerOfAddress, partOfAddress, writePart, writeView } from "./address.js";
import { OtherPage, jsonOf, keyOf, viewOf } from "./answers.js";
import { drawBoundaries } from "./base.js";
import { addressOfPeriod, setUpChoices } from "./choices.js";
import { setUpDots } from "./dots.js";
import { setUpKeys } from "./keys.js";
import { drawNames } from "./labels.js";
import { drawMarkers } from "./markers.js";
import { say, setUpPlaces } from "./places.js";
import { drawShading } from "./shading.js";
import { setUpSlider } from "./slider.js";
import { setUpStreets } from "./streets.js";
import { swapParts } from "./swap.js";
import { setUpTiles } from "./tiles.js";

const frame = document.getElementById("map");
const map = window.map_main;
const padding = L.point(28, 28);
// without "reset" Leaflet pans by whole pixels, and one address would show two centres
const EXACTLY = { animate: false, reset: true };
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

const slider = setUpSlider({ onPeriod: (period) => go(addressOfPeriod(period)) });
const state = { data: await firstData(), layer: null, place: null, asking: null };
const bounds = L.latLngBounds(state.data.bounds);
let home = null;
let markers = { boxes: [] };

for (const [name, level] of [
  ["streets", 410], ["shade", 420], ["lines", 450], ["outlines", 460], ["dots", 470],
  ["names", 610], ["labels", 620], ["markers", 640],
]) map.createPane(name).style.zIndex = level;

const tiled = setUpTiles(map, frame);
const places = setUpPlaces({ onChoose: showPlace });
const boundaries = drawBoundaries(map, window.geo_json_wards, state.data);
const shading = drawShading(map, window.geo_json_wards, state.data, { tiled });
const dots = setUpDots(map, frame);
const streets = setUpStreets(map, { onChange: moved, onCredit: credit });

setUpChoices({ onLayer: chooseLayer, onView: go });
setUpKeys({
  layers: layersInOrder(), onLayer: chooseLayer, onPlace: stepPlace, onWhole: showWhole, onAlone: toggleAlone, map,
});
setUpButtons();
setUpPrint();

map.on("moveend", moved);
map.on("resize", () => home?.shown && showWhole());
new ResizeObserver(takeSize).observe(map.getContainer());
window.addEventListener("popstate", wentBack);
L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 160 }).addTo(map);

takeSize(); // folium's script ran before all of the page was laid out
const asked = partOfAddress();
showLayer(layerOfAddress(state.data.layers) ?? firstLayer());
writeView(frame.dataset.address, state.layer, false);
home = wholeView();
map.setMinZoom(Math.floor(home.zoom) - 1);
if (asked) map.setView(asked.centre, asked.zoom, EXACTLY);
else showWhole();
dots.show(frame.dataset.dotsUrl, state.data.moved);
frame.dataset.ready = "true";
lookAhead();

// -- what is shown --------------------------------------------------------------------------------

async function firstData() {
  const box = document.getElementById("map-state");
  try {
    const data = await jsonOf(frame.dataset.view, () => {
      box.textContent = "The map is being computed.";
    });
    box.textContent = "";
    return data;
  } catch (error) {
    box.textContent = "The map could not be loaded: load this page again.";
    throw error;
  }
}

// Another period or category: the text is the server's, the map stays where it is.
async function go(address, push = true) {
  state.asking?.abort();
  const asking = new AbortController();
  state.asking = asking;
  slider.tell("Loading…", true);
  const onWait = (share) => slider.tell(share === null ? "Being computed…" : `Being computed: ${share}%`);
  try {
    const view = await viewOf(address, { signal: asking.signal, onWait });
    if (!asking.signal.aborted) show(view, address, push);
  } catch (error) {
    if (asking.signal.aborted) return;
    if (error instanceof OtherPage) location.assign(address);
    else slider.tell("No answer from the server: try again.");
  }
}

function show({ page, data }, address, push) {
  const fresh = page.getElementById("map").dataset;
  if (fresh.base !== frame.dataset.base) {
    location.assign(address); // other wards are another map
    return;
  }
  const before = state.place;
  const kept = slider.keyOf(page) === slider.keyOf(document);
  swapParts(page, kept);
  if (kept) slider.follow(page);
  else slider.fit();
  slider.tell("");
  for (const name of ["address", "view", "dotsUrl"]) frame.dataset[name] = fresh[name];
  state.data = data;
  state.place = sameSpot(before);
  showLayer(state.layer);
  if (push) writeView(fresh.address, state.layer, true);
  dots.show(fresh.dotsUrl, data.moved);
  say(document.querySelector("h1").textContent);
  lookAhead();
}

// A place is the same one if its peak is inside the outline that was looked at.
function sameSpot(before) {
  if (!before) return null;
  const outline = L.latLngBounds(before.outline.flat(2));
  return state.data.places.find((place) => place.question === before.question && outline.contains(place.at)) ?? null;
}

// The periods beside this one are asked for while the room reads, so that a step is quick.
function lookAhead() {
  const asking = state.asking;
  setTimeout(async () => {
    for (const id of ["before", "after"]) {
      const link = document.getElementById(id);
      if (!link || state.asking !== asking) return;
      await viewOf(link.href).catch(() => null);
    }
  }, 400);
}

function wentBack() {
  const layer = layerOfAddress(state.data.layers) ?? firstLayer();
  if (layer !== state.layer) showLayer(layer);
  if (keyOf(location.href) !== keyOf(frame.dataset.address)) go(location.href, false);
  const part = partOfAddress();
  if (part) map.setView(part.centre, part.zoom, EXACTLY);
  else if (!home.shown) showWhole();
}

// -- layers and places ----------------------------------------------------------------------------

function layersInOrder() {
  return [...document.querySelectorAll("input[name=layer]")].map((radio) => radio.value);
}

// As the server sent the page: the address need not name a layer.
function firstLayer() {
  return document.querySelector("input[name=layer][checked]").value;
}

function placesShown() {
  const question = state.data.layers[state.layer];
  return state.data.places.filter((place) => place.question === question);
}

function chooseLayer(layer) {
  if (layer === state.layer) return;
  showLayer(layer);
  writeView(frame.dataset.address, layer, true);
}

function showLayer(layer) {
  const { layers } = state.data;
  if (layers[layer] !== layers[state.layer] && state.place?.question !== layers[layer]) state.place = null;
  state.layer = layer;
  document.getElementById(`layer-${layer}`).checked = true;
  for (const part of document.querySelectorAll(".by-layer")) {
    part.classList.toggle("on", part.dataset.layers.split(" ").includes(layer));
  }
  const label = document.querySelector(`label[for=layer-${layer}]`).textContent;
  document.getElementById("map-layer").textContent = label;
  frame.dataset.layer = layer;
  shading.show(layer, state.data);
  boundaries.show(placesShown());
  places.mark(state.place);
  redraw();
}

function showPlace(question, marker) {
  const place = state.data.places.find((p) => p.question === question && p.marker === marker);
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

// -- where the map looks --------------------------------------------------------------------------

// Only where it changed: Leaflet would forget the exact centre.
function takeSize() {
  const { clientWidth, clientHeight } = map.getContainer();
  if (!map.getSize().equals(L.point(clientWidth, clientHeight))) map.invalidateSize({ animate: false });
}

function wholeView() {
  const zoom = map.getBoundsZoom(bounds, false, padding.multiplyBy(2));
  return { centre: bounds.getCenter(), zoom, shown: false };
}

function showWhole() {
  home = wholeView();
  state.place = null;
  places.mark(null);
  map.fitBounds(bounds, { padding, ...EXACTLY });
}

function moved() {
  const centre = map.getCenter();
  const zoom = map.getZoom();
  const off = map.latLngToLayerPoint(centre).distanceTo(map.latLngToLayerPoint(home.centre));
  home.shown = Math.abs(zoom - home.zoom) < 0.01 && off < 4;
  writePart(home.shown ? null : { centre, zoom });
  frame.dataset.center = `${centre.lat.toFixed(5)},${centre.lng.toFixed(5)}`;
  frame.dataset.zoom = String(zoom);
  frame.classList.toggle("close", zoom >= 14.5 && (tiled || streets.any()));
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
  drawNames(map, state.data.wards, streets.named(), markers.boxes);
}

// -- around the map -------------------------------------------------------------------------------

function credit(text) {
  const box = document.getElementById("credit");
  box.textContent = [box.textContent.trim(), text].filter(Boolean).join(" · ");
}

function toggleAlone() {
  document.documentElement.classList.toggle("alone");
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
