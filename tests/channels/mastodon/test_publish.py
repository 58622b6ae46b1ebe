"""What a post is on the wire, and what each answer to it means."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown
from munadi.ports import PublicationDraft
from tests.channels.making import NOW, Bench, Saved, bench, error_of, image, publication, video
from tests.channels.network import answer, ok
from tests.channels.scene_mastodon import LISTED, MEDIA, PLAIN, SALE, STATUSES, WHO, listed, refusal, status

R, S = Reason, Effect
POLL = {"options": ["yes", "no"], "expiresIn": 3600, "multiple": True}
PICTURE = publication("Look", media=(image(0, alt="Teal"),))
TAKEN = refusal(422, "Media 7 not found or already attached to another post")
GONE = refusal(404, "Record not found")
UPLOAD = "/api/v2/media"


def ready(*ids: str, minutes: int = 1, **state: Any) -> Handle:
    since = (NOW - timedelta(minutes=minutes)).isoformat()
    media = [{"id": one, "since": since, "is_ready": True} for one in ids]
    return Handle(draft_version=1, state={"media": media, **state}, ready=True)


def over(*answers: httpx.Response | Exception) -> Bench:
    built = bench("mastodon")
    built.network.on("POST", STATUSES, *(answers or (ok(status()),)))
    return built


def sent(built: Bench) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(built.network.sent(STATUSES)[-1].content)
    return body


async def test_a_post_with_everything() -> None:
    options = {
        "visibility": "unlisted",
        "contentWarning": "Ad",
        "sensitive": True,
        "language": "en",
        "poll": POLL,
        "quotePostId": "9",
        "quotePolicy": "nobody",
    }
    built = over(ok(status(visibility="unlisted")))
    found = await built.publish(publication("Sale", options=options), WHO)
    assert sent(built) == {
        "status": "Sale",
        "visibility": "unlisted",
        "spoiler_text": "Ad",
        "sensitive": True,
        "language": "en",
        "poll": {"options": ["yes", "no"], "expires_in": 3600, "multiple": True, "hide_totals": False},
        "quoted_status_id": "9",
        "quote_approval_policy": "nobody",
    }
    assert (found.post_id, found.url, found.published_at, found.warnings) == ("117", status()["url"], NOW, ())


async def test_the_key_is_of_the_publication_the_step_and_the_body() -> None:
    built = over()
    given = publication("One", parts=("Two",))
    saved = Saved()
    for one, step in ((given, "post"), (given, "part-2"), (given.model_copy(update={"text": "Another"}), "post")):
        await built.publish(one, WHO, saved if step == "part-2" else Saved(saved.handle and ready()), step)
        saved = Saved(ready(posts={"post": {"id": "117"}}))
    keys = [request.headers["idempotency-key"] for request in built.network.sent(STATUSES)]
    assert len(set(keys)) == 3
    assert all(key.startswith(given.publication_id) and len(key) < 255 for key in keys)


async def test_a_visibility_that_the_server_lowered_is_a_warning() -> None:
    found = await over(ok(status(visibility="unlisted"))).publish(SALE, WHO)
    assert [(one.code, one.pointer) for one in found.warnings] == [("VISIBILITY_CHANGED", "/options/visibility")]


async def test_parts_and_a_comment_answer_what_they_follow() -> None:
    given = publication("One", parts=("Two", "Three"), first_comment="Four", options={"contentWarning": "Ad"})
    built, saved = bench("mastodon"), Saved()
    built.network.on("POST", STATUSES, *(ok(status(str(number))) for number in range(1, 5)))
    for step in ("post", "part-2", "part-3", "comment"):
        await built.publish(given, WHO, saved, step)
    bodies = [json.loads(request.content) for request in built.network.sent(STATUSES)]
    assert [(body["status"], body.get("in_reply_to_id"), body["spoiler_text"]) for body in bodies] == [
        ("One", None, "Ad"),
        ("Two", "1", "Ad"),
        ("Three", "2", "Ad"),
        ("Four", "1", "Ad"),
    ]


async def test_a_part_waits_for_the_id_of_what_it_answers() -> None:
    built = over()
    listed(built.network)
    error = await error_of(built.publish(publication("One", parts=("Two",)), WHO, step="part-2"), effect=S.NOT_SENT)
    assert (error.provider_code, error.retry_after) == ("PARENT_UNKNOWN", timedelta(seconds=5))
    assert built.network.mutations == []


# Media


async def test_a_medium_is_sent_with_its_alt_text_and_its_focus() -> None:
    built, saved = bench("mastodon"), Saved()
    built.media.files = {"med_0": b"\xff\xd8picture", "med_1": b"png"}
    built.network.on("POST", UPLOAD, ok({"id": "7", "url": "x"}), ok({"id": 8}))
    media = (image(0, alt="Tea\r\nl ä"), image(1, mime_type="image/png"))
    given = publication("Two", media=media, options={"focus": [{"media": 0, "x": 0.5, "y": -1}]})
    found = await built.channel.prepare(given, WHO, None, saved)
    assert found == Ready(expires_at=NOW + timedelta(hours=20))
    first, second = built.network.sent(UPLOAD)
    boundary = re.fullmatch(r"multipart/form-data; boundary=([0-9a-f]{32})", first.headers["content-type"])
    assert boundary is not None
    parts = first.content.split(f"--{boundary[1]}".encode())
    assert b'name="description"\r\n\r\nTea\r\nl \xc3\xa4\r\n' in parts[1]
    assert b'name="focus"\r\n\r\n0.5,-1.0\r\n' in parts[2]
    assert b'filename="media.jpeg"\r\ncontent-type: image/jpeg\r\n\r\n\xff\xd8picture\r\n' in parts[3]
    assert (parts[4], int(first.headers["content-length"])) == (b"--\r\n", len(first.content))
    assert b"description" not in second.content
    assert [one["id"] for one in saved.kept.state["media"]] == ["7", "8"]
    assert len(saved.history) == 3
    assert "transfer-encoding" not in first.headers


async def test_a_video_is_waited_for() -> None:
    built, saved = bench("mastodon"), Saved()
    built.network.on("POST", UPLOAD, answer(202, {"id": "7", "url": None}))
    built.network.on("GET", f"{MEDIA}/7", answer(206, {"id": "7"}), answer(206, {"id": "7"}), ok({"id": "7"}))
    given = publication("Film", media=(video(bytes=5),))
    waits = []
    for _ in range(2):
        waits.append(await built.channel.prepare(given, WHO, saved.handle, saved))
        built.clock.forward(seconds=30)
    assert [isinstance(one, Pending) and one.after.total_seconds() for one in waits] == [2, 5]
    assert isinstance(await built.channel.prepare(given, WHO, saved.handle, saved), Ready)
    assert len(built.network.sent(UPLOAD)) == 1
    await error_of(built.publish(given, WHO, Saved(saved.history[0])), R.INTERNAL_ERROR, S.NOT_SENT)


@pytest.mark.parametrize(
    ("said", "reason", "effect"),
    [
        (refusal(422, "processing failed"), R.MEDIA_PROCESSING_FAILED, S.REJECTED),
        (GONE, R.MEDIA_PROCESSING_FAILED, S.NOT_SENT),
        (answer(503, "<html>"), R.PROVIDER_OUTAGE, S.UNKNOWN),
        (answer(404, "<html>"), R.PROVIDER_OUTAGE, S.UNKNOWN),
    ],
)
async def test_a_medium_that_is_not_processed(said: httpx.Response, reason: Reason, effect: Effect) -> None:
    built, saved = bench("mastodon"), Saved()
    built.network.on("POST", UPLOAD, answer(202, {"id": "7"})).on("GET", f"{MEDIA}/7", said)
    await error_of(built.channel.prepare(publication("x", media=(video(bytes=5),)), WHO, None, saved), reason, effect)
    assert bool(saved.kept.state["media"]) is (said is not GONE)


async def test_a_medium_that_takes_too_long_is_given_up() -> None:
    built, saved = bench("mastodon"), Saved()
    built.network.on("POST", UPLOAD, answer(202, {"id": "7"})).on("GET", f"{MEDIA}/7", answer(206, {"id": "7"}))
    given = publication("x", media=(video(bytes=5),))
    await built.channel.prepare(given, WHO, None, saved)
    built.clock.forward(minutes=16)
    call = built.channel.prepare(given, WHO, saved.handle, saved)
    await error_of(call, R.MEDIA_PROCESSING_TIMEOUT, S.REJECTED)


async def test_a_server_that_fails_on_a_medium_does_so_only_a_few_times() -> None:
    built, saved = bench("mastodon"), Saved()
    built.network.on("POST", UPLOAD, answer(500, {"error": "Error processing thumbnail"}))
    effects = []
    for _ in range(3):
        error = await error_of(built.channel.prepare(PICTURE, WHO, saved.handle, saved))
        effects.append((error.reason, error.effect))
    assert effects == [(R.PROVIDER_OUTAGE, S.UNKNOWN)] * 2 + [(R.MEDIA_PROCESSING_FAILED, S.REJECTED)]


async def test_media_that_may_be_gone_are_sent_again() -> None:
    built, saved = bench("mastodon"), Saved(ready("7", minutes=20 * 60))
    built.network.on("POST", UPLOAD, ok({"id": "8"}))
    await built.channel.prepare(PICTURE, WHO, saved.handle, saved)
    assert [one["id"] for one in saved.kept.state["media"]] == ["8"]


# A refusal of a post whose media may be in a post already


async def refused(
    said: httpx.Response, medium: httpx.Response, *shown: dict[str, Any], who: Any = WHO, failures: int = 0
) -> tuple[Any, Saved, Bench]:
    built, saved = over(said), Saved(ready("7", failures=failures))
    built.network.on("GET", f"{MEDIA}/7", medium)
    listed(built.network, *shown)
    try:
        found: Any = await built.publish(PICTURE, who, saved)
    except Exception as error:
        found = error
    return found, saved, built


OURS = status("118", "Look", media_attachments=[{"id": "7"}])
LOCAL = refusal(422, "Medien wurden nicht gefunden")


@pytest.mark.parametrize("said", [TAKEN, LOCAL])
async def test_a_refusal_because_the_post_is_live_is_a_success(said: httpx.Response) -> None:
    found, saved, built = await refused(said, GONE, status("119", "Other"), OURS)
    assert isinstance(found, Published)
    assert (found.post_id, saved.kept.state["posts"]["post"]["id"]) == ("118", "118")
    assert len(built.network.mutations) == 1


@pytest.mark.parametrize("said", [TAKEN, LOCAL])
async def test_media_that_are_gone_are_uploaded_again_but_not_endlessly(said: httpx.Response) -> None:
    found, saved, _ = await refused(said, GONE)
    assert (found.reason, found.effect) == (R.MEDIA_PROCESSING_FAILED, S.NOT_SENT)
    assert (saved.kept.state["media"], saved.kept.ready) == ([], False)
    found, _, _ = await refused(said, GONE, failures=2)
    assert found.effect is S.REJECTED


async def test_a_refusal_of_free_media_is_believed() -> None:
    found, saved, _ = await refused(LOCAL, ok({"id": "7"}))
    assert (found.reason, found.effect, saved.history) == (R.INVALID_FIELD, S.REJECTED, [])


async def test_a_refusal_that_cannot_be_checked_is_unknown() -> None:
    found, _, _ = await refused(LOCAL, answer(503, "<html>"))
    assert found.effect is S.UNKNOWN


async def test_a_server_that_shares_media_is_believed() -> None:
    found, _, built = await refused(LOCAL, GONE, OURS, who=PLAIN)
    assert found.effect is S.REJECTED
    assert len(built.network.requests) == 1


# After a lost answer


def looking(given: PublicationDraft, handle: Handle | None, *shown: dict[str, Any], who: Any = WHO) -> Any:
    built = bench("mastodon")
    listed(built.network, *shown).on("GET", f"{MEDIA}/7", GONE)
    return built, built.channel.find(given, who, handle, NOW)


async def test_a_medium_of_no_post_proves_absence_without_a_list() -> None:
    built = bench("mastodon")
    for code in (200, 206):
        built.network.on("GET", f"{MEDIA}/7", answer(code, {"id": "7"}))
        assert await built.channel.find(PICTURE, WHO, ready("7"), NOW) == Absent()


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
    assert await call == Absent()


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
    shown = [{name: value for name, value in status(str(n)).items() if name != "text"} for n in range(11)]
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
    assert isinstance(await built.channel.find(SALE, WHO, None, NOW), Unknown)


async def test_an_answer_about_an_earlier_request_is_unknown() -> None:
    """GoToSocial's to a repeat under the same key: it has no id."""
    await error_of(
        over(ok({"status": "request already handled"})).publish(SALE, WHO), effect=S.UNKNOWN, code="NO_PROOF"
    )


async def test_a_limit_ends_at_its_reset() -> None:
    reset = (NOW + timedelta(seconds=90)).isoformat()
    error = await error_of(
        over(refusal(429, "slow", **{"x-ratelimit-reset": reset})).publish(SALE, WHO), R.RATE_LIMITED
    )
    assert error.retry_after == timedelta(seconds=90)
    odd = await error_of(over(refusal(429, "slow", **{"x-ratelimit-reset": "x"})).publish(SALE, WHO), R.RATE_LIMITED)
    assert odd.retry_after == timedelta(minutes=5)


async def test_an_account_without_a_server_is_sent_nothing() -> None:
    built = over()
    call = built.publish(SALE, WHO.model_copy(update={"service_url": None}))
    await error_of(call, R.TARGET_NOT_ACCESSIBLE, S.REJECTED)
    assert built.network.requests == []
