"""Repeated references are found, whatever the blocks, and nothing else is."""

from __future__ import annotations

from itertools import pairwise
from unittest import mock

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from hotspots.ingest.first_rows import FirstRows

references = st.lists(st.sampled_from([*"abcdefgh", "", "a ", "A", "ä"]), max_size=40)


def by_dictionary(texts: list[str]) -> list[int]:
    first: dict[str, int] = {}
    return [first.setdefault(text, row) for row, text in enumerate(texts, start=2)]


def by_blocks(texts: list[str], cuts: list[int]) -> list[int]:
    seen, found = FirstRows(), []
    edges = [0, *sorted(c for c in cuts if c < len(texts)), len(texts)]
    for start, stop in pairwise(edges):
        block = pd.Series(texts[start:stop], dtype="str")
        found += seen.first(block, np.arange(start + 2, stop + 2)).tolist()
    return found


@given(references, st.lists(st.integers(0, 40), max_size=5))
def test_any_blocks_give_what_a_dictionary_gives(texts: list[str], cuts: list[int]) -> None:
    assert by_blocks(texts, cuts) == by_dictionary(texts)


@given(references, st.lists(st.integers(0, 40), max_size=5))
def test_texts_of_one_hash_are_told_apart(texts: list[str], cuts: list[int]) -> None:
    def clash(values: np.ndarray, **_: object) -> np.ndarray:
        return np.array([len(value) for value in values], dtype=np.uint64)

    with mock.patch("pandas.util.hash_array", clash):
        assert by_blocks(texts, cuts) == by_dictionary(texts)
