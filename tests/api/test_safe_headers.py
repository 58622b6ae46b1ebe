"""Headers that every answer needs: no cache keeps what belongs to an account, and https stays https."""

from __future__ import annotations

from pathlib import Path

import pytest

from munadi.domain.key import Scope
from tests.api.browsing import visiting
from tests.api.connecting import link, path_of
from tests.api.door import Door, open_door

PRIVATE = (
    ("GET", "/v1/contents"),
    ("GET", "/v1/accounts"),
    ("GET", "/v1/contents/cnt_nothing"),
    ("POST", "/v1/contents"),
    ("GET", "/v1/keys"),
    ("GET", "/v1/audit"),
    ("GET", "/v1/nothing"),
    ("POST", "/v1/keys"),
    ("GET", "/contents"),
    ("GET", "/audit"),
    ("GET", "/sign-in"),
    ("GET", "/readyz"),
)


@pytest.mark.parametrize("key", [None, ""], ids=["with a key", "without"])
async def test_no_answer_about_an_account_is_kept_by_a_cache(door: Door, key: str | None) -> None:
    for method, path in PRIVATE:
        answer = await door.ask(method, path, key=key, content=b"{" if method == "POST" else None)
        assert answer.headers["cache-control"] == "no-store", path
        assert "strict-transport-security" not in answer.headers
    page = await door.client.get(path_of(await link(door)))
    assert page.headers["cache-control"] == "no-store"
    async with visiting(door.app, await door.key(Scope.CONTENTS_READ)) as visitor:
        assert (await visitor.client.get("/contents")).headers["cache-control"] == "no-store"


async def test_over_https_browsers_come_back_over_https(tmp_path: Path) -> None:
    async with open_door(tmp_path, public_url="https://munadi.example") as door:
        for method, path in (*PRIVATE, ("GET", "/openapi.json"), ("GET", "/connect/assets/page.css")):
            answer = await door.ask(method, path, key="", content=b"{" if method == "POST" else None)
            assert answer.headers["strict-transport-security"] == "max-age=31536000", path


async def test_what_is_the_same_for_everybody_may_be_kept(door: Door) -> None:
    for path in ("/openapi.json", "/docs/", "/connect/assets/page.css"):
        assert (await door.client.get(path)).headers.get("cache-control") != "no-store", path
