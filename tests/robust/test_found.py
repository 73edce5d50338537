"""What mutated files have shown: each fault once more, as small as it goes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hotspots.errors import DataError
from hotspots.ingest import read_incidents, unpacking
from hotspots.ingest.placing import Written, place
from hotspots.ingest.readers import Context, Reasons
from hotspots.ingest.records import listed, shortened
from hotspots.ingest.tables import excel, parquet
from tests.robust import bombs, seeds


def refusal(folder: Path, name: str, content: bytes, mapping: str | None) -> str:
    """Return the sentence that a file is refused with."""
    (folder / name).write_bytes(content)
    (folder / "m.toml").write_text(mapping or "", "utf-8")
    with pytest.raises(DataError) as caught:
        read_incidents(folder / name, mapping=folder / "m.toml" if mapping else None)
    said = str(caught.value)
    assert said.isprintable()
    assert len(said) < 2_000
    return said


# -- one text in every row -------------------------------------------------------------------------


@pytest.mark.parametrize("bomb", [bombs.in_shared_strings, bombs.in_dictionary, bombs.in_ods])
def test_a_text_that_every_row_refers_to_is_not_multiplied(
    bomb: bombs.Callable[[], bombs.Bomb], tmp_path: Path
) -> None:
    name, content, mapping = bomb()
    said = refusal(tmp_path, name, content, mapping)
    assert "save it as CSV" in said or "plausible size" in said


def test_a_dictionary_is_read_in_smaller_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_REPEATED", 50)
    frame = seeds.csu()
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame), buffer, row_group_size=15)
    (tmp_path / "x.parquet").write_bytes(buffer.getvalue())
    (tmp_path / "m.toml").write_text(seeds.MAPPING, "utf-8")
    incidents, rejections = read_incidents(tmp_path / "x.parquet", mapping=tmp_path / "m.toml")
    rows = [*incidents.frame["row"], *rejections.frame["row"]]
    assert sorted(rows) == list(range(2, len(frame) + 2))


def test_equal_rows_without_end_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "RATIO_MATTERS_FROM", 1_000_000)
    frame = seeds.csu().iloc[np.zeros(200_000, dtype=int)]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), buffer)
    assert "plausible size" in refusal(tmp_path, "x.parquet", buffer.getvalue(), seeds.MAPPING)


@pytest.mark.parametrize("chunk", [64, 200, 1 << 20])
def test_shared_texts_are_counted_wherever_a_chunk_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    texts = ["a" * 1_000, "bb", "c" * 100]
    strings = b"".join(b"<si><t>%s</t></si>" % text.encode() for text in texts)
    cells = [b'<c r="A1" t="s"><v>%d</v></c>' % (at % 3) for at in range(50)]
    (tmp_path / "x.xlsx").write_bytes(
        bombs.workbook(b"<row>" + b"".join(cells) + b"</row>", strings)
    )
    monkeypatch.setattr(excel, "_CHUNK", chunk)
    marks = len("<si><t></t></si>")
    total = sum(len(texts[at % 3]) + marks for at in range(50))
    # the text before the first mark, some 70 bytes of it, is counted with it
    monkeypatch.setattr(excel, "MAX_SHARED", total + 17 * 100)
    excel._check_size(tmp_path / "x.xlsx", "x.xlsx")
    monkeypatch.setattr(excel, "MAX_SHARED", total - 1)
    with pytest.raises(DataError, match="save it as CSV"):
        excel._check_size(tmp_path / "x.xlsx", "x.xlsx")


# -- texts -----------------------------------------------------------------------------------------


def test_text_that_is_not_utf8_in_a_typed_file(tmp_path: Path) -> None:
    content = seeds.geojson_bytes(seeds.csu()).replace(b"Made-up Council", b"Made-up \xe9ouncil", 1)
    assert "UTF8" in refusal(tmp_path, "x.geojson", content, seeds.POINT_MAPPING)


def test_a_sentence_lists_a_wide_header_shortly(tmp_path: Path) -> None:
    header = ",".join(f"{'wide' * 100}{at}" for at in range(500))
    said = refusal(tmp_path, "x.csv", f"{header}\n1\n".encode(), seeds.MAPPING)
    assert "480 more" in said


def test_names_for_a_sentence() -> None:
    assert listed(["a", "b\tc"]) == "a, b c"
    assert len(shortened("x" * 1_000)) == 60
    assert listed(map(str, range(22))).endswith("18, 19 and 2 more")


# -- numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["1e308", "-9e61", "1e9"])
def test_numbers_that_are_no_coordinates_are_rejected(value: str) -> None:
    x, y = pd.Series([value, "600100"], dtype="str"), pd.Series(["200100"] * 2, dtype="str")
    reasons = Reasons(2)
    context = Context("EPSG:27700", (600_000.0, 200_000.0, 609_000.0, 209_000.0))
    found = place(Written(pairs=((x, y),), crs="EPSG:27700"), 2, context, reasons)
    assert reasons.items() == [(0, "coordinates are beyond what EPSG:27700 can show")]
    assert found.x[1] == 600_100


def test_a_mapping_whose_values_are_long_is_refused_shortly(tmp_path: Path) -> None:
    mapping = seeds.MAPPING.replace('"asb"', json.dumps("x" * 5_000))
    refusal(tmp_path, "x.csv", seeds.csv_bytes(seeds.csu()), mapping)


def test_an_encoding_that_can_skip_no_fault(tmp_path: Path) -> None:
    mapping = f'encoding = "idna"\n{seeds.MAPPING}'
    assert "encoding idna" in refusal(tmp_path, "x.csv", seeds.csv_bytes(seeds.csu()), mapping)
