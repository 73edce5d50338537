// The slider through time: what is under the thumb is said at once, and shown when it rests.

const REST_MS = 160;
const TELL_MS = 300;

export function setUpSlider({ onPeriod }) {
  let resting = 0;
  let telling = 0;

  document.addEventListener("input", (event) => {
    if (event.target.id !== "slider") return;
    const step = offeredNear(event.target);
    if (!step) return;
    paint(step);
    clearTimeout(resting);
    resting = setTimeout(() => onPeriod(step.dataset.period), REST_MS);
  });
  document.addEventListener("click", (event) => {
    const step = event.target.closest?.(".step-bar");
    if (step?.dataset.offered !== "yes") return;
    paint(step);
    onPeriod(step.dataset.period);
  });
  fit();
  return { fit, follow, keyOf, tell };

  // Words beside the label: at once if there is something to say, late if it is only waiting.
  function tell(text, late = false) {
    clearTimeout(telling);
    const write = () => {
      document.getElementById("slider-state").textContent = text;
    };
    if (late) telling = setTimeout(write, TELL_MS);
    else write();
  }
}

// Returns the row of periods of a page, null where it has no slider.
function keyOf(page) {
  return page.getElementById("timeline")?.dataset.key ?? null;
}

// The same row with other counts (another category) or another period shown.
function follow(page) {
  const fresh = page.querySelector(".bars");
  const old = document.querySelector(".bars");
  if (!fresh || !old) return;
  old.replaceWith(document.importNode(fresh, true));
  const step = document.querySelector(".step-bar.current");
  if (step) paint(step);
}

function steps() {
  return [...document.querySelectorAll(".step-bar")];
}

// A period without data cannot be shown: the thumb goes on to the next one that can.
function offeredNear(slider) {
  const all = steps();
  const from = all.findIndex((step) => step.classList.contains("current"));
  const to = Number(slider.value);
  const way = to < from ? -1 : 1;
  for (let i = to; i >= 0 && i < all.length; i += way) {
    if (all[i].dataset.offered === "yes") return all[i];
  }
  slider.value = String(from);
  return null;
}

function paint(step) {
  const all = steps();
  for (const each of all) each.classList.toggle("current", each === step);
  const slider = document.getElementById("slider");
  slider.value = String(all.indexOf(step));
  slider.setAttribute("aria-valuetext", step.dataset.says);
  document.getElementById("slider-says").textContent = step.dataset.says;
}

// The thumb's middle stands below the middle of its bar.
function fit() {
  const slider = document.getElementById("slider");
  if (!slider) return;
  const bars = Number(slider.max) + 1;
  slider.style.width = `calc(${(100 * (bars - 1)) / bars}% + var(--thumb))`;
  slider.style.marginInlineStart = `calc(${50 / bars}% - var(--thumb) / 2)`;
}
