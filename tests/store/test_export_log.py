"""The log of exports and the ledger of released counts, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from hotspots.errors import WorkspaceError
from hotspots.sharing.asked import Asked, Released
from hotspots.store.exports import ExportEntry
from hotspots.store.schema import released as ledger
from hotspots.store.state import state_of
from hotspots.store.store import Store
from tests.support import nine_wards

ENTRY = ExportEntry(
    who="A. Analyst",
    kind="shortlist",
    tier="partner",
    format="xlsx",
    file_name="shortlist-asb-2021-06.xlsx",
    sha256="a" * 64,
    size=12_345,
    asked={"period": "2021-06", "category": "asb", "quarterly": False},
    runs=("0123abcd",),
    withheld=2,
)


def _released(number: int, *, count: int = 3, withheld: bool = True) -> Released:
    asked = Asked(f"ward:2021:E{number:03d}", "asb!alcohol", date(2021, 6, 1), date(2021, 7, 1))
    return Released(asked, count, withheld)


def test_exports_are_listed_in_the_order_they_were_made(store: Store) -> None:
    before = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=1)
    with store.exports() as log:
        assert log.all() == ()
        numbers = [
            log.add(ENTRY),
            log.add(ExportEntry("B", "wards", "public", "csv", "w.csv", "b", 0)),
        ]
    with store.exports(read_only=True) as log:
        first, second = log.all()
    assert [first.id, second.id] == numbers
    assert first.as_dict() == {**ExportEntry(**vars(ENTRY)).as_dict(), "id": numbers[0]}
    assert (first.who, first.asked, first.runs) == (ENTRY.who, ENTRY.asked, ("0123abcd",))
    assert (second.tier, second.asked, second.runs, second.withheld) == ("public", {}, (), 0)
    assert before <= second.exported_at <= datetime.now(UTC).replace(tzinfo=None)


def test_an_entry_that_is_read_can_be_added_again(store: Store) -> None:
    with store.exports() as log:
        log.add(ENTRY)
        again = log.add(log.all()[0])
        assert [entry.id for entry in log.all()] == [1, again]


def test_the_ledger_of_each_tier_has_each_count_once(store: Store) -> None:
    shown, withheld = _released(1, count=8, withheld=False), _released(2)
    with store.exports() as log:
        log.add(ENTRY, [shown, withheld, shown])
        log.add(ENTRY, [withheld, _released(2, count=4), _released(3)])
        log.add(ExportEntry("B", "wards", "public", "csv", "w.csv", "b", 0), [withheld])
    with store.exports(read_only=True) as log:
        assert log.released("partner") == (shown, withheld, _released(2, count=4), _released(3))
        assert log.released("public") == (withheld,)
        assert log.released("restricted") == ()
    with store.read() as connection:
        counted = select(ledger.c.export_id, func.count()).group_by(ledger.c.export_id)
        assert sorted(tuple(row) for row in connection.execute(counted)) == [(1, 2), (2, 2), (3, 1)]


def test_a_ledger_that_was_read_is_not_read_again(store: Store) -> None:
    first = _released(1)
    with store.exports() as log:
        log.add(ENTRY, [first])
        log.add(ENTRY, [first, _released(2)], known=log.released("partner"))
        assert log.released("partner") == (first, _released(2))


def test_thousands_of_counts_are_kept(store: Store) -> None:
    many = [_released(n, count=n % 7, withheld=n % 7 in (1, 2)) for n in range(5_000)]
    with store.exports() as log:
        log.add(ENTRY, many)
        log.add(ENTRY, many)
        assert log.released("partner") == tuple(many)


def test_an_export_that_fails_is_neither_logged_nor_remembered(store: Store) -> None:
    def fail() -> None:
        with store.exports() as log:
            log.add(ENTRY, [_released(1)])
            raise RuntimeError("the file could not be written")

    with pytest.raises(RuntimeError):
        fail()
    with store.exports(read_only=True) as log:
        assert (log.all(), log.released("partner")) == ((), ())


def test_a_count_belongs_to_an_export(store: Store) -> None:
    row = {"export_id": 7, "tier": "public", "place": "all:1", "kind": "asb", "count": 1}
    days = {"start": date(2021, 1, 1), "end": date(2021, 2, 1)}
    with pytest.raises(WorkspaceError, match="A row must fit"), store.write() as connection:
        connection.execute(ledger.insert(), {**row, **days, "withheld": True})


def test_an_export_is_no_change_of_the_inputs(store: Store) -> None:
    with store.boundaries() as sets:
        sets.add(nine_wards())
    with store.read() as connection:
        before = state_of(connection)
    with store.exports() as log:
        log.add(ENTRY, [_released(1)])
    with store.read() as connection:
        assert state_of(connection) == before
