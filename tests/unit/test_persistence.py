"""Persistence of hot cells against the definitions, sequence by sequence."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hotspots.clustering.persistence import PERSISTENCE, persistence
from hotspots.errors import UsageError


def _words(sequence: tuple[bool, ...], recent: int, share: float) -> str:
    late, early = sequence[-recent:], sequence[:-recent]
    if not any(sequence):
        return "never"
    if not any(early):
        return "recent"
    if not any(late):
        return "former"
    return "persistent" if sum(sequence) >= share * len(sequence) else "intermittent"


@pytest.mark.parametrize("length", range(1, 8))
@pytest.mark.parametrize(("recent", "share"), [(1, 0.75), (3, 0.75), (2, 0.5), (3, 1.0)])
def test_every_sequence_has_the_class_of_the_words(length: int, recent: int, share: float) -> None:
    sequences = list(itertools.product([True, False], repeat=length))
    found = persistence(np.array(sequences).T[:, None, :], recent, share)
    assert found.names[0].tolist() == [_words(one, recent, share) for one in sequences]
    assert found.share_hot[0].tolist() == [sum(one) / length for one in sequences]


def test_nine_of_twelve_by_hand() -> None:
    hot = np.zeros((12, 1, 5), dtype=bool)
    hot[3:, 0, 0] = True  # nine of twelve to the last
    hot[:9, 0, 1] = True  # nine of twelve, then three quiet periods
    hot[10:, 0, 2] = True
    hot[::3, 0, 3] = True
    found = persistence(hot)
    assert found.names[0].tolist() == [
        "persistent",
        "former",
        "recent",
        "intermittent",
        "never",
    ]
    assert found.running[0].tolist() == [9, 0, 2, 0, 0]
    assert found.periods_hot[0].tolist() == [9, 9, 2, 4, 0]


def test_outside_the_mask_nothing_is_said() -> None:
    hot = np.ones((4, 2, 2))
    hot[:, 0, 0] = np.nan
    mask = np.array([[False, True], [True, True]])
    found = persistence(hot, mask=mask)
    assert np.isnan(found.share_hot[0, 0])
    assert found.running[0, 0] == found.periods_hot[0, 0] == found.category[0, 0] == 0
    assert PERSISTENCE[int(found.category[1, 1])] == "persistent"
    assert np.isnan(hot[0, 0, 0])


@pytest.mark.parametrize(
    ("hot", "options", "message"),
    [
        (np.zeros((3, 3)), {}, "stack"),
        (np.zeros((0, 3, 3)), {}, "at least one period"),
        (np.full((2, 3, 3), 0.5), {}, "0 and 1"),
        (np.full((2, 3, 3), np.nan), {}, "0 and 1"),
        (np.zeros((2, 3, 3)), {"recent": 0}, "recent"),
        (np.zeros((2, 3, 3)), {"recent": 1.5}, "recent"),
        (np.zeros((2, 3, 3)), {"recent": float("nan")}, "recent"),
        (np.zeros((2, 3, 3)), {"recent": float("inf")}, "recent"),
        (np.zeros((2, 3, 3)), {"share": 0}, "share"),
        (np.zeros((2, 3, 3)), {"share": 1.1}, "share"),
        (np.zeros((2, 3, 3)), {"mask": np.ones((2, 3), dtype=bool)}, "one shape"),
    ],
)
def test_bad_input_is_refused_in_words(hot: object, options: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(UsageError, match=message):
        persistence(hot, **options)  # type: ignore[arg-type]


def test_no_cells_give_empty_arrays() -> None:
    assert persistence(np.zeros((3, 0, 4))).names.shape == (0, 4)


def test_a_share_is_a_number() -> None:
    with pytest.raises(UsageError, match="share must be"):
        persistence(np.ones((2, 3, 3), dtype=bool), share="x")  # type: ignore[arg-type]
