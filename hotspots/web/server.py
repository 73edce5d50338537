"""Serve the pages with waitress, on this machine only unless told otherwise."""

from __future__ import annotations

import socket
from threading import Thread
from typing import TYPE_CHECKING

import click

from hotspots.errors import HotspotsError, WorkspaceError
from hotspots.web.app import create_app

if TYPE_CHECKING:
    from hotspots.workspace import Workspace


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
    server = create_server(create_app(workspace), sockets=[listener], threads=8)
    click.echo(f"Serving the map at http://{host}:{listener.getsockname()[1]}/ (Ctrl+C stops).")
    Thread(target=_warm, args=(workspace,), daemon=True).start()
    try:
        server.run()
    finally:
        server.close()
        workspace.store.close()


def _warm(workspace: Workspace) -> None:
    """Make the first view ready while the browser is still being opened."""
    try:
        category = workspace.categories()[0][0].code
        workspace.result(workspace.periods(category)[-1].id, category)
    except (HotspotsError, IndexError):
        return  # an empty workspace: the page itself says what to add
