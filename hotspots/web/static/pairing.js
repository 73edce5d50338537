// A ward pointed at in a table is marked on the map, and the other way round.

export function pairWithMap(rows, shades) {
  // the map draws the wards in their own order; if it ever drew others, none would be marked
  if (shades.length !== rows.length) return;
  for (const row of rows) pair(row, shades[Number(row.dataset.position)]);
}

function pair(row, shade) {
  for (const part of [row, shade]) {
    part.addEventListener("pointerenter", () => mark(row, shade, true));
    part.addEventListener("pointerleave", () => mark(row, shade, false));
  }
}

function mark(row, shade, on) {
  row.classList.toggle("pointed", on);
  shade.classList.toggle("pointed", on);
}
