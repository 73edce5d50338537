"""Known published layouts: mapping files that come with the package, recognised by the header."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from hotspots.ingest.mapped import Mapped, dialect_of
from hotspots.ingest.mapping import Mapping, parse_mapping
from hotspots.ingest.readers import Context, Reader
from hotspots.ingest.tables.base import Dialect


@cache
def layout(name: str) -> Mapping:
    """Return the mapping of a known layout."""
    content = files("hotspots.ingest").joinpath("layouts", f"{name}.toml").read_bytes()
    return parse_mapping(content, f"{name}.toml")


def reader(name: str, label: str) -> Reader:
    """Return the reader of a known layout; its mapping is not read before it is needed.

    Parameters
    ----------
    name : str
        The name of its mapping file in ``layouts``.
    label : str
        The format in words.
    """

    def sniff(_name: str, header: tuple[str, ...]) -> bool:
        return set(layout(name).named()) <= set(header)

    def refusal(_name: str, _header: tuple[str, ...]) -> str | None:
        return None

    def dialect(_context: Context) -> Dialect:
        return dialect_of(layout(name))

    def start(file: str, header: tuple[str, ...], crs: str | None, context: Context) -> Mapped:
        return Mapped(file, header, crs, context, layout(name))

    return Reader(name, label, sniff, refusal, dialect, start)
