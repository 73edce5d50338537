"""How an assessment's tables were made: the sentences below each of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hotspots.evidence.entered import Entered
from hotspots.evidence.figures import ENTERED
from hotspots.evidence.lines import Line, is_blank
from hotspots.evidence.measures import Measure
from hotspots.model import Wards
from hotspots.plain_text import tidy


@dataclass(frozen=True, eq=False)
class Method:
    """What the notes speak of: the wards, the tier, what is left out, what is entered."""

    wards: Wards
    small_counts_below: int
    left_out: tuple[Measure, ...]
    entered: Entered | None

    def notes(self, lines: Iterable[Line], tested_over: str) -> tuple[str, ...]:
        """Return what must be known to read a table of some lines.

        ``tested_over`` says over which rows the tests are adjusted together.
        """
        found = list(lines)
        said = [self._residents(), *self._of_changes(tested_over), *self._of_states(found)]
        said += self._of_tier(found) + self._of_sources(found)
        said += dict.fromkeys(
            line.measure.note for line in found if line.measure.note and not is_blank(line)
        )
        return tuple(said)

    def _residents(self) -> str:
        wards = self.wards
        source = tidy(wards.population_source) if wards.population_source else "not stated"
        return (
            f"Counts are of incidents that lie in the {tidy(wards.vintage)} wards; rates are per "
            f"1,000 residents of them (source of residents: {source})."
        )

    def _of_changes(self, tested_over: str) -> list[str]:
        return [
            "Total crime is victim-based crime and other crimes against society; ASB, fires and "
            "road collisions are never in it.",
            "A change is tested exactly, as two Poisson counts by the day, allowing for "
            f"{tested_over}; it says whether the counts differ, not why, and incidents that come "
            "in runs make it somewhat too sure.",
        ]

    def _of_states(self, lines: list[Line]) -> list[str]:
        states = {cell.state for line in lines for cell in line.cells.values()}
        said = []
        if "missing" in states:
            said.append('"no data" is not 0: the files loaded do not tell.')
        if "part" in states:
            said.append(
                "A count named under Not whole is of a part of its period only, for lack of "
                "data: it is at least so many, is compared with nothing and has no rate."
            )
        if "unused" in states:
            said.append("A dash in place of a count: the kind was not in use then.")
        return said

    def _of_tier(self, lines: list[Line]) -> list[str]:
        said = []
        if any(cell.withheld for line in lines for cell in line.cells.values()):
            said.append(
                f"Counts from 1 to {self.small_counts_below - 1} are withheld, and as many others "
                "as keep them from being worked out; so is all that is worked out from them."
            )
        if self.left_out:
            names = ", ".join(measure.label for measure in self.left_out)
            said.append(f"Not given to these recipients: {names}.")
        return said

    def _of_sources(self, lines: list[Line]) -> list[str]:
        sources = {cell.source for line in lines for cell in line.cells.values()}
        entered = self.entered
        if entered is None or not any(ENTERED in source for source in sources):
            return []
        return [
            "Counts whose source is entered are the partnership's own, from "
            f"{entered.name} (sha256 {entered.sha256[:12]}), not counted here; counted and "
            "entered ones are not compared."
        ]


def nothing_known(lines: Iterable[Line]) -> tuple[list[Line], list[str]]:
    """Return the lines of measures of which anything is known, and the names of the others."""
    found = list(lines)
    known = {line.measure for line in found if not is_blank(line)}
    names = dict.fromkeys(line.measure.label for line in found if line.measure not in known)
    return [line for line in found if line.measure in known], list(names)
