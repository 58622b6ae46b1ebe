"""The documentation as it is served: every page, every link on it, and the Markdown behind it."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

import pytest

from api.documentation.folder import files
from api.routes.documentation import prefers_markdown
from tests.api.desk import Desk

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ROOT = "http://docs.example"


class Seen(HTMLParser):
    """What a page links to, its ids, and what the policy would refuse."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.refused: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("href", "src"):
                self.links.append(value or "")
            elif name == "id":
                self.ids.append(value or "")
            elif name == "style" or name.startswith("on"):
                self.refused.append(f"{tag} {name}")
        if tag in ("script", "style", "iframe", "form"):
            self.refused.append(tag)


async def crawl(desk: Desk) -> dict[str, Seen]:
    """Every page and file that can be reached from `/docs/`, by its address."""
    found: dict[str, Seen] = {}
    waiting = [f"{ROOT}/docs/"]
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        answer = await desk.client.get(address.removeprefix(ROOT), headers={"Authorization": "", "Accept": BROWSER})
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        is_page = answer.headers["content-type"].startswith("text/html")
        found[address] = Seen(answer.text if is_page and not address.endswith("/docs/api") else "")
        targets = {urldefrag(urljoin(address, link)).url for link in found[address].links}
        waiting += sorted(target for target in targets if target.startswith(f"{ROOT}/"))
    return found


async def test_every_link_of_every_page_is_served(small_desk: Desk) -> None:
    found = await crawl(small_desk)
    pages = {address for address, seen in found.items() if seen.ids}
    assert len(pages) == sum(name.endswith(".md") for name in files())
    for address in pages:
        seen = found[address]
        assert seen.refused == [], address
        assert len(set(seen.ids)) == len(seen.ids), address
        for link in seen.links:
            target, anchor = urldefrag(urljoin(address, link))
            assert not anchor or target not in found or anchor in found[target].ids, f"{address} links to {link}"


async def test_a_page_is_safe_and_needs_nobody_else(small_desk: Desk) -> None:
    answer = await small_desk.client.get("/docs/webhooks", headers={"Authorization": ""})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert '<h1 id="webhooks">Webhooks</h1>' in answer.text
    assert 'aria-current="page">Webhooks' in answer.text
    assert "http" not in "".join(link for link in Seen(answer.text).links if link.endswith((".css", ".png", ".js")))


async def test_a_page_is_given_as_markdown(small_desk: Desk) -> None:
    written = files()["webhooks.md"].read_text()
    named = await small_desk.client.get("/docs/webhooks.md")
    asked = await small_desk.client.get("/docs/webhooks", headers={"Accept": "text/markdown, text/html;q=0.5"})
    index = await small_desk.client.get("/docs/", headers={"Accept": "text/markdown"})
    for answer in (named, asked, index):
        assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
        assert answer.headers["vary"] == "Accept"
    assert named.text == asked.text == written
    assert index.text == files()["index.md"].read_text()


@pytest.mark.parametrize(
    ("accept", "markdown"),
    [
        ("text/markdown", True),
        ("text/markdown;q=0.9, text/html;q=0.8", True),
        ("text/html, text/markdown", False),
        ("text/markdown;q=0", False),
        ("text/markdown;q=many", False),
        (BROWSER, False),
        ("*/*", False),
        ("", False),
    ],
)
def test_who_prefers_markdown(accept: str, markdown: bool) -> None:
    assert prefers_markdown(accept) is markdown


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/docs", "/docs/"),
        ("/docs/reference", "/docs/reference/"),
        ("/docs/webhooks/", "/docs/webhooks"),
        ("/docs/index", "/docs/"),
        ("/docs/reference/index", "/docs/reference/"),
    ],
)
async def test_an_address_that_is_nearly_right_leads_on(small_desk: Desk, asked: str, leads_to: str) -> None:
    answer = await small_desk.client.get(asked)
    assert answer.status_code == 308
    assert urljoin(f"{ROOT}{asked}", answer.headers["location"]) == f"{ROOT}{leads_to}"
    assert (await small_desk.client.get(leads_to)).status_code == 200


@pytest.mark.parametrize(
    "path", ["nothing", "../pyproject.toml", "..%2fpyproject.toml", "assets/style.css", "webhooks.html", "//"]
)
async def test_nothing_else_is_served(small_desk: Desk, path: str) -> None:
    answer = await small_desk.client.get(f"/docs/{path}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "NOT_FOUND"


async def test_pictures_and_data_are_served(small_desk: Desk) -> None:
    picture = await small_desk.client.get("/docs/images/sandbox.png")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content == files()["images/sandbox.png"].read_bytes()
    assert (await small_desk.client.get("/docs/reference/openapi.json")).json()["openapi"].startswith("3.1")
    assert (await small_desk.client.get("/docs/style.css")).headers["content-type"].startswith("text/css")
