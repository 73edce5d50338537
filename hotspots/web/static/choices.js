// Category, period and layer: without this script they are a plain form and plain links. What is
// chosen replaces parts of the page, so the listeners are the document's.
import { keepAddress } from "./address.js";

let byKey = false;

export function setUpChoices({ onLayer, onView }) {
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "choice") return;
    event.preventDefault();
    onView(addressOf(event.target));
  });
  document.addEventListener("change", (event) => {
    if (event.target.name === "layer") onLayer(event.target.value);
    if (event.target.matches("#choice select")) chosen(event.target.form);
  });
  document.addEventListener("pointerdown", () => {
    byKey = false;
  });
  document.addEventListener("keydown", (event) => {
    byKey = true;
    if (event.key === "Enter" && event.target.matches?.("#choice select")) event.target.form.requestSubmit();
  });
  document.addEventListener("click", (event) => follow(event, onView));
}

// Returns the address of another period of what is shown.
export function addressOfPeriod(period) {
  const url = addressOf(document.getElementById("choice"));
  url.searchParams.set("period", period);
  return url;
}

function addressOf(form) {
  const url = new URL(form.action);
  const area = form.querySelector("button[name=area]");
  for (const [name, value] of new FormData(form)) url.searchParams.set(name, value);
  if (area) url.searchParams.set("area", area.value);
  return keepAddress(url);
}

// A choice by pointer is shown at once. Arrow keys change a closed list step by step, so by
// keyboard it waits for Enter or for the button, which then appears.
function chosen(form) {
  if (byKey) document.getElementById("show").classList.add("needed");
  else form.requestSubmit();
}

// Another area is another map, looked at as a whole; another period is the same place on this one.
function follow(event, onView) {
  const link = event.target.closest?.("a.keep");
  if (!link) return;
  const elsewhere = link.closest(".which-area") !== null;
  const url = keepAddress(new URL(link.href));
  if (elsewhere) url.hash = "";
  link.href = url.href;
  if (elsewhere || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  onView(url);
}
