"""What QGIS makes of a GeoPackage, as JSON. Run by Debian's Python, which has ``qgis``.

Takes the file, a picture to draw and the layers, the topmost first.
"""

from __future__ import annotations

import json
import sys

from qgis.core import (
    QgsApplication,
    QgsFeatureRequest,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor


def legend(layer: QgsVectorLayer) -> list[dict[str, object]]:
    """Return the lines of a layer's legend: label, and each symbol layer's sort and colour."""
    return [
        {
            "label": item.label(),
            "layers": [
                [part.layerType(), part.color().name().upper()]
                for part in item.symbol().symbolLayers()
            ],
        }
        for item in layer.renderer().legendSymbolItems()
    ]


def styles(layer: QgsVectorLayer) -> list[str]:
    """Return the names of a layer's own styles; QGIS lists them before the others'."""
    count, _, names, _, _ = layer.listStylesInDatabase()
    return sorted(names[:count])


def drawn(layer: QgsVectorLayer) -> dict[str, int]:
    """Return how many rows each rule of a layer draws."""
    rules = layer.renderer().rootRule().children()
    counts = {}
    for rule in rules:
        said = rule.filterExpression()
        if said and said != "ELSE":
            request = QgsFeatureRequest().setFilterExpression(said)
            counts[rule.label()] = sum(1 for _ in layer.getFeatures(request))
    return counts


def main(path: str, picture: str, names: list[str]) -> dict[str, object]:
    """Open the layers, draw them, and say what they are."""
    layers = [QgsVectorLayer(f"{path}|layername={name}", name, "ogr") for name in names]
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setOutputSize(QSize(900, 600))
    settings.setBackgroundColor(QColor("#F3F5F7"))
    settings.setDestinationCrs(layers[0].crs())
    extent = layers[-1].extent()
    extent.grow(300)
    settings.setExtent(extent)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(picture)
    return {
        layer.name(): {
            "valid": layer.isValid(),
            "rows": layer.featureCount(),
            "crs": layer.crs().authid(),
            "renderer": layer.renderer().type(),
            "labels": layer.labelsEnabled(),
            "legend": legend(layer),
            "alias": layer.attributeAlias(layer.fields().lookupField("ward_name")),
            "styles": styles(layer),
            "drawn": drawn(layer),
        }
        for layer in layers
    }


if __name__ == "__main__":
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    sys.stdout.write("\n" + json.dumps(main(sys.argv[1], sys.argv[2], sys.argv[3:])) + "\n")
    sys.stdout.flush()
