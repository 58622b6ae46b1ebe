"""Validating shows what would be published and how long it is, counted as each network counts."""

from __future__ import annotations

from typing import Any

from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from tests.api.harness import ApiHarness

FAMILY = "👨‍👩‍👧‍👦"


def lengths(checked: dict[str, Any]) -> dict[tuple[str, str, str], tuple[int, int]]:
    return {
        (one["channel"], one["pointer"], one["rule"]): (one["actual"], one["maximum"]) for one in checked["lengths"]
    }


async def test_each_network_counts_in_its_own_unit(api: ApiHarness) -> None:
    await api.add_account(ChannelName.THREADS)
    checked = await api.validate(text=FAMILY, channels=["bluesky", "threads"])
    assert checked["valid"] is True
    assert lengths(checked) == {
        ("bluesky", "/text", "text_graphemes"): (1, 300),
        ("bluesky", "/text", "text_bytes"): (25, 3000),
        ("threads", "/text", "text_code_points"): (7, 500),
        ("threads", "/text", "text_emoji_bytes"): (25, 500),
    }


async def test_overrides_parts_and_links_are_counted(api: ApiHarness) -> None:
    own = {"channel": "bluesky", "text": "Here", "parts": ["and there"]}
    found = lengths(await api.validate(channels=[own]))
    assert found["bluesky", "/channels/0/text", "text_graphemes"] == (4, 300)
    assert found["bluesky", "/channels/0/parts/0", "text_graphemes"] == (9, 300)
    await api.add_account(ChannelName.YOUTUBE)
    link = "https://acme.example/sale"
    found = lengths(await api.validate(text="Sale", link=link, channels=["youtube"]))
    assert found["youtube", "/text", "description_bytes"] == (len("Sale\n\n") + len(link), 5000)


async def test_what_would_be_published_is_shown_beside_problems(api: ApiHarness) -> None:
    checked = await api.validate(text="x" * 301, channels=["bluesky", "instagram", "tiktok"])
    assert checked["valid"] is False
    assert [(one["channel"], one["text"]) for one in checked["publications"]] == [("bluesky", "x" * 301)]
    assert lengths(checked)["bluesky", "/text", "text_graphemes"] == (301, 300)
    assert {one["channel"]: one["accountId"] for one in checked["lengths"]}["instagram"] is None


async def test_a_foreign_brand_shows_no_account(api: ApiHarness) -> None:
    checked = await api.validate(await api.key(Scope.CONTENTS_WRITE, brand_ref="acme"), brandRef="rival")
    assert [problem["code"] for problem in checked["problems"]] == ["BRAND_UNKNOWN"]
    assert checked["publications"] == []
    assert {one["accountId"] for one in checked["lengths"]} == {None}


async def test_a_request_that_cannot_be_read_has_no_lengths(api: ApiHarness) -> None:
    answer = (await api.post("/v1/contents/validate", [])).json()
    assert (answer["publications"], answer["lengths"]) == ([], [])
