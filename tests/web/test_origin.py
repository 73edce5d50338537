"""A request must be for this server: other names that lead to this machine are refused."""

from __future__ import annotations

import http.client
import socket
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest
from flask.testing import FlaskClient
from pydantic import ValidationError
from waitress.server import create_server

from hotspots.settings import Settings
from hotspots.web import create_app
from hotspots.web.server import MOST_BYTES
from tests.web.made_up import made_up


def client(names: tuple[str, ...] = ()) -> FlaskClient:
    source = made_up()
    source.settings = source.settings.model_copy(update={"names": names})
    return create_app(source, patience_s=60).test_client()


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8765", "127.0.0.1:8765", "[::1]:8765", "192.168.1.20", "csu.local:80"],
)
def test_its_own_addresses_and_names_are_answered(host: str) -> None:
    names = ("csu.local",)
    assert client(names).get("/help", headers={"Host": host}).status_code == 200
    assert socket.gethostname()
    own = {"Host": f"{socket.gethostname()}:8765"}
    assert client().get("/help", headers=own).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8765", "localhost.evil.example", "[", "127.0.0.1.evil.io"],
)
@pytest.mark.parametrize(
    "path", ["/", "/help", "/export/log", "/api/v1/wards", "/static/style.css"]
)
def test_other_names_are_refused_whatever_they_ask(host: str, path: str) -> None:
    answer = client().get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert "names only; add the one you used" in answer.get_data(as_text=True)


@pytest.mark.parametrize("host", ["evil.example", ""])
def test_a_form_of_another_name_makes_no_file(host: str) -> None:
    source = made_up()
    app = create_app(source, patience_s=60).test_client()
    form = {"kind": "incidents", "tier": "restricted", "who": "x"}
    for said in ({"Origin": f"http://{host}"}, {"Sec-Fetch-Site": "same-origin"}):
        answer = app.post("/export", data=form, headers={"Host": host, **said})
        assert answer.status_code == 421
    assert not source.exports()


def test_an_origin_that_is_no_address_is_refused_in_a_sentence() -> None:
    answer = client().post("/export", data={}, headers={"Origin": "http://["})
    assert answer.status_code == 403
    assert "must be asked for on its own page" in answer.get_data(as_text=True)


@pytest.mark.parametrize("name", ["", "a b", "http://csu", "-csu", "csu:80", "x" * 300])
def test_a_name_must_be_one(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="is no name of a machine"):
        Settings(names=(name,))
    assert Settings(names=("CSU.Local",)).names == ("csu.local",)


def test_a_body_too_long_for_a_form_is_not_read() -> None:
    server = create_server(
        create_app(made_up()), host="127.0.0.1", port=0, max_request_body_size=MOST_BYTES
    )

    def run() -> None:
        with suppress(OSError, ValueError):  # it is closed while it waits
            server.run()

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        link = http.client.HTTPConnection("127.0.0.1", int(server.effective_port), timeout=20)
        link.request("POST", "/export", body=b"who=" + b"x" * MOST_BYTES)
        assert link.getresponse().status == 413
        link.close()
    finally:
        server.close()
        thread.join(timeout=10)
