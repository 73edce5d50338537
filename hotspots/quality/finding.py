"""One thing that is wrong with the data, or must be known about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from hotspots.errors import DataError

Severity = Literal["serious", "careful", "note"]
#: From the worst: a map without a mend is wrong; may mislead; must be known.
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of the quality report.

    Parameters
    ----------
    code : str
        What was found, the same from run to run, such as ``missing-category``.
    severity : "serious", "careful" or "note"
        Serious: a map drawn without a mend is wrong. Careful: it may mislead. Note: a reader
        must know it.
    title : str
        The finding in a sentence, with its figures.
    count : int
        Incidents, rows or months concerned; the title says which.
    share : float or None
        What part that is, 0 to 1; the title says of what.
    example : str or None
        A file and row, or a month and category, to look at.
    effect : str
        What it does to the map, one sentence.
    advice : str
        What to do, one sentence.
    categories, months, agencies : tuple of str
        What it concerns; empty: all. Months as "YYYY-MM".
    """

    code: str
    severity: Severity
    title: str
    count: int
    share: float | None
    example: str | None
    effect: str
    advice: str
    categories: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON can hold it."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Finding:
        """Return the finding that ``as_dict`` wrote.

        Raises
        ------
        DataError
            If it is not one.
        """
        try:
            lists = {name: tuple(values[name]) for name in ("categories", "months", "agencies")}
            finding = cls(**{**values, **lists})
        except (KeyError, TypeError) as error:
            raise DataError(
                f"A stored finding must have the fields of a finding; got {sorted(values)}: run "
                "`hotspots doctor` again."
            ) from error
        if finding.severity not in SEVERITIES:
            raise DataError(
                f"A finding's severity must be one of {', '.join(SEVERITIES)}; got "
                f"{finding.severity!r}: run `hotspots doctor` again."
            )
        return finding
