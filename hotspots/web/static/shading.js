// One shaded layer at a time. SVG, because a canvas cannot hatch.

const EDGE = { concentrated: "#0B3C6F", worse: "#7A2F00" };

// Above pictures of streets (`tiled`) the wards are shaded only where the layer is about them.
export function drawShading(map, wardAreas, first, { tiled = false } = {}) {
  let data = first;
  const shade = L.layerGroup().addTo(map);
  const renderer = L.svg({ pane: "shade", padding: 0.4 });
  const plain = { pane: "shade", renderer, interactive: false, fillOpacity: 1 };

  function cells(question) {
    for (const [level, corners] of data.cells[question]) {
      const fillColor = data.fills[question][level - 1];
      L.polygon(corners, { ...plain, color: EDGE[question], weight: 0.8, fillColor }).addTo(shade);
    }
  }

  function bands() {
    for (const [level, polygons] of data.density) {
      const fillColor = data.fills.classes[level - 1];
      L.polygon(polygons, { ...plain, color: "#FFFFFF", weight: 1, fillColor }).addTo(shade);
    }
  }

  function fillOfWard(ward) {
    if (ward.level === null) return data.fills.nodata;
    return ward.level ? data.fills.classes[ward.level - 1] : data.fills.none;
  }

  function wards(shaded) {
    wardAreas.eachLayer((area) => {
      const ward = data.wards[area.feature.properties.i];
      const fillColor = shaded ? fillOfWard(ward) : data.fills.none;
      area.setStyle({ fillColor, fillOpacity: shaded || !tiled ? 1 : 0 });
    });
  }

  function show(layer, fresh = data) {
    data = fresh;
    shade.clearLayers();
    wards(layer === "wards");
    if (layer === "density") bands();
    else if (layer !== "wards") cells(layer);
  }

  return { show };
}
