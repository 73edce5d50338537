"""Work that is asked for by a form: one at a time for one thing, and few things at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")


class Busy(Exception):  # noqa: N818 - no error: there is only no room for more work now
    """As much is being made as this machine can make at a time."""


class Desk:
    """Makes what is asked for while the asker waits; unlike ``Jobs`` it keeps nothing.

    What was made must not be given out again later: each export is decided and logged anew.

    Parameters
    ----------
    places : int
        How many different things are made at a time.
    """

    def __init__(self, places: int = 2) -> None:
        self._places = places
        self._at_work: dict[Hashable, Future[Any]] = {}
        self._lock = Lock()

    def make(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what ``make`` returns; who asks for the same meanwhile is given the same.

        Raises
        ------
        Busy
            If all the places are taken by other things.
        Exception
            Whatever ``make`` raised, to all who asked.
        """
        with self._lock:
            found = self._at_work.get(key)
            if found is None:
                if len(self._at_work) >= self._places:
                    raise Busy
                mine: Future[T] = Future()
                self._at_work[key] = mine
        if found is not None:
            shared: T = found.result()
            return shared
        try:
            mine.set_result(make())
        except BaseException as error:
            mine.set_exception(error)
        finally:
            with self._lock:
                del self._at_work[key]
        return mine.result()
