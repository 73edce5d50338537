"""A store as the first schema kept it: made by its own migration, filled by plain SQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from hotspots.store.migrate import upgrade

TIMES = [datetime(2024, 2, 1, 9, 30, 0, 5), datetime(2024, 3, 1, 10, 0)]
_FILE = (
    "INSERT INTO imported_file (name, source, sha256, content_sha256, key, read, kept,"
    " rejected, notice, imported_at) VALUES (:name, 'csv', :sha, :sha, :key, 3, 2, 1, NULL,"
    " :at)"
)
_INCIDENT = (
    "INSERT INTO incident (file_id, row, reference, category, source_category, starts_at,"
    " ends_at, precision, x, y, location, agency) VALUES (:file, :row, :reference, 'asb',"
    " 'ASB', :at, :at, 'minute', 565000.25, 174000.5, 'A place', NULL)"
)


def make_old_store(connection: Connection) -> None:
    """Two imports: one of two files, one of one; four incidents, a ward, a run."""
    upgrade(connection, "0001")
    run = connection.execute
    for number, (key, at) in enumerate([("a", 0), ("b", 0), (None, 1)], start=1):
        values = {"name": f"f{number}.csv", "sha": str(number) * 64, "key": key}
        run(text(_FILE), {**values, "at": f"{TIMES[at]:%Y-%m-%d %H:%M:%S.%f}"})
    for number, file in enumerate([1, 1, 2, 3], start=1):
        reference = None if number == 2 else f"R{number}"
        at = f"{TIMES[0]:%Y-%m-%d %H:%M:%S.%f}"
        values = {"file": file, "row": number + 1, "reference": reference, "at": at}
        run(text(_INCIDENT), values)
    run(
        text("INSERT INTO rejection (file_id, row, reason, raw) VALUES (1, 4, 'why', :raw)"),
        {"raw": '{"a": "1"}'},
    )
    run(
        text(
            "INSERT INTO boundary_set (vintage, crs, files, report) VALUES"
            " ('2021', 'EPSG:27700', :files, '[]')"
        ),
        {"files": '{"w": "0"}'},
    )
    run(
        text(
            "INSERT INTO ward (boundary_set_id, ward_code, ward_name, geometry) VALUES"
            " (1, 'T1', 'Town', :shape)"
        ),
        {"shape": b"\x01\x02"},
    )
    run(
        text(
            "INSERT INTO run (run_id, period, category, provenance, totals, notes,"
            " created_at) VALUES ('r', '2024-02', 'asb', '{}', '{}', :notes,"
            " '2024-03-01 10:00:00.000000')"
        ),
        {"notes": '["n"]'},
    )
    run(
        text("INSERT INTO run_table (run_sequence, name, parquet) VALUES (1, 'wards', :content)"),
        {"content": b"PAR1"},
    )
