// The shortlist: both tables are paired with the map; the others can be sorted, the listed stay by
// rank. What is folded is opened for paper.
import { pairWithMap } from "./pairing.js";
import { setUpTable } from "./table.js";

const others = document.getElementById("others");
const folded = document.querySelector("details.others");

if (others) setUpTable(others);
pairWithMap([...document.querySelectorAll("tr[data-position]")], [...document.querySelectorAll("#ward-map .shades > *")]);

if (folded) {
  let shut = false;
  window.addEventListener("beforeprint", () => {
    shut = !folded.open;
    folded.open = true;
  });
  window.addEventListener("afterprint", () => {
    if (shut) folded.open = false;
  });
}
