"""Answers are sent small: text is compressed, and kept by the browser until it changes.

The bytes of an answer differ with its compression, its meaning does not. So every ETag is a weak
one (RFC 9110, 8.8.3), the same whatever the compression, and an answer that the browser has is
known by it before anything is made or compressed anew.
"""

from __future__ import annotations

from flask import Flask, Response
from flask_compress import Compress

#: Bytes below which a packet is sent anyway.
LEAST_BYTES = 1000
#: How long a browser takes a script or style as it is without asking, seconds: a new version of
#: Hotspots is there after that, and a page that loads ten of them asks for none.
STATIC_S = 300
_KINDS = [
    "application/geo+json",
    "application/javascript",
    "application/json",
    "application/problem+json",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/plain",
]
#: Best first. Browsers offer the first two to this machine, and to others only with TLS.
_ALGORITHMS = ["zstd", "br", "gzip"]


def send_small(app: Flask) -> None:
    """Make an application compress its answers, files too, as far as a client can read them."""
    app.config.update(
        SEND_FILE_MAX_AGE_DEFAULT=STATIC_S,
        COMPRESS_REGISTER=False,
        COMPRESS_MIMETYPES=_KINDS,
        COMPRESS_MIN_SIZE=LEAST_BYTES,
        COMPRESS_ALGORITHM=_ALGORITHMS,
        COMPRESS_STREAMS=False,
        COMPRESS_EVALUATE_CONDITIONAL_REQUEST=False,
    )
    compress = Compress(app)

    def small(response: Response) -> Response:
        tag, weak = response.get_etag()
        if tag is not None and not weak:
            response.set_etag(tag, weak=True)
        if response.status_code == 206:  # a part of a file is a part of its own bytes
            return response
        if response.is_streamed and response.mimetype in _KINDS:
            # a text file: read whole, which also sees to it that it is closed in the end
            response.direct_passthrough = False
            response.make_sequence()
        return compress.after_request(response)

    app.after_request(small)
