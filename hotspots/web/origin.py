"""Whose request it is: to a name of this server, and from a page of its own."""

from __future__ import annotations

import socket
from functools import cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Request


def is_for_us(request: Request, names: frozenset[str]) -> bool:
    """Return whether a request was addressed to this server by an address or a name of its own.

    A page of somebody else's can have its own name lead to this machine, and then read the answers
    as its own (DNS rebinding). Its browser still says that name, so other names are refused;
    numbers need no look-up that anyone could turn.

    Parameters
    ----------
    request : flask.Request
    names : frozenset of str
        Names beside those that the machine has for itself, in lower case.
    """
    name = _host_name(f"//{request.headers.get('Host', '')}")
    if not name:
        return False
    return _is_number(name) or name in names or name in own_names()


def is_same_origin(request: Request) -> bool:
    """Return whether the browser says that a page of this host sent the request.

    ``Sec-Fetch-Site`` is sent to this machine and over TLS; elsewhere ``Origin`` tells. A client
    that sends neither is no browser's page: it is refused too, as it cannot be told.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin", "")
    if not _host_name(origin):
        return False
    return urlsplit(origin).netloc == request.host


@cache
def own_names() -> frozenset[str]:
    """Return what this machine calls itself, in lower case."""
    return frozenset({"localhost", socket.gethostname().lower()})


def _host_name(address: str) -> str:
    """Return the name or number in an address, in lower case; "" where there is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:  # "http://[", say
        return ""


def _is_number(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
