// Keys of the meeting's operator. Single keys can be switched off (WCAG 2.1.4), and never act in
// fields or while the table is being scrolled.

const STEP = 120;
const MOVES = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

export function setUpKeys({ layers, onLayer, onPlace, onWhole, onAlone, map }) {
  const actions = {
    "[": () => follow("before"),
    "]": () => follow("after"),
    ArrowLeft: () => onPlace(-1),
    ArrowRight: () => onPlace(1),
    "+": () => map.zoomIn(1),
    "=": () => map.zoomIn(1),
    "-": () => map.zoomOut(1),
    Escape: onWhole,
    d: () => follow("room"),
    e: () => follow("export"),
    f: onAlone,
    p: () => follow("present"),
    "?": () => document.querySelector('header nav a[href^="/help"]')?.click(),
  };
  layers.forEach((layer, i) => {
    actions[String(i + 1)] = () => onLayer(layer);
  });
  const box = rememberedBox();
  document.addEventListener("keydown", (event) => {
    if (!box.checked || event.ctrlKey || event.altKey || event.metaKey || isTaken(event)) return;
    const action = event.shiftKey && MOVES[event.key] ? () => map.panBy(MOVES[event.key]) : actionOf(actions, event);
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function actionOf(actions, event) {
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return Object.hasOwn(actions, name) ? actions[name] : null;
}

function follow(id) {
  document.getElementById(id)?.click();
}

// The slider takes the arrows itself, and leaves the other keys.
function isTaken({ target, key }) {
  if (target.matches("input[type=range]")) return key.startsWith("Arrow");
  return target.matches("input:not([type=checkbox]), select, textarea, [contenteditable], .scroll");
}

function rememberedBox() {
  const box = document.getElementById("keys-on");
  try {
    box.checked = localStorage.getItem("keys") !== "off";
    box.addEventListener("change", () => localStorage.setItem("keys", box.checked ? "on" : "off"));
  } catch {
    // storage can be switched off: the choice then lasts as long as the page
  }
  return box;
}
