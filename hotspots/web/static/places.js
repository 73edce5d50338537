// The ranked list beside the map: a card is marked when its place is shown.

const cards = [...document.querySelectorAll(".place")];
const said = document.getElementById("said");

export function setUpPlaces({ onChoose }) {
  for (const card of cards) {
    card.querySelector("button").addEventListener("click", () => {
      onChoose(card.dataset.question, card.dataset.marker);
      say(card, "");
    });
  }
  return { mark, reveal };
}

function mark(place) {
  for (const card of cards) {
    const current = isOf(card, place);
    card.classList.toggle("current", current);
    card.querySelector("button").setAttribute("aria-pressed", String(current));
  }
}

function reveal(place, number, of) {
  const card = cards.find((each) => isOf(each, place));
  if (!card) return;
  scrollWithinList(card);
  say(card, number ? `${number} of ${of}: ` : "");
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

function say(card, before) {
  const name = card.querySelector("h3").textContent;
  const claim = card.querySelector(".claim").textContent;
  said.textContent = `${before}${name}. ${claim}`;
}
