"""Small files that unpack to large ones; each is made once."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq

from tests.robust import seeds

#: Name, content and mapping.
Bomb = tuple[str, bytes, str | None]
#: What the plain bombs unpack to, bytes.
SIZE = 400_000_000


@cache
def _deflated() -> bytes:
    """Some hundred MB of rows, deflated without a header."""
    row = seeds.csv_bytes(seeds.csu()).splitlines(keepends=True)[1] * 10_000
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts = [packer.compress(seeds.csv_bytes(seeds.csu()).splitlines(keepends=True)[0])]
    block = packer.compress(b" " * 1_000_000)
    parts += [block, packer.flush(zlib.Z_FULL_FLUSH)]
    # from a full flush on, a piece can be repeated as it is
    piece = packer.compress(row) + packer.compress(b"\n" * 10_000_000)
    piece += packer.flush(zlib.Z_FULL_FLUSH)
    parts += [piece] * (SIZE // (len(row) + 10_000_000))
    return b"".join([*parts, packer.flush()])


def in_gz() -> Bomb:
    """A gzip file."""
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
    return "bomb.csv.gz", header + _deflated() + b"\0" * 8, seeds.MAPPING


@cache
def in_zip() -> Bomb:
    """A zip whose member states its size."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("bomb.csv", "w") as member,
    ):
        for _ in range(SIZE // 10_000_000):
            member.write(b"a" * 10_000_000)
    return "bomb.zip", buffer.getvalue(), seeds.MAPPING


def in_zip_that_lies() -> Bomb:
    """A zip whose member states a small size."""
    _, content, mapping = in_zip()
    stated = SIZE.to_bytes(4, "little")
    return "lie.zip", content.replace(stated, (9_000).to_bytes(4, "little")), mapping


@cache
def in_nested_zips() -> Bomb:
    """Zips in zips in zips."""
    _, content, mapping = in_zip()
    for at in range(3):
        content = seeds.zip_bytes({f"{at}-{n}.zip": content for n in range(4)})
    return "nested.zip", content, mapping


@cache
def in_gz_twice() -> Bomb:
    """A gzip file within a gzip file."""
    return "twice.csv.gz", gzip.compress(in_gz()[1]), seeds.MAPPING


def workbook(sheet: bytes, strings: bytes | None = None) -> bytes:
    """Return a workbook of one sheet, made by hand."""
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    members = {
        "[Content_Types].xml": (
            f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
            f'ContentType="{kind}.sheet.main+xml"/></Types>'
        ).encode(),
        "_rels/.rels": (
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
            f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ).encode(),
        "xl/workbook.xml": (
            f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
            '<sheet name="Export" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ).encode(),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
            f'Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/><Relationship '
            f'Id="rId2" Type="{relations}/sharedStrings" Target="sharedStrings.xml"/>'
            "</Relationships>"
        ).encode(),
        "xl/worksheets/sheet1.xml": (
            f'<worksheet xmlns="{main}"><sheetData>'.encode() + sheet + b"</sheetData></worksheet>"
        ),
    }
    if strings is not None:
        members["xl/sharedStrings.xml"] = f'<sst xmlns="{main}">'.encode() + strings + b"</sst>"
    return seeds.zip_bytes(members)


@cache
def in_shared_strings() -> Bomb:
    """A workbook with one long text that a great many cells refer to."""
    cell = b'<c t="s"><v>0</v></c>'
    rows = (b"<row>" + cell * 100 + b"</row>") * 2_000
    text = b"<si><t>" + b"a" * 300_000 + b"</t></si>"
    return "strings.xlsx", workbook(rows, text), seeds.MAPPING


@cache
def in_sheet() -> Bomb:
    """A workbook whose sheet is one long text."""
    text = b'<row r="1"><c t="inlineStr"><is><t>' + b"a" * 200_000_000 + b"</t></is></c></row>"
    return "sheet.xlsx", workbook(text), seeds.MAPPING


@cache
def in_far_cell() -> Bomb:
    """A workbook with two cells that span the whole sheet."""
    cell = b'<row r="%d"><c r="%s%d" t="inlineStr"><is><t>x</t></is></c></row>'
    return "far.xlsx", workbook(cell % (1, b"A", 1) + cell % (1048576, b"XFD", 1048576)), None


@cache
def in_ods(rows: int = 1_000_000, columns: int = 12) -> Bomb:
    """An OpenDocument sheet that says of its cells how often they are repeated."""
    office = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{office}:office:1.0" xmlns:table="{office}'
        f':table:1.0" xmlns:text="{office}:text:1.0"><office:body><office:spreadsheet>'
        '<table:table table:name="Export"><table:table-row table:number-rows-repeated="'
        f'{rows}">'
        '<table:table-cell office:value-type="string" table:number-columns-repeated="'
        f'{columns}">'
        "<text:p>a long text of some size</text:p></table:table-cell></table:table-row>"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind.decode()}"/>'
        "</manifest:manifest>"
    )
    members = {
        "mimetype": kind,
        "META-INF/manifest.xml": manifest.encode(),
        "content.xml": content.encode(),
    }
    return "repeated.ods", seeds.zip_bytes(members), seeds.MAPPING


@cache
def in_dictionary() -> Bomb:
    """A Parquet file whose every row refers to one long text."""
    rows = 30_000
    frame = seeds.csu()
    columns = {name: pa.array([frame[name][0]] * rows) for name in frame.columns}
    text = pa.array(["a" * 1_000_000])
    columns["where"] = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), text)
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return "dictionary.parquet", buffer.getvalue(), seeds.MAPPING


@cache
def in_run_length() -> Bomb:
    """A Parquet file of a great many equal rows."""
    rows = 4_000_000
    frame = seeds.csu()
    columns = {
        name: pa.DictionaryArray.from_arrays(
            pa.array(bytearray(rows), pa.int8()), pa.array([frame[name][0]])
        )
        for name in frame.columns
    }
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, row_group_size=rows, compression="zstd")
    return "run.parquet", buffer.getvalue(), seeds.MAPPING


def in_deep_json() -> Bomb:
    """GeoJSON within itself."""
    return "deep.geojson", b'{"type":"Feature","a":' + b"[" * 5_000_000, seeds.POINT_MAPPING


def in_toml() -> Bomb:
    """A mapping file within itself."""
    (name, content) = next(iter(seeds.seed("csu")[0].items()))
    return name, content, "a = " + "[" * 100_000


BOMBS: tuple[Callable[[], Bomb], ...] = (
    *(in_gz, in_zip, in_zip_that_lies, in_nested_zips, in_gz_twice, in_shared_strings, in_sheet),
    *(in_far_cell, in_ods, in_dictionary, in_run_length, in_deep_json, in_toml),
)
