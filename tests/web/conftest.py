"""Fixtures of the pages' tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from hotspots.web import Source, create_app
from tests.web.made_up import MadeUp, made_up
from tests.web.page import CheckedClient

ClientOf = Callable[[Source], FlaskClient]


@pytest.fixture(scope="session")
def client_of() -> ClientOf:
    """Make a checking client of a source."""

    def make(source: Source) -> FlaskClient:
        app = create_app(source, patience_s=60)
        app.test_client_class = CheckedClient
        return app.test_client()

    return make


@pytest.fixture(scope="session")
def source() -> MadeUp:
    return made_up()


@pytest.fixture(scope="session")
def client(client_of: ClientOf, source: MadeUp) -> FlaskClient:
    return client_of(source)
