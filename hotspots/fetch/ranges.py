"""Parts of a remote file by HTTP Range (RFC 9110, section 14), resumed where they stopped."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hotspots.errors import DataError
from hotspots.fetch.http import Client, TryAgainError
from hotspots.fetch.landing import write

if TYPE_CHECKING:
    import requests

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
#: A compressed answer would have other bytes at other places.
_PLAIN = {"Accept-Encoding": "identity"}


class NoRangesError(Exception):
    """The server sends the whole file where a part was asked for."""


class ChangedError(Exception):
    """The remote file is another than the one begun with."""


@dataclass(frozen=True)
class Edition:
    """Which remote file this is: its size, and what tells it from a later one.

    ``validator`` is a strong ETag, else Last-Modified, else None.
    """

    url: str
    size: int
    validator: str | None


def tail(client: Client, url: str, length: int) -> tuple[Edition, int, bytes]:
    """Return the edition of a remote file, and the start and bytes of its last part.

    Raises
    ------
    NoRangesError
        If the server does not send parts.
    AbsentError, DataError
        As `Client.open` and `Client.persist`.
    """

    def once() -> tuple[Edition, int, bytes]:
        response = client.open(url, headers={**_PLAIN, "Range": f"bytes=-{length}"})
        start, stop, size = _content_range(response)
        if stop != size or stop - start > length:
            response.close()
            raise NoRangesError
        edition = Edition(response.url, size, _validator(response))
        return edition, start, _exact(client, response, stop - start)

    return client.persist(url, once)


def read(client: Client, edition: Edition, start: int, stop: int) -> bytes:
    """Return the bytes ``start`` to ``stop`` (not included) of an edition.

    Raises
    ------
    NoRangesError, ChangedError
        If the server sends the whole file, because it can no other or because it is another now.
    """

    def once() -> bytes:
        response = _part(client, edition, start, stop)
        return _exact(client, response, stop - start)

    return client.persist(edition.url, once)


def download(client: Client, edition: Edition, start: int, stop: int, part: Path) -> None:
    """Fetch the bytes ``start`` to ``stop`` of an edition into ``part``.

    What an earlier run left of the same bytes of the same edition is kept and not fetched again:
    a small file beside ``part`` says what they are. Without a validator nothing can prove that,
    and the download begins anew.

    Raises
    ------
    NoRangesError, ChangedError
        As `read`; what was fetched is removed then.
    """
    state = {**asdict(edition), "start": start, "stop": stop}
    if edition.validator is None or _state(part) != state:
        discard(part)
        write(_beside(part), json.dumps(state).encode())
    part.touch()

    def once() -> None:
        have = part.stat().st_size
        if have < stop - start:
            _append(client, _part(client, edition, start + have, stop), part)
        if part.stat().st_size != stop - start:
            raise TryAgainError(f"{edition.url} sent fewer bytes than asked for")

    if part.stat().st_size > stop - start:
        part.write_bytes(b"")
    try:
        client.persist(edition.url, once, lambda: part.stat().st_size)
    except (NoRangesError, ChangedError):
        discard(part)
        raise


def download_whole(client: Client, url: str, part: Path) -> None:
    """Fetch a whole file into ``part``, going on where an earlier run stopped if it can.

    The server may refuse ranges or have a newer file: it then sends the whole and the download
    begins anew.
    """

    def once() -> None:
        begun = _state(part)
        have = part.stat().st_size if begun and part.is_file() else 0
        validator = begun.get("validator") if begun else None
        if validator and begun and have and have == begun.get("size"):
            return
        headers = dict(_PLAIN)
        if have and validator:
            headers |= {"Range": f"bytes={have}-", "If-Range": validator}
        response = client.open(url, headers=headers)
        _begin_or_go_on(response, part, have)
        _append(client, response, part)

    client.persist(url, once, lambda: part.stat().st_size if part.is_file() else 0)


def _begin_or_go_on(response: requests.Response, part: Path, have: int) -> None:
    if response.status_code == 206:
        start = _content_range(response)[0]
        if start == have:
            return
        response.close()
        discard(part)
        raise TryAgainError(f"{response.url} sent another part than asked for")
    size = int(response.headers.get("Content-Length", "0"))
    state = {"url": response.url, "size": size, "validator": _validator(response)}
    part.write_bytes(b"")
    write(_beside(part), json.dumps(state).encode())


def discard(part: Path) -> None:
    """Remove a part and what says which it is."""
    part.unlink(missing_ok=True)
    _beside(part).unlink(missing_ok=True)


def _beside(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _state(part: Path) -> dict[str, Any] | None:
    try:
        state = json.loads(_beside(part).read_bytes())
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None


def _part(client: Client, edition: Edition, start: int, stop: int) -> requests.Response:
    headers = {**_PLAIN, "Range": f"bytes={start}-{stop - 1}"}
    if edition.validator:
        headers["If-Range"] = edition.validator
    response = client.open(edition.url, headers=headers)
    try:
        got = _content_range(response)
    except NoRangesError:
        # a whole file is the answer to If-Range when the file has changed
        if edition.validator and _validator(response) != edition.validator:
            raise ChangedError from None
        raise
    if _validator(response) != edition.validator or got[2] != edition.size:
        response.close()
        raise ChangedError
    if got[:2] != (start, stop):
        response.close()
        raise TryAgainError(f"{edition.url} sent another part than asked for")
    return response


def _content_range(response: requests.Response) -> tuple[int, int, int]:
    """Return start, stop (not included) and the size of the whole."""
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if response.status_code != 206 or match is None:
        response.close()
        raise NoRangesError
    start, last, size = (int(number) for number in match.groups())
    return start, last + 1, size


def _validator(response: requests.Response) -> str | None:
    tag = response.headers.get("ETag", "")
    if tag.startswith('"'):  # a weak one, W/"...", does not stand for the very bytes
        return tag
    return response.headers.get("Last-Modified")


def _exact(client: Client, response: requests.Response, length: int) -> bytes:
    body = client.content(response)
    if len(body) != length:
        raise TryAgainError(f"{response.url} sent {len(body)} bytes of {length}")
    return body


def _append(client: Client, response: requests.Response, part: Path) -> None:
    try:
        with part.open("ab") as stream:
            for piece in client.pieces(response):
                stream.write(piece)
    except OSError as error:
        raise DataError(
            f"A fetched file must find room; {part} cannot be written ({error.strerror}): free "
            "some space or choose another folder."
        ) from error
