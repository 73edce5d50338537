"""A web server on this computer that also misbehaves, for tests of fetching."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass
class Answer:
    """What is sent: ``sent`` cuts the body short of its Content-Length, ``pause`` drips it."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    sent: int | None = None
    pause: float = 0.0


@dataclass
class Asked:
    """A request that came, and how many bytes of body were sent for it."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    status: int = 0
    body_bytes: int = 0


#: Changes the answer that a well-behaved server would give.
Fault = Callable[[Answer], Answer]


def busy(status: int, retry_after: str | None = None) -> Fault:
    """Answer with an error status."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return lambda _: Answer(b"busy", status, headers)


def cut(sent: int) -> Fault:
    """Promise the whole body and stop after some bytes of it."""

    def fault(answer: Answer) -> Answer:
        answer.sent = sent
        return answer

    return fault


def instead(body: bytes, kind: str = "text/html", status: int = 200) -> Fault:
    """Answer with something else."""
    return lambda _: Answer(body, status, {"Content-Type": kind})


def drip(pause: float) -> Fault:
    """Send ten bytes at a time with a pause after each."""

    def fault(answer: Answer) -> Answer:
        answer.pause = pause
        return answer

    return fault


class LocalServer:
    """Serves ``files`` by path, with ranges and ETags, and ``pages`` by a function of the query.

    ``faults`` holds for each path what goes wrong with the requests that come next.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.etags: dict[str, str] = {}
        self.pages: dict[str, Callable[[dict[str, str]], Answer]] = {}
        self.faults: dict[str, deque[Fault]] = {}
        self.asked: list[Asked] = []
        self.connections = 0
        self.ranges = True
        self.conditions = True
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fail(self, path: str, *faults: Fault) -> None:
        self.faults.setdefault(path, deque()).extend(faults)

    def served(self, path: str) -> int:
        """Bytes of body sent for a path so far."""
        return sum(asked.body_bytes for asked in self.asked if asked.path == path)

    def answer(self, asked: Asked) -> Answer:
        answer = self._rightly(asked)
        faults = self.faults.get(asked.path)
        return faults.popleft()(answer) if faults else answer

    def _rightly(self, asked: Asked) -> Answer:
        if asked.path in self.pages:
            return self.pages[asked.path](asked.query)
        if asked.path not in self.files:
            return Answer(b"not here", 404)
        body = self.files[asked.path]
        etag = self.etags.get(asked.path)
        headers = {"ETag": etag} if etag else {}
        span = _RANGE.fullmatch(asked.headers.get("range", ""))
        condition = asked.headers.get("if-range")
        if not (span and self.ranges) or (self.conditions and condition and condition != etag):
            return Answer(body, 200, headers)
        first, last = span.groups()
        start = int(first) if first else max(0, len(body) - int(last))
        stop = min(len(body), int(last) + 1) if first and last else len(body)
        if start >= len(body):
            return Answer(b"", 416)
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(body)}"
        return Answer(body[start:stop], 206, headers)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                owner.connections += 1

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(url.path, dict(parse_qsl(url.query)), headers)
                answer = owner.answer(asked)
                asked.status = answer.status
                owner.asked.append(asked)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self._send(asked, answer)

            def _send(self, asked: Asked, answer: Answer) -> None:
                body = answer.body if answer.sent is None else answer.body[: answer.sent]
                step = 10 if answer.pause else len(body) or 1
                try:
                    for start in range(0, len(body), step):
                        self.wfile.write(body[start : start + step])
                        self.wfile.flush()
                        asked.body_bytes += len(body[start : start + step])
                        time.sleep(answer.pause)
                except OSError:
                    pass  # the client went away, as it may
                if len(body) < len(answer.body):
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Handler
