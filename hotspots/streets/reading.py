"""A file of lines -> the streets near the wards, merged and lightly simplified."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from hotspots import manifest
from hotspots.errors import DataError, UsageError
from hotspots.streets.columns import attribution_of, clean, columns_of
from hotspots.streets.kinds import NAMED_ONLY, is_known, kind_of, word_of
from hotspots.streets.layers import LineLayer, first_line, line_layers

STREET_COLUMNS = ("name", "kind", "geometry")
#: Streets are kept this far around the wards' bounds.
MARGIN_M = 2000.0
#: Lines stay within this distance of what the file says.
SIMPLIFY_M = 2.0
#: A layer with no more lines is read whole, so that those without geometry can be counted; of a
#: larger one the reader takes what is near the wards, by the file's spatial index.
_SMALL = 50_000

Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Streets:
    """The streets of one file.

    Attributes
    ----------
    frame : geopandas.GeoDataFrame
        ``name`` ("" where there is none), ``kind`` (one of ``KINDS``) and ``geometry``
        (LineString, two-dimensional) in the workspace's CRS; at least one row.
    source : str
        The file's name.
    sha256 : str
        Of the file.
    attribution : str or None
        What its licence asks to be shown with it.
    without_geometry : int
        Lines that had none, or one that cannot be drawn.
    left_out : int
        Lines near the wards that are paths, tracks and the like.
    unknown : tuple of str
        Words for a kind that are not known, the commonest first; their lines are streets.
    """

    frame: gpd.GeoDataFrame
    source: str
    sha256: str
    attribution: str | None
    without_geometry: int = 0
    left_out: int = 0
    unknown: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, object]:
        """Return the figures for other programs; ``streets`` counts names."""
        return {
            "source": self.source,
            "sha256": self.sha256,
            "lines": len(self.frame),
            "streets": self._named(),
            "kinds": {str(k): int(n) for k, n in self.frame["kind"].value_counts().items()},
            "without_geometry": self.without_geometry,
            "left_out": self.left_out,
            "unknown": list(self.unknown),
            "attribution": self.attribution,
        }

    def _named(self) -> int:
        return int(self.frame.loc[self.frame["name"] != "", "name"].nunique())

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was kept and what not, to be shown."""
        named = self._named()
        parts = [f"{len(self.frame):,} lines of {named:,} named streets kept"]
        if self.left_out:
            parts.append(f"{self.left_out:,} paths, tracks and the like left out")
        if self.without_geometry:
            parts.append(f"{self.without_geometry:,} without geometry left out")
        said = ["; ".join(parts) + "."]
        if not named:
            said.append("No line has a name: say which column has it with --name.")
        if self.unknown:
            some = ", ".join(self.unknown[:5]) + (" and more" if len(self.unknown) > 5 else "")
            said.append(f"Drawn as streets, as their kind is not known: {some}.")
        said.append(
            f"Shown with them: {self.attribution}."
            if self.attribution
            else "Nothing is shown as their source: give it with --attribution."
        )
        return tuple(said)


@dataclass(frozen=True, eq=False)
class _Lines:
    """Lines of one layer near the wards, before they are merged."""

    name: NDArray[np.object_]
    word: NDArray[np.object_]
    shape: NDArray[np.object_]
    default: str
    without: int


def read_streets(
    path: str | Path,
    bounds: Box,
    crs: str,
    *,
    name: str | None = None,
    kind: str | None = None,
    layer: str | None = None,
    file_crs: str | None = None,
    attribution: str | None = None,
) -> Streets:
    """Read the streets near some wards from a file of lines.

    Lines are cut at ``MARGIN_M`` around the bounds, merged where they meet and have the same name
    and kind, and simplified to ``SIMPLIFY_M``. A line without a name takes its number ("A2").

    Parameters
    ----------
    path : path
        GeoPackage, GeoJSON, Shapefile or FlatGeobuf, or a zip of some: OS Open Roads, an
        OpenStreetMap extract, or any layer of lines.
    bounds : tuple
        Min x, min y, max x, max y of the wards, in ``crs``.
    crs : str
        The workspace's CRS, in metres.
    name, kind : str, optional
        Columns; those that OS and OpenStreetMap use are found.
    layer : str, optional
        The layer, where the file has several that are not known.
    file_crs : str, optional
        The file's CRS, where the file does not state it.
    attribution : str, optional
        What to show with the streets; by default what OS or OpenStreetMap ask for, or the notice
        of the manifest beside the file.

    Raises
    ------
    DataError
        If the file cannot be read, has no lines, states no CRS and none is given, or no line of
        it is near the wards.
    UsageError
        If ``file_crs`` is none.
    """
    path = Path(path)
    west, south, east, north = bounds
    box = (west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M)
    with line_layers(path, layer) as layers:
        read = [
            _near(one, path.name, box, CRS.from_user_input(crs), name, kind, _crs_given(file_crs))
            for one in layers
        ]
        credit = clean(attribution) or next(filter(None, map(attribution_of, layers)), None)
    frame, left_out, unknown = _merged(read, crs)
    if frame.empty:
        raise _none_near(path.name, left_out, layers)
    return Streets(
        frame=frame,
        source=path.name,
        sha256=_digest(path),
        attribution=credit or manifest.notice_beside(path.absolute()),
        without_geometry=sum(part.without for part in read),
        left_out=left_out,
        unknown=unknown,
    )


def _crs_given(text: str | None) -> CRS | None:
    try:
        return CRS.from_user_input(text) if text else None
    except CRSError as error:
        raise UsageError(f"--crs must be a CRS there is; got {text!r}: try EPSG:27700.") from error


def _none_near(file: str, left_out: int, layers: Sequence[LineLayer]) -> DataError:
    if all(layer.info["features"] == 0 for layer in layers):
        return DataError(
            f"A file of streets must have lines; {file} has an empty layer: export it again."
        )
    if left_out:
        return DataError(
            f"Streets must be roads or rivers; the {left_out:,} lines of {file} near the wards "
            "are paths, tracks and the like: give a file of roads, or another --kind."
        )
    stated = layers[0].info["crs"] or "the CRS given"
    return DataError(
        f"Streets must lie near the wards; no line of {file} ({stated}) is "
        f"within {MARGIN_M / 1000:g} km: give the file of your area, or check its CRS."
    )


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


# -- one layer ------------------------------------------------------------------------------------


def _near(
    layer: LineLayer,
    file: str,
    box: Box,
    target: CRS,
    name: str | None,
    kind: str | None,
    given: CRS | None,
) -> _Lines:
    """Return the parts of a layer's lines in a box, in the target CRS."""
    columns = columns_of(layer, file, name, kind)
    crs = _crs_of(layer, file, given)
    frame = _read(layer, file, _box_in(box, target, crs), columns.all())
    shapes = frame.geometry.to_numpy()
    fine = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    fine &= np.isin(shapely.get_type_id(shapes), (1, 2, 5))  # LineString, ring, MultiLineString
    fine[fine] = np.isfinite(shapely.bounds(shapes[fine])).all(axis=1)
    placed = gpd.GeoSeries(shapely.force_2d(shapes[fine]), crs=crs).to_crs(target).to_numpy()
    drawn = np.isfinite(shapely.bounds(placed)).all(axis=1)
    rows = frame.loc[fine].loc[drawn]
    inside = shapely.clip_by_rect(placed[drawn], *box)
    parts, of = shapely.get_parts(inside, return_index=True)
    lines = (shapely.get_type_id(parts) == 1) & (shapely.length(parts) > 0)
    names = _texts(rows, columns.name)
    named = np.where(names == "", _texts(rows, columns.number), names)
    return _Lines(
        name=named[of[lines]],
        word=_words(rows, columns.kind)[of[lines]],
        shape=parts[lines],
        default="river" if layer.is_water else "street",
        without=len(frame) - len(rows),
    )


def _crs_of(layer: LineLayer, file: str, given: CRS | None) -> CRS:
    stated = layer.info["crs"]
    if stated is None:
        if given is None:
            raise DataError(
                f"A file of streets must state its CRS; {file} states none: give its --crs, for "
                "example EPSG:27700."
            )
        return given
    own = CRS.from_user_input(stated)
    if given is not None and not own.equals(given, ignore_axis_order=True):
        raise DataError(
            f"--crs must be the CRS that the file states; {file} states {stated}: leave it out."
        )
    return own


def _box_in(box: Box, crs: CRS, target: CRS) -> Box:
    turned: Box | None
    try:
        turned = Transformer.from_crs(crs, target, always_xy=True).transform_bounds(*box)
    except ProjError:
        turned = None
    if turned is None or not np.isfinite(turned).all():
        raise DataError(
            "Streets must be of a CRS that can be used at the wards; "
            f"{target.to_string()} cannot: check the file."
        )
    return turned


def _read(layer: LineLayer, file: str, box: Box, columns: list[str]) -> gpd.GeoDataFrame:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError

    whole = 0 <= layer.info["features"] <= _SMALL
    try:
        return pyogrio.read_dataframe(
            layer.source, layer=layer.name, columns=columns, bbox=None if whole else box
        )
    except (
        DataSourceError, DataLayerError, FeatureError, GeometryError, ValueError, RuntimeError,
        shapely.errors.GEOSException,
    ) as error:  # fmt: skip
        raise DataError(
            f"A file of streets must be whole; {file} cannot be read ({first_line(error)}): copy "
            "it again."
        ) from error


def _texts(frame: pd.DataFrame, column: str | None) -> NDArray[np.object_]:
    values = [""] * len(frame) if column is None else [clean(v) for v in frame[column]]
    return np.array(values, dtype=object)


def _words(frame: pd.DataFrame, column: str | None) -> NDArray[np.object_]:
    values = [""] * len(frame) if column is None else [word_of(v) for v in frame[column]]
    return np.array(values, dtype=object)


# -- together -------------------------------------------------------------------------------------


def _merged(parts: Sequence[_Lines], crs: str) -> tuple[gpd.GeoDataFrame, int, tuple[str, ...]]:
    """Return the streets, how many lines were left out, and the words that are not known."""
    frame = pd.concat(
        [
            pd.DataFrame({"name": p.name, "word": p.word, "shape": p.shape, "default": p.default})
            for p in parts
        ],
        ignore_index=True,
    )
    frame["kind"] = [
        None if word in NAMED_ONLY and not name else kind_of(word, default)
        for name, word, default in zip(frame["name"], frame["word"], frame["default"], strict=True)
    ]
    kept = frame[frame["kind"].notna()]
    new = [w for w in kept["word"] if w and not is_known(w)]
    unknown = tuple(clean(word) for word in pd.Series(new, dtype=object).value_counts().index)
    return _lines_of(kept, crs), len(frame) - len(kept), unknown


def _lines_of(rows: pd.DataFrame, crs: str) -> gpd.GeoDataFrame:
    """Merge lines of the same name and kind where they meet, and simplify them."""
    keys = rows.groupby(["kind", "name"], sort=True)
    which = keys.ngroup().to_numpy()
    order = np.argsort(which, kind="stable")
    groups = keys.size().index
    together = shapely.multilinestrings(
        rows["shape"].to_numpy()[order].astype(object), indices=which[order]
    )
    merged = shapely.simplify(shapely.line_merge(together), SIMPLIFY_M)
    shapes, of = shapely.get_parts(merged, return_index=True)
    return gpd.GeoDataFrame(
        {
            "name": pd.Series([groups[i][1] for i in of], dtype="str"),
            "kind": pd.Series([groups[i][0] for i in of], dtype="str"),
        },
        geometry=list(shapes),
        crs=crs,
    )
