"""One number -> one mutated file: everything here comes from a seeded generator, so repeats."""

from __future__ import annotations

import csv
import gzip
import io
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tests.robust import seeds
from tests.robust.bombs import BOMBS

Random = random.Random


@dataclass(frozen=True)
class Case:
    """A mutated file.

    Parameters
    ----------
    what : str
        What was done to what.
    paths : tuple of Path
        What to import.
    mapping : Path or None
        The mapping to import it with.
    rows : int or None
        How many rows an import must read, counted without Hotspots; None where that is not known.
    """

    what: str
    paths: tuple[Path, ...]
    mapping: Path | None = None
    rows: int | None = None


def make(seed: int, folder: Path) -> Case:
    """Write the file of a seed into an empty folder."""
    rng = Random(seed)
    kinds, weights = zip(*_KINDS, strict=True)
    (kind,) = rng.choices(kinds, weights)
    case = kind(rng, folder)
    return Case(f"{kind.__name__}: {case.what}", case.paths, case.mapping, case.rows)


def _write(folder: Path, files: dict[str, bytes], mapping: str | bytes | None) -> Path | None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if mapping is None:
        return None
    text = mapping.encode() if isinstance(mapping, str) else mapping
    (folder / "mapping.toml").write_bytes(text)
    return folder / "mapping.toml"


# -- bytes -----------------------------------------------------------------------------------------

_PIECES = [
    *(b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b'"', b"'", b"\n", b"\r", b"\r\n", b","),
    *(b"\x1a", b"\xe9", b"\xe2\x82", b"\xed\xa0\x80", b"nan", b"inf", b"1e999", b"-0", b"\t;|"),
    *(b"PK\x03\x04", b"PAR1", b"\x1f\x8b\x08", b"\xff" * 8, b"\x80\x00\x00\x00", b"=1+1"),
]


def mutate_bytes(rng: Random, content: bytes) -> bytes:
    """Flip, cut, double, drop or overwrite some bytes."""
    out = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 8, 40])):
        at = rng.randrange(len(out) + 1)
        span = rng.choice([1, 2, 4, 16, 200])
        match rng.randrange(7):
            case 0 | 1 if at < len(out):
                out[at] ^= 1 << rng.randrange(8)
            case 2 if at < len(out):
                out[at] = rng.randrange(256)
            case 3:
                out[at:at] = rng.choice(_PIECES)
            case 4:
                del out[at : at + span]
            case 5:
                out[at:at] = out[at : at + span]
            case 6:
                out[at : at + span] = rng.choice(_PIECES)
            case _:
                out += rng.randbytes(span)
    if rng.random() < 0.15:
        del out[rng.randrange(len(out) + 1) :]
    return bytes(out)


def flipped(rng: Random, folder: Path) -> Case:
    """Bytes of any format are hurt."""
    name = rng.choice(seeds.NAMES)
    files, mapping = seeds.seed(name)
    hurt = rng.choice(sorted(files))
    files = {**files, hurt: mutate_bytes(rng, files[hurt])}
    main = _main(files)
    rows = csv_rows(files[main], "utf-8") if name in ("street", "csu", "london") else None
    return Case(f"{name} {hurt}", (folder / main,), _write(folder, files, mapping), rows)


def _main(files: dict[str, bytes]) -> str:
    return next((name for name in files if name.endswith(".shp")), next(iter(files)))


def truncated(rng: Random, folder: Path) -> Case:
    """A file ends too soon, is empty, or one of a Shapefile's parts is missing."""
    name = rng.choice(seeds.NAMES)
    files, mapping = seeds.seed(name)
    hurt = rng.choice(sorted(files))
    kept = rng.choice([0, 1, 10, rng.randrange(len(files[hurt])), len(files[hurt]) - 1])
    changed = {**files, hurt: files[hurt][:kept]}
    if len(files) > 1 and rng.random() < 0.5 and hurt != _main(files):
        del changed[hurt]
    path = folder / _main(files)
    return Case(f"{name} {hurt} to {kept}", (path,), _write(folder, changed, mapping))


def wrongly_named(rng: Random, folder: Path) -> Case:
    """A file of one format has the name of another."""
    name = rng.choice(seeds.NAMES)
    files, mapping = seeds.seed(name)
    suffixes = [
        *(".csv", ".tsv", ".xlsx", ".xls", ".ods", ".parquet", ".gpkg", ".shp", ".zip", ".csv.gz"),
        *(".geojson", ".json", ".txt", ".xlsm", ".docx", "", ".csv.gz.gz", ".geojson.gz"),
    ]
    suffix = rng.choice(suffixes)
    content = files[_main(files)]
    if suffix.endswith(".gz") and rng.random() < 0.5:
        content = gzip.compress(content)
    made = _write(folder, {f"named{suffix}": content}, mapping)
    return Case(f"{name} as {suffix!r}", (folder / f"named{suffix}",), made)


# -- text ------------------------------------------------------------------------------------------


def csv_rows(content: bytes, encoding: str, delimiter: str = ",") -> int | None:
    """Return how many records the csv module finds after the header; None if it finds a fault."""
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except (UnicodeError, csv.Error):
        return None
    return sum(1 for fields in found[1:] if fields)


def _quotes(rng: Random, text: str) -> str:
    for _ in range(rng.choice([1, 1, 2, 3])):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(['"', '""', '","', '"\n']) + text[at:]
    return text


def _cut_rows(rng: Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    for _ in range(rng.choice([1, 2, 5])):
        at = rng.randrange(len(lines))
        lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)] + rng.choice(["", "\n"])
    return "".join(lines)


def _blank_lines(rng: Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    for _ in range(rng.choice([1, 3])):
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(["\n", "\r\n", " \n", ",\n", "\r"]))
    return "".join(lines)


def _line_ends(rng: Random, text: str) -> str:
    end = rng.choice(["\r\n", "\r", "\n\r", "\x0b", "\u2028", "\x85"])
    return text.replace("\n", end, rng.choice([-1, 1, 5]))


def _huge_field(rng: Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    size = rng.choice([1_000, 131_071, 131_073, 3_000_000])
    return text[:at] + rng.choice("aé ,\"'9") * size + text[at:]


def _delimiters(rng: Random, text: str) -> str:
    return text.replace(",", rng.choice([";", "\t", "|", ",,", " ,"]), rng.choice([-1, 3]))


_TEXTS = (_quotes, _cut_rows, _blank_lines, _line_ends, _huge_field, _delimiters)
_ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-32", "cp037", "utf-7")


def rewritten(rng: Random, folder: Path) -> Case:
    """The text of a CSV file is hurt, and its encoding may be another."""
    name, frame, mapping, encoding = rng.choice(
        [
            (seeds.STREET, seeds.street(), None, "utf-8"),
            ("export.csv", seeds.csu(), seeds.MAPPING, "utf-8"),
            ("avon.csv", seeds.avon(), None, "cp1252"),
            ("london.csv", seeds.london(), None, "utf-8"),
        ]
    )
    text = frame.to_csv(index=False)
    done = []
    for change in rng.sample(_TEXTS, rng.choice([1, 1, 2])):
        text = change(rng, text)
        done.append(change.__name__)
    content = text.encode(encoding, "replace")
    if rng.random() < 0.2:
        other = rng.choice(_ENCODINGS)
        half = rng.choice([0, len(text) // 2])
        content = text[:half].encode(encoding, "replace") + text[half:].encode(other, "replace")
        done.append(other)
    made = _write(folder, {name: content}, mapping)
    return Case(f"{name} {done}", (folder / name,), made, csv_rows(content, encoding))


# -- tables ----------------------------------------------------------------------------------------

_VALUES = [
    *(
        "nan",
        "NaN",
        "inf",
        "-inf",
        "1e999",
        "-1e999",
        "1e308",
        "1e-320",
        "0",
        "-0",
        "",
        " ",
        "NULL",
    ),
    *("600000,5", "6e5", "0x10", "1_000", "٣", "½", "376***", "***", "9" * 400, "1/0", "\u200b"),
    *("31/02/2024", "29/02/2023", "01/01/0001", "31/12/9999", "2024-03", "0000-00", "9999-99"),
    *("25:61", "24:00", "=cmd()", "a\nb", 'a"b', "a,b", "é" * 3000, "\ud83d\ude00", "\x01", "\x7f"),
    *("-1", "1e5", "600000", "200000", "51.4", "0.2", "181", "91", "true", "None", "Cancelled"),
]


def _drop(rng: Random, frame: pd.DataFrame) -> pd.DataFrame:
    gone = rng.randrange(frame.shape[1])
    return frame.iloc[:, [at for at in range(frame.shape[1]) if at != gone]]


def _swap(rng: Random, frame: pd.DataFrame) -> pd.DataFrame:
    order = list(range(frame.shape[1]))
    one, other = rng.randrange(len(order)), rng.randrange(len(order))
    order[one], order[other] = order[other], order[one]
    return frame.iloc[:, order].set_axis(frame.columns, axis=1)


def _rename(rng: Random, frame: pd.DataFrame) -> pd.DataFrame:
    names = list(frame.columns)
    named = ["", " ", names[0], names[-1].upper(), "x" * 3000, "é\n", "file", "row", "__x", "0"]
    names[rng.randrange(len(names))] = rng.choice(named)
    return frame.set_axis(names, axis=1)


def _double(rng: Random, frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.iloc[: rng.randrange(len(frame) + 1)]], ignore_index=True)


def _values(rng: Random, frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.astype(object).copy()
    whole = rng.random() < 0.2
    for _ in range(rng.choice([1, 3, 10])):
        column = rng.randrange(frame.shape[1])
        if whole:
            value = rng.choice(_VALUES)
            frame.isetitem(column, pd.Series([value] * len(frame), frame.index, dtype=object))
        elif len(frame):
            frame.iat[rng.randrange(len(frame)), column] = rng.choice(_VALUES)
    return frame


def _no_rows(_rng: Random, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:0]


_FRAMES: tuple[Callable[[Random, pd.DataFrame], pd.DataFrame], ...] = (
    *(_values, _values, _values, _drop, _swap, _rename, _double, _no_rows),
)


def _csv(rng: Random, frame: pd.DataFrame) -> tuple[dict[str, bytes], int | None]:
    content = _plain(seeds.csv_bytes, frame)
    return {"export.csv": content}, csv_rows(content, "utf-8")


def _xlsx(rng: Random, frame: pd.DataFrame) -> tuple[dict[str, bytes], int | None]:
    return {"export.xlsx": _plain(seeds.xlsx_bytes, frame)}, _filled(frame)


def _parquet(rng: Random, frame: pd.DataFrame) -> tuple[dict[str, bytes], int | None]:
    return {"export.parquet": _plain(seeds.parquet_bytes, frame)}, len(frame)


def _plain(write: Callable[[pd.DataFrame], bytes], frame: pd.DataFrame) -> bytes:
    # no format can write half a character
    return write(frame.map(lambda value: value.encode("utf-8", "replace").decode()))


def _filled(frame: pd.DataFrame) -> int:
    kept = frame.map(lambda value: "".join(c for c in value if c >= " ").strip() != "")
    return int(kept.any(axis=1).sum())


def tables(rng: Random, folder: Path) -> Case:
    """Columns are dropped, swapped or renamed, rows doubled, values made absurd."""
    frame, mapping = rng.choice(
        [
            (seeds.csu(), seeds.MAPPING),
            (seeds.csu(), seeds.MAPPING),
            (seeds.street(), None),
            (seeds.avon(), None),
            (seeds.london(), None),
        ]
    )
    done = []
    for change in rng.sample(_FRAMES, rng.choice([1, 1, 2, 3])):
        frame = change(rng, frame)
        done.append(change.__name__)
    write = rng.choice([_csv, _csv, _csv, _xlsx, _parquet])
    files, rows = write(rng, frame)
    (name,) = files
    return Case(f"{name} {done}", (folder / name,), _write(folder, files, mapping), rows)


def points(rng: Random, folder: Path) -> Case:
    """Geometry and fields of a file of points are absurd."""
    frame = seeds.csu().astype(object).copy()
    for _ in range(rng.choice([1, 5, 20])):
        at = rng.randrange(len(frame)), rng.randrange(frame.shape[1])
        frame.iat[at] = rng.choice(_VALUES)
    content = seeds.geojson_bytes(frame)
    words = [
        (b'"Point"', rng.choice([b'"Polygon"', b'"LineString"', b"null", b'"point"', b"7"])),
        (b'"geometry"', rng.choice([b'"geometri"', b'"properties"', b'"type"'])),
        (b'"Feature"', rng.choice([b'"feature"', b"null", b'"FeatureCollection"'])),
        (b'"coordinates": [', rng.choice([b'"coordinates": [[', b'"coordinates": [1e999, '])),
        (b"}", b""),
        (b'"ref"', rng.choice([b'"kind"', b'""', b'"easting"', b'"fid"'])),
    ]
    old, new = rng.choice(words)
    content = content.replace(old, new, rng.choice([1, 1, 3, -1]))
    made = _write(folder, {"p.geojson": content}, seeds.POINT_MAPPING)
    return Case(f"{old!r} -> {new!r}", (folder / "p.geojson",), made)


# -- mapping files ---------------------------------------------------------------------------------

_WORDS = [
    *("from", "easting", "EPSG:27700", "%d/%m/%Y", "%H:%M", "asb", "Cancelled", "Fire*", "ref"),
    *("burglary.residential", "deliberate_fire", "kind", '"', "[", "]", "=", "\n"),
]
_OTHERS = [
    *("", "EPSG:4326", "EPSG:0", "EPSG:27700+5701", "EPSG:4978", "%Q", "%d/%m", "%y%y", "%%", "%"),
    *("*", "[", "[[", "]", "\\", "\x00", "é", "true", "1e999", "nan", "status", "where", "?*" * 99),
    *("%d/%m/%Y %d/%m/%Y", "asb.x", ".", "all_crime", '"""', "'''", "{", "a.b", "x" * 5000),
]
_LINES = [
    *('encoding = "utf-16"', 'encoding = "rot13"', 'encoding = "base64"', 'encoding = "idna"'),
    *('encoding = "utf-8-sig"', 'encoding = "undefined"', 'encoding = "raw_unicode_escape"'),
    *('encoding = "unicode_escape"', 'encoding = "punycode"', 'encoding = "utf-7"'),
    *('delimiter = "é"', 'delimiter = "\\u0000"', 'delimiter = " "', 'delimiter = "a"'),
    *('delimiter = "\\t"', 'decimal = ","', 'masked = "*"', 'masked = "0"', 'masked = "\\\\"'),
    *('sheet = "Export"', 'sheet = "no such"', 'crs = "EPSG:3857"', 'crs = "EPSG:4326"'),
    *('crs = "EPSG:29902"', 'crs = "+proj=ortho"', 'crs = "EPSG:32661"', 'crs = "ESRI:102100"'),
]


def mapped(rng: Random, folder: Path) -> Case:
    """The mapping file is wrong."""
    name = rng.choice(["csu", "csu", "xlsx", "geojson", "parquet"])
    files, text = seeds.seed(name)
    assert text is not None
    match rng.randrange(4):
        case 0:
            made: bytes = mutate_bytes(rng, text.encode())
            what = "bytes"
        case 1:
            old, new = rng.choice(_WORDS), rng.choice(_OTHERS)
            made = text.replace(old, new, rng.choice([1, -1])).encode("utf-8", "replace")
            what = f"{old!r} -> {new!r}"
        case 2:
            lines = text.splitlines()
            gone = lines.pop(rng.randrange(len(lines)))
            made, what = "\n".join(lines).encode(), f"without {gone!r}"
        case _:
            what = rng.choice(_LINES)
            key = what.split()[0]
            kept = [line for line in text.splitlines() if not line.startswith(f"{key} =")]
            made = "\n".join([what, *kept]).encode()
    return Case(f"{name} {what}", (folder / _main(files),), _write(folder, files, made))


# -- zips and folders ------------------------------------------------------------------------------

_NAMES = [
    *("../x.csv", "a/../../x.csv", "/etc/x.csv", "C:/x.csv", "C:x.csv", "..\\x.csv", "a\\b.csv"),
    *("//host/x.csv", "a//b.csv", "./x.csv", "a/./b.csv", "x.csv\x00.txt", "\u202evsc.csv"),
    *("con.csv", "é" * 100 + ".csv", "x" * 300 + ".csv", " .csv", ".csv", "a/.csv", "~/x.csv"),
    *(
        "%2e%2e/x.csv",
        "x.csv/",
        "x.csv/y.csv",
        "manifest.json",
        "a/manifest.json",
        "__MACOSX/x.csv",
    ),
]


def zips(rng: Random, folder: Path) -> Case:
    """A zip with tricks: names that lead out, names twice, zips in zips, links, lies."""
    buffer = io.BytesIO()
    done = []
    street = seeds.csv_bytes(seeds.street())
    with zipfile.ZipFile(buffer, "w", rng.choice([0, 8, 12, 14])) as archive:
        for at in range(rng.choice([1, 2, 3, 5])):
            name, content = _member(rng, at, street)
            info = zipfile.ZipInfo(name)
            info.compress_type = archive.compression
            if rng.random() < 0.1:
                info.external_attr = 0o120777 << 16  # a symbolic link, to what it holds
                content = b"/etc/passwd"
            if name not in archive.namelist() or name in ("same.csv", seeds.STREET):
                _add(archive, info, content)
                done.append(name[:40])
    content = buffer.getvalue()
    if rng.random() < 0.4:
        content = mutate_bytes(rng, content)
        done.append("hurt")
    if rng.random() < 0.1:
        content = rng.randbytes(50) + content + rng.randbytes(50)
    mapping = rng.choice([None, seeds.MAPPING])
    made = _write(folder, {"archive.zip": content}, mapping)
    return Case(f"{done}", (folder / "archive.zip",), made)


def _add(archive: zipfile.ZipFile, info: zipfile.ZipInfo, content: bytes) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that is there already
        archive.writestr(info, content)


def _member(rng: Random, at: int, street: bytes) -> tuple[str, bytes]:
    match rng.randrange(8):
        case 0:
            return rng.choice(_NAMES), street
        case 1:
            return "same.csv", seeds.csv_bytes(seeds.csu())
        case 2:
            return "inner.zip", seeds.zip_bytes({"deep.zip": seeds.zip_bytes({"x.csv": street})})
        case 3:
            files, _ = seeds.seed(rng.choice(seeds.NAMES))
            name = rng.choice(sorted(files))
            return f"{at}/{name}", files[name]
        case 4:
            return f"{at}/readme.txt", b"Nothing,of,use\n" * rng.choice([0, 1, 100])
        case 5:
            return f"manifest{rng.choice(['.json', '.toml'])}", rng.choice([b"{", b"[]", b"{}"])
        case 6:
            return f"2024-04/{seeds.STREET}", street.replace(b"2024-03", b"2024-04")
        case _:
            return seeds.STREET, street + rng.choice([b"", b"\n", b"x"])


def folders(rng: Random, folder: Path) -> Case:
    """A folder with links that lead out, in circles or nowhere, files twice, odd names."""
    root = folder / "data"
    outside = folder / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_bytes(seeds.csv_bytes(seeds.csu(7, 900)))
    files = {f"data/{seeds.STREET}": seeds.csv_bytes(seeds.street())}
    files["data/export.csv"] = seeds.csv_bytes(seeds.csu())
    made = _write(folder, files, rng.choice([None, seeds.MAPPING]))
    done = []
    for at in range(rng.choice([1, 2, 4])):
        kind = rng.randrange(9)
        done.append(str(kind))
        _odd_entry(rng, root, at, kind)
    start: tuple[Path, ...] = (root,)
    if rng.random() < 0.2:
        (folder / "link").symlink_to(rng.choice([root, folder / "link", folder / "gone"]))
        start = (folder / "link",)
    elif rng.random() < 0.2:
        start = (root, root / "export.csv")
    return Case(f"links {done}", start, made)


def _odd_entry(rng: Random, root: Path, at: int, kind: int) -> None:
    path, outside = root / f"{at}.csv", root.parent / "outside"
    links = {
        0: (path, outside / "secret.csv"),
        1: (path, path),
        2: (root / f"loop{at}", root),
        3: (path, root / "nothing"),
        4: (path, root / "export.csv"),
        5: (root / f"deep{at}", outside),
    }
    if kind in links:
        link, target = links[kind]
        link.symlink_to(target)
    elif kind == 6:
        path.mkdir()
    elif kind == 7:
        (root / f"\udce9{at}.csv").write_bytes(b"a,b\n1,2\n")
    else:
        path.write_bytes(mutate_bytes(rng, seeds.csv_bytes(seeds.csu())))


def bombs(rng: Random, folder: Path) -> Case:
    """A small file that would be a large one."""
    name, content, mapping = rng.choice(BOMBS)()
    made = _write(folder, {name: content}, mapping)
    return Case(name, (folder / name,), made)


_KINDS = [
    *((tables, 30), (flipped, 25), (rewritten, 18), (mapped, 9), (zips, 7), (truncated, 6)),
    *((folders, 4), (wrongly_named, 4), (points, 4), (bombs, 0.4)),
]
