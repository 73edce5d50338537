"""Ward boundaries of districts from the ONS Open Geography Portal.

The portal's layers are ArcGIS feature services under
``https://services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services`` (each layer's page on
https://geoportal.statistics.gov.uk names its address), such as
``Wards_December_2023_Boundaries_UK_BGC`` or ``WD_MAY_2023_UK_BFC``. As these names follow no one
rule, the directory of services is asked for them, and the layer for the names of its columns
(WD23CD, WD23NM, LAD23CD). Queries, pages and ``exceededTransferLimit`` are as Esri documents them:
https://developers.arcgis.com/rest/services-reference/query-feature-service-layer-.htm.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotspots.errors import DataError, UsageError
from hotspots.fetch import landing
from hotspots.fetch.http import Client, TryAgainError
from hotspots.fetch.report import FetchedFile, FetchReport, Manners, Progress

BASE_URL = "https://services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services"
#: Full resolution, clipped to the coastline: the one for telling which ward a point is in.
DETAIL = "BFC"
_DETAILS = ("BFC", "BFE", "BGC", "BSC")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SERVICE = re.compile(
    r"(?:Wards|WD)_\(?(?P<month>[a-z]{3})[a-z]*_(?P<year>\d{4})\)?(?:_Boundaries)?"
    r"_(?P<area>UK|GB|EW)_(?P<detail>BFC|BFE|BGC|BSC)(?:_V?(?P<version>\d+))?",
    re.I,
)
_DISTRICT = re.compile(r"[EWSN]\d{8}")
_VINTAGE = re.compile(r"\d{4}(-(0[1-9]|1[0-2]))?")
_PAGE = 200
#: More wards than any district has, many times over; a server that pages for ever is stopped.
_MOST_WARDS = 5000
_TOP = {
    "source": "Office for National Statistics, Open Geography Portal",
    "attribution": "Source: Office for National Statistics licensed under the Open Government "
    "Licence v.3.0. Contains OS data © Crown copyright and database right.",
    "crs": "EPSG:4326",
}


def fetch_wards(
    districts: Sequence[str],
    vintage: str,
    folder: Path,
    *,
    base_url: str = BASE_URL,
    detail: str = DETAIL,
    refresh: bool = False,
    manners: Manners | None = None,
    progress: Progress | None = None,
) -> FetchReport:
    """Fetch the ward boundaries of districts, a GeoJSON file each.

    A file lands as ``folder/wards-VINTAGE-DISTRICT.geojson`` (EPSG:4326) with a
    ``manifest.json`` beside it; what is there already and as its manifest says is not fetched
    again.

    Parameters
    ----------
    districts : sequence of str
        ONS codes of local authority districts, such as "E07000107"; a repeated one counts once.
    vintage : str
        A year, of which the portal's last edition is taken, or a year and month: "2023",
        "2023-05".
    folder : Path
        Where the files go; made if it is not there.
    base_url : str
        The portal's directory of services.
    detail : str
        BFC (full resolution, clipped to the coastline), BFE (to the extent of the realm), BGC
        (generalised to 20 m) or BSC (to 200 m).
    refresh : bool
        Whether files that are there are fetched again.
    manners : Manners, optional
        How often and how patiently to ask.
    progress : callable, optional
        Called with districts done, districts in all and what is being fetched.

    Returns
    -------
    FetchReport
        In the order asked; a note says which edition was taken. ``missing`` is empty: a district
        without wards is an error.

    Raises
    ------
    UsageError
        If no district is given or one is no code, or the vintage or detail is none.
    DataError
        If the portal has no such edition or no wards of a district, does not answer or sends
        something else, or a file that it did not send is in the way.
    """
    asked = list(dict.fromkeys(code.strip().upper() for code in districts))
    detail = detail.upper()
    _check(asked, vintage, detail)
    kept: dict[str, FetchedFile] = {}
    notes: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for code in asked:
            if (there := _there(folder, _name(vintage, code), refresh)) is not None:
                kept[code] = there
        with Client(base_url, manners or Manners()) as client:
            wanted = [code for code in asked if code not in kept]
            layer = _layer(client, vintage, detail) if wanted else None
            for code in wanted:
                if layer is None:
                    break
                if progress is not None:
                    progress(len(kept), len(asked), code)
                kept[code] = _fetch(client, layer, code, vintage, folder)
            if layer is not None:
                notes.append(f"The wards are those of {layer.edition} ({layer.name}).")
            if progress is not None:
                progress(len(kept), len(asked), "")
            files = tuple(kept[code] for code in asked)
            return FetchReport(files, (), tuple(notes), client.requests, client.bytes_received)
    except OSError as error:
        raise DataError(
            f"Fetched files must find room; {folder} cannot be written ({error}): free some "
            "space or choose another folder."
        ) from error


def _check(districts: Sequence[str], vintage: str, detail: str) -> None:
    if not districts:
        raise UsageError("A district must be given; got none: give its code, as E07000107.")
    for code in districts:
        if not _DISTRICT.fullmatch(code):
            raise UsageError(
                f"A district must be its ONS code, such as E07000107; got {code!r}: correct it."
            )
    if not _VINTAGE.fullmatch(vintage):
        raise UsageError(
            f"A vintage must be a year or a month, such as 2023 or 2023-05; got {vintage!r}: "
            "correct it."
        )
    if detail not in _DETAILS:
        raise UsageError(
            f"The detail must be one of {', '.join(_DETAILS)}; got {detail!r}: correct it."
        )


def _name(vintage: str, district: str) -> str:
    return f"wards-{vintage}-{district}.geojson"


def _there(folder: Path, name: str, refresh: bool) -> FetchedFile | None:
    """Return a file that is there as its manifest says; None if it must be fetched."""
    path = folder / name
    entry = landing.listed(folder, name)
    if entry is None or refresh:
        return None
    size, rows = path.stat().st_size, int(entry.get("features", 0))
    return FetchedFile(path, entry["sha256"], size, str(entry.get("source", "")), rows, False)


@dataclass(frozen=True)
class _Layer:
    """A layer of wards: ``edition`` is its month, ``code``, ``label``... are its columns."""

    url: str
    name: str
    edition: str
    code: str
    label: str
    district: str
    district_label: str | None


def _ask(client: Client, url: str, **params: str) -> dict[str, Any]:
    """Return ArcGIS's answer; it reports errors with status 200."""

    def check(data: Any) -> None:
        if not isinstance(data, dict):
            raise DataError(f"The answer must be an object; {url} sent another: try later.")
        error = data.get("error")
        if not error:
            return
        number = error.get("code") if isinstance(error, dict) else None
        said = error.get("message") if isinstance(error, dict) else error
        if number in (429, 500, 502, 503, 504):
            raise TryAgainError(f"the portal answered {number} ({said})")
        raise DataError(
            f"The portal must answer with data; {url} answered {number} ({said}): try later, or "
            "look for a newer version of Hotspots."
        )

    answer: dict[str, Any] = client.json(url, params, check)
    return answer


def _layer(client: Client, vintage: str, detail: str) -> _Layer:
    """Find the layer of a vintage among the portal's services."""
    services = _ask(client, client.base_url, f="json").get("services", [])
    names = [str(s.get("name")) for s in services if s.get("type") == "FeatureServer"]
    found = [(_edition(match), match) for name in names if (match := _SERVICE.fullmatch(name))]
    fitting = [
        (edition, match["area"].upper() == "UK", int(match["version"] or 0), match[0])
        for edition, match in found
        if edition.startswith(vintage) and match["detail"].upper() == detail
    ]
    if not fitting:
        known = sorted({f"{edition} {match['detail'].upper()}" for edition, match in found})
        raise DataError(
            f"The portal must have the edition asked for; {client.base_url} has no wards of "
            f"{vintage} in {detail}: choose one of {', '.join(known) or 'none'}."
        )
    edition, _, _, name = max(fitting)
    service = f"{client.base_url}/{name}/FeatureServer"
    layers = _ask(client, service, f="json").get("layers") or [{"id": 0}]
    url = f"{service}/{layers[0].get('id', 0)}"
    fields = [str(f.get("name")) for f in _ask(client, url, f="json").get("fields", [])]
    columns = {kind: _column(fields, kind) for kind in ("WD CD", "WD NM", "LAD CD", "LAD NM")}
    lacking = [kind.replace(" ", "yy") for kind, c in columns.items() if c is None]
    if set(lacking) - {"LADyyNM"}:
        raise DataError(
            f"A layer of wards must say which district each is in; {url} has no column "
            f"{', '.join(lacking)}: choose another vintage or fetch it by hand."
        )
    code, label, district = (str(columns[kind]) for kind in ("WD CD", "WD NM", "LAD CD"))
    return _Layer(url, name, edition, code, label, district, columns["LAD NM"])


def _edition(match: re.Match[str]) -> str:
    month = match["month"].lower()
    return f"{match['year']}-{_MONTHS.index(month) + 1:02d}" if month in _MONTHS else ""


def _column(fields: Sequence[str], kind: str) -> str | None:
    pattern = re.compile(kind.replace(" ", r"\d\d"), re.I)
    return next((name for name in fields if pattern.fullmatch(name)), None)


def _fetch(client: Client, layer: _Layer, district: str, vintage: str, folder: Path) -> FetchedFile:
    where = f"{layer.district}='{district}'"  # checked: a letter and eight digits
    query = f"{layer.url}/query"
    count = _ask(client, query, where=where, returnCountOnly="true", f="json").get("count")
    if not isinstance(count, int) or count < 1:
        raise DataError(
            f"A district must have wards in the edition; {layer.name} has none of {district}: "
            "check its code, or choose the vintage in which it had it."
        )
    features = _pages(client, layer, query, where)
    _check_features(features, layer, district, count)
    final = folder / _name(vintage, district)
    listed = landing.listed(folder, final.name) is not None
    content = {"type": "FeatureCollection", "name": final.stem, "features": features}
    written = json.dumps(content, ensure_ascii=False).encode()
    source = f"{query}?where={where}"
    entry = {"source": source, "vintage": layer.edition, "features": count}
    # a stop between the file and its manifest leaves a file that is not listed
    if final.exists() and not listed:
        if final.read_bytes() != written:
            raise DataError(
                f"A fetched file must not replace another; {final} is there and is not what the "
                "portal sends: move it away."
            )
        digest = landing.adopt(final, _TOP, entry)
        return FetchedFile(final, digest, len(written), source, count, False)
    part = landing.passing(final, "whole")
    landing.write(part, written)
    digest = landing.land(part, final, _TOP, entry)
    return FetchedFile(final, digest, len(written), source, count, True)


def _pages(client: Client, layer: _Layer, query: str, where: str) -> list[dict[str, Any]]:
    columns = [layer.code, layer.label, layer.district, layer.district_label]
    features: list[dict[str, Any]] = []
    offset = 0
    while offset <= _MOST_WARDS:
        answer = _ask(
            client,
            query,
            where=where,
            outFields=",".join(column for column in columns if column),
            orderByFields=layer.code,  # without an order pages may overlap
            outSR="4326",
            resultOffset=str(offset),
            resultRecordCount=str(_PAGE),
            f="geojson",
        )
        page = answer.get("features")
        if answer.get("type") != "FeatureCollection" or not isinstance(page, list):
            raise DataError(
                f"The answer must be GeoJSON features; {query} sent something else: try later."
            )
        features += page
        if not _more(answer):
            return features
        # a page may be empty although more follow (Esri's documentation): go on by its size
        offset += len(page) or _PAGE
    raise DataError(
        f"A district must have at most {_MOST_WARDS} wards; {query} sends more: try later."
    )


def _more(answer: dict[str, Any]) -> bool:
    """Return whether pages follow; GeoJSON answers say it in one of two places."""
    properties = answer.get("properties")
    inner = properties.get("exceededTransferLimit") if isinstance(properties, dict) else None
    return bool(answer.get("exceededTransferLimit") or inner)


def _check_features(
    features: Sequence[dict[str, Any]], layer: _Layer, district: str, count: int
) -> None:
    what = f"{layer.name} for {district}"
    codes = [str(_property(feature, layer.code) or "") for feature in features]
    if len(features) != count or len(set(codes)) != count or not all(codes):
        raise DataError(
            f"Every ward must come once; {what} has {count} wards and sent {len(features)} with "
            f"{len(set(codes) - {''})} codes: try later."
        )
    others = {_property(feature, layer.district) for feature in features} - {district}
    if others:
        raise DataError(
            f"Only wards of the district asked for must come; {what} sent some of "
            f"{', '.join(sorted(map(str, others)))}: try later."
        )
    for code, feature in zip(codes, features, strict=True):
        if not _is_area(feature.get("geometry")):
            raise DataError(
                f"Every ward must be a polygon in longitude and latitude; {what} sent another "
                f"for {code}: try later."
            )


def _property(feature: Any, column: str) -> Any:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    return properties.get(column) if isinstance(properties, dict) else None


def _is_area(geometry: Any) -> bool:
    """Return whether a GeoJSON geometry is a polygon of places in the United Kingdom."""
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    try:
        polygon = shape(geometry)
        west, south, east, north = polygon.bounds
    except (ShapelyError, AttributeError, KeyError, TypeError, ValueError, IndexError):
        return False
    known = polygon.geom_type in ("Polygon", "MultiPolygon")
    return known and -9 < west <= east < 3 and 49 < south <= north < 62
