"""Fetching, against a local server that also misbehaves."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots import read_incidents
from hotspots.boundaries import read_wards
from hotspots.cli import cli
from hotspots.errors import DataError, ResultError, UsageError
from hotspots.fetch import FetchReport, Manners, fetch_police, fetch_wards
from hotspots.fetch import archive as archive_module
from hotspots.fetch.archive import PatchedFile
from hotspots.fetch.http import Client
from tests.support_server import Answer, LocalServer, busy, cut, drip, instead

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)
HTML = b"<!DOCTYPE html><html><body>Please log in to the network</body></html>"
LAST = "/api/crime-last-updated"
ARCHIVE = "/data/archive/2024-12.zip"


class FakeTime:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def manners(time: FakeTime) -> Manners:
    return Manners(tries=4, sleep=time.sleep, clock=time.clock, read_timeout_s=5)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = LocalServer()
    yield server
    server.close()


def street(month: str, force: str = "kent", rows: int = 40) -> bytes:
    # numbers that do not pack well, so that a member has some kilobytes
    lines = [
        f"{sha256(f'{month}{force}{i}'.encode()).hexdigest()},{month},Kent Police,Kent Police,"
        f"0.{21000 + i},51.{44000 + i},On or near Example Road,E01024143,Dartford 001A,Burglary,"
        "Under investigation,"
        for i in range(rows)
    ]
    return "\r\n".join([HEADER, *lines, ""]).encode()


def archive(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return stream.getvalue()


def months(first: str, count: int) -> list[str]:
    return [str(month) for month in pd.period_range(first, periods=count, freq="M")]


def publish(
    server: LocalServer, members: dict[str, bytes] | None = None, month: str = "2024-12"
) -> dict[str, bytes]:
    """Put an archive of three years, two forces and outcomes on the server."""
    if members is None:
        held = months(str(pd.Period(month) - 35), 36)
        members = {}
        for each in held:
            for force in ("essex", "kent"):
                members[f"{each}/{each}-{force}-street.csv"] = street(each, force)
            members[f"{each}/{each}-kent-outcomes.csv"] = b"Crime ID,Outcome type\r\n"
    path = f"/data/archive/{month}.zip"
    server.files[path], server.etags[path] = archive(members), f'"{month}"'
    server.pages[LAST] = lambda _: Answer(json.dumps({"date": f"{month}-01"}).encode())
    return members


def kent(
    server: LocalServer, folder: Path, manners: Manners, first: str, last: str, **kwargs: Any
) -> FetchReport:
    return fetch_police("kent", first, last, folder, base_url=server.url, manners=manners, **kwargs)


def left(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


# ---- police: the good case


def test_only_the_wanted_members_are_fetched(
    server: LocalServer, tmp_path: Path, manners: Manners, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = publish(server)
    # the directory of this small archive would fit into the last part many times over
    directory = sum(len(name) + 46 for name in members) + 22
    monkeypatch.setattr(archive_module, "_TAIL", directory)
    told: list[tuple[int, int, str]] = []

    report = kent(
        server, tmp_path, manners, "2024-02", "2024-04", progress=lambda *step: told.append(step)
    )

    for month in ("2024-02", "2024-03", "2024-04"):
        name = f"{month}/{month}-kent-street.csv"
        assert (tmp_path / name).read_bytes() == members[name]
    assert [file.rows for file in report.files] == [40, 40, 40]
    assert left(tmp_path) == {
        f"{m}/{n}"
        for m in ("2024-02", "2024-03", "2024-04")
        for n in (f"{m}-kent-street.csv", "manifest.json")
    }
    packed = zipfile.ZipFile(io.BytesIO(server.files[ARCHIVE]))
    wanted = sum(
        packed.getinfo(f"{m}/{m}-kent-street.csv").compress_size + 100
        for m in ("2024-02", "2024-03", "2024-04")
    )
    assert server.served(ARCHIVE) <= directory + wanted < len(server.files[ARCHIVE]) / 5
    assert told[-1][:2] == (3, 3)
    assert {asked.headers["user-agent"].split("/")[0] for asked in server.asked} == {"hotspots"}
    assert server.connections == 1


def test_a_directory_longer_than_the_last_part_is_fetched_too(
    server: LocalServer, tmp_path: Path, manners: Manners, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = publish(server)
    monkeypatch.setattr(archive_module, "_TAIL", 100)
    kent(server, tmp_path, manners, "2022-01", "2022-01")
    name = "2022-01/2022-01-kent-street.csv"
    assert (tmp_path / name).read_bytes() == members[name]


def test_the_manifest_says_what_and_whence(
    server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    publish(server)
    report = kent(server, tmp_path, manners, "2024-02", "2024-02")
    file = report.files[0]
    manifest = json.loads((file.path.parent / "manifest.json").read_text())
    entry = manifest["files"]["2024-02-kent-street.csv"]
    assert entry["sha256"] == file.sha256 == sha256(file.path.read_bytes()).hexdigest()
    assert entry["bytes"] == file.path.stat().st_size
    assert entry["source"] == server.url + ARCHIVE
    assert entry["licence"] == "Open Government Licence v3.0"
    assert entry["rows"] == 40
    assert abs(datetime.fromisoformat(entry["fetched_at"]) - datetime.now(UTC)) < timedelta(hours=1)
    assert "notice" not in manifest
    assert report.as_dict()["files"][0]["sha256"] == file.sha256
    assert report.sentences[0].startswith("1 file fetched")
    incidents, rejections = read_incidents(tmp_path)
    assert len(incidents.frame) == 40
    assert not len(rejections)


def test_a_second_run_asks_for_nothing(
    server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    publish(server)
    first = kent(server, tmp_path, manners, "2024-02", "2024-03")
    asked = len(server.asked)
    again = kent(server, tmp_path, manners, "2024-02", "2024-03")
    assert len(server.asked) == asked
    assert [f.fetched for f in again.files] == [False, False]
    assert [f.sha256 for f in again.files] == [f.sha256 for f in first.files]
    assert [f.rows for f in again.files] == [40, 40]


def test_refresh_fetches_only_what_was_revised(
    server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    members = publish(server)
    kent(server, tmp_path, manners, "2024-02", "2024-03")
    members["2024-03/2024-03-kent-street.csv"] = street("2024-03", rows=41)
    publish(server, members)
    report = kent(server, tmp_path, manners, "2024-02", "2024-03", refresh=True)
    assert [(f.fetched, f.rows) for f in report.files] == [(False, 40), (True, 41)]
    assert report.files[1].path.read_bytes() == members["2024-03/2024-03-kent-street.csv"]


def test_a_file_without_its_manifest_is_recognised(
    server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    # as after a stop between the file's renaming and the writing of its manifest
    publish(server)
    kent(server, tmp_path, manners, "2024-02", "2024-02")
    (tmp_path / "2024-02/manifest.json").unlink()
    report = kent(server, tmp_path, manners, "2024-02", "2024-02")
    assert [f.fetched for f in report.files] == [False]
    assert (tmp_path / "2024-02/manifest.json").is_file()


@pytest.mark.parametrize("as_long", [False, True])
def test_another_file_in_the_way_is_left_alone(
    server: LocalServer, tmp_path: Path, manners: Manners, as_long: bool
) -> None:
    members = publish(server)
    mine = tmp_path / "2024-02/2024-02-kent-street.csv"
    mine.parent.mkdir()
    theirs = members["2024-02/2024-02-kent-street.csv"]
    work = theirs.replace(b"Burglary", b"Robbery!") if as_long else b"my own work"
    mine.write_bytes(work)
    with pytest.raises(DataError, match="move it away"):
        kent(server, tmp_path, manners, "2024-02", "2024-02")
    assert mine.read_bytes() == work


@pytest.mark.parametrize(
    ("content", "says"),
    [('{"notice": "Synthetic data", "files": {}}', "notice"), ("[1]", "object"), ("{", "JSON")],
)
def test_a_manifest_that_cannot_be_added_to(
    server: LocalServer, tmp_path: Path, manners: Manners, content: str, says: str
) -> None:
    publish(server)
    (tmp_path / "2024-02").mkdir()
    (tmp_path / "2024-02/manifest.json").write_text(content)
    with pytest.raises(DataError, match=says):
        kent(server, tmp_path, manners, "2024-02", "2024-02")
    assert left(tmp_path) == {"2024-02/manifest.json"}
    assert (tmp_path / "2024-02/manifest.json").read_text() == content


# ---- police: which months, which archive


def test_months_to_come_are_said(server: LocalServer, tmp_path: Path, manners: Manners) -> None:
    publish(server)
    report = kent(server, tmp_path, manners, "2024-11", "2025-02")
    assert [f.path.parent.name for f in report.files] == ["2024-11", "2024-12"]
    assert [m.what for m in report.missing] == ["2025-01", "2025-02"]
    assert all("not published yet" in m.reason and "2024-12" in m.reason for m in report.missing)


def test_no_month_published(server: LocalServer, tmp_path: Path, manners: Manners) -> None:
    publish(server)
    with pytest.raises(ResultError, match="not published yet"):
        kent(server, tmp_path, manners, "2025-01", "2025-02")
    assert left(tmp_path) == set()


def test_an_archive_that_appears_after_its_month(
    server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    publish(server)
    server.pages[LAST] = lambda _: Answer(b'{"date": "2025-01-01"}')
    report = kent(server, tmp_path, manners, "2024-12", "2025-01")
    assert [f.path.parent.name for f in report.files] == ["2024-12"]
    assert "newest month is 2024-12" in report.missing[0].reason


def test_older_months_come_from_older_archives(
    server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    # 2024-12 holds 2022-01 on; the archive of 2024-03 is not there and that of 2024-02 is taken
    publish(server, month="2024-02")
    publish(server, month="2024-12")
    report = kent(server, tmp_path, manners, "2021-04", "2022-02")
    sources = {f.path.parent.name: f.source.rsplit("/", 1)[1] for f in report.files}
    assert sources == {
        month: "2024-02.zip" if month < "2022-01" else "2024-12.zip"
        for month in months("2021-04", 11)
    }
    assert any("2021-04 to 2021-12" in note and "out of date" in note for note in report.notes)


def test_the_first_years_are_in_the_last_full_archive(
    server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    held = months("2010-12", 77)
    assert held[-1] == "2017-04"
    publish(server, {f"{m}/{m}-kent-street.csv": street(m, rows=1) for m in held}, "2017-04")
    publish(server)
    report = kent(server, tmp_path, manners, "2010-11", "2011-02")
    assert [f.path.parent.name for f in report.files] == ["2010-12", "2011-01", "2011-02"]
    assert {f.source.rsplit("/", 1)[1] for f in report.files} == {"2017-04.zip"}
    assert [(m.what, m.reason[:15]) for m in report.missing] == [("2010-11", "never published")]


def test_an_old_archive_that_is_not_there(
    server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    publish(server)
    report = kent(server, tmp_path, manners, "2021-11", "2022-01")
    assert [f.path.parent.name for f in report.files] == ["2022-01"]
    assert [m.what for m in report.missing] == ["2021-11", "2021-12"]
    assert "archive of 2024-10" in report.missing[0].reason


@pytest.fixture
def all_archives(server: LocalServer) -> None:
    for month in ("2021-10", "2024-10", "2024-12"):
        publish(server, month=month)


def test_each_month_comes_from_an_archive_that_holds_it(
    all_archives: None, server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    report = kent(server, tmp_path, manners, "2018-11", "2022-02")
    assert len(report.files) == 40
    for file in report.files:
        month, held = file.path.parent.name, file.source[-11:-4]
        assert 0 <= (pd.Period(held) - pd.Period(month)).n < 36
    assert len({f.source for f in report.files}) == 3


def test_a_month_that_the_force_did_not_send(
    server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    members = publish(server)
    del members["2024-03/2024-03-kent-street.csv"]
    publish(server, members)
    report = kent(server, tmp_path, manners, "2024-02", "2024-04")
    assert [f.path.parent.name for f in report.files] == ["2024-02", "2024-04"]
    assert [m.what for m in report.missing] == ["2024-03"]
    assert any("2024-03" in sentence for sentence in report.sentences)
    assert f"They are in {tmp_path}." in report.sentences


def test_an_unknown_force_is_told_its_likely_name(
    server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    publish(server)
    with pytest.raises(DataError, match="kent"):
        fetch_police("kentt", "2024-02", "2024-02", tmp_path, base_url=server.url, manners=manners)


@pytest.mark.parametrize(
    ("force", "first", "last"),
    [
        ("kent", "2024-13", "2024-12"),
        ("kent", "2024", "2024-12"),
        ("kent", "2024-03", "2024-02"),
        ("../kent", "2024-01", "2024-02"),
        ("Kent", "2024-01", "2024-02"),
        ("", "2024-01", "2024-02"),
    ],
)
def test_wrong_use_asks_nobody(
    server: LocalServer, tmp_path: Path, manners: Manners, force: str, first: str, last: str
) -> None:
    with pytest.raises(UsageError):
        fetch_police(force, first, last, tmp_path, base_url=server.url, manners=manners)
    assert not server.asked


# ---- police: a server that misbehaves


def test_busy_is_waited_out(
    server: LocalServer, tmp_path: Path, manners: Manners, time: FakeTime
) -> None:
    publish(server)
    server.fail(LAST, busy(500), busy(503))
    server.fail(ARCHIVE, busy(429, "7"), lambda a: a, busy(502))
    report = kent(server, tmp_path, manners, "2024-02", "2024-02")
    assert len(report.files) == 1
    waits = [nap for nap in time.naps if nap >= 1]
    # after 1 s and 2 s, each with up to as much again; then the server's own wish; then 1 s
    assert len(waits) == 4
    for wait, (low, high) in zip(waits, [(1, 2), (2, 4), (7, 7), (1, 2)], strict=True):
        assert low <= wait <= high


def test_retry_after_may_be_a_date(
    server: LocalServer, tmp_path: Path, manners: Manners, time: FakeTime
) -> None:
    publish(server)
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    server.fail(LAST, busy(503, when))
    kent(server, tmp_path, manners, "2024-02", "2024-02")
    assert 60 < max(time.naps) <= 90


def test_a_long_retry_after_ends_the_fetch(
    server: LocalServer, tmp_path: Path, manners: Manners, time: FakeTime
) -> None:
    publish(server)
    server.fail(ARCHIVE, busy(429, "3600"))
    with pytest.raises(DataError, match="3600 s"):
        kent(server, tmp_path, manners, "2024-02", "2024-02")
    assert max(time.naps, default=0) < 1
    assert left(tmp_path) == set()


def test_tries_are_bounded(server: LocalServer, tmp_path: Path, manners: Manners) -> None:
    publish(server)
    server.fail(LAST, *[busy(500)] * 100)
    with pytest.raises(DataError, match="after 4 tries"):
        kent(server, tmp_path, manners, "2024-02", "2024-02")
    assert len(server.asked) == 4


def test_nobody_there(tmp_path: Path, manners: Manners, time: FakeTime) -> None:
    server = LocalServer()
    server.close()
    with pytest.raises(DataError, match="could not be reached"):
        kent(server, tmp_path, manners, "2024-02", "2024-02")
    assert len(time.naps) >= 3


def test_a_cut_is_gone_on_from(server: LocalServer, tmp_path: Path, manners: Manners) -> None:
    members = publish(server)
    kent(server, tmp_path / "whole", manners, "2024-02", "2024-02")
    once = server.served(ARCHIVE)
    server.asked.clear()
    # the directory comes; then the member is cut more often than there are tries
    server.fail(ARCHIVE, lambda a: a, *[cut(300)] * 7)
    report = kent(server, tmp_path / "cut", manners, "2024-02", "2024-02")
    name = "2024-02/2024-02-kent-street.csv"
    assert report.files[0].path.read_bytes() == members[name]
    assert server.served(ARCHIVE) == once  # not a byte twice
    assert len(server.asked) == 2 + 8
    assert left(tmp_path / "cut") == {name, "2024-02/manifest.json"}


def test_the_next_run_goes_on_from_a_cut(
    server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    publish(server)
    kent(server, tmp_path / "whole", manners, "2024-02", "2024-02")
    member = [a for a in server.asked if a.path == ARCHIVE][1].body_bytes
    server.asked.clear()
    server.fail(ARCHIVE, lambda a: a, cut(1000), *[busy(503)] * 10)
    with pytest.raises(DataError, match="goes on where it stopped"):
        kent(server, tmp_path / "cut", manners, "2024-02", "2024-02")
    assert not (tmp_path / "cut/2024-02/2024-02-kent-street.csv").exists()
    server.faults.clear()
    server.asked.clear()
    report = kent(server, tmp_path / "cut", manners, "2024-02", "2024-02")
    last = server.asked[-1]
    assert last.body_bytes == member - 1000
    assert last.headers["if-range"] == '"2024-12"'
    assert report.files[0].rows == 40


def test_what_is_left_of_another_edition_is_not_used(
    server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    members = publish(server)
    server.fail(ARCHIVE, lambda a: a, cut(1000), *[busy(503)] * 10)
    with pytest.raises(DataError):
        kent(server, tmp_path, manners, "2024-02", "2024-02")
    server.faults.clear()
    name = "2024-02/2024-02-kent-street.csv"
    members[name] = street("2024-02", rows=50)
    publish(server, members)
    server.etags[ARCHIVE] = '"revised"'
    server.asked.clear()
    kent(server, tmp_path, manners, "2024-02", "2024-02")
    assert (tmp_path / name).read_bytes() == members[name]
    # the directory and the member, not mixed first and found damaged then
    assert len([asked for asked in server.asked if asked.path == ARCHIVE]) == 2


@pytest.mark.parametrize("conditions", [True, False])
def test_an_archive_that_changes_while_it_is_read(
    server: LocalServer, tmp_path: Path, manners: Manners, conditions: bool
) -> None:
    server.conditions = conditions  # without, the server has not heard of If-Range
    members = publish(server)
    revised = dict(members)
    name = "2024-03/2024-03-kent-street.csv"
    revised[name] = street("2024-03", rows=77)
    new = archive(revised)

    def publish_now(answer: Answer) -> Answer:
        server.files[ARCHIVE], server.etags[ARCHIVE] = new, '"revised"'
        return answer

    # the directory and one month are of the first edition, and the next month begins so
    server.fail(ARCHIVE, lambda a: a, publish_now)
    report = kent(server, tmp_path, manners, "2024-02", "2024-03")
    assert [f.rows for f in report.files] == [40, 77]
    assert (tmp_path / name).read_bytes() == revised[name]


def test_a_server_without_ranges_is_refused_or_fetched_whole(
    server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    members = publish(server)
    server.ranges = False
    with pytest.raises(DataError, match="whole_archive"):
        kent(server, tmp_path, manners, "2024-02", "2024-03")
    assert left(tmp_path) == set()
    report = kent(server, tmp_path, manners, "2024-02", "2024-03", whole_archive=True)
    assert "fetched whole" in report.notes[0]
    for file in report.files:
        assert file.path.read_bytes() == members[f"{file.path.parent.name}/{file.path.name}"]
    assert not [name for name in left(tmp_path) if "zip" in name]


def test_a_whole_archive_goes_on_from_a_cut(
    server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    publish(server)
    size = len(server.files[ARCHIVE])

    def no_ranges_for_the_tail(answer: Answer) -> Answer:
        return Answer(b"", 200, {"ETag": '"2024-12"'})

    server.fail(ARCHIVE, no_ranges_for_the_tail, cut(size // 2), cut(size // 4))
    report = kent(server, tmp_path, manners, "2024-02", "2024-02", whole_archive=True)
    assert len(report.files) == 1
    assert server.served(ARCHIVE) == size


def test_wrong_crc(server: LocalServer, tmp_path: Path, manners: Manners) -> None:
    publish(server)
    packed = zipfile.ZipFile(io.BytesIO(server.files[ARCHIVE]))
    info = packed.getinfo("2024-02/2024-02-kent-street.csv")
    damaged = bytearray(server.files[ARCHIVE])
    damaged[info.header_offset + 30 + len(info.filename) + info.compress_size // 2] ^= 0xFF
    good, server.files[ARCHIVE] = server.files[ARCHIVE], bytes(damaged)
    with pytest.raises(DataError, match="is damaged"):
        kent(server, tmp_path, manners, "2024-02", "2024-02")
    assert left(tmp_path) == set()

    # damaged on the way only: the second time it is whole
    server.files[ARCHIVE] = good

    def damage(answer: Answer) -> Answer:
        body = bytearray(answer.body)
        body[len(body) // 2] ^= 0xFF
        return Answer(bytes(body), answer.status, answer.headers)

    server.fail(ARCHIVE, lambda a: a, damage)
    assert kent(server, tmp_path, manners, "2024-02", "2024-02").files[0].rows == 40


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (HTML, "web page"),
        (b"", "nothing"),
        (b"Crime ID,Outcome type\r\n1,2\r\n", "something else"),
        (street("2023-02"), "own month"),
        (HEADER.encode() + b"\r\n\xff\xfe,\x00", "UTF-8"),
    ],
)
def test_a_member_that_is_no_street_file(
    server: LocalServer, tmp_path: Path, manners: Manners, content: bytes, says: str
) -> None:
    members = publish(server)
    publish(server, members | {"2024-02/2024-02-kent-street.csv": content})
    with pytest.raises(DataError, match=says):
        kent(server, tmp_path, manners, "2024-02", "2024-02")
    assert left(tmp_path) == set()


@pytest.mark.parametrize("path", [LAST, ARCHIVE])
def test_a_login_page_is_refused(
    server: LocalServer, tmp_path: Path, manners: Manners, path: str
) -> None:
    publish(server)
    server.fail(path, *[instead(HTML)] * 3)
    with pytest.raises(DataError):
        kent(server, tmp_path, manners, "2024-02", "2024-02", whole_archive=path == ARCHIVE)
    assert left(tmp_path) == set()


@pytest.mark.parametrize("answer", [b"[]", b'{"date": null}', b'{"date": "soon"}', b"12"])
def test_a_newest_month_that_is_none(
    server: LocalServer, tmp_path: Path, manners: Manners, answer: bytes
) -> None:
    server.pages[LAST] = lambda _: Answer(answer)
    with pytest.raises(DataError, match="newest month"):
        kent(server, tmp_path, manners, "2024-02", "2024-02")


def test_a_slow_drip_is_dropped(server: LocalServer, tmp_path: Path) -> None:
    publish(server)
    naps: list[float] = []
    patient = Manners(
        tries=3, sleep=naps.append, slow_after_s=0.05, slowest_bytes_per_s=5000, read_timeout_s=5
    )
    server.fail(ARCHIVE, lambda a: a, drip(0.02))
    report = kent(server, tmp_path, patient, "2024-02", "2024-02")
    assert report.files[0].rows == 40
    assert len([a for a in server.asked if a.path == ARCHIVE]) == 3


def test_silence_times_out(server: LocalServer, tmp_path: Path) -> None:
    publish(server)
    impatient = Manners(tries=2, sleep=lambda _: None, read_timeout_s=0.1)
    server.fail(LAST, drip(0.5), drip(0.5))
    with pytest.raises(DataError, match="stopped in the middle"):
        kent(server, tmp_path, impatient, "2024-02", "2024-02")


def test_no_room(server: LocalServer, tmp_path: Path, manners: Manners) -> None:
    publish(server)
    (tmp_path / "2024-02").write_text("a file where the folder should be")
    with pytest.raises(DataError):
        kent(server, tmp_path, manners, "2024-02", "2024-02")


@pytest.mark.parametrize("answers", [0, 1, 2])
def test_a_killed_fetch_leaves_nothing_half_done(
    server: LocalServer, tmp_path: Path, manners: Manners, answers: int
) -> None:
    members = publish(server)
    code = (
        "import sys; from pathlib import Path; from hotspots.fetch import fetch_police;"
        "fetch_police('kent', '2024-02', '2024-04', Path(sys.argv[2]), base_url=sys.argv[1])"
    )
    child = subprocess.Popen([sys.executable, "-c", code, server.url, str(tmp_path)])

    def kill(answer: Answer) -> Answer:
        child.kill()
        return answer

    # the directory, then a member each; the child dies while it reads one of them
    server.fail(ARCHIVE, *[lambda a: a] * answers, kill)
    assert child.wait(timeout=60) != 0
    for name in left(tmp_path):
        if name.endswith(".csv"):
            assert (tmp_path / name).read_bytes() == members[name]
    report = kent(server, tmp_path, manners, "2024-02", "2024-04")
    assert [f.rows for f in report.files] == [40, 40, 40]
    for file in report.files:
        assert file.path.read_bytes() == members[f"{file.path.parent.name}/{file.path.name}"]
    assert not [name for name in left(tmp_path) if "part" in name]


# ---- manners


def test_requests_keep_their_distance(server: LocalServer, time: FakeTime) -> None:
    server.pages["/"] = lambda _: Answer(b"{}")
    stamps: list[float] = []
    polite = Manners(interval_s=0.5, sleep=time.sleep, clock=time.clock)
    with Client(server.url, polite) as client:
        for _ in range(5):
            client.json(server.url + "/")
            stamps.append(time.now)
    gaps = [b - a for a, b in pairwise(stamps)]
    assert gaps == pytest.approx([0.5] * 4)


@pytest.mark.parametrize("interval", [0.0, 0.09, float("nan"), -1.0])
def test_no_publisher_is_hurried(interval: float) -> None:
    with pytest.raises(UsageError):
        Manners(interval_s=interval)


@pytest.mark.parametrize(
    "url", ["http://data.police.uk", "ftp://127.0.0.1/", "file:///etc", "data.police.uk", ""]
)
def test_only_https(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="https"):
        fetch_police("kent", "2024-01", "2024-01", tmp_path, base_url=url)


@pytest.mark.parametrize(
    "target", ["http://example.org/x", "ftp://127.0.0.1/x", "file:///etc/passwd"]
)
def test_a_redirect_away_from_https_is_not_followed(
    server: LocalServer, manners: Manners, target: str
) -> None:
    server.pages["/"] = lambda _: Answer(b"", 302, {"Location": target})
    with Client(server.url, manners) as client, pytest.raises(DataError, match="https only"):
        client.json(server.url + "/")
    assert len(server.asked) == 1


def test_redirects_are_followed_and_bounded(server: LocalServer, manners: Manners) -> None:
    server.pages["/a"] = lambda _: Answer(b"", 302, {"Location": "/b"})
    server.pages["/b"] = lambda _: Answer(b'{"here": 1}')
    server.pages["/loop"] = lambda _: Answer(b"", 302, {"Location": "/loop"})
    with Client(server.url, manners) as client:
        assert client.json(server.url + "/a") == {"here": 1}
        with pytest.raises(DataError, match="more than 5 times"):
            client.json(server.url + "/loop")


def test_no_cookies_and_no_passwords(
    server: LocalServer, manners: Manners, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.pages["/"] = lambda _: Answer(b"{}", headers={"Set-Cookie": "track=me; Path=/"})
    with Client(server.url, manners) as client:
        client.json(server.url + "/")
        client.json(server.url + "/")
    assert not any({"cookie", "authorization"} & asked.headers.keys() for asked in server.asked)


@pytest.mark.parametrize("module", ["hotspots.fetch", "hotspots.cli"])
def test_nothing_heavy_is_loaded_before_a_fetch(module: str) -> None:
    code = f"import {module}, sys; print([m for m in ('requests', 'shapely') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@given(
    data=st.binary(min_size=1, max_size=300),
    first=st.integers(0, 299),
    length=st.integers(1, 300),
    reads=st.lists(st.tuples(st.integers(0, 299), st.integers(0, 320)), max_size=8),
)
def test_a_patched_file_reads_like_the_file(
    data: bytes, first: int, length: int, reads: list[tuple[int, int]]
) -> None:
    first = min(first, len(data) - 1)
    stop = min(len(data), first + length)
    fetched: list[tuple[int, int]] = []

    def fetch(start: int, end: int) -> bytes:
        fetched.append((start, end))
        return data[start:end]

    patched, plain = PatchedFile(len(data), fetch), io.BytesIO(data)
    patched.add(first, stop, io.BytesIO(data[first:stop]))
    for at, size in reads:
        assert patched.seek(at) == plain.seek(at)
        assert patched.read(size) == plain.read(size)
        assert patched.tell() == plain.tell()
    # nothing that is here is fetched
    assert all(end <= first or start >= stop for start, end in fetched)


def test_the_real_months_come_back_whole(
    real_data: Path, server: LocalServer, tmp_path: Path, manners: Manners
) -> None:
    members: dict[str, bytes] = {}
    for path in sorted((real_data / "police-uk-kent").glob("202[12]-*/*")):
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        members[f"{path.parent.name}/{path.name.removesuffix('.gz')}"] = content
    publish(server, members, "2022-03")
    report = kent(server, tmp_path, manners, "2022-01", "2022-03")
    for file in report.files:
        content = members[f"{file.path.parent.name}/{file.path.name}"]
        assert file.path.read_bytes() == content
        assert file.rows == len(pd.read_csv(io.BytesIO(content)))
    assert server.served("/data/archive/2022-03.zip") < len(
        server.files["/data/archive/2022-03.zip"]
    )


# ---- wards


SERVICES = "/rest/services"


def square(code: str, district: str, at: int) -> dict[str, Any]:
    west = 0.2 + at * 0.01
    ring = [[west, 51.4], [west + 0.01, 51.4], [west + 0.01, 51.41], [west, 51.41], [west, 51.4]]
    return {
        "type": "Feature",
        "properties": {
            "WD23CD": code,
            "WD23NM": f"Ward {code}",
            "LAD23CD": district,
            "LAD23NM": "Somewhere",
        },
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


class Portal:
    """An ArcGIS portal of two districts, which sends a few wards a page."""

    def __init__(self, server: LocalServer, name: str = "Wards_December_2023_Boundaries_UK_BFC"):
        self.server = server
        self.name = name
        self.page = 4
        self.flag_in: str = "top"
        self.names = [
            name,
            "Wards_December_2023_Boundaries_UK_BGC",
            "WD_MAY_2023_UK_BFC",
            "WD_DEC_2019_UK_BFC",
            "LAD_MAY_2023_UK_BFC",
        ]
        self.fields = ["FID", "WD23CD", "WD23NM", "WD23NMW", "LAD23CD", "LAD23NM", "GlobalID"]
        self.wards = {
            "E07000107": [square(f"E05{i:06d}", "E07000107", i) for i in range(10)],
            "E07000109": [square(f"E05{i:06d}", "E07000109", i) for i in range(20, 23)],
        }
        self.layer = f"{SERVICES}/{name}/FeatureServer/0"
        self.query = f"{self.layer}/query"
        server.pages[SERVICES] = lambda _: self.reply(
            {
                "services": [{"name": n, "type": "FeatureServer"} for n in self.names]
                + [{"name": name, "type": "MapServer"}]
            }
        )
        server.pages[f"{SERVICES}/{name}/FeatureServer"] = lambda _: self.reply(
            {"layers": [{"id": 0, "name": "wards"}]}
        )
        server.pages[self.layer] = lambda _: self.reply(
            {"fields": [{"name": n} for n in self.fields], "maxRecordCount": 2000}
        )
        server.pages[self.query] = self.answer

    @staticmethod
    def reply(content: Any) -> Answer:
        return Answer(json.dumps(content).encode(), headers={"Content-Type": "application/json"})

    def answer(self, query: dict[str, str]) -> Answer:
        district = query["where"].split("'")[1]
        wards = self.wards.get(district, [])
        if query.get("returnCountOnly") == "true":
            return self.reply({"count": len(wards)})
        start = int(query["resultOffset"])
        page = wards[start : start + self.page]
        content: dict[str, Any] = {"type": "FeatureCollection", "features": page}
        if start + self.page < len(wards):
            where = content if self.flag_in == "top" else content.setdefault("properties", {})
            where["exceededTransferLimit"] = True
        return self.reply(content)


@pytest.fixture
def portal(server: LocalServer) -> Portal:
    return Portal(server)


def wards(
    portal: Portal,
    folder: Path,
    manners: Manners,
    *districts: str,
    vintage: str = "2023",
    **kwargs: Any,
) -> FetchReport:
    base_url = portal.server.url + SERVICES
    return fetch_wards(districts, vintage, folder, base_url=base_url, manners=manners, **kwargs)


@pytest.mark.parametrize("flag_in", ["top", "properties"])
def test_wards_come_by_pages(
    portal: Portal, tmp_path: Path, manners: Manners, flag_in: str
) -> None:
    portal.flag_in = flag_in
    report = wards(portal, tmp_path, manners, "E07000107", "e07000109", "E07000107")
    assert [f.path.name for f in report.files] == [
        "wards-2023-E07000107.geojson",
        "wards-2023-E07000109.geojson",
    ]
    assert [f.rows for f in report.files] == [10, 3]
    assert "2023-12" in report.notes[0]
    frame = read_wards([f.path for f in report.files], "2023").frame
    assert sorted(frame["ward_code"]) == sorted(
        ward["properties"]["WD23CD"] for some in portal.wards.values() for ward in some
    )
    assert frame.groupby("district_code").size().to_dict() == {"E07000107": 10, "E07000109": 3}
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    for file in report.files:
        entry = manifest["files"][file.path.name]
        assert entry["sha256"] == sha256(file.path.read_bytes()).hexdigest()
        assert entry["vintage"] == "2023-12"
        assert entry["licence"] == "Open Government Licence v3.0"
    pages = [a.query for a in portal.server.asked if "resultOffset" in a.query]
    assert [p["resultOffset"] for p in pages] == ["0", "4", "8", "0"]
    assert {p["orderByFields"] for p in pages} == {"WD23CD"}
    assert {p["outSR"] for p in pages} == {"4326"}


def test_wards_that_are_there_are_not_asked_for(
    portal: Portal, tmp_path: Path, manners: Manners
) -> None:
    wards(portal, tmp_path, manners, "E07000107")
    asked = len(portal.server.asked)
    again = wards(portal, tmp_path, manners, "E07000107")
    assert len(portal.server.asked) == asked
    assert [(f.fetched, f.rows) for f in again.files] == [(False, 10)]
    (tmp_path / "wards-2023-E07000107.geojson").write_text("{}")
    with pytest.raises(DataError, match="move it away"):
        wards(portal, tmp_path, manners, "E07000107")
    assert (tmp_path / "wards-2023-E07000107.geojson").read_text() == "{}"


def test_wards_without_their_manifest_are_recognised(
    portal: Portal, tmp_path: Path, manners: Manners
) -> None:
    first = wards(portal, tmp_path, manners, "E07000107")
    (tmp_path / "manifest.json").unlink()
    again = wards(portal, tmp_path, manners, "E07000107")
    assert [f.fetched for f in again.files] == [False]
    assert again.files[0].sha256 == first.files[0].sha256
    assert "E07000107" in (tmp_path / "manifest.json").read_text()


def test_wards_refreshed(portal: Portal, tmp_path: Path, manners: Manners) -> None:
    wards(portal, tmp_path, manners, "E07000107")
    portal.wards["E07000107"].append(square("E05999999", "E07000107", 50))
    assert wards(portal, tmp_path, manners, "E07000107").files[0].rows == 10
    report = wards(portal, tmp_path, manners, "E07000107", refresh=True)
    assert [(f.fetched, f.rows) for f in report.files] == [(True, 11)]


def test_a_page_may_be_empty_though_more_follow(
    portal: Portal, tmp_path: Path, manners: Manners
) -> None:
    # the wards lie behind the first page of numbers
    real = portal.answer

    def shifted(query: dict[str, str]) -> Answer:
        if "resultOffset" not in query:
            return real(query)
        offset = int(query["resultOffset"])
        if offset < 200:
            return portal.reply(
                {"type": "FeatureCollection", "features": [], "exceededTransferLimit": True}
            )
        return real(query | {"resultOffset": str(offset - 200)})

    portal.server.pages[portal.query] = shifted
    assert wards(portal, tmp_path, manners, "E07000107").files[0].rows == 10


def test_endless_pages_are_stopped(portal: Portal, tmp_path: Path, manners: Manners) -> None:
    real = portal.answer
    endless = portal.reply(
        {"type": "FeatureCollection", "features": [], "exceededTransferLimit": True}
    )
    portal.server.pages[portal.query] = lambda q: real(q) if "resultOffset" not in q else endless
    with pytest.raises(DataError, match="at most"):
        wards(portal, tmp_path, manners, "E07000107")
    assert left(tmp_path) == set()


@pytest.mark.parametrize(
    ("vintage", "detail", "name"),
    [
        ("2023", "BFC", "Wards_December_2023_Boundaries_UK_BFC"),
        ("2023-05", "BFC", "WD_MAY_2023_UK_BFC"),
        ("2023-12", "BGC", "Wards_December_2023_Boundaries_UK_BGC"),
        ("2019", "BGC", "Wards_December_2019_Boundaries_UK_BGC_2022"),
        ("2025", "bsc", "WD_MAY_2025_UK_BSC_V2"),
    ],
)
def test_the_names_that_the_portal_has_used(
    server: LocalServer, tmp_path: Path, manners: Manners, vintage: str, detail: str, name: str
) -> None:
    portal = Portal(server, name)
    portal.names = [
        "Wards_December_2023_Boundaries_UK_BFC",
        "Wards_December_2023_Boundaries_UK_BGC",
        "WD_MAY_2023_UK_BFC",
        "WD_DEC_2019_UK_BGC",
        "WD_MAY_2025_UK_BSC",
        "Wards_December_2019_Boundaries_UK_BGC_2022",
        "WD_MAY_2025_UK_BSC_V2",
        "Wards_December_2023_Names_and_Codes_in_the_UK",
    ]
    report = wards(portal, tmp_path, manners, "E07000109", vintage=vintage, detail=detail)
    assert f"/{name}/" in report.files[0].source


def test_an_edition_that_the_portal_does_not_have(
    portal: Portal, tmp_path: Path, manners: Manners
) -> None:
    with pytest.raises(DataError, match="2019-12 BFC, 2023-05 BFC"):
        wards(portal, tmp_path, manners, "E07000107", vintage="2031")


def test_a_layer_without_districts(portal: Portal, tmp_path: Path, manners: Manners) -> None:
    portal.fields = ["objectid", "wd19cd", "wd19nm"]
    with pytest.raises(DataError, match="LADyyCD"):
        wards(portal, tmp_path, manners, "E07000107")


def test_a_district_not_there(portal: Portal, tmp_path: Path, manners: Manners) -> None:
    with pytest.raises(DataError, match="none of E07000999"):
        wards(portal, tmp_path, manners, "E07000107", "E07000999")
    # the one before it is whole
    assert left(tmp_path) == {"wards-2023-E07000107.geojson", "manifest.json"}


def test_an_arcgis_error_has_status_200(
    portal: Portal, tmp_path: Path, manners: Manners, time: FakeTime
) -> None:
    passing = portal.reply({"error": {"code": 503, "message": "Service busy", "details": []}})
    portal.server.fail(portal.query, lambda _: passing, lambda _: passing)
    assert wards(portal, tmp_path, manners, "E07000107").files[0].rows == 10
    assert len([nap for nap in time.naps if nap >= 1]) == 2
    lasting = portal.reply({"error": {"code": 400, "message": "Invalid query parameters"}})
    portal.server.fail(portal.query, lambda _: lasting)
    with pytest.raises(DataError, match="Invalid query parameters"):
        wards(portal, tmp_path, manners, "E07000109")


def spoil(change: Callable[[list[dict[str, Any]]], Any]) -> Callable[[Portal], None]:
    def apply(portal: Portal) -> None:
        real = portal.answer

        def answer(query: dict[str, str]) -> Answer:
            sent = real(query)
            if "resultOffset" not in query:
                return sent
            content = json.loads(sent.body)
            change(content["features"])
            return portal.reply(content)

        portal.page = 100
        portal.server.pages[portal.query] = answer

    return apply


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.pop(), "come once"),
        (lambda f: f.append(f[0]), "come once"),
        (lambda f: f[0]["properties"].update(WD23CD=f[1]["properties"]["WD23CD"]), "come once"),
        (lambda f: f[0]["properties"].update(WD23CD=None), "come once"),
        (lambda f: f[0]["properties"].update(LAD23CD="E07000111"), "E07000111"),
        (lambda f: f[0].update(geometry=None), "polygon"),
        (lambda f: f[0].update(geometry={"type": "Point", "coordinates": [0.2, 51.4]}), "polygon"),
        (lambda f: f[0].update(geometry={"type": "Polygon", "coordinates": []}), "polygon"),
        (
            lambda f: f[0].update(
                geometry={
                    "type": "Polygon",
                    "coordinates": [
                        [[554000, 174000], [554100, 174000], [554100, 174100], [554000, 174000]]
                    ],
                }
            ),
            "polygon",
        ),
        (lambda f: f[0].pop("properties"), "come once"),
    ],
)
def test_wrong_features_are_refused(
    portal: Portal, tmp_path: Path, manners: Manners, change: Any, says: str
) -> None:
    spoil(change)(portal)
    with pytest.raises(DataError, match=says):
        wards(portal, tmp_path, manners, "E07000107")
    assert left(tmp_path) == set()


@pytest.mark.parametrize("body", [HTML, b"", b"[]", b'{"features": 1}', b"{}", b'{"type": "Fe'])
def test_another_content_is_refused(
    portal: Portal, tmp_path: Path, manners: Manners, body: bytes
) -> None:
    portal.server.fail(portal.query, lambda a: a, instead(body))
    with pytest.raises(DataError):
        wards(portal, tmp_path, manners, "E07000107")
    assert left(tmp_path) == set()


def test_wards_cut_in_the_middle_are_asked_for_again(
    portal: Portal, tmp_path: Path, manners: Manners
) -> None:
    portal.server.fail(portal.query, lambda a: a, cut(100), busy(500), busy(429, "3"))
    assert wards(portal, tmp_path, manners, "E07000107").files[0].rows == 10


@pytest.mark.parametrize(
    ("districts", "vintage", "detail"),
    [
        ((), "2023", "BFC"),
        (("E0700010",), "2023", "BFC"),
        (("E07000107' OR 1=1",), "2023", "BFC"),
        (("E07000107",), "23", "BFC"),
        (("E07000107",), "2023-13", "BFC"),
        (("E07000107",), "2023", "XXX"),
    ],
)
def test_wrong_use_of_wards(
    portal: Portal,
    tmp_path: Path,
    manners: Manners,
    districts: tuple[str, ...],
    vintage: str,
    detail: str,
) -> None:
    with pytest.raises(UsageError):
        wards(portal, tmp_path, manners, *districts, vintage=vintage, detail=detail)
    assert not portal.server.asked


# ---- the command


def test_the_command_fetches_and_says_what(
    server: LocalServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(server)
    with pytest.raises(SystemExit) as ended:
        cli(
            ["-C", str(tmp_path), "fetch", "police", "--force", "kent", "--from", "2024-11",
             "--to", "2024-12", "--address", server.url]
        )  # fmt: skip
    assert not ended.value.code
    wanted = {f"data/{m}/{m}-kent-street.csv" for m in ("2024-11", "2024-12")}
    assert wanted <= left(tmp_path)
    assert "2 files" in capsys.readouterr().out
    incidents, _ = read_incidents(tmp_path / "data")
    assert len(incidents) == 80
