"""The headline and the sentences of empty lists, against results made by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from hotspots.model import Period
from hotspots.taxonomy import category
from hotspots.web import sentences

TOTALS = {
    "incidents": 324,
    "usual": 381.0,
    "history_periods": 12,
    "complete": True,
    "cells": 2752,
    "needed_worse": 11,
    "needed_concentrated": 14,
}


def result(concentrated: int = 0, worse: int = 0, period: str = "2022-03", **totals: Any) -> Any:
    questions = ["concentrated"] * concentrated + ["worse"] * worse
    return SimpleNamespace(
        hotspots=pd.DataFrame({"question": questions}),
        totals={**TOTALS, **totals},
        period=Period.parse(period),
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            result(4, 1),
            "324 ASB incidents in March 2022, 15% below the 12-month average. "
            "Four places stand out; one is worse than usual.",
        ),
        (
            result(1, 0, incidents=381),
            "381 ASB incidents in March 2022, the same as the 12-month average. "
            "One place stands out; none is worse than usual.",
        ),
        (
            result(12, 2, incidents=1000, period="2022-W10", history_periods=52),
            "1,000 ASB incidents in the week of 7 March 2022, 2.6 times the "
            "52-week average. 12 places stand out; two are worse than usual.",
        ),
        (
            result(0, 0, incidents=1, usual=3.2),
            "1 ASB incident in March 2022; about 3 are usual. "
            "No place stands out; none is worse than usual.",
        ),
        (
            result(2, 0, usual=None, history_periods=0),
            "324 ASB incidents in March 2022. "
            "Two places stand out; there is no complete earlier month to compare with.",
        ),
        (
            result(2, 0, complete=False),
            "324 ASB incidents in March 2022 so far. "
            "Two places stand out; none is worse than usual.",
        ),
    ],
)
def test_the_headline(given: Any, said: str) -> None:
    assert sentences.headline(given, category("asb")) == said


@pytest.mark.parametrize(
    ("code", "count", "noun"),
    [
        ("deliberate_fire", 1, "deliberate fire"),
        ("crime", 2, "crimes"),
        ("public_order", 2, "public order incidents"),
        ("unmapped", 2, "incidents not yet mapped"),
    ],
)
def test_what_is_counted_reads_as_english(code: str, count: int, noun: str) -> None:
    assert sentences.noun(category(code), count) == noun


@pytest.mark.parametrize(
    ("question", "given", "said"),
    [
        (
            "worse",
            result(),
            "Nowhere is worse than its own last 12 months. 2,752 squares were checked. "
            "A place that usually has 2 a month would have needed 11. "
            "Look at Concentrated for where incidents always gather.",
        ),
        (
            "worse",
            result(history_periods=0, needed_worse=None),
            "There is no complete earlier month to compare with. "
            "Choose a later month, or add files of earlier ones.",
        ),
        (
            "concentrated",
            result(),
            "No place stands out from the rest. 2,752 squares were checked. "
            "A block of squares would have needed 14 incidents. "
            "Choose a longer period, or look at Density.",
        ),
        (
            "worse",
            result(incidents=0),
            "There are no incidents in this period. Choose another period or category.",
        ),
    ],
)
def test_an_empty_list_says_why_and_what_next(question: str, given: Any, said: str) -> None:
    assert " ".join(sentences.empty(question, given)) == said
