from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.results import words


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (1e-9, "Fewer than 1 in 10,000"),
        (1e-4, "Fewer than 1 in 1,000"),
        (0.0099, "Fewer than 1 in 100"),
        (0.01, "Fewer than 1 in 20"),
        (0.2, "Could be chance"),
    ],
)
def test_chance_is_rounded_towards_caution(p: float, text: str) -> None:
    assert words.chance(p).startswith(text)


@given(st.floats(0, 1))
def test_strength_follows_the_limits(p: float) -> None:
    limits = (0.01, 0.05, 0.10)
    name = words.strength(p, limits)
    assert name == (
        "very clear" if p <= 0.01 else "clear" if p <= 0.05 else "possible" if p <= 0.1
        else "no evidence"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("strength", "p", "said"),
    [
        ("very clear", 1e-9, "Very clear. Fewer than 1 in 10,000 at this spot by chance."),
        ("clear", 0.0009, "Clear. Fewer than 1 in 1,000 at this spot by chance."),
        (
            "possible",
            0.0009,
            "Possible. Fewer than 1 in 1,000 at this spot by chance. But 2,752 squares were "
            "checked.",
        ),
        (
            words.CHANCE,
            0.0009,
            "Could be chance: fewer than 1 in 1,000 at this spot, but 2,752 squares were checked.",
        ),
        (words.CHANCE, 0.05, "Could be chance: at least 1 in 20 at this spot."),
        (words.CHANCE, 1.0, "Could be chance: at least 1 in 20 at this spot."),
    ],
)
def test_evidence_is_weighed_against_all_squares(strength: str, p: float, said: str) -> None:
    assert words.evidence(strength, p, 2_752) == said


def test_one_square_is_one() -> None:
    assert words.evidence("possible", 0.04, 1).endswith("But 1 square was checked.")


def test_claims_are_sentences() -> None:
    assert words.claim("concentrated", 27, 1.2) == "27 incidents here; about 1 if spread evenly."
    assert words.claim("worse", 1, 0.3) == "1 incident here; fewer than 1 is usual."
    assert words.claim("worse", 1_600, 512.5) == "1,600 incidents here; about 513 is usual."


def test_letters_go_on_after_z() -> None:
    markers = [words.marker("worse", n) for n in (1, 26, 27, 52, 53, 702, 703)]
    assert markers == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
    assert words.marker("concentrated", 12) == "12"
