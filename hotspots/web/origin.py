"""Whether a form was sent from a page of this address, and not by a page of somebody else's."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request


def is_same_origin(request: Request) -> bool:
    """Return whether the browser says that a page of this host sent the request.

    ``Sec-Fetch-Site`` is sent to this machine and over TLS; elsewhere ``Origin`` tells. A client
    that sends neither is no browser's page: it is refused too, as it cannot be told.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.host
