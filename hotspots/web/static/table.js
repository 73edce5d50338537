// Sorts the ward table by a click on a header; what is not known stays at the end.

export function setUpTable(table) {
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    const label = header.querySelector(".head");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.textContent = label.textContent;
    label.dataset.printed = label.textContent;
    label.replaceChildren(button);
    button.addEventListener("click", () => sortBy(table, headers, column));
  });
}

function sortBy(table, headers, column) {
  const header = headers[column];
  const first = header.classList.contains("number") && header.dataset.key !== "rank" ? "descending" : "ascending";
  const other = first === "ascending" ? "descending" : "ascending";
  const order = header.getAttribute("aria-sort") === first ? other : first;
  for (const each of headers) each.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", order);
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => compare(keyOf(a.cells[column]), keyOf(b.cells[column]), order === "ascending" ? 1 : -1));
  table.tBodies[0].append(...rows);
}

function keyOf(cell) {
  const key = cell.dataset.sort;
  if (key === undefined) return cell.textContent.trim();
  return key === "" ? null : Number(key);
}

function compare(a, b, sign) {
  if (a === null || b === null) return (a === null) - (b === null);
  return sign * (typeof a === "number" ? a - b : a.localeCompare(b, "en-GB"));
}
