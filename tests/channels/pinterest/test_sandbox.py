"""What the sandbox plays of Pinterest alone: boards, trial access, odd order, lag, equal pins, strict bodies."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from munadi.domain.failure import Effect, FieldRefused, Reason
from munadi.domain.publication import Absent, Published
from munadi.sandbox.pinterest.model import board_of
from tests.channels.calls import Saved
from tests.channels.sandbox import Acme, acme_at, at, draft, imported
from tests.channels.servers import MediaSite, Oracle

R, S = Reason, Effect


async def call(acme: Acme, method: str, path: str, body: Any = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {acme.made['accessToken']}"}
    async with httpx.AsyncClient() as client:
        return await client.request(method, f"{acme.oracle.url}/pinterest/api/v5/{path}", json=body, headers=headers)


@at("pinterest")
async def test_a_new_board_is_known_after_the_next_check_and_a_secret_one_is_not(acme: Acme) -> None:
    (known,) = acme.account.facts["boards"]
    assert known == board_of(acme.account.external_id)
    made = (await call(acme, "POST", "boards", {"name": "Rain"})).json()
    secret = (await call(acme, "POST", "boards", {"name": "Plans", "privacy": "SECRET"})).json()
    given = draft(acme, "photo", options={"boardId": made["id"]})
    assert [one.rule for one in acme.channel.validate(given, acme.account)] == ["own_board"]
    await acme.connect(imported(acme.made))
    assert acme.account.facts["boards"] == {known: "Umbrellas", made["id"]: "Rain"}
    assert acme.channel.validate(given, acme.account) == []
    await acme.post(given)
    assert acme.posts[0]["raw"]["board_id"] == made["id"]
    await acme.failure(
        draft(acme, "photo", options={"boardId": secret["id"]}), reason=R.TARGET_NOT_ACCESSIBLE, code="403/29"
    )


@at("pinterest")
async def test_the_boards_of_every_page_are_read(acme: Acme) -> None:
    for number in range(260):
        await call(acme, "POST", "boards", {"name": f"Board {number}"})
    await acme.connect(imported(acme.made))
    assert len(acme.account.facts["boards"]) == 261
    assert len(acme.calls("list_boards")) == 3


@at("pinterest")
async def test_boards_and_their_sections_are_listed_by_name(acme: Acme) -> None:
    (known,) = acme.account.facts["boards"]
    section = (await call(acme, "POST", f"boards/{known}/sections", {"name": "Red"})).json()["id"]
    boards = await acme.channel.choices(acme.account, "boardId", None)
    assert [(each.value, each.name) for each in boards] == [(known, "Umbrellas")]
    sections = await acme.channel.choices(acme.account, "boardSectionId", known)
    assert [(each.value, each.name) for each in sections] == [(section, "Red")]
    for wrong in ("../user_account", "", "\u0661"):
        with pytest.raises(FieldRefused):
            await acme.channel.choices(acme.account, "boardSectionId", wrong)


@at("pinterest")
async def test_a_board_that_is_gone_is_noticed_while_the_pin_is_prepared(acme: Acme) -> None:
    await call(acme, "DELETE", f"boards/{board_of(acme.account.external_id)}")
    await acme.failure(draft(acme, "photo"), reason=R.TARGET_NOT_ACCESSIBLE, effect=S.REJECTED, code="404/40")
    assert acme.calls("create_pin") == []


@at("pinterest")
async def test_a_pin_in_a_section_is_found_there(acme: Acme) -> None:
    board = board_of(acme.account.external_id)
    section = (await call(acme, "POST", f"boards/{board}/sections", {"name": "Red"})).json()["id"]
    given, saved = draft(acme, "photo", options={"boardSectionId": section}), Saved()
    acme.plant("create_pin", "accept_then_reset")
    await acme.failure(given, saved)
    assert isinstance(await acme.find(given, saved), Published)
    assert len(acme.calls("section_pins")) == 1


@at("pinterest")
async def test_an_app_with_trial_access_makes_no_pins(acme: Acme) -> None:
    acme.set("switches", True, "trialAccess")
    error = await acme.failure(draft(acme, "photo"), reason=R.APP_NOT_APPROVED, effect=S.REJECTED, code="403/29")
    assert "Standard access" in error.message
    assert acme.posts == []


@at("pinterest")
@pytest.mark.parametrize("word", ["spam", "invalid"])
async def test_a_link_that_is_blocked_is_not_called_a_wrong_field(acme: Acme, word: str) -> None:
    acme.plant("create_pin", "error", error={"error": word})
    wanted = R.CONTENT_POLICY if word == "spam" else R.INVALID_FIELD
    error = await acme.failure(draft(acme, "photo", link="https://acme.example"), reason=wanted, effect=S.REJECTED)
    assert ("leave the link out" in error.message) is (word == "spam")


@at("pinterest")
async def test_a_pin_is_found_whatever_the_order_of_the_list(acme: Acme) -> None:
    acme.set("switches", True, "randomOrder")
    for number in range(4):
        await acme.post(draft(acme, "photo", f"Other {number}"))
    acme.plant("create_pin", "accept_then_reset")
    given, saved = draft(acme, "photo"), Saved()
    await acme.failure(given, saved)
    (ours,) = [one["id"] for one in acme.posts if one["text"] == "Hello"]
    assert (await acme.find(given, saved)).post_id == ours


@at("pinterest")
async def test_a_list_that_lags_shows_a_pin_later(acme: Acme) -> None:
    acme.set("delays", 30, "index")
    acme.plant("create_pin", "accept_then_reset")
    given, saved = draft(acme, "photo"), Saved()
    await acme.failure(given, saved)
    assert isinstance(await acme.find(given, saved), Absent)
    acme.set("delays", 0, "index")
    assert isinstance(await acme.find(given, saved), Published)


@at("pinterest")
async def test_a_video_carries_its_cover_title_link_and_alt_text(acme: Acme) -> None:
    given = draft(acme, "video", link="https://acme.example/", options={"title": "Rain", "coverTime": 1})
    film = given.media[0].model_copy(update={"alt": "An umbrella"})
    await acme.post(given.model_copy(update={"media": (film,)}))
    (post,) = acme.posts
    assert (post["raw"]["cover_time"], post["raw"]["title"], post["link"]) == (1, "Rain", "https://acme.example/")
    assert post["media"][0]["alt"] == "An umbrella"


@pytest.mark.parametrize("kind", ["photo", "photos"])
async def test_images_within_the_call_are_not_fetched(oracle: Oracle, site: MediaSite, kind: str) -> None:
    async with acme_at("pinterest", oracle, site, send_images=True) as acme:
        given = draft(acme, kind)
        site.files.clear()
        await acme.post(given)
        assert [one["mimeType"] for one in acme.posts[0]["media"]] == ["image/jpeg"] * len(given.media)


SOURCE = {"source_type": "image_url", "url": "http://127.0.0.1:9/none.jpg"}
FILM = {"source_type": "video_id", "media_id": "1"}
REFUSED: list[tuple[dict[str, Any], int, int]] = [
    ({"media_source": SOURCE}, 400, 235),
    ({"media_source": SOURCE, "board_id": "17"}, 404, 40),
    ({"media_source": SOURCE, "board_section_id": "17"}, 404, 40),
    ({"media_source": {**FILM, "cover_image_url": "x", "cover_image_key_frame_time": 0}}, 400, 1),
    ({"media_source": FILM}, 400, 1),
    ({"media_source": {"source_type": "image_base64", "content_type": "image/gif", "data": ""}}, 400, 1),
    ({"media_source": {"source_type": "image_base64", "content_type": "image/png", "data": "%"}}, 400, 1),
    ({}, 400, 1),
]


@at("pinterest")
@pytest.mark.parametrize(("body", "status", "code"), REFUSED, ids=[json.dumps(body)[:60] for body, *_ in REFUSED])
async def test_pinterest_refuses_what_is_wrong(acme: Acme, body: dict[str, Any], status: int, code: int) -> None:
    answer = await call(acme, "POST", "pins", {"board_id": board_of(acme.account.external_id), **body})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert acme.posts == []


@at("pinterest")
async def test_a_form_whose_policy_is_wrong_or_whose_file_is_not_last_is_refused(acme: Acme) -> None:
    made = (await call(acme, "POST", "media", {"media_type": "video"})).json()
    fields = made["upload_parameters"]
    async with httpx.AsyncClient() as client:
        for form, files in (
            ({**fields, "policy": "other"}, {"file": b"x"}),
            (fields, {"file": b"x", "later": b"y"}),
            (fields, {"other": b"x"}),
        ):
            answer = await client.post(made["upload_url"], data=form, files=files)
            assert (answer.status_code, answer.text.startswith("<?xml")) == (403, True)
    read = await call(acme, "GET", f"media/{made['media_id']}")
    assert read.json()["status"] == "registered"


@at("pinterest")
async def test_only_apps_with_access_edit_and_any_app_deletes(acme: Acme) -> None:
    made = await acme.post(draft(acme, "photo"))
    acme.set("switches", False, "mayEdit")
    assert (await call(acme, "PATCH", f"pins/{made.post_id}", {"title": "New"})).json()["code"] == 3
    acme.set("switches", True, "mayEdit")
    assert (await call(acme, "PATCH", f"pins/{made.post_id}", {"title": "New"})).json()["title"] == "New"
    for wrong in ({"note": "n"}, {"title": "x" * 101}, {"title": 1}, {"media_source": {}}):
        assert (await call(acme, "PATCH", f"pins/{made.post_id}", wrong)).json()["code"] == 1
    assert (await call(acme, "GET", "pins")).json()["items"][0]["id"] == made.post_id
    assert (await call(acme, "DELETE", f"pins/{made.post_id}")).status_code == 204
    assert (await call(acme, "GET", f"pins/{made.post_id}")).json()["code"] == 50
