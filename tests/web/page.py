"""A client that checks every page it is given, and a reader of HTML for tests."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

#: Every page, in its ways of being shown: what all pages must keep is tested on each.
EVERY_PAGE = (
    "/",
    "/?category=deliberate_fire",
    "/?area=D2",
    "/map",
    "/map?layer=wards",
    "/map?layer=worse&period=2023-12",
    "/compare",
    "/compare?layer=wards&question=worse",
    "/places",
    "/places/asb-c-604125-204125",
    "/places/asb-w-600125-200125?period=2023-08",
    "/present",
    "/present?slide=1",
    "/present?slide=99",
    "/wards",
    "/wards/shortlist",
    "/wards/shortlist?area=D2&period=2023-12",
    "/export",
    "/export?kind=assessment&tier=public&from=data",
    "/export/log",
    "/data",
    "/help",
    "/tune",
    "/tune?marked=hot&cell_size_m=500&period=2024-01",
)
#: What the key E offers first, by the screen it is pressed on.
KIND_OF_SCREEN = {
    "/": "briefing",
    "/map": "briefing",
    "/compare": "briefing",
    "/places": "briefing",
    "/places/asb-c-604125-204125": "briefing",
    "/present": "briefing",
    "/wards": "wards",
    "/wards/shortlist": "shortlist",
    "/data": "assessment",
    "/help": "briefing",
    "/tune": "briefing",
}
VOID = {"meta", "link", "input", "br", "hr", "img", "col"}
PHRASING_ONLY = {"p", "h1", "h2", "h3", "button", "label", "summary", "span", "legend", "option"}
BLOCKS = {"p", "div", "ul", "ol", "table", "section", "form", "h1", "h2", "h3", "fieldset", "dl"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    parents: tuple[str, ...]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """The elements of a page, in order, and what is badly nested in it."""

    elements: list[Element] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parents = tuple(e.tag for e in self._open)
        element = Element(tag, dict(attrs), parents)
        if len(dict(attrs)) != len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag in BLOCKS and parents and parents[-1] in PHRASING_ONLY:
            self.faults.append(f"<{tag}> in <{parents[-1]}>")
        if tag in ("a", "button", "input", "select") and {"a", "button"} & set(parents):
            self.faults.append(f"<{tag}> in a control")
        if tag == "li" and parents[-1] not in ("ul", "ol"):
            self.faults.append("<li> outside a list")
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs), tuple(e.tag for e in self._open)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1].tag != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1].tag if self._open else 'nothing'}")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1].tag == "script":
            self._open[-1].text += data
            return
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        return [
            e
            for e in self.elements
            if e.tag == tag and all(e.attributes.get(n) == v for n, v in wanted.items())
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        (found,) = self.all(tag, **attributes)
        return found

    def with_class(self, name: str) -> list[Element]:
        return [e for e in self.elements if name in (e.attributes.get("class") or "").split()]

    @property
    def said(self) -> str:
        """What a reader can see: the text of the page's content."""
        return " ".join(self.one("main").text.split())


class CheckedClient(FlaskClient):
    """A client that holds every HTML answer against the rules that all pages share."""

    def open(self, *args: object, **kwargs: object) -> TestResponse:  # type: ignore[override]
        # read whole, so that the file behind it is closed at once
        kwargs.setdefault("buffered", True)
        response = super().open(*args, **kwargs)  # type: ignore[arg-type]
        check_headers(response)
        if response.mimetype == "text/html" and "Content-Disposition" not in response.headers:
            check_page(response)
        return response


def read(response: TestResponse) -> Page:
    page = Page()
    page.feed(response.get_data(as_text=True))
    page.close()
    return page


def check_headers(response: TestResponse) -> None:
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'nonce-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in response.headers


def check_page(response: TestResponse) -> None:
    page = read(response)
    assert page.faults == []
    assert len(page.all("h1")) == 1
    assert page.one("html").attributes["lang"] == "en-GB"
    (title,) = [e for e in page.all("title") if "svg" not in e.parents]
    assert title.text.strip()
    check_ids(page)
    check_controls(page)
    check_policy(page, response)


def check_ids(page: Page) -> None:
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in page.elements:
        for name in ("for", "aria-labelledby", "aria-describedby"):
            for target in (element.attributes.get(name) or "").split():
                assert target in ids, f"{name}={target} names nothing"
        href = element.attributes.get("href") or ""
        if href.startswith("#"):
            assert href[1:] in ids


def check_controls(page: Page) -> None:
    labelled = {e.attributes.get("for") for e in page.all("label")}
    for tag in ("input", "select", "textarea"):
        for control in page.all(tag):
            named = control.attributes.get("id") in labelled
            assert named or control.attributes.get("type") == "hidden", f"a {tag} has no label"
    for tag in ("button", "a", "summary"):
        for control in page.all(tag):
            assert control.text.strip() or control.attributes.get("aria-label"), f"an empty {tag}"
    for table in page.all("table"):
        assert table.parents
        assert page.all("caption")


def check_policy(page: Page, response: TestResponse) -> None:
    nonce = re.search(r"'nonce-([^']+)'", response.headers["Content-Security-Policy"])
    assert nonce
    for element in page.elements:
        assert "style" not in element.attributes
        assert not [name for name in element.attributes if name.startswith("on")]
        for name in ("src", "href", "action"):
            value = element.attributes.get(name) or ""
            assert not re.match(r"(?i)([a-z]+:|//)", value), f"{name}={value} leaves this host"
    for script in page.all("script"):
        if script.attributes.get("type") != "application/json":
            assert script.attributes["nonce"] == nonce[1]
    assert not page.all("style")
