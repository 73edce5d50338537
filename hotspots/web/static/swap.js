// Puts the server's text of another view in the place of this one's: the map and the slider stay.

// Parts that are the same row of periods are kept, so that a thumb being dragged is not let go.
export function swapParts(page, keepSlider) {
  const focused = document.activeElement?.id;
  for (const old of document.querySelectorAll("[data-part]")) {
    const name = old.dataset.part;
    if (name === "slider" && keepSlider) continue;
    const fresh = page.querySelector(`[data-part="${name}"]`);
    if (fresh) old.replaceWith(document.importNode(fresh, true));
  }
  swapLinks(page);
  document.title = page.title;
  refocus(focused);
}

// The pages' links lead to the same area, category and period.
function swapLinks(page) {
  const fresh = page.querySelector("header nav");
  const old = document.querySelector("header nav");
  if (fresh && old) old.replaceChildren(...document.importNode(fresh, true).childNodes);
}

// What had the focus may be gone: there is no period after the last.
function refocus(id) {
  if (!id || document.activeElement !== document.body) return;
  const target = document.getElementById(id) ?? document.getElementById("slider");
  target?.focus({ preventScroll: true });
}
