"""Compiled loops: how the core's inner loops are compiled, and shared among the processors.

Loops are compiled once by numba and kept on disk beside the source. They run without the
interpreter's lock, in plain threads: numba's own parallel loops abort the whole process when two
requests of a web server enter them at once (its "workqueue" layer), and take far longer to compile.
Work is shared in parts whose borders do not depend on the number of threads, so results do not
either.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])
_threads: int | None = None


def compiled(function: Function) -> Function:
    """Compile a function of numbers and arrays on its first call; decorator.

    The machine code is kept on disk. Where no folder can be written to it is compiled anew in
    each process.
    """
    try:
        made: Any = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # numba: "no locator available", a read-only installation
        made = numba.njit(nogil=True, error_model="numpy")(function)
    return cast(Function, made)


def threads() -> int:
    """Return how many threads share the work: the processors this process may use."""
    if _threads is not None:
        return _threads
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def limit_threads(number: int) -> Iterator[None]:
    """Share the work among this many threads within the block; for tests and benchmarks."""
    global _threads
    before, _threads = _threads, number
    try:
        yield
    finally:
        _threads = before


def in_parts(work: Callable[[int, int], object], count: int, size: int) -> None:
    """Call ``work(start, stop)`` for every part of ``range(count)``, in several threads.

    Parameters
    ----------
    work : callable
        Must release the interpreter's lock to gain anything, and write to its own part only.
    count : int
        How many items there are.
    size : int
        Items in a part, the same for any number of threads. One part is not worth a thread.

    Raises
    ------
    Exception
        The first that ``work`` raised, once all threads have stopped.
    """
    parts = -(-count // size)
    take = itertools.count()
    failures: list[BaseException] = []

    def run() -> None:
        # next() on a counter is atomic: each part is taken once
        while not failures and (part := next(take)) < parts:
            try:
                work(part * size, min((part + 1) * size, count))
            except BaseException as failure:
                failures.append(failure)

    helpers = [threading.Thread(target=run) for _ in range(min(threads(), parts) - 1)]
    for helper in helpers:
        helper.start()
    run()
    for helper in helpers:
        helper.join()
    if failures:
        raise failures[0]
