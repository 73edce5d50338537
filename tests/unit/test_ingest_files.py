"""Files, folders, zips, manifests and broken input; and that no row is ever lost."""

from __future__ import annotations

import csv
import gzip
import json
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import DataError, HotspotsError
from hotspots.ingest import READERS, Reader, read_incidents, unpacking

HEADER = "Month,Reported by,Longitude,Latitude,Location,Crime type"
ROW = "2021-06,Kent Police,0.217,51.446,On or near High Street,Drugs"
STREET = f"{HEADER}\n{ROW}\n"
NAME = "2021-06-kent-street.csv"


def zipped(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


# -- zips -----------------------------------------------------------------------------------------


def test_a_zip_reads_as_its_folder(tmp_path: Path) -> None:
    july = STREET.replace("2021-06", "2021-07")
    members = {
        "2021-07/2021-07-kent-street.csv": july,
        f"2021-06/{NAME}": STREET,
        "2021-06/2021-06-kent-outcomes.csv": "Crime ID,Outcome type\na,b\n",
        "__MACOSX/._x.csv": "junk",
        "inner.zip": "junk",
    }
    archive = zipped(tmp_path / "archive.zip", members)
    folder = tmp_path / "folder"
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    (folder / "inner.zip").unlink()
    from_zip, _ = read_incidents(archive)
    from_folder, _ = read_incidents(folder)
    assert from_zip.frame.equals(from_folder.frame)
    assert from_zip.files == from_folder.files
    assert dict(from_zip.skipped) == {
        "inner.zip": "a zip inside another, which is not opened",
        "2021-06-kent-outcomes.csv": "an outcomes file, not street-level incidents",
    }


def test_a_zip_in_a_folder_and_a_gz_in_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(NAME + ".gz", gzip.compress(STREET.encode()))
    incidents, _ = read_incidents(tmp_path)
    assert incidents.files[0].name == NAME + ".gz"
    assert len(incidents) == 1


@pytest.mark.parametrize(
    "name", ["../up.csv", "/root.csv", "a/../../b.csv", "C:\\x.csv", "a\nb.csv"]
)
def test_unsafe_member_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="must have plain relative names"):
        read_incidents(zipped(tmp_path / "a.zip", {NAME: STREET, name: STREET}))


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {NAME: STREET})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<H", data, at + 8, 1)
    path.write_bytes(data)
    with pytest.raises(DataError, match="must not be encrypted"):
        read_incidents(path)


def test_an_absurd_compression_ratio_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "RATIO_MATTERS_FROM", 1_000_000)
    bomb = STREET + "\n" * 4_000_000
    with pytest.raises(DataError, match="plausible size, at most 250 times"):
        read_incidents(zipped(tmp_path / "a.zip", {NAME: bomb}))
    packed = tmp_path / f"{NAME}.gz"
    packed.write_bytes(gzip.compress(bomb.encode()))
    with pytest.raises(DataError, match="plausible size"):
        read_incidents(packed)


def test_a_broken_zip_member(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {NAME: STREET})
    data = bytearray(path.read_bytes())
    at = data.index(NAME.encode()) + len(NAME) + 5
    data[at] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"2021-06-kent-street\.csv in a\.zip is not"):
        read_incidents(path)


# -- broken input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (NAME, b"", "is empty"),
        (NAME, b"\xef\xbb\xbf \r\n", "is empty"),
        ("export.csv", b"", "is empty"),
        ("export.csv", b"PK\x03\x04\0\0\0", "is binary"),
        ("export.csv", "a,b\n1,2\n".encode("utf-16"), "must be text in the encoding utf-8"),
        (NAME, HEADER.encode(), "has no rows"),
        (NAME + ".gz", b"not gzip", "must be a whole gzip file"),
        (NAME + ".gz", gzip.compress(STREET.encode())[:-12], "must be a whole gzip file"),
        (NAME + ".gz", gzip.compress(STREET.encode()) + b"tail", "must be a whole gzip file"),
        (NAME + ".gz", b"", "is empty"),
        ("a.zip", b"PK", "must be a whole zip archive"),
        ("a.zip", b"", "must be a whole zip archive"),
        ("report.pdf", b"%PDF", "is none of them: export it as CSV"),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        read_incidents(path)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none/x does not: check"):
        read_incidents(tmp_path / "none" / "x")
    with pytest.raises(DataError, match="holds only no table"):
        read_incidents(tmp_path)
    with pytest.raises(DataError, match="an empty list holds only"):
        read_incidents([])


def test_gzip_of_several_streams(tmp_path: Path) -> None:
    path = tmp_path / (NAME + ".gz")
    path.write_bytes(gzip.compress(f"{HEADER}\n".encode()) + gzip.compress(f"{ROW}\n".encode()))
    assert len(read_incidents(path)[0]) == 1


# -- the manifest ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manifest", "notice"),
    [
        ({"notice": "Synthetic data", "files": {NAME: {"rows": 1}}}, "Synthetic data"),
        ({"notice": "Synthetic data", "files": [NAME]}, "Synthetic data"),
        ({"notice": "Synthetic data", "files": [{"name": NAME}]}, "Synthetic data"),
        ({"notice": "Synthetic data", "files": ["other.csv"]}, None),
        ({"notice": "Synthetic data"}, None),
        ({"notice": " ", "files": [NAME]}, None),
        ({"files": [NAME]}, None),
        ([NAME], None),
    ],
)
def test_the_notice_of_a_manifest(tmp_path: Path, manifest: object, notice: str | None) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / NAME).write_text(STREET)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    archive = zipped(
        tmp_path / "a.zip", {f"in/{NAME}": STREET, "in/manifest.json": json.dumps(manifest)}
    )
    for given_path in (folder, folder / NAME, archive):
        incidents, _ = read_incidents(given_path)
        assert incidents.files[0].notice == notice
        assert incidents.notices == ((notice,) if notice else ())


def test_a_manifest_that_is_not_json_is_an_error(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(STREET)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(DataError, match=r"manifest\.json is not: correct or move it"):
        read_incidents(tmp_path)


# -- every reader ---------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: str(reader.name))
def test_every_reader_keeps_the_contract(reader: Reader, tmp_path: Path) -> None:
    names = [entry.name for entry in READERS]
    assert names.count(reader.name) == 1
    for content in (b"", b"\0\1", b"a\n", b"\xff\xfe\xfa"):
        path = tmp_path / "x.csv"
        path.write_bytes(content)
        with pytest.raises(HotspotsError):
            read_incidents(path, reader.name)


# -- no row is lost -------------------------------------------------------------------------------

_any_cell = st.text(st.sampled_from('a,"\n\r é0.'), max_size=5)


_faults = st.sampled_from(["", "0", "x", "0.217", "51.446", "1e400", "nan", "95", "-999"])
_row = st.fixed_dictionaries(
    {
        "Month": st.sampled_from(["2021-06", "2021-6", "", "2021-06 "]),
        "Reported by": st.sampled_from(["Kent Police", "", 'The "Met"']),
        "Longitude": _faults,
        "Latitude": _faults,
        "Location": _any_cell,
        "Crime type": st.sampled_from(["Drugs", "Burglary", "", "?"]),
    }
)


@given(st.lists(st.tuples(_row, st.sampled_from([0, 0, 0, -1, 1, 2])), min_size=1, max_size=20))
def test_read_is_kept_plus_rejected_and_row_numbers_point_at_the_record(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[dict[str, str], int]]
) -> None:
    written = []
    for cells, extra in rows:
        fields = list(cells.values())
        written.append(fields[:extra] if extra < 0 else fields + ["more"] * extra)
    path = tmp_path_factory.mktemp("rows") / NAME
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([HEADER.split(","), *written])
    incidents, rejections = read_incidents(path)
    (file,) = incidents.files
    assert file.read == len(rows) == len(incidents) + len(rejections)
    numbers = incidents.frame["row"].tolist() + rejections.frame["row"].tolist()
    assert sorted(numbers) == list(range(2, len(rows) + 2))
    for row, raw in zip(rejections.frame["row"], rejections.frame["raw"], strict=True):
        kept_raw = json.loads(raw)
        fields = list(kept_raw.values()) if isinstance(kept_raw, dict) else kept_raw
        assert fields == written[row - 2]
    for row, location in zip(incidents.frame["row"], incidents.frame["location"], strict=True):
        given_location = rows[row - 2][0]["Location"]
        assert location == given_location or not given_location.strip()
