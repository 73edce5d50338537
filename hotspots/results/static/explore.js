"use strict";
// Draws one layer of a result on a Leaflet map. Text from data comes in by textContent alone.
function hotspotsLook(map, look) {
  const element = (name, text, kind) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  const said = (strong, ...lines) => {
    const box = element("div");
    if (strong) box.append(element("strong", strong));
    for (const line of lines.filter(Boolean)) box.append(element("div", line));
    return box;
  };
  ["ground", "shades", "wards", "boroughs", "outlines", "leaders"].forEach((name, i) => {
    map.createPane(name).style.zIndex = 410 + 10 * i;
  });
  // what is only looked at does not stand in the way of what answers
  for (const name of ["boroughs", "outlines", "leaders"]) map.getPane(name).style.pointerEvents = "none";

  // -- frame: title above, legend and source below or beside --
  const box = map.getContainer();
  const frame = element("section", undefined, "hotspots-look");
  const head = element("header");
  head.append(element("h1", look.title));
  for (const notice of look.notices) head.append(element("p", notice, "notice"));
  const legend = element("div", undefined, "legend");
  if (look.unit) legend.append(element("h2", look.unit));
  const rows = element("ul");
  for (const { fill, name } of look.legend) rows.append(legendRow(fill, name));
  legend.append(rows);
  const foot = element("footer");
  for (const note of look.notes) foot.append(element("p", note));
  foot.append(element("p", look.source, "source"));
  box.replaceWith(frame);
  const side = element("div", undefined, "side");
  side.append(legend, element("h2", look.spots.length ? "Hot spots" : "No hot spots"), placesList());
  const middle = element("div", undefined, "middle");
  middle.append(box, side);
  frame.append(head, middle, foot);

  function legendRow(fill, name) {
    const row = element("li");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const patch = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [key, value] of Object.entries({ width: 28, height: 18, x: 0.5, y: 0.5, fill, stroke: "#697684" }))
      patch.setAttribute(key, value);
    svg.setAttribute("width", 29);
    svg.setAttribute("height", 19);
    svg.setAttribute("aria-hidden", "true");
    svg.append(patch);
    row.append(svg, element("span", name));
    return row;
  }

  function placesList() {
    const list = element("ol", undefined, "places");
    for (const spot of look.spots) {
      const row = element("li");
      const button = element("button");
      button.type = "button";
      button.append(badge(spot), element("span", spot.name));
      button.addEventListener("click", () => show(spot));
      row.append(button);
      list.append(row);
    }
    return list;
  }

  function badge(spot) {
    const mark = element("span", undefined, `badge ${spot.question}`);
    mark.append(element("b", spot.marker));
    return mark;
  }

  // -- layers --
  const shape = (rings, pane, style) => L.polygon(rings, { pane, ...style });
  for (const { rings, fill, says } of look.shades) {
    const drawn = shape(rings, "shades", { stroke: true, weight: 0.5, color: "#FFFFFF", fillColor: fill, fillOpacity: 1 }).addTo(map);
    if (says) drawn.bindTooltip(said("", says), { sticky: true });
  }
  const squares = look.shades.some(({ says }) => says);
  for (const { rings, name, says } of look.wards) {
    // under shading that answers itself a ward answers along its line and where nothing is shaded
    const drawn = shape(rings, squares ? "ground" : "wards", { stroke: false, fillOpacity: 0 }).addTo(map);
    drawn.bindTooltip(said(name, says), { sticky: true });
    shape(rings, "boroughs", { weight: 1.3, color: "#5B6975", fill: false, interactive: false }).addTo(map);
  }
  for (const rings of look.boroughs)
    shape(rings, "boroughs", { weight: 3, color: "#14202B", fill: false, interactive: false }).addTo(map);
  for (const spot of look.spots) {
    shape(spot.rings, "outlines", { weight: 6, color: "#FFFFFF", fill: false, interactive: false }).addTo(map);
    const worse = spot.question === "worse";
    shape(spot.rings, "outlines", {
      weight: 2.5, color: worse ? "#A84300" : "#1A5599", dashArray: worse ? "8 4" : null, fill: false, interactive: false,
    }).addTo(map);
  }
  L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);

  // -- names and numbers: where they have room at this scale --
  const named = look.wards.map(({ name, at }) => {
    const text = element("span", name, "ward-name");
    const marker = L.marker(at, { icon: L.divIcon({ className: "ward-label", html: text, iconSize: [0, 0] }), interactive: false, keyboard: false });
    return { marker, at, text };
  });
  const spots = look.spots.map((spot) => {
    const icon = L.divIcon({ className: "spot", html: badge(spot), iconSize: [36, 36] });
    const marker = L.marker(spot.at, { icon, riseOnHover: true }).addTo(map);
    marker.bindPopup(said(`${spot.marker}. ${spot.name}`, ...spot.says), { maxWidth: 280 });
    marker.getElement().setAttribute("aria-label", `Place ${spot.marker}: ${spot.name}`);
    const leader = L.polyline([spot.at, spot.at], { pane: "leaders", color: "#14202B", weight: 1.5, interactive: false }).addTo(map);
    return { spot, marker, leader, outline: L.polygon(spot.rings) };
  });

  function show(spot) {
    map.fitBounds(L.latLngBounds(spot.rings.flat(2)).pad(2.5), { maxZoom: 15 });
    spots.find((one) => one.spot === spot).marker.openPopup();
  }

  const crosses = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  const around = (at, x, y) => [at.x - x, at.y - y, at.x + x, at.y + y];
  const overlap = (a, b) => (crosses(a, b) ? 1 : 0);

  function arrange() {
    const taken = [];
    const outlines = spots.map(({ outline }) => boxOf(outline));
    for (const [i, { spot, marker, leader }] of spots.entries()) {
      const at = map.latLngToLayerPoint(spot.at);
      const [left, top, right, bottom] = outlines[i];
      let best = null;
      for (let turn = 0; turn < 16; turn += 1) {
        const angle = (turn * Math.PI) / 8 - Math.PI / 4;
        // just off the outline's box, in this direction
        const reach = Math.hypot(right - left, bottom - top) / 2 + 28;
        const place = L.point((left + right) / 2 + reach * Math.cos(angle), (top + bottom) / 2 + reach * Math.sin(angle));
        const mine = around(place, 20, 20);
        const cost = 3 * taken.reduce((sum, other) => sum + overlap(mine, other), 0)
          + outlines.reduce((sum, other) => sum + overlap(mine, other), 0) + turn / 100;
        if (!best || cost < best.cost) best = { cost, place, mine };
      }
      taken.push(best.mine);
      marker.setLatLng(map.layerPointToLatLng(best.place));
      leader.setLatLngs([spot.at, map.layerPointToLatLng(best.place)]);
    }
    // a name over a hot spot would hide what the map is for
    const busy = [...taken, ...outlines];
    for (const { marker, at, text } of named) {
      marker.addTo(map);
      const mine = around(map.latLngToLayerPoint(at), text.offsetWidth / 2 + 3, text.offsetHeight / 2 + 1);
      if (busy.some((other) => crosses(mine, other))) marker.remove();
      else busy.push(mine);
    }
  }

  function boxOf(polygon) {
    const bounds = polygon.getBounds();
    const a = map.latLngToLayerPoint(bounds.getNorthWest());
    const b = map.latLngToLayerPoint(bounds.getSouthEast());
    return [a.x, a.y, b.x, b.y];
  }

  const whole = L.latLngBounds(look.bounds);
  const fit = () => { map.invalidateSize({ pan: false }); map.fitBounds(whole, { padding: [12, 12], animate: false }); };
  fit();
  arrange();
  map.on("zoomend", arrange);
  // a notebook may give the frame its size only after it was drawn
  let seen = box.clientWidth > 0;
  new ResizeObserver(() => {
    if (!seen && box.clientWidth > 0) { seen = true; fit(); } else map.invalidateSize({ pan: false });
  }).observe(box);
}
