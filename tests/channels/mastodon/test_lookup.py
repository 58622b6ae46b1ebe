"""What became of a post whose answer was lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from munadi.domain.publication import Absent, Handle, Unknown
from munadi.ports import PublicationDraft
from tests.channels.making import NOW, bench, publication
from tests.channels.mastodon.test_media import OURS
from tests.channels.mastodon.test_publish import GONE, PICTURE, ready
from tests.channels.network import answer, ok
from tests.channels.scene_mastodon import LISTED, MEDIA, PLAIN, SALE, STATUSES, WHO, listed, status


def looking(given: PublicationDraft, handle: Handle | None, *shown: dict[str, Any], who: Any = WHO) -> Any:
    built = bench("mastodon")
    listed(built.network, *shown).on("GET", f"{MEDIA}/7", GONE)
    return built, built.find(given, who, handle, NOW)


async def test_a_medium_of_no_post_proves_absence_without_a_list() -> None:
    built = bench("mastodon")
    for code in (200, 206):
        built.network.on("GET", f"{MEDIA}/7", answer(code, {"id": "7"}))
        assert isinstance(await built.find(PICTURE, WHO, ready("7"), NOW), Absent)


async def test_media_find_their_post_whatever_its_text() -> None:
    built, call = looking(PICTURE, ready("7"), status("1", "Look"), {**OURS, "text": "edited"})
    found = await call
    assert (found.post_id, found.by_likeness) == ("118", False)
    query = dict(built.network.sent(LISTED)[0].url.params)
    assert query == {
        "limit": "40",
        "exclude_reblogs": "true",
        "min_id": str(int((NOW - timedelta(seconds=60)).timestamp() * 1000) << 16),
    }


EARLIER = (NOW - timedelta(seconds=6)).isoformat()
UNLIKE = [
    status(text="Something else"),
    status(created_at=EARLIER),
    status(in_reply_to_id="3"),
    status(spoiler_text="Ad"),
    status(media_attachments=[{"id": "1"}]),
    status(reblog={"id": "4"}),
]


@pytest.mark.parametrize("shown", UNLIKE)
async def test_a_post_that_differs_is_not_ours(shown: dict[str, Any]) -> None:
    _, call = looking(SALE, None, shown)
    assert isinstance(await call, Absent)


async def test_a_text_is_found_by_its_source() -> None:
    shown = {name: value for name, value in status().items() if name != "text"}
    built, call = looking(SALE, None, shown)
    built.network.on("GET", f"{STATUSES}/117/source", ok({"id": "117", "text": SALE.text, "spoiler_text": ""}))
    found = await call
    assert (found.post_id, found.by_likeness) == ("117", True)


async def test_a_quote_is_found_below_the_address_that_the_server_puts_before_it() -> None:
    given = publication("Look at this", options={"quotePostId": "9"})
    _, call = looking(given, None, status(text="RE: https://social.example/@b/9\n\nLook at this"))
    assert (await call).post_id == "117"


async def test_two_posts_that_look_alike_are_unknown() -> None:
    _, call = looking(SALE, None, status("1"), status("2"))
    assert isinstance(await call, Unknown)


async def test_too_many_candidates_are_not_all_read() -> None:
    shown = [{name: value for name, value in status(str(n)).items() if name != "text"} for n in range(21)]
    built, call = looking(SALE, None, *shown)
    assert isinstance(await call, Unknown)
    assert len(built.network.requests) == 1


@pytest.mark.parametrize(
    ("who", "shown", "absent"),
    [
        (WHO, [status(str(n), "x") for n in range(39)], True),
        (WHO, [status(str(n), "x") for n in range(40)], False),
        (PLAIN, [status(str(n), "x") for n in range(19)], True),
        (PLAIN, [status(str(n), "x") for n in range(20)], False),
        (PLAIN, [*(status(str(n), "x") for n in range(20)), status("99", "x", created_at=EARLIER)], True),
    ],
)
async def test_a_full_page_without_the_post_proves_nothing(who: Any, shown: list[Any], absent: bool) -> None:
    built, call = looking(SALE, None, *shown, who=who)
    assert isinstance(await call, Absent) is absent
    assert ("min_id" in built.network.requests[0].url.params) is (who is WHO)


@pytest.mark.parametrize(("who", "absent"), [(WHO, True), (PLAIN, False)])
async def test_a_list_of_public_posts_says_nothing_about_a_private_one(who: Any, absent: bool) -> None:
    _, call = looking(publication("x", options={"visibility": "private"}), None, who=who)
    assert isinstance(await call, Absent) is absent


@pytest.mark.parametrize("body", [{}, [5], [{"id": "1"}], [{"id": "1", "created_at": "soon"}], "<html>"])
async def test_a_list_that_is_none_is_unknown(body: Any) -> None:
    built = bench("mastodon")
    built.network.on("GET", LISTED, answer(200, body))
    assert isinstance(await built.find(SALE, WHO, None, NOW), Unknown)
