"""Kinds of arguments that several methods take."""

from __future__ import annotations

from typing import Literal

import numpy as np

#: What a random draw starts from; the same number gives the same draws.
Seed = int | np.random.Generator
#: The side that counts as unusual.
Alternative = Literal["greater", "less", "two-sided"]
ALTERNATIVES: tuple[Alternative, ...] = ("greater", "less", "two-sided")
