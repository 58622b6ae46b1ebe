"""The documentation as it is served: every page, every link on it, and the Markdown behind it."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

import pytest

from api.documentation.folder import files
from api.routes.documentation import prefers_markdown
from tests.api.harness import ApiHarness
from tests.api.problems import expect_problem

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ROOT = "http://docs.example"


class PageReader(HTMLParser):
    """The links and ids of a page, and what its policy would refuse."""

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
        given = dict(attributes)
        is_ours = (tag == "script" and str(given.get("src")).endswith("copy.js")) or given.get("role") == "search"
        if tag in ("script", "style", "iframe", "form") and not is_ours:
            self.refused.append(tag)


async def crawl(api: ApiHarness) -> dict[str, PageReader]:
    """Every page and file that can be reached from `/docs/`, by its address."""
    found: dict[str, PageReader] = {}
    waiting = [f"{ROOT}/docs/"]
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        answer = await api.get(address.removeprefix(ROOT), key="", headers={"Accept": BROWSER})
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        is_page = answer.headers["content-type"].startswith("text/html") and not address.startswith(f"{ROOT}/docs/api")
        found[address] = PageReader(answer.text if is_page else "")
        targets = {urldefrag(urljoin(address, link)).url for link in found[address].links}
        waiting += sorted(target for target in targets if target.startswith((f"{ROOT}/docs", f"{ROOT}/openapi")))
    return found


async def test_every_link_of_every_page_is_served(api: ApiHarness) -> None:
    found = await crawl(api)
    pages = {address: page for address, page in found.items() if page.ids}
    assert len(pages) == sum(name.endswith(".md") for name in files())
    for address, page in pages.items():
        assert page.refused == [], address
        assert len(set(page.ids)) == len(page.ids), address
        for link in page.links:
            target, anchor = urldefrag(urljoin(address, link))
            assert not anchor or target not in found or anchor in found[target].ids, f"{address} links to {link}"


async def test_a_page_is_safe_and_loads_nothing_from_elsewhere(api: ApiHarness) -> None:
    answer = await api.get("/docs/webhooks", key="")
    policy = answer.headers["content-security-policy"]
    assert ("default-src 'none'" in policy, "unsafe" in policy) == (True, False)
    assert '<h1 id="webhooks">Webhooks</h1>' in answer.text
    assert 'aria-current="page">Webhooks' in answer.text
    loaded = [link for link in PageReader(answer.text).links if link.endswith((".css", ".png", ".js"))]
    assert "http" not in "".join(loaded)


@pytest.mark.parametrize(
    ("path", "accept", "name"),
    [
        ("/docs/webhooks.md", "*/*", "webhooks.md"),
        ("/docs/webhooks", "text/markdown, text/html;q=0.5", "webhooks.md"),
        ("/docs/", "text/markdown", "index.md"),
    ],
)
async def test_a_page_is_served_as_markdown(api: ApiHarness, path: str, accept: str, name: str) -> None:
    answer = await api.get(path, headers={"Accept": accept})
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert (answer.headers["vary"], answer.text) == ("Accept", files()[name].read_text())


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
def test_the_accept_header_chooses_markdown(accept: str, markdown: bool) -> None:
    assert prefers_markdown(accept) is markdown


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("/docs", "/docs/"),
        ("/docs/reference", "/docs/reference/"),
        ("/docs/webhooks/", "/docs/webhooks"),
        ("/docs/index", "/docs/"),
        ("/docs/reference/index", "/docs/reference/"),
    ],
)
async def test_a_nearly_right_address_is_redirected(api: ApiHarness, asked: str, target: str) -> None:
    answer = await api.get(asked)
    assert answer.status_code == 308
    assert urljoin(f"{ROOT}{asked}", answer.headers["location"]) == f"{ROOT}{target}"
    assert (await api.get(target)).status_code == 200


@pytest.mark.parametrize(
    "path", ["nothing", "../pyproject.toml", "..%2fpyproject.toml", "assets/style.css", "webhooks.html", "//"]
)
async def test_nothing_else_is_served(api: ApiHarness, path: str) -> None:
    expect_problem(await api.get(f"/docs/{path}"), 404, "NOT_FOUND")


async def test_pictures_and_data_are_served(api: ApiHarness) -> None:
    picture = await api.get("/docs/images/sandbox.png")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content == files()["images/sandbox.png"].read_bytes()
    assert (await api.read("/docs/reference/openapi.json"))["openapi"].startswith("3.1")
    assert (await api.get("/docs/style.css")).headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    ("words", "best"),
    [
        ("retention texts", "guides/retention"),
        ("MUNADI_RETENTION__POST_TEXTS_DAYS", "guides/retention"),
        ("withdrawing", "guides/withdrawing"),
        ("withd", "guides/withdrawing"),
        ("Create content", "api/contents.create"),
        ("which event when it fails", "webhooks#which-event-when-something-fails"),
        ("रोकें", "hi/tutorial#"),
    ],
)
async def test_words_are_found_in_pages_and_operations(api: ApiHarness, words: str, best: str) -> None:
    answer = await api.get("/docs/search", key="", params={"q": words})
    assert answer.status_code == 200
    found = PageReader(answer.text.partition("<main")[2]).links
    assert any(link.startswith(best) for link in found[:3]), found[:5]
    for link in found:
        target = await api.get(f"/docs/{urldefrag(link).url}", key="", headers={"Accept": BROWSER})
        assert target.status_code == 200, link
        anchor = urldefrag(link).fragment
        assert not anchor or f'id="{anchor}"' in target.text, link


@pytest.mark.parametrize(
    "words", ["", "   ", "xyzzy", "'; DROP TABLE parts", '"a" OR "b" NEAR(', "<script>alert(1)</script>", "*" * 5000]
)
async def test_a_search_for_anything_is_answered(api: ApiHarness, words: str) -> None:
    answer = await api.get("/docs/search", key="", params={"q": words})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
