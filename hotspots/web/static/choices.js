// Category, period and layer: without this script they are a plain form and plain links.

export function setUpChoices({ onLayer, keepAddress }) {
  const form = document.getElementById("choice");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const url = new URL(form.action);
    for (const [name, value] of new FormData(form)) url.searchParams.set(name, value);
    location.assign(keepAddress(url));
  });
  for (const radio of form.querySelectorAll("input[name=layer]")) {
    radio.addEventListener("change", () => onLayer(radio.value));
  }
  for (const select of form.querySelectorAll("select")) setUpSelect(form, select);
  for (const link of document.querySelectorAll("a.keep")) {
    link.addEventListener("click", () => {
      link.href = keepAddress(new URL(link.href)).href;
    });
  }
}

// A choice by pointer is shown at once. Arrow keys change a closed list step by step, so by
// keyboard it waits for Enter or for the button, which then appears.
function setUpSelect(form, select) {
  let byKey = false;
  select.addEventListener("pointerdown", () => {
    byKey = false;
  });
  select.addEventListener("keydown", (event) => {
    byKey = true;
    if (event.key === "Enter") form.requestSubmit();
  });
  select.addEventListener("change", () => {
    if (byKey) document.getElementById("show").classList.add("needed");
    else form.requestSubmit();
  });
}
