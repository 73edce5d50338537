// Streets below the shading: main roads at once, the others by squares when the map is close.

const STYLES = {
  river: { color: "#D5E3EC", widths: [3, 6, 12] },
  street: { color: "#D3D9DF", widths: [0, 1, 4] },
  main_road: { color: "#BCC6CF", widths: [1.2, 2.2, 6] },
  motorway: { color: "#A5B1BC", widths: [2, 3, 8] },
};
const CLOSE = 13;

// `named` are the lines near the view, for their labels; `any` says whether there are streets.
export function setUpStreets(map, { onChange, onCredit }) {
  const renderer = L.canvas({ pane: "streets", padding: 0.3 });
  const drawn = [];
  const squares = new Map();
  let main = [];

  map.on("moveend", fetchNear);
  map.on("zoomend", restyle);
  start();
  return { any: () => drawn.length > 0, named };

  async function start() {
    const found = await streetsOf("/streets.json");
    if (!found) return;
    for (const [key, [south, west, north, east]] of Object.entries(found.squares)) {
      squares.set(key, { bounds: L.latLngBounds([south, west], [north, east]), lines: null });
    }
    main = found.major;
    if (found.attribution) onCredit(found.attribution);
    add(main);
    onChange();
    await fetchNear();
  }

  async function fetchNear() {
    if (map.getZoom() < CLOSE) return;
    const missing = near().filter(([, square]) => !square.lines);
    if (!missing.length) return;
    await Promise.all(missing.map(async ([key, square]) => {
      square.lines = []; // not asked for twice
      square.lines = (await streetsOf(`/streets/${key}.json`)) ?? [];
      add(square.lines);
    }));
    onChange();
  }

  function near() {
    const view = map.getBounds();
    return [...squares].filter(([, square]) => square.bounds.intersects(view));
  }

  function named() {
    return [...main, ...near().flatMap(([, square]) => square.lines ?? [])];
  }

  function add(streets) {
    for (const [kind, style] of Object.entries(STYLES)) {
      const lines = streets.filter((street) => street.kind === kind).flatMap((street) => street.lines);
      if (!lines.length) continue;
      const plain = { pane: "streets", renderer, interactive: false, smoothFactor: 0.8 };
      const line = L.polyline(lines, { ...plain, color: style.color, weight: 1 }).addTo(map);
      drawn.push({ kind, style, line });
    }
    for (const kind of ["street", "river"]) {
      for (const each of drawn) if (each.kind === kind) each.line.bringToBack();
    }
    restyle();
  }

  function restyle() {
    const width = tier(map.getZoom());
    for (const { style, line } of drawn) setWidth(line, style.widths[width]);
  }
}

async function streetsOf(url) {
  try {
    const answer = await fetch(url);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // the map is complete without them
  }
}

function tier(zoom) {
  if (zoom >= 14.5) return 2;
  return zoom >= 12.5 ? 1 : 0;
}

function setWidth(line, weight) {
  line.setStyle({ weight, opacity: weight ? 1 : 0 });
}
