// Keys of the pages without a live map: each follows a link of the page. Single keys can be
// switched off (WCAG 2.1.4), and never act in fields.

const LINKS = {
  "[": "before", "]": "after", ArrowLeft: "previous", ArrowRight: "next",
  p: "present", m: "to-map", d: "room", "?": "to-help", Escape: "back", c: "copy", e: "export",
};
const box = document.getElementById("keys-on");

document.addEventListener("keydown", (event) => {
  if ((box && !box.checked) || event.ctrlKey || event.altKey || event.metaKey || isTaken(event.target)) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const control = Object.hasOwn(LINKS, name) ? document.getElementById(LINKS[name]) : null;
  if (!control) return;
  event.preventDefault();
  control.click();
});

function isTaken(target) {
  return target.matches("input:not([type=checkbox]), select, textarea, [contenteditable], .scroll");
}

if (box) {
  try {
    box.checked = localStorage.getItem("keys") !== "off";
    box.addEventListener("change", () => localStorage.setItem("keys", box.checked ? "on" : "off"));
  } catch {
    // storage can be switched off: the choice then lasts as long as the page
  }
}
