"""Validating tells what would be shown and how long it is there, counted as each network counts, problems or not."""

from __future__ import annotations

from typing import Any

from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from tests.api.desk import Desk

FAMILY = "👨‍👩‍👧‍👦"


async def validated(desk: Desk, **changes: Any) -> dict[str, Any]:
    answer = await desk.client.post("/v1/contents/validate", json=desk.content(**changes))
    assert answer.status_code == 200, answer.text
    checked: dict[str, Any] = answer.json()
    return checked


def lengths(checked: dict[str, Any]) -> dict[tuple[str, str, str], tuple[int, int]]:
    return {
        (one["channel"], one["pointer"], one["rule"]): (one["actual"], one["maximum"]) for one in checked["lengths"]
    }


async def test_each_network_counts_in_its_own_unit(small_desk: Desk) -> None:
    await small_desk.account(ChannelName.THREADS)
    checked = await validated(small_desk, text=FAMILY, channels=["bluesky", "threads"])
    assert checked["valid"] is True
    assert lengths(checked) == {
        ("bluesky", "/text", "text_graphemes"): (1, 300),
        ("bluesky", "/text", "text_bytes"): (25, 3000),
        ("threads", "/text", "text_code_points"): (7, 500),
        ("threads", "/text", "text_emoji_bytes"): (25, 500),
    }


async def test_an_override_and_a_part_are_counted_where_they_stand(small_desk: Desk) -> None:
    own = {"channel": "bluesky", "text": "Here", "parts": ["and there"]}
    found = lengths(await validated(small_desk, channels=[own]))
    assert found["bluesky", "/channels/0/text", "text_graphemes"] == (4, 300)
    assert found["bluesky", "/channels/0/parts/0", "text_graphemes"] == (9, 300)


async def test_a_link_in_the_text_counts(small_desk: Desk) -> None:
    await small_desk.account(ChannelName.YOUTUBE)
    link = "https://acme.example/sale"
    found = lengths(await validated(small_desk, text="Sale", link=link, channels=["youtube"]))
    assert found["youtube", "/text", "description_bytes"] == (len("Sale\n\n") + len(link), 5000)


async def test_what_would_be_shown_is_told_beside_problems(small_desk: Desk) -> None:
    checked = await validated(small_desk, text="x" * 301, channels=["bluesky", "instagram", "tiktok"])
    assert checked["valid"] is False
    assert [(one["channel"], one["text"]) for one in checked["publications"]] == [("bluesky", "x" * 301)]
    assert lengths(checked)["bluesky", "/text", "text_graphemes"] == (301, 300)
    assert {one["channel"]: one["accountId"] for one in checked["lengths"]}["instagram"] is None


async def test_a_brand_of_others_tells_nothing(small_desk: Desk) -> None:
    own = await small_desk.key(Scope.CONTENTS_WRITE, brand_ref="acme")
    body = small_desk.content(brandRef="rival")
    checked = (await small_desk.client.post("/v1/contents/validate", json=body, headers=own)).json()
    assert [problem["code"] for problem in checked["problems"]] == ["BRAND_UNKNOWN"]
    assert checked["publications"] == []
    assert {one["accountId"] for one in checked["lengths"]} == {None}


async def test_a_request_that_cannot_be_read_has_no_lengths(small_desk: Desk) -> None:
    answer = await small_desk.client.post("/v1/contents/validate", json=[])
    assert (answer.json()["publications"], answer.json()["lengths"]) == ([], [])
