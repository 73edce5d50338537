"""What the data are and what is wrong with them, as a page shows it; pure, as ``view`` is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd

from hotspots.model import Wards
from hotspots.quality import Finding
from hotspots.quality.finding import SEVERITIES
from hotspots.quality.registry import CHECKS
from hotspots.results import words
from hotspots.store.batches import Batch
from hotspots.store.incidents import share_a_month
from hotspots.taxonomy import breaks_said, categories
from hotspots.web.coverage import Coverage, category_label, month_label
from hotspots.web.source import Source
from hotspots.web.text import NO_DATA, capital, counted, iso_day, tidy, whole

_HEADS = {
    "serious": ("Serious", "The maps touched are wrong until this is dealt with."),
    "careful": ("Careful", "May mislead."),
    "note": ("To know", "A reader of the map must know this."),
}
_THEY = "they touch are wrong until they are"
#: So many months, files or reasons are named; the others are counted.
_NAMED = 4
#: Of a sha256 this much tells files apart by eye; the JSON has all of it.
_SHORT_HASH = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """What the map's page says of the findings that touch it: how many, and the worst one."""

    lead: str
    title: str
    serious: bool


def bar(findings: Sequence[Finding]) -> Bar | None:
    """Return the bar of a result's findings, None where all are notes."""
    found = _worst_first(f for f in findings if f.severity != "note")
    if not found:
        return None
    serious = sum(f.severity == "serious" for f in found)
    what = _plural(len(found), "serious finding" if serious == len(found) else "finding")
    verb = "touches" if len(found) == 1 else "touch"
    mixed = f", {counted(serious)} of them serious" if 0 < serious < len(found) else ""
    return Bar(
        f"{capital(what)} in the data {verb} this map{mixed}", tidy(found[0].title), serious > 0
    )


@dataclass(frozen=True, eq=False)
class DataView:
    """The data of a workspace, ready to be written into a page.

    Attributes
    ----------
    headline : str
        Whether the data can be trusted, in a sentence.
    facts : list of str
        Rows and files that count, to when each agency is known, how many checks there are.
    groups : list of dict
        The findings by severity, the serious first; empty where there are none.
    coverage : Coverage or None
        Incidents by month and category, None where there are none.
    imports : list of dict
        Every import, the last one first.
    vintages : list of dict
        The ward sets, the one added last at the end.
    files : list of dict
        The files that count, in order of import.
    breaks : list of str
        What changed in recording within the months shown, a sentence each.
    unnoted : int
        Imports of a version that did not note their files.
    """

    headline: str
    facts: list[str]
    groups: list[dict[str, Any]]
    coverage: Coverage | None
    imports: list[dict[str, Any]]
    vintages: list[dict[str, Any]]
    files: list[dict[str, Any]]
    breaks: list[str]
    unnoted: int


def data_view(source: Source) -> DataView:
    """Return the view of a workspace's data; an empty workspace has one too."""
    findings, imports = _worst_first(source.findings()), source.imports()
    coverage, files = source.coverage(), counting_files(imports)
    return DataView(
        headline=_headline(findings, bool(len(coverage))),
        facts=_facts(source, files),
        groups=_groups(findings),
        coverage=Coverage(coverage, findings) if len(coverage) else None,
        imports=[_import(batch) for batch in reversed(imports)],
        vintages=[_vintage(source.wards(name)) for name in source.vintages()],
        files=[_file(number, file) for number, file in files],
        breaks=_breaks(coverage, {str(file.get("source")) for _, file in files}),
        unnoted=sum(not batch.report and batch.undone_at is None for batch in imports),
    )


def _breaks(coverage: pd.DataFrame, sources: set[str]) -> list[str]:
    """Say each change of recording that a row of the coverage crosses."""
    whose = {str(agency) for agency in coverage["agency"].dropna()}
    if "police-uk" in sources:
        whose.add("data.police.uk")
    found: dict[str, None] = {}
    for code, rows in coverage.groupby("category"):
        months = rows["year"].astype(int) * 12 + rows["month"].astype(int) - 1
        first, after = int(months.min()), int(months.max()) + 1
        start, end = (date(month // 12, month % 12 + 1, 1) for month in (first, after))
        if code in categories():
            found.update(dict.fromkeys(breaks_said(str(code), start, end, whose)))
    return [tidy(sentence) for sentence in found]


def data_json(source: Source) -> dict[str, Any]:
    """Return findings, imports, coverage, vintages and files as JSON values.

    Days are ISO dates, times ISO in UTC; what is not known is null.
    """
    imports = source.imports()
    rows = source.coverage()
    return {
        "findings": [finding.as_dict() for finding in _worst_first(source.findings())],
        "imports": [_import_json(batch) for batch in imports],
        "coverage": rows.astype(object).where(rows.notna(), None).to_dict("records"),
        "data_to": source.data_to(),
        "vintages": [_vintage_json(source.wards(name)) for name in source.vintages()],
        "files": [{**file, "import": number} for number, file in counting_files(imports)],
    }


def counting_files(imports: Sequence[Batch]) -> list[tuple[int, dict[str, Any]]]:
    """Return the number of the import and the fields of each file that counts.

    A file no longer does when its import is undone, or when an import that stands brought the same
    content or month after it. Of an import that did not note its files nothing is known.
    """
    standing = [(b.id, f) for b in imports if b.undone_at is None for f in _imported(b)]
    return [
        (number, file)
        for number, file in standing
        if not any(number < later and _replaces(new, file) for later, new in standing)
    ]


def _replaces(new: dict[str, Any], old: dict[str, Any]) -> bool:
    same = new.get("content_sha256") == old.get("content_sha256")
    return same or share_a_month(new.get("key"), old.get("key"))


# -- findings -------------------------------------------------------------------------------------


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def _headline(findings: Sequence[Finding], any_incidents: bool) -> str:
    if not any_incidents:
        return "No incidents are loaded yet"
    tally = Counter(finding.severity for finding in findings)
    if serious := tally["serious"]:
        them = "it touches are wrong until it is" if serious == 1 else _THEY
        return f"{capital(_plural(serious, 'serious finding'))}: the maps {them} dealt with"
    if careful := tally["careful"]:
        return f"Nothing serious was found; {_plural(careful, 'finding')} may mislead"
    if notes := tally["note"]:
        return f"Nothing was found that misleads; {_plural(notes, 'thing')} to know"
    return "Nothing wrong was found"


def _facts(source: Source, files: list[tuple[int, dict[str, Any]]]) -> list[str]:
    read, kept, rejected = (sum(file[k] for _, file in files) for k in ("read", "kept", "rejected"))
    known = [
        f"{tidy(agency)} to {iso_day(last)}" for agency, last in sorted(source.data_to().items())
    ]
    counts = f"{_equation(read, kept, rejected)}, in {_plural(len(files), 'file')}"
    return [*([counts] if files else []), *known, f"{len(CHECKS)} checks were made"]


def _groups(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    groups = []
    for severity, (head, says) in _HEADS.items():
        mine = [_finding(f) for f in findings if f.severity == severity]
        if mine:
            said = f"{capital(_plural(len(mine), 'finding'))}. {says}"
            groups.append({"severity": severity, "head": head, "says": said, "findings": mine})
    return groups


def _finding(finding: Finding) -> dict[str, Any]:
    concerns = [
        _named([tidy(name) for name in finding.agencies]),
        _named([category_label(code) for code in finding.categories]),
        _named([month_label(month) for month in finding.months]),
    ]
    return {
        "title": tidy(finding.title),
        "example": tidy(finding.example),
        "effect": tidy(finding.effect),
        "advice": tidy(finding.advice),
        "code": tidy(finding.code),
        "concerns": [text for text in concerns if text],
    }


# -- imports and files ----------------------------------------------------------------------------


def _imported(batch: Batch) -> list[dict[str, Any]]:
    return list(batch.report.get("imported", ()))


def _import(batch: Batch) -> dict[str, Any]:
    report = batch.report
    return {
        "number": batch.id,
        "when": _moment(batch.imported_at),
        "undone": _moment(batch.undone_at) if batch.undone_at else "",
        "files": _named([tidy(file["name"]) for file in _imported(batch)]),
        "rows": _equation(*(report[k] for k in ("read", "kept", "rejected"))) if report else "",
        "reasons": [
            f"{whole(n)} {tidy(reason)}" for reason, n in report.get("reasons", {}).items()
        ],
        "effects": list(_effects(report)),
    }


def _effects(report: dict[str, Any]) -> Iterator[str]:
    """Return what else an import did, a sentence each."""
    if replaced := report.get("replaced"):
        yield f"Took the place of {_named([tidy(name) for name in replaced])}."
    if superseded := report.get("superseded"):
        yield f"Newer versions of {whole(superseded)} earlier incidents; the older ones are kept."
    if outside := report.get("outside"):
        yield f"{whole(outside)} outside the wards."
    if unmapped := report.get("unmapped"):
        yield f"{whole(sum(unmapped.values()))} of a category not known here."
    for how, count in report.get("placed", {}).items():
        yield f"{whole(count)} {_PLACED.get(how, tidy(how))}."
    if already := report.get("already"):
        yield f"Imported before: {_named([tidy(name) for name in already])}."
    for name, why in report.get("skipped", ()):
        yield f"Left out {tidy(name)}: {tidy(why)}."


_PLACED = {
    "postcode": "placed at the middle of their postcode",
    "masked": "placed at the middle of a square, as digits are hidden",
    "mended": "with coordinates mended, as the area proves",
}


def _import_json(batch: Batch) -> dict[str, Any]:
    # what was found then is not what is found now, and the report has it of no import
    report = {name: value for name, value in batch.report.items() if name != "findings"}
    return {
        "number": batch.id,
        "imported_at": _iso(batch.imported_at),
        "undone_at": _iso(batch.undone_at),
        "report": report,
    }


def _file(number: int, file: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": number,
        "name": tidy(file["name"]),
        "source": tidy(file["source"]),
        "sha256": tidy(file["sha256"])[:_SHORT_HASH],
        "read": whole(file["read"]),
        "kept": whole(file["kept"]),
        "rejected": whole(file["rejected"]),
        "notice": tidy(file.get("notice")),
    }


# -- wards ----------------------------------------------------------------------------------------


def _vintage(wards: Wards) -> dict[str, Any]:
    known = wards.frame["population"].dropna()
    some = f", of {whole(len(known))} wards only" if len(known) < len(wards) else ""
    districts = wards.frame["district_name"].fillna(wards.frame["district_code"]).dropna().unique()
    return {
        "name": tidy(wards.vintage),
        "in_force": _in_force(wards.valid_from, wards.valid_to),
        "wards": whole(len(wards)),
        "districts": _named([tidy(name) for name in sorted(districts.astype(str))]),
        "residents": f"{whole(known.sum())}{some}" if len(known) else NO_DATA,
        "source": tidy(wards.population_source),
        "notes": [tidy(line) for line in wards.report],
        "files": [
            f"{tidy(name)} ({tidy(hash_)[:_SHORT_HASH]})" for name, hash_ in wards.sha256.items()
        ],
    }


def _vintage_json(wards: Wards) -> dict[str, Any]:
    known = wards.frame["population"].dropna()
    return {
        "name": wards.vintage,
        "valid_from": wards.valid_from and wards.valid_from.isoformat(),
        "valid_to": wards.valid_to and wards.valid_to.isoformat(),
        "wards": len(wards),
        "wards_with_residents": len(known),
        "residents": float(known.sum()) if len(known) else None,
        "residents_source": wards.population_source,
        "notes": list(wards.report),
        "files": dict(wards.sha256),
    }


def _in_force(first: date | None, end: date | None) -> str:
    """Return the days in force in words; ``end`` is the first day no longer."""
    parts = []
    if first is not None:
        parts.append(f"from {words.day(first)}")
    if end is not None:
        parts.append(f"until {words.day(end - timedelta(days=1))}")
    return capital(" ".join(parts)) if parts else "Not stated"


# -- words ----------------------------------------------------------------------------------------


def _equation(read: int, kept: int, rejected: int) -> str:
    return f"{whole(read)} rows read = {whole(kept)} kept + {whole(rejected)} rejected"


def _plural(count: int, noun: str) -> str:
    return f"{counted(count)} {noun}{'' if count == 1 else 's'}"


def _named(texts: Sequence[str]) -> str:
    """Return the first few of many, and how many more there are."""
    more = len(texts) - _NAMED
    return ", ".join(texts[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _moment(when: datetime) -> str:
    return f"{words.day(when.date())}, {when:%H:%M} UTC"


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.replace(tzinfo=UTC).isoformat()
