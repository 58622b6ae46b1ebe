"""Headers of every answer: no cache keeps what belongs to an account, and https stays https."""

from __future__ import annotations

from pathlib import Path

import pytest

from munadi.domain.key import Scope
from tests.api.harness import ApiHarness, open_api
from tests.api.owner import create_link, path_of

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
PUBLIC = ("/openapi.json", "/docs/", "/connect/assets/page.css")


@pytest.mark.fake_network
async def test_a_cache_may_keep_public_answers_only(api: ApiHarness) -> None:
    for key in (None, ""):
        for method, path in PRIVATE:
            answer = await api.request(method, path, key=key, content=b"{" if method == "POST" else None)
            assert answer.headers["cache-control"] == "no-store", path
            assert "strict-transport-security" not in answer.headers
    page = await api.get(path_of(await create_link(api)), key="")
    assert page.headers["cache-control"] == "no-store"
    async with api.dashboard(await api.key(Scope.CONTENTS_READ)) as dashboard:
        assert (await dashboard.get("/contents")).headers["cache-control"] == "no-store"
    for path in PUBLIC:
        assert (await api.get(path, key="")).headers.get("cache-control") != "no-store", path


async def test_over_https_every_answer_asks_for_https(tmp_path: Path) -> None:
    async with open_api(tmp_path, public_url="https://munadi.example") as api:
        for method, path in (*PRIVATE, *(("GET", each) for each in PUBLIC)):
            answer = await api.request(method, path, key="", content=b"{" if method == "POST" else None)
            assert answer.headers["strict-transport-security"] == "max-age=31536000", path
