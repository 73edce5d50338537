"""The result of one analysis: its tables, what must be said about them, where they came from."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from hotspots.errors import UsageError
from hotspots.exports import export_format, write_file
from hotspots.model import Period
from hotspots.quality import Finding
from hotspots.results.places import no_places

if TYPE_CHECKING:
    import folium
    from matplotlib.axes import Axes

#: Tables of a result, in the order they are exported.
TABLES = ("hotspots", "wards", "cells", "density")


@dataclass(frozen=True, eq=False)
class Result:
    """Everything that one period and category has to show.

    Attributes
    ----------
    hotspots : geopandas.GeoDataFrame
        One row a hot spot of either question; see ``hotspots.results.places``. The ranks have
        gaps where further places come between.
    wards : geopandas.GeoDataFrame
        One row a ward: count, residents, rate, Gi*, rank.
    cells : geopandas.GeoDataFrame
        One row a cell of the study area: counts, both tests, intensity.
    density : geopandas.GeoDataFrame
        One row a class of the density map: lower and upper bound, outline.
    period, category : Period, str
        What was asked.
    totals : mapping
        Counts a headline needs: incidents, expected a period, cells checked and so on.
    notes : tuple of str
        What a reader must know, one sentence each.
    provenance : mapping
        Inputs' sha256, wards, profile, version: JSON values only.
    findings : tuple of Finding
        What is wrong with the data that this result is made of; also in ``provenance``.
    further : geopandas.GeoDataFrame
        The other places of the lists, none of them hot: possible ones of either question, and
        those where most is expected next; the same columns. Empty in a result that was read back
        from a store, which keeps the tables ``TABLES``.
    """

    hotspots: gpd.GeoDataFrame
    wards: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame
    density: gpd.GeoDataFrame
    period: Period
    category: str
    totals: Mapping[str, Any]
    notes: tuple[str, ...]
    provenance: Mapping[str, Any]
    findings: tuple[Finding, ...] = ()
    further: gpd.GeoDataFrame = field(default_factory=no_places)

    @property
    def places(self) -> gpd.GeoDataFrame:
        """The hot spots and the further places, in order of question and rank.

        A table of before these columns were kept says that its places are hot, which they were,
        and has NaN for what is expected next.
        """
        hot = self.hotspots
        for name, unknown in (("expected_next", math.nan), ("hot", True)):
            if name not in hot:
                hot = hot.assign(**{name: unknown})
        parts = [part for part in (hot, self.further) if len(part)]
        if not parts:
            return hot
        both = pd.concat(parts, ignore_index=True)
        # "concentrated" comes before "worse"
        return both.sort_values(["question", "rank"], kind="stable", ignore_index=True)

    @property
    def notices(self) -> tuple[str, ...]:
        """What must be shown on every page and file, such as "Synthetic data"."""
        return tuple(self.provenance.get("notices", ()))

    def table(self, name: str) -> gpd.GeoDataFrame:
        """Return one of the tables ``TABLES``.

        Raises
        ------
        UsageError
            If there is none of that name.
        """
        if name not in TABLES:
            raise UsageError(f"A table must be one of {', '.join(TABLES)}; got {name!r}.")
        frame: gpd.GeoDataFrame = getattr(self, name)
        return frame

    def export(
        self,
        path: str | Path,
        table: str | None = None,
        format: str | None = None,  # noqa: A002
    ) -> Path:
        """Write the result to a file, whole or not at all.

        Parameters
        ----------
        path : str or Path
            The file; its suffix names the format unless ``format`` does.
        table : str, optional
            One of ``TABLES``. Without it, formats that can hold several get all of them, others
            the hot spots.
        format : str, optional
            A name in ``hotspots.exports.EXPORTS``.

        Returns
        -------
        Path
            The file written. A format that cannot carry its provenance gets it in
            ``<file>.provenance.json`` beside it.

        Raises
        ------
        UsageError
            If the format or table is unknown.
        WorkspaceError
            If the file cannot be written.
        """
        target = Path(path)
        chosen = export_format(format or target.suffix)
        names = (table,) if table else (TABLES if chosen.many else TABLES[:1])
        tables = {name: self.table(name) for name in names}
        about = {**self.provenance, "tables": list(names)}
        write_file(target, chosen.write(tables, about))
        if chosen.sidecar:
            beside = target.with_name(target.name + ".provenance.json")
            write_file(beside, json.dumps(about, indent=2, ensure_ascii=False).encode("utf-8"))
        return target

    def explore(self, layer: str = "concentrated") -> folium.Map:
        """Return an interactive map, to look at in a notebook or to save as one file.

        It needs no network: Leaflet is written into the page and there are no tiles unless they
        are added (``folium.TileLayer(...).add_to(map)``, which does need one).

        Parameters
        ----------
        layer : {"concentrated", "worse", "density", "wards"}
            Shaded squares of either question, incidents per km2 in 30 days, or wards by their
            rate (by counts where most wards' residents are not known). "density" and "wards"
            have the hot spots of "concentrated" on top.

        Returns
        -------
        folium.Map
            In WGS 84, fitted to the wards: hot spots by number or letter, a legend, the notices
            and notes of the result, and where it came from. ``map.save("map.html")`` writes it.
            A result without hot spots has no numbers; a ward whose residents are not known has
            grey stripes and the words "No data".

        Raises
        ------
        UsageError
            If there is no such layer.

        See Also
        --------
        plot : The same as a picture.

        Notes
        -----
        Names from data are shown as text and never read as HTML. The file shows counts of single
        squares: it is for those who may see them (see ``Workspace.export`` for the others).

        Examples
        --------
        >>> result.explore("worse").save("worse.html")  # doctest: +SKIP
        """
        from hotspots.results.exploring import explored
        from hotspots.results.looking import look_at

        return explored(look_at(self, layer))

    def plot(self, layer: str = "concentrated", ax: Axes | None = None) -> Axes:
        """Draw a map with matplotlib.

        Parameters
        ----------
        layer : {"concentrated", "worse", "density", "wards"}
            As of ``explore``.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes
            In metres of the wards' CRS: shading that is told apart in grey too, numbered hot
            spots, names of wards where they have room, a scale bar, a legend, the period in the
            title, and below it the notices, notes and source. A result without hot spots has no
            numbers; a ward whose residents are not known has grey stripes.

        Raises
        ------
        UsageError
            If there is no such layer.

        See Also
        --------
        explore : The same as an interactive map.

        Examples
        --------
        >>> result.plot("density").figure.savefig("density.png")  # doctest: +SKIP
        """
        from hotspots.results.looking import look_at
        from hotspots.results.plotting import plotted

        return plotted(look_at(self, layer), ax)
