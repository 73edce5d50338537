"""The viewers of ``benchmarks.load``: threads that ask as browsers do, and what they waited."""

from __future__ import annotations

import html
import json
import random
import re
import sys
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import urlencode, urljoin

#: What Chromium offers to this machine.
ENCODINGS = "gzip, deflate, br, zstd"
SEED = 20
#: Categories that are walked, and how many of their last periods.
CATEGORIES, PERIODS = 4, 3
#: Steps after which a viewer is somebody new.
STEPS = 30
MAP = "map view: page and data"
_ADDRESS = re.compile(r'(?:src|href)="(/(?:static|streets)[^"]*)"')
_IMPORT = re.compile(r'(?:from|import)\s*\(?"(\./[^"]+)"')


@dataclass
class Kind:
    """What was measured of one kind of address."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    working: int = 0
    unchanged: int = 0
    bytes: int = 0


class Measures:
    """What all viewers measured, by kind of address."""

    def __init__(self) -> None:
        self.kinds: dict[str, Kind] = {}
        self._lock = Lock()

    def add(self, kind: str, seconds: float, status: int, size: int) -> None:
        """Note one answer; status 0 is none at all."""
        with self._lock:
            known = self.kinds.setdefault(kind, Kind())
            known.seconds.append(seconds)
            known.errors += status not in (200, 202, 304)
            known.working += status == 202
            known.unchanged += status == 304
            known.bytes += size

    def found(self) -> dict[str, Any]:
        """Return them as JSON can hold them."""
        return {"kinds": {name: vars(self.kinds[name]) for name in sorted(self.kinds)}}


class Browser:
    """One connection that is kept open, and what a browser remembers."""

    def __init__(self, host: str, measures: Measures) -> None:
        self._host, self._measures = host, measures
        self._connection = HTTPConnection(host, timeout=60)
        self.tags: dict[str, str] = {}
        self.kept: set[str] = set()

    def forget(self) -> None:
        """Be somebody new."""
        self.tags.clear()
        self.kept.clear()

    def get(
        self, kind: str, address: str, accept: str = "text/html", encodings: str = ENCODINGS
    ) -> tuple[int, bytes]:
        """Ask for an address and read the answer; an answer that fails is an error, not ours."""
        headers = {"Accept": accept, "Accept-Encoding": encodings}
        if address in self.tags:
            headers["If-None-Match"] = self.tags[address]
        begin = time.perf_counter()
        try:
            self._connection.request("GET", address, headers=headers)
            answer = self._connection.getresponse()
            status, body, tag = answer.status, answer.read(), answer.headers.get("ETag")
        except (OSError, HTTPException):
            self._connection.close()
            status, body, tag = 0, b"", None
        self._measures.add(kind, time.perf_counter() - begin, status, len(body))
        if tag and status == 200:
            self.tags[address] = tag
        return status, body

    def once(self, addresses: list[str]) -> None:
        """Ask for scripts and styles, which are kept without asking for some minutes."""
        for address in addresses:
            if address not in self.kept:
                self.kept.add(address)
                self.get("scripts and styles", address, "*/*")

    def close(self) -> None:
        self._connection.close()


View = dict[str, str]


def page(path: str, view: View) -> str:
    return f"{path}?{urlencode(view)}"


def json_of(host: str, address: str) -> Any:
    """Return JSON of the API, waiting for it to be computed."""
    browser = Browser(host, Measures())
    while True:
        status, body = browser.get("", address, "application/json", "identity")
        if status == 200:
            browser.close()
            return json.loads(body)
        if status != 202:
            raise SystemExit(f"{address} must be answered; got {status}: {body[:300]!r}")
        time.sleep(0.2)


def until_there(browser: Browser, kind: str, address: str, accept: str = "text/html") -> int:
    """Ask until the answer is computed; return how many times it was not."""
    for asked in range(3000):
        status, _ = browser.get(kind, address, accept)
        if status != 202:
            return asked
        time.sleep(0.5)
    raise SystemExit(f"{address} must be computed in the end; it was not.")


# -- the cases ------------------------------------------------------------------------------------


def views(host: str) -> dict[str, Any]:
    """Choose views, ask for each once, and name others that nobody has asked for."""
    categories = json_of(host, "/api/v1/categories")["items"]
    areas = [entry["code"] for entry in json_of(host, "/api/v1/areas")["items"] if entry["code"]]
    known: list[View] = []
    never: list[View] = []
    for entry in categories[:CATEGORIES]:
        kind = "week" if "week" in entry["kinds"] else "month"
        query = urlencode({"category": entry["code"], "kind": kind, "limit": 1000})
        periods = [p["id"] for p in json_of(host, f"/api/v1/periods?{query}")["items"]]
        known += [{"category": entry["code"], "period": p} for p in periods[-PERIODS:]]
        never += [
            {"category": entry["code"], "period": periods[-1], "area": area} for area in areas
        ]
    random.Random(SEED).shuffle(known)  # noqa: S311
    browser = Browser(host, Measures())
    begin = time.perf_counter()
    for view in known:
        for path in ("/", "/map"):
            until_there(browser, path, page(path, view))
        until_there(browser, "data", page("/map/view.json", view), "application/json")
    browser.close()
    return {"known": known, "never": never[:4], "seconds": time.perf_counter() - begin}


def walk(host: str, views: list[View], seconds: float, count: int, thinks: float) -> dict[str, Any]:
    """Let some viewers walk for a time."""
    measures, over = Measures(), Event()
    scripts = {path: needed(host, page(path, views[0])) for path in ("/", "/map")}
    threads = start(host, views, count, thinks, measures, over, scripts)
    over.wait(seconds)
    over.set()
    for thread in threads:
        thread.join()
    return measures.found()


def besides(
    host: str, views: list[View], seconds: float, count: int, new: list[View]
) -> dict[str, Any]:
    """Let some walk while one more asks for what was never computed, until all of it is there."""
    measures, over = Measures(), Event()
    scripts = {path: needed(host, page(path, views[0])) for path in ("/", "/map")}
    threads = start(host, views, count, 1.0, measures, over, scripts)
    time.sleep(min(count / 10, seconds))
    newcomer, took = Browser(host, measures), []
    for view in new:
        begin = time.perf_counter()
        until_there(newcomer, "a view that was never computed", page("/", view))
        took.append(time.perf_counter() - begin)
    newcomer.close()
    over.set()
    for thread in threads:
        thread.join()
    return {**measures.found(), "new": took}


def first(host: str, view: View) -> dict[str, Any]:
    """Return how many bytes a browser that has nothing is sent for the map."""
    measures = Measures()
    browser = Browser(host, measures)
    address = page("/map", view)
    browser.get("page", address)
    browser.get("data", page("/map/view.json", view), "application/json")
    browser.once(needed(host, address))
    browser.close()
    return {"bytes": sum(kind.bytes for kind in measures.kinds.values())}


def start(
    host: str,
    views: list[View],
    count: int,
    thinks: float,
    measures: Measures,
    over: Event,
    scripts: dict[str, list[str]],
) -> list[Thread]:
    """Start viewers, who come in no order, ten a second."""

    def look(number: int) -> None:
        chance = random.Random(SEED * 1000 + number)  # noqa: S311
        browser = Browser(host, measures)
        over.wait(chance.random() * count / 10)
        step = 0
        while not over.is_set():
            if step % STEPS == 0:
                browser.forget()
            see(browser, views[chance.randrange(len(views))], step, scripts, measures)
            step += 1
            over.wait(chance.uniform(1.0, 3.0) * thinks)
        browser.close()

    threads = [Thread(target=look, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads


def see(
    browser: Browser, view: View, step: int, scripts: dict[str, list[str]], measures: Measures
) -> None:
    """Look at the meeting or at the map, in turn."""
    path = "/map" if step % 2 else "/"
    if path == "/":
        browser.get("meeting page", page(path, view))
        browser.once(scripts[path])
        return
    begin = time.perf_counter()
    status, body = browser.get("map page", page(path, view))
    later, data = browser.get("map data", page("/map/view.json", view), "application/json")
    worst = next((s for s in (status, later) if s not in (200, 304)), later)
    measures.add(MAP, time.perf_counter() - begin, worst, len(body) + len(data))
    browser.once(scripts[path])


def needed(host: str, address: str) -> list[str]:
    """Return the scripts, styles and files that a page loads, and what its modules import."""
    browser = Browser(host, Measures())
    _, body = browser.get("", address, encodings="identity")
    found = [html.unescape(one) for one in _ADDRESS.findall(body.decode("utf-8"))]
    loaded = list(dict.fromkeys(one for one in found if re.search(r"\.(js|css|svg|png)$", one)))
    for one in loaded:  # which grows
        if one.endswith(".js"):
            _, script = browser.get("", one, "*/*", "identity")
            for other in _IMPORT.findall(script.decode("utf-8")):
                there = urljoin(one, other)
                if there not in loaded:
                    loaded.append(there)
    browser.close()
    return loaded


CASES = {"views": views, "walk": walk, "besides": besides, "first": first}


def main() -> None:
    """Run the case named on the command line and print what it found as JSON."""
    host, arguments = json.loads(sys.argv[2])
    print(json.dumps(CASES[sys.argv[1]](host, **arguments)))


if __name__ == "__main__":
    main()
