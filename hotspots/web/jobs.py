"""Work that is done once, in the background, while the pages stay quick."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import Any, TypeVar

from hotspots.errors import ResultError, UsageError

T = TypeVar("T")
#: Told how much of how much is done.
Progress = Callable[[int, int], None]


class Working(Exception):  # noqa: N818 - no error: the answer is only not there yet
    """What was asked for is being computed.

    Attributes
    ----------
    what : str
        A sentence for a person.
    done : float or None
        Share done, 0 to 1; None while that is not known.
    """

    def __init__(self, what: str, done: float | None) -> None:
        super().__init__(what)
        self.what = what
        self.done = done


class Jobs:
    """Answers by key: each is computed once, whoever asks, and kept while there is room.

    Parameters
    ----------
    keep : int
        How many answers are kept; those not asked for longest go first.
    workers : int
        How many are computed at a time.
    """

    def __init__(self, keep: int = 256, workers: int = 2) -> None:
        self._keep = keep
        self._tasks: OrderedDict[Hashable, _Task] = OrderedDict()
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="hotspots-job")

    def get(self, key: Hashable, what: str, make: Callable[[Progress], T], wait_s: float) -> T:
        """Return an answer, computed in the background if it is not there.

        Raises
        ------
        Working
            If it is not there within ``wait_s`` seconds.
        Exception
            Whatever ``make`` raised.
        """
        task = self._task(key, what, make)
        if task.start():
            self._pool.submit(task.run)
        if not task.done.wait(wait_s):
            raise Working(task.what, task.share)
        found: T = self._outcome(key, task)
        return found

    def now(self, key: Hashable, what: str, make: Callable[[Progress], T]) -> T:
        """Return an answer, computed here and now if nobody else is at it: for use in a job."""
        task = self._task(key, what, make)
        task.start()
        task.run()
        found: T = self._outcome(key, task)
        return found

    def close(self) -> None:
        """Take on no more work, and give up what waits."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _task(self, key: Hashable, what: str, make: Callable[[Progress], Any]) -> _Task:
        with self._lock:
            task = self._tasks.get(key)
            if task is None:
                task = self._tasks[key] = _Task(what, make)
            self._tasks.move_to_end(key)
            for old in list(self._tasks)[: max(len(self._tasks) - self._keep, 0)]:
                if self._tasks[old].done.is_set():
                    del self._tasks[old]
            return task

    def _outcome(self, key: Hashable, task: _Task) -> Any:
        if task.error is None:
            return task.value
        if not isinstance(task.error, ResultError | UsageError):
            with self._lock:  # a fault may pass: the next one who asks tries again
                if self._tasks.get(key) is task:
                    del self._tasks[key]
        # one error is told to many: without this it would gather the trace of each
        raise task.error.with_traceback(None)


class _Task:
    def __init__(self, what: str, make: Callable[[Progress], Any]) -> None:
        self.what = what
        self.done = Event()
        self.value: Any = None
        self.error: BaseException | None = None
        self.share: float | None = None
        self._make: Callable[[Progress], Any] | None = make
        self._started = False
        self._starting = Lock()
        self._running = Lock()

    def start(self) -> bool:
        """Return whether this is the first call: whoever makes it sees to the work."""
        with self._starting:
            first, self._started = not self._started, True
            return first

    def run(self) -> None:
        with self._running:
            if self._make is None:
                return
            try:
                self.value = self._make(self._report)
            except BaseException as error:
                self.error = error
            self._make = None
            self.done.set()

    def _report(self, done: int, total: int) -> None:
        self.share = min(max(done / total, 0.0), 1.0) if total > 0 else None
