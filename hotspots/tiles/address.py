"""Which address of tiles a page may use."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hotspots.errors import WorkspaceError

#: Not ::1: a Content-Security-Policy cannot name it.
_LOCAL = ("localhost", "127.0.0.1")
_SECRETS = re.compile(r"key|token|secret|password|signature|^sig$|^auth", re.I)
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.I)


def host_of(url: str) -> str:
    """Return the scheme, host and port of an address that a page may ask.

    Raises
    ------
    WorkspaceError
        If it may not.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _no_address(f"is no address ({error})", "mend it") from error
    wrong = _wrong_with(url, parts, host)
    if wrong is not None:
        raise _no_address(*wrong)
    return f"{parts.scheme.lower()}://{host}" + (f":{port}" if port is not None else "")


def _wrong_with(url: str, parts: Any, host: str) -> tuple[str, str] | None:
    """Return what is wrong with an address and what to do, None if nothing is."""
    if parts.username is not None or any(_SECRETS.search(k) for k, _ in parse_qsl(parts.query)):
        return "holds a password or key, which every viewer could read", "take one without"
    scheme = parts.scheme.lower()
    if scheme != "https" and not (scheme == "http" and host in _LOCAL):
        return f"begins with {scheme}:", "give one with https (http only for this machine)"
    placeholders = _wrong_placeholders(parts)
    if placeholders is not None:
        return placeholders
    if not _HOST.fullmatch(host):
        return "has no plain host", "write out one host in plain letters (xn-- for others)"
    if not re.fullmatch(r"[\w.~!$&()*+,;=:@%/?{}\[\]-]+", url, re.ASCII):
        return "has letters that an address cannot have", "write them as %20 and the like"
    return None


def _wrong_placeholders(parts: Any) -> tuple[str, str] | None:
    found = re.findall(r"\{[^{}]*\}", f"{parts.path}?{parts.query}")
    for name, instead in (("{s}", "name one of the servers"), ("{r}", "leave {r} out")):
        if name in found or name in parts.netloc:
            return f"has {name}", instead
    if sorted(found) != ["{x}", "{y}", "{z}"]:
        had = ", ".join(found) or "none"
        return f"has {had} in its path", "give {z}, {x} and {y} once each and nothing else"
    return None


def _no_address(wrong: str, instead: str) -> WorkspaceError:
    # the address itself is not said again: it may hold a password
    return WorkspaceError(
        "The address of tiles must be such as https://host/{z}/{x}/{y}.png; `tiles` in "
        f"hotspots.toml {wrong}: {instead}."
    )
