"""The session that requests go through, and which addresses it may ask."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import requests

_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


def new_session() -> requests.Session:
    """Return a session without retries, cookies or passwords of its own."""
    from http.cookiejar import DefaultCookiePolicy

    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    # retries are ours: they must also cover a body cut in the middle
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_connections=2, pool_maxsize=1, max_retries=0))
    session.headers["User-Agent"] = _user_agent()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.auth = _no_auth  # else passwords would be looked up in ~/.netrc
    return session


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _user_agent() -> str:
    try:
        return f"hotspots/{version('hotspots')}"
    except PackageNotFoundError:  # run from a folder of sources
        return "hotspots"


def is_allowed(url: str, base_url: str) -> bool:
    """Return whether an address may be asked: https, or http here where the base is http here."""
    target, base = urlsplit(url), urlsplit(base_url)
    if target.scheme == "https":
        return bool(target.hostname)
    return all(part.scheme == "http" and part.hostname in _LOCAL for part in (target, base))


def host(url: str) -> str:
    """Return the name of an address's server."""
    return urlsplit(url).hostname or url


def retry_after(header: str | None) -> float | None:
    """Return the seconds that a Retry-After asks for; None without one that can be read."""
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    if header is None:
        return None
    try:
        return Retry().parse_retry_after(header)
    except (InvalidHeader, OverflowError, ValueError):
        return None
