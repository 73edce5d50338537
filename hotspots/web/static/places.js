// The ranked list beside the map: a card is marked when its place is shown. The cards are looked
// up each time, for they change with the period.

export function setUpPlaces({ onChoose }) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".place h3 button");
    if (!button) return;
    const card = button.closest(".place");
    onChoose(card.dataset.question, card.dataset.marker);
    sayCard(card, "");
  });
  return { mark, reveal };
}

// Said to those who hear the page.
export function say(text) {
  document.getElementById("said").textContent = text;
}

function cards() {
  return [...document.querySelectorAll(".place")];
}

function mark(place) {
  for (const card of cards()) {
    const current = isOf(card, place);
    card.classList.toggle("current", current);
    card.querySelector("button").setAttribute("aria-pressed", String(current));
  }
}

function reveal(place, number, of) {
  const card = cards().find((each) => isOf(each, place));
  if (!card) return;
  scrollWithinList(card);
  sayCard(card, number ? `${number} of ${of}: ` : "");
}

// Not scrollIntoView: on a phone it would move the map out of sight.
function scrollWithinList(card) {
  const list = document.getElementById("places");
  const seen = list.getBoundingClientRect();
  const box = card.getBoundingClientRect();
  if (box.top < seen.top) list.scrollTop -= seen.top - box.top;
  else if (box.bottom > seen.bottom) list.scrollTop += box.bottom - seen.bottom;
}

function isOf(card, place) {
  return Boolean(place) && card.dataset.question === place.question && card.dataset.marker === place.marker;
}

function sayCard(card, before) {
  const name = card.querySelector("h3").textContent;
  const claim = card.querySelector(".claim").textContent;
  say(`${before}${name}. ${claim}`);
}
