"""Work done once, whoever asks: single flight, errors, room, waiting, and no deadlock."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock, Thread
from typing import Any

import pytest

from hotspots.errors import ResultError, WorkspaceError
from hotspots.web.jobs import Jobs, Progress, Working

#: Longer than anything here takes: reached only where something never comes.
LONG = 20.0


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    made = Jobs(keep=8)
    yield made
    made.close()


def value(of: Any) -> Callable[[Progress], Any]:
    return lambda _: of


def failing(error: Exception) -> Callable[[Progress], Any]:
    def make(_: Progress) -> Any:
        raise error

    return make


class Held:
    """Work that begins, and ends when it is let go."""

    def __init__(self, result: Any = "made") -> None:
        self.began, self.go = Event(), Event()
        self.calls = 0
        self._result = result

    def __call__(self, _: Progress) -> Any:
        self.calls += 1
        self.began.set()
        assert self.go.wait(LONG)
        if isinstance(self._result, Exception):
            raise self._result
        return self._result


def together(count: int, call: Callable[[], Any]) -> list[Any]:
    """Return what a call gave in each of several threads that began at one time."""
    barrier = Barrier(count)

    def at_once(_: int) -> Any:
        barrier.wait(LONG)
        try:
            return call()
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(at_once, range(count)))


# -- once -----------------------------------------------------------------------------------------


def test_many_who_ask_at_once_get_one_answer(jobs: Jobs) -> None:
    calls: list[object] = []

    def make(_: Progress) -> object:
        calls.append(object())
        return calls[-1]

    found = together(16, lambda: jobs.get("key", "", make, LONG))
    assert len(calls) == 1
    assert all(one is calls[0] for one in found)


def test_it_is_the_same_answer_from_within_a_job(jobs: Jobs) -> None:
    held = Held()
    first = Thread(target=jobs.get, args=("key", "", held, LONG))
    first.start()
    assert held.began.wait(LONG)
    with ThreadPoolExecutor(4) as pool:
        others = [pool.submit(jobs.now, "key", "", value("another")) for _ in range(4)]
        held.go.set()
        assert [other.result(LONG) for other in others] == ["made"] * 4
    first.join(LONG)
    assert held.calls == 1


def test_what_waits_in_the_queue_is_done_by_a_job_that_needs_it() -> None:
    jobs = Jobs(workers=1)
    held = Held()
    with pytest.raises(Working):
        jobs.get("first", "", held, 0)
    assert held.began.wait(LONG)
    calls: list[int] = []
    with pytest.raises(Working):
        jobs.get("queued", "", lambda _: calls.append(1), 0)
    # the one worker is busy, and yet:
    jobs.now("queued", "", value("never"))
    held.go.set()
    jobs._pool.shutdown(wait=True)
    assert calls == [1]


def test_an_answer_of_none_is_an_answer(jobs: Jobs) -> None:
    calls: list[int] = []
    for _ in range(3):
        assert jobs.get("key", "", lambda _: calls.append(1), LONG) is None
    assert calls == [1]


def test_other_keys_are_other_answers(jobs: Jobs) -> None:
    keys = [("a", 1), ("a", "1"), ("a",), ("b", 1)]
    assert [jobs.get(key, "", value(i), LONG) for i, key in enumerate(keys)] == [0, 1, 2, 3]
    assert [jobs.get(key, "", value(None), LONG) for key in keys] == [0, 1, 2, 3]


# -- waiting --------------------------------------------------------------------------------------


def test_who_does_not_wait_is_told_what_and_how_far(jobs: Jobs) -> None:
    told, go = Event(), Event()

    def make(progress: Progress) -> str:
        progress(1, 4)
        told.set()
        assert go.wait(LONG)
        return "made"

    with pytest.raises(Working) as first:
        jobs.get("key", "A map.", make, 0)
    assert first.value.what == "A map."
    assert told.wait(LONG)
    with pytest.raises(Working) as later:
        jobs.get("key", "Another sentence.", make, 0)
    assert (later.value.what, later.value.done) == ("A map.", 0.25)
    go.set()
    assert jobs.get("key", "", make, LONG) == "made"


@pytest.mark.parametrize(
    ("said", "share"), [((0, 0), None), ((5, 4), 1.0), ((-1, 4), 0.0), ((3, 4), 0.75)]
)
def test_a_share_is_from_nought_to_one(
    jobs: Jobs, said: tuple[int, int], share: float | None
) -> None:
    held = Held()

    def make(progress: Progress) -> Any:
        progress(*said)
        return held(progress)

    with pytest.raises(Working):
        jobs.get("key", "", make, 0)
    assert held.began.wait(LONG)
    with pytest.raises(Working) as state:
        jobs.get("key", "", make, 0)
    assert state.value.done == share
    held.go.set()


def test_what_is_there_is_given_while_all_workers_are_busy(jobs: Jobs) -> None:
    assert jobs.get("there", "", value("made"), LONG) == "made"
    busy = [Held(), Held()]
    for held in busy:
        with pytest.raises(Working):
            jobs.get(held, "", held, 0)
    assert all(held.began.wait(LONG) for held in busy)
    assert jobs.get("there", "", value("another"), 0) == "made"
    for held in busy:
        held.go.set()


# -- errors ---------------------------------------------------------------------------------------


def test_everyone_who_waits_is_told_the_error(jobs: Jobs) -> None:
    held = Held(ResultError("no data"))

    def ask() -> Any:
        return jobs.get("key", "", held, LONG)

    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(ask) for _ in range(6)]
        assert held.began.wait(LONG)
        held.go.set()
        assert {str(one.exception(LONG)) for one in asked} == {"no data"}
    assert held.calls == 1


def test_that_there_are_no_data_is_an_answer_that_is_kept(jobs: Jobs) -> None:
    calls: list[int] = []

    def make(_: Progress) -> None:
        calls.append(1)
        raise ResultError("no data")

    for _ in range(3):
        with pytest.raises(ResultError, match="no data"):
            jobs.get("key", "", make, LONG)
    assert calls == [1]


@pytest.mark.parametrize("ask", ["get", "now"])
def test_a_fault_is_tried_again(jobs: Jobs, ask: str) -> None:
    def asked(make: Callable[[Progress], Any]) -> Any:
        return jobs.now("key", "", make) if ask == "now" else jobs.get("key", "", make, LONG)

    with pytest.raises(ZeroDivisionError):
        asked(failing(ZeroDivisionError()))
    assert asked(value("made")) == "made"


def test_a_workspace_that_could_not_be_read_is_tried_again(jobs: Jobs) -> None:
    with pytest.raises(WorkspaceError):
        jobs.get("key", "", failing(WorkspaceError("the store is locked")), LONG)
    assert jobs.get("key", "", value("made"), LONG) == "made"


def test_an_error_that_is_told_often_does_not_grow(jobs: Jobs) -> None:
    def depth() -> int:
        with pytest.raises(ResultError) as told:
            jobs.get("key", "", failing(ResultError("no data")), LONG)
        trace, frames = told.value.__traceback__, 0
        while trace:
            trace, frames = trace.tb_next, frames + 1
        return frames

    first = depth()
    assert [depth() for _ in range(20)][-1] <= first


def test_a_late_reader_of_a_fault_does_not_forget_the_next_try(jobs: Jobs) -> None:
    held = Held(ZeroDivisionError())
    with pytest.raises(Working):
        jobs.get("key", "", held, 0)
    late = jobs._tasks["key"]
    held.go.set()
    assert late.done.wait(LONG)
    with pytest.raises(ZeroDivisionError):
        jobs.get("key", "", held, LONG)
    again = Held("again")
    with pytest.raises(Working):
        jobs.get("key", "", again, 0)
    assert again.began.wait(LONG)
    # one who waited for the first try wakes only now
    with pytest.raises(ZeroDivisionError):
        jobs._outcome("key", late)
    third = Held("third")
    third.go.set()
    again.go.set()
    assert jobs.get("key", "", third, LONG) == "again"
    assert third.calls == 0


def test_a_fault_in_a_part_is_one_of_the_whole_and_both_are_tried_again(jobs: Jobs) -> None:
    def whole(part: Callable[[Progress], Any]) -> Any:
        return jobs.get("whole", "", lambda _: [jobs.now("part", "", part)], LONG)

    with pytest.raises(ZeroDivisionError):
        whole(failing(ZeroDivisionError()))
    assert whole(value("made")) == ["made"]


# -- room -----------------------------------------------------------------------------------------


def test_those_not_asked_for_longest_go_first() -> None:
    jobs = Jobs(keep=3)
    for name in "abc":
        jobs.get(name, "", value(name), LONG)
    jobs.get("a", "", value("new"), LONG)
    jobs.get("d", "", value("d"), LONG)
    assert jobs.get("a", "", value("new"), LONG) == "a"
    assert jobs.get("b", "", value("new"), LONG) == "new"
    jobs.close()


def test_no_more_are_kept_than_there_is_room_for() -> None:
    jobs = Jobs(keep=5)
    for i in range(50):
        jobs.get(i, "", value(i), LONG)
    assert len(jobs._tasks) == 5
    jobs.close()


def test_what_is_being_made_is_not_forgotten() -> None:
    jobs = Jobs(keep=2)
    held = Held()
    with pytest.raises(Working):
        jobs.get("slow", "", held, 0)
    assert held.began.wait(LONG)
    for i in range(10):
        jobs.get(i, "", value(i), LONG)
    held.go.set()
    assert jobs.get("slow", "", value("another"), LONG) == "made"
    assert held.calls == 1
    jobs.close()


# -- parts of parts -------------------------------------------------------------------------------


def test_parts_shared_by_many_wholes_are_made_once_without_deadlock() -> None:
    # 24 wholes on two workers, each of four of ten parts, each of which needs one part more
    for seed in range(15):
        jobs = Jobs(keep=100)
        made: Counter[Any] = Counter()
        counting = Lock()

        def count(key: Any, made: Counter[Any] = made, counting: Any = counting) -> Any:
            with counting:
                made[key] += 1
            return key

        def part(n: int, jobs: Jobs = jobs, count: Any = count) -> Any:
            below = (lambda _: [part(n // 2), count(n)][1]) if n else (lambda _: count(n))
            return jobs.now(("part", n), "", below)

        def whole(k: int, jobs: Jobs = jobs, seed: int = seed, count: Any = count) -> Any:
            wanted = random.Random(seed * 100 + k).sample(range(10), 4)  # noqa: S311
            return jobs.get(
                ("whole", k), "", lambda _: [*map(part, wanted), count(("whole", k))], LONG
            )

        keys = [k % 8 for k in range(24)]
        random.Random(seed).shuffle(keys)  # noqa: S311
        with ThreadPoolExecutor(24) as pool:
            found = list(pool.map(whole, keys))
        assert set(made.values()) == {1}
        assert {one[-1] for one in found} == {("whole", k) for k in range(8)}
        jobs.close()


def test_closing_gives_up_what_waits() -> None:
    jobs = Jobs(workers=1)
    held, waiting = Held(), Held()
    for key, work in (("slow", held), ("waiting", waiting)):
        with pytest.raises(Working):
            jobs.get(key, "", work, 0)
    assert held.began.wait(LONG)
    jobs.close()
    held.go.set()
    jobs._pool.shutdown(wait=True)
    assert waiting.calls == 0
    assert jobs.get("slow", "", value("another"), LONG) == "made"


def test_several_at_once_with_errors_and_little_room() -> None:
    jobs = Jobs(keep=2)
    expected = {k: ResultError(str(k)) if k % 3 == 0 else k for k in range(9)}

    def ask() -> None:
        for k in random.Random(1).sample(range(9), 9):  # noqa: S311
            try:
                make = failing(expected[k]) if k % 3 == 0 else value(k)  # type: ignore[arg-type]
                assert jobs.get(k, "", make, LONG) == expected[k]
            except ResultError as error:
                assert str(error) == str(k)

    assert together(12, ask) == [None] * 12
    jobs.close()
