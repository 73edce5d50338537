"""What a period and category are compared with, read from an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from hotspots.errors import ResultError, UsageError
from hotspots.meeting.maps import QUESTIONS, Question
from hotspots.model import Period
from hotspots.taxonomy import Category
from hotspots.taxonomy import category as category_of
from hotspots.web.choices import Choice
from hotspots.web.source import Source

#: How the other period is chosen; "fixed" is one named in the address.
Relation = Literal["before", "year", "fixed", "category"]


@dataclass(frozen=True)
class Against:
    """The two sides of a comparison, and the addresses of other ones.

    Attributes
    ----------
    sides : tuple of two (Period, Category)
        The earlier and the later period; or the category shown and the other one.
    relation : str
        What the second side is to the choice.
    question : {"concentrated", "worse"}
        Which hot spots are listed.
    asked : bool
        Whether the address names the question, or the layer gives it.
    """

    choice: Choice
    sides: tuple[tuple[Period, Category], tuple[Period, Category]]
    relation: Relation
    question: Question
    asked: bool

    @property
    def other(self) -> tuple[Period, Category]:
        """The side that is not the choice's own."""
        own = (self.choice.period, self.choice.category)
        return self.sides[1] if self.sides[0] == own else self.sides[0]

    @property
    def year_before(self) -> Period:
        """The same time of the year before."""
        return self.choice.period.years_back(1)

    @property
    def categories(self) -> list[tuple[str, str]]:
        """The categories that can be compared with the one chosen: code and label."""
        mine = self.choice.category
        return [
            (code, label)
            for code, label in self.choice.categories
            if not _share(category_of(code), mine)
        ]

    def but(self, **changed: str) -> dict[str, str]:
        """Return the arguments of an address with some of them changed, the relation kept.

        The period a year before stays so when the period changes; a fixed one stays as it is, as
        long as it is not the one compared with.
        """
        query = {**self._kept(), **self.choice.but(**changed)}
        if "layer" in changed:
            query.pop("question", None)
        if changed.keys() & {"with_period", "with_category"}:
            query = {name: value for name, value in query.items() if not name.startswith("with_")}
        elif changed.keys() & {"period", "category"}:
            query |= self._following(query)
        return {name: value for name, value in (query | changed).items() if value}

    def __getattr__(self, name: str) -> Any:
        # for the macros, which take a choice
        return getattr(object.__getattribute__(self, "choice"), name)

    def _kept(self) -> dict[str, str]:
        kept = {"layer": self.choice.layer.code}
        if self.asked:
            kept["question"] = self.question
        if self.relation == "category":
            kept["with_category"] = self.other[1].code
        elif self.relation != "before":
            kept["with_period"] = self.other[0].id
        return kept

    def _following(self, query: Mapping[str, str]) -> dict[str, str]:
        """Return what goes with another period or category; "" where the default does."""
        if self.relation == "category":
            same = self.other[1].code == query["category"]
            return {"with_category": "" if same else self.other[1].code}
        period, other = Period.parse(query["period"]), self.other[0]
        if self.relation == "year":
            return {"with_period": period.years_back(1).id}
        fits = self.relation == "fixed" and period.kind == other.kind and not _meet(period, other)
        return {"with_period": other.id if fits else ""}


def against_of(choice: Choice, source: Source, query: Mapping[str, str]) -> Against:
    """Return what a choice is compared with: the period before it, unless the address says.

    A ``with_category`` goes before a ``with_period``: two categories are compared in one period.

    Raises
    ------
    UsageError
        If the other period is not one, or overlaps the first; if the question is none.
    ResultError
        If there are no data of the other category.
    """
    question, asked = _question(query.get("question", ""), choice)
    own = (choice.period, choice.category)
    if code := query.get("with_category", ""):
        other = (choice.period, _category(code, choice, source))
        return Against(choice, (own, other), "category", question, asked)
    text = query.get("with_period", "")
    period = Period.parse(text) if text else choice.period.back(1)
    if _meet(period, choice.period):
        raise UsageError(
            f"Two periods that are compared must not overlap; got {choice.period.id} and "
            f"{period.id}: choose another one."
        )
    sides = sorted([own, (period, choice.category)], key=lambda side: side[0].start)
    relation: Relation = "fixed"
    if period == choice.period.back(1):
        relation = "before"
    elif period == choice.period.years_back(1):
        relation = "year"
    return Against(choice, (sides[0], sides[1]), relation, question, asked)


def _question(text: str, choice: Choice) -> tuple[Question, bool]:
    if not text:
        return cast(Question, choice.layer.question), False
    if text not in QUESTIONS:
        raise UsageError(
            f"A question must be one of {', '.join(QUESTIONS)}; got {text!r}: choose one of these."
        )
    return text, True


def _category(code: str, choice: Choice, source: Source) -> Category:
    for category, _ in source.categories():
        if category.code != code:
            continue
        if _share(category, choice.category):
            raise UsageError(
                "Two categories that are compared must not count the same incidents; got "
                f"{choice.category.code!r} and {code!r}: choose another one."
            )
        return category
    raise ResultError(
        f"There must be data of a category to compare with; none are loaded for {code!r}: choose "
        "another category."
    )


def _share(one: Category, other: Category) -> bool:
    """Return whether an incident can count towards both."""
    return any(
        code == same and (part is None or twin is None or part == twin)
        for code, part in one.parts
        for same, twin in other.parts
    )


def _meet(one: Period, other: Period) -> bool:
    return one.start < other.end and other.start < one.end
