// The table of the wards: sorted by a click on a header; a ward pointed at in the table is marked
// on the map, and the other way round.
import { setUpTable } from "./table.js";

const table = document.getElementById("ward-table");
const rows = new Map([...table.tBodies[0].rows].map((row) => [row.dataset.position, row]));
const shades = [...document.querySelectorAll("#ward-map .shades > *")];

setUpTable(table);
// the map draws the wards in their own order; if it ever drew others, none would be marked
if (shades.length === rows.size) {
  for (const [position, row] of rows) pair(row, shades[Number(position)]);
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
