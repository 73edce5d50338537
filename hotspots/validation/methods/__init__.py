"""The methods a back-test compares: baselines, ours, and an oracle.

A method is given a ``Past`` and nothing else. Variants of a family differ in their settings only;
which of them is reported is chosen on origins before those it is reported on.
"""

from __future__ import annotations

from itertools import chain
from types import MappingProxyType

from hotspots.errors import UsageError
from hotspots.profile import Profile
from hotspots.validation.method import MethodKind
from hotspots.validation.methods import gi_star, kernels, mixture, plain, rules
from hotspots.validation.methods.profiles import of_profile

__all__ = ["BASELINES", "METHODS", "method_of", "of_profile"]

#: What is in every table.
BASELINES: tuple[MethodKind, ...] = (*plain.baselines(), *rules.rules(), *gi_star.z_kinds())

#: Every method by name, in the order of tables: baselines, ours, the oracle.
METHODS: MappingProxyType[str, MethodKind] = MappingProxyType(
    {
        kind.name: kind
        for kind in chain(
            BASELINES,
            [of_profile(Profile(), "default", "Shipped default")],
            kernels.families(),
            [mixture.KIND],
            gi_star.exact_kinds(),
            [plain.ORACLE],
        )
    }
)


def method_of(name: str) -> MethodKind:
    """Return a method by its name.

    Raises
    ------
    UsageError
        If there is none.
    """
    if name not in METHODS:
        raise UsageError(
            f"A method must be one of {', '.join(METHODS)}; got {name!r}: take one of these."
        )
    return METHODS[name]
