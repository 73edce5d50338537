// The table of the wards: sorted by a click on a header, and paired with its map.
import { pairWithMap } from "./pairing.js";
import { setUpTable } from "./table.js";

const table = document.getElementById("ward-table");

setUpTable(table);
pairWithMap([...table.tBodies[0].rows], [...document.querySelectorAll("#ward-map .shades > *")]);
