"""A polite HTTP client: one connection, a rate limit, retries with back-off, checked redirects."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urljoin

from hotspots.errors import DataError, UsageError
from hotspots.fetch.report import Manners
from hotspots.fetch.session import host, is_allowed, new_session, retry_after

if TYPE_CHECKING:
    import requests

T = TypeVar("T")

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
#: The server is busy or broken for now: worth asking again.
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
#: S3, which holds the police archives, says 403 for what it does not have.
_ABSENT = frozenset({403, 404, 410})
_CHUNK = 1 << 16
#: Nothing read into memory at once may be larger, bytes.
_MAX_IN_MEMORY = 200_000_000


class TryAgainError(Exception):
    """A failure that may pass; ``retry_after`` is the wait the server asks for, seconds."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class AbsentError(DataError):
    """The server does not have what was asked for."""


class Client:
    """Asks one publisher, over one connection at a time.

    Addresses are https only; http is for a ``base_url`` on this computer itself. No cookies,
    passwords or proxies are stored; a proxy that the system's own settings name is used.

    Parameters
    ----------
    base_url : str
        The address that the fetch starts from.
    manners : Manners
        How often and how patiently to ask.
    """

    def __init__(self, base_url: str, manners: Manners) -> None:
        if not is_allowed(base_url, base_url):
            raise UsageError(
                f"An address to fetch from must be https; got {base_url!r}: correct it."
            )
        self.base_url = base_url.rstrip("/")
        self.manners = manners
        self.requests = 0
        self.bytes_received = 0
        self._next_at = 0.0
        self._random = random.Random()  # noqa: S311 - jitter is no secret
        self._session = new_session()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    def persist(self, what: str, once: Callable[[], T], moved: Callable[[], int] = lambda: 0) -> T:
        """Return what ``once`` returns, asking again while it raises `TryAgainError`.

        Parameters
        ----------
        what : str
            What is being fetched, for the error.
        once : callable
            One try.
        moved : callable
            How many bytes are there; after a failure that left more than there ever were the
            tries start anew, so that a long download over a poor line ends.

        Raises
        ------
        DataError
            If the last try failed too, or the server asks to wait longer than is granted.
        """
        failures, stand = 0, moved()
        while True:
            try:
                return once()
            except TryAgainError as error:
                now = moved()
                failures = 1 if now > stand else failures + 1
                stand = max(now, stand)
                self._pause(what, failures, error)

    def _pause(self, what: str, failures: int, error: TryAgainError) -> None:
        manners = self.manners
        if failures >= manners.tries:
            raise DataError(
                f"{what} must come whole; after {failures} tries {error.reason}: check the "
                "connection and run the command again, it goes on where it stopped."
            ) from error
        asked = error.retry_after or 0.0
        if asked > manners.retry_after_max_s:
            raise DataError(
                f"{what} must be waited for: {error.reason} and asks to come back in "
                f"{asked:.0f} s: run the command again then, it goes on where it stopped."
            ) from error
        backoff = min(manners.backoff_max_s, manners.backoff_s * 2.0 ** (failures - 1))
        manners.sleep(max(asked, backoff * (1 + self._random.random())))

    def open(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Return an answer with status 200 or 206 whose body is not read yet.

        Raises
        ------
        TryAgainError
            If the server is busy or the connection fails.
        AbsentError
            If it does not have the address.
        DataError
            If it refuses, or redirects to an address that is not https or too often.
        """
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._ask(url, params, headers)
            if response.status_code not in _REDIRECTS:
                return _checked(response, url)
            target = urljoin(url, response.headers.get("Location", ""))
            response.close()
            if not is_allowed(target, self.base_url):
                raise DataError(
                    f"A server must send on to https only; {url} sends on to {target}: nothing "
                    "was fetched from there."
                )
            url, params = target, None
        raise DataError(
            f"A server must answer; {self.base_url} sent on more than {_MOST_REDIRECTS} times: "
            "try later or tell the publisher."
        )

    def _ask(
        self, url: str, params: Mapping[str, str] | None, headers: Mapping[str, str] | None
    ) -> requests.Response:
        import requests

        self._take_turn()
        manners = self.manners
        try:
            return self._session.get(
                url,
                params=dict(params or {}),
                headers=dict(headers or {}),
                stream=True,
                allow_redirects=False,  # each one is checked
                timeout=(manners.connect_timeout_s, manners.read_timeout_s),
            )
        except requests.exceptions.SSLError as error:
            raise DataError(
                f"A server must prove who it is; the certificate of {url} is not trusted: check "
                "the computer's clock and the network's certificates."
            ) from error
        except requests.exceptions.Timeout as error:
            raise TryAgainError(f"{host(url)} did not answer in time") from error
        except requests.exceptions.ConnectionError as error:
            raise TryAgainError(f"{host(url)} could not be reached") from error
        except requests.exceptions.RequestException as error:
            raise DataError(
                f"An address must be one that can be asked; {url} is not ({error}): correct it."
            ) from error

    def _take_turn(self) -> None:
        now = self.manners.clock()
        wait = self._next_at - now
        if wait > 0:
            self.manners.sleep(wait)
        self._next_at = max(now, self._next_at) + self.manners.interval_s
        self.requests += 1

    def pieces(self, response: requests.Response) -> Iterator[bytes]:
        """Yield an answer's body as it comes, decoded, and close it.

        Raises
        ------
        TryAgainError
            If it stops before its Content-Length, or comes too slowly.
        """
        import urllib3

        manners = self.manners
        begun, got = manners.clock(), 0
        try:
            # read1 returns what is there: read would wait for a full piece, however slow
            while piece := response.raw.read1(_CHUNK, decode_content=True):
                got += len(piece)
                self.bytes_received += len(piece)
                yield piece
                spent = manners.clock() - begun
                if spent > manners.slow_after_s and got < spent * manners.slowest_bytes_per_s:
                    raise TryAgainError(f"{host(response.url)} sent too slowly")
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise TryAgainError(f"{host(response.url)} stopped in the middle") from error
        finally:
            response.close()

    def content(self, response: requests.Response, limit: int = _MAX_IN_MEMORY) -> bytes:
        """Return an answer's whole body; see `pieces`.

        Raises
        ------
        DataError
            If it is larger than ``limit`` bytes.
        """
        body = bytearray()
        for piece in self.pieces(response):
            body += piece
            if len(body) > limit:
                response.close()
                raise DataError(
                    f"An answer must have at most {limit} bytes; {response.url} sends more: tell "
                    "the publisher."
                )
        return bytes(body)

    def json(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        check: Callable[[Any], None] = lambda _: None,
    ) -> Any:
        """Return an address's JSON, asking again while the server is busy.

        Parameters
        ----------
        url : str
            The address.
        params : mapping of str to str, optional
            Its query.
        check : callable
            Looks at the content; may raise `TryAgainError` or `DataError`.

        Raises
        ------
        DataError
            If it is not JSON, such as a network's login page.
        """

        def once() -> Any:
            data = _parse(self.content(self.open(url, params)), url)
            check(data)
            return data

        return self.persist(url, once)


def _checked(response: requests.Response, url: str) -> requests.Response:
    status = response.status_code
    if status in (200, 206):
        return response
    wait = retry_after(response.headers.get("Retry-After"))
    response.close()
    if status in _BUSY:
        raise TryAgainError(f"{host(url)} answered {status}", wait)
    said = f"{url} answered {status} {response.reason or ''}".rstrip()
    if status in _ABSENT:
        raise AbsentError(
            f"What is fetched must be at its address; {said}: check the name and the dates, and "
            "that the network lets the address through."
        )
    raise DataError(f"A server must answer with the data; {said}: try later.")


def _parse(content: bytes, url: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"The answer must be JSON; {url} sent {what_it_is(content)}: check that the network "
            "lets the address through."
        ) from error


def what_it_is(content: bytes) -> str:
    """Return in words what an unexpected content looks like."""
    start = content[:200].lstrip().lower()
    if not start:
        return "nothing"
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page (perhaps the network's login page)"
    return "something else"
