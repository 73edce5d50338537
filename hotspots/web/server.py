"""Serve the pages with waitress, on this machine only unless told otherwise."""

from __future__ import annotations

import socket
from threading import Thread
from typing import TYPE_CHECKING

import click

from hotspots.errors import WorkspaceError
from hotspots.web.app import create_app

if TYPE_CHECKING:
    from hotspots.web.views import Views
    from hotspots.workspace import Workspace

#: Bytes of a request: its longest is the form of an export.
MOST_BYTES = 100_000
#: A viewer who waits for a view that is being computed holds one of these.
THREADS = 16


def serve(workspace: Workspace, host: str, port: int) -> None:
    """Serve until interrupted; prints the address, with the port that was taken for 0.

    Raises
    ------
    WorkspaceError
        If the address cannot be listened on.
    """
    from waitress.server import create_server

    try:
        listener = socket.create_server((host, port))
    except OSError as error:
        raise WorkspaceError(
            f"The server must have an address of its own; {host}:{port} cannot be used "
            f"({error.strerror}): give another with --port."
        ) from error
    app = create_app(workspace)
    views: Views = app.extensions["views"]
    server = create_server(
        app, sockets=[listener], threads=THREADS, max_request_body_size=MOST_BYTES
    )
    click.echo(f"Serving the map at http://{host}:{listener.getsockname()[1]}/ (Ctrl+C stops).")
    Thread(target=views.warm, daemon=True).start()
    try:
        server.run()
    finally:
        views.jobs.close()
        server.close()
        workspace.store.close()
