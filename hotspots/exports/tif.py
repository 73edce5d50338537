"""Cloud-Optimised GeoTIFF: bands with names and units, nodata, CRS, provenance in its tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hotspots.exports.about import marking_line, notice_line, tags
from hotspots.exports.raster import Raster, rasters_of
from hotspots.exports.tables import Tables, one

#: Small, so that a borough's raster has overviews too.
_BLOCK = 128


def to_tif(tables: Tables, provenance: Mapping[str, Any]) -> bytes:
    """Return one raster, or one table of grid squares, as a Cloud-Optimised GeoTIFF.

    Lossless (DEFLATE); nodata is NaN. The tags hold ``PROVENANCE`` (JSON), ``MARKING``, ``TIER``
    and ``NOTICES`` where given; each band has its name, unit and description.
    """
    given = one(tables)
    return _write(given if isinstance(given, Raster) else rasters_of(given), provenance)


def _write(raster: Raster, provenance: Mapping[str, Any]) -> bytes:
    from affine import Affine
    from rasterio.crs import CRS
    from rasterio.io import MemoryFile

    count, height, width = raster.array.shape
    size = float(raster.cell_size_m)
    with MemoryFile() as memory:
        with memory.open(
            driver="COG",
            count=count,
            height=height,
            width=width,
            dtype=raster.array.dtype,
            nodata=float("nan"),
            crs=CRS.from_user_input(raster.crs),
            transform=Affine(size, 0.0, raster.x0, 0.0, -size, raster.y_top),
            blocksize=_BLOCK,
            compress="DEFLATE",
            level=9,
            predictor="YES",
            overview_resampling=raster.overviews.upper(),
            num_threads=1,
            bigtiff="NO",
        ) as out:
            out.write(raster.array)
            out.update_tags(**_tags(provenance))
            out.descriptions = tuple(band.name for band in raster.bands)
            out.units = tuple(band.unit for band in raster.bands)
            for position, band in enumerate(raster.bands, start=1):
                out.update_tags(position, DESCRIPTION_LONG=band.description)
        return bytes(memory.read())


def _tags(provenance: Mapping[str, Any]) -> dict[str, str]:
    described = (marking_line(provenance), notice_line(provenance))
    own = {
        "AREA_OR_POINT": "Area",
        "TIFFTAG_SOFTWARE": f"hotspots {provenance.get('version', '')}".strip(),
        "TIFFTAG_IMAGEDESCRIPTION": "; ".join(part for part in described if part),
    }
    said = {name.upper(): text for name, text in tags(provenance).items()}
    return {name: text for name, text in own.items() if text} | said
