"""Bad input: a 4xx problem that names pointer, rule and limit, every violation at once, and nothing stored."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from munadi.db.tables import BrandRow, EventRow, IdempotencyRow, MediaRow
from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from tests.api.desk import Desk, later


def errors_of(answer: httpx.Response, status: int = 422) -> list[dict[str, Any]]:
    """The violations of a problem, which is checked for its shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "instance", "code", "requestId", "errors"}
    assert problem["status"] == status
    assert problem["requestId"] == answer.headers["x-request-id"]
    errors: list[dict[str, Any]] = problem["errors"]
    return errors


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("unknown field", {"colour": "red"}, "/colour", "UNKNOWN_FIELD"),
    ("unknown field of a channel", {"channels": [{"channel": "bluesky", "x": 1}]}, "/channels/0/x", "UNKNOWN_FIELD"),
    ("wrong type", {"text": 5}, "/text", "INVALID_FIELD"),
    ("a number for a boolean's place", {"clientRef": True}, "/clientRef", "INVALID_FIELD"),
    ("no channels", {"channels": []}, "/channels", "INVALID_FIELD"),
    ("no brand", {"brandRef": ...}, "/brandRef", "MISSING_FIELD"),
    ("unknown brand", {"brandRef": "nobody"}, "/brandRef", "BRAND_UNKNOWN"),
    ("unknown channel", {"channels": ["myspace"]}, "/channels/0/channel", "CHANNEL_UNKNOWN"),
    ("channel without an account", {"brandRef": "rival", "channels": ["instagram"]}, "/channels/0", "ACCOUNT_MISSING"),
    ("ambiguous account", {"channels": ["instagram"]}, "/channels/0", "ACCOUNT_AMBIGUOUS"),
    (
        "unknown account",
        {"channels": [{"channel": "bluesky", "accountId": "acc_01kf2v6s3tf0d8m7s0a3x9y5hq"}]},
        "/channels/0/accountId",
        "ACCOUNT_UNKNOWN",
    ),
    ("the same account twice", {"channels": ["bluesky", "bluesky"]}, "/channels/1", "ACCOUNT_DUPLICATE"),
    ("nothing to show", {"text": ...}, "/text", "MISSING_FIELD"),
    ("only space", {"text": " \n "}, "/text", "MISSING_FIELD"),
    ("text over the limit", {"text": "x" * 301}, "/text", "TEXT_TOO_LONG"),
    (
        "override over the limit",
        {"channels": [{"channel": "bluesky", "text": "x" * 301}]},
        "/channels/0/text",
        "TEXT_TOO_LONG",
    ),
    (
        "unknown option",
        {"channels": [{"channel": "bluesky", "options": {"colour": 1}}]},
        "/channels/0/options/colour",
        "INVALID_OPTION",
    ),
    (
        "first comment where there is none",
        {"channels": [{"channel": "bluesky", "firstComment": "hi"}]},
        "/channels/0/firstComment",
        "FIRST_COMMENT_UNSUPPORTED",
    ),
    (
        "more parts than a thread may have",
        {"channels": [{"channel": "bluesky", "parts": ["b"] * 25}]},
        "/channels/0/parts",
        "TOO_MANY_PARTS",
    ),
    ("media of neither kind", {"media": [{"alt": "x"}]}, "/media/0", "INVALID_FIELD"),
    ("unknown media", {"media": [{"id": "med_01kf2v6s3tf0d8m7s0a3x9y5hq"}]}, "/media/0/id", "MEDIA_UNKNOWN"),
    ("a private address", {"media": [{"url": "https://10.0.0.1/a.jpg"}]}, "/media/0/url", "ADDRESS_NOT_PUBLIC"),
    ("another scheme", {"media": [{"url": "file:///etc/passwd"}]}, "/media/0/url", "URL_SCHEME"),
    ("a link that is none", {"link": "javascript:alert(1)"}, "/link", "INVALID_LINK"),
    ("a link with a space", {"link": "https://exa mple.com"}, "/link", "INVALID_LINK"),
    ("a link with a user and a bad port", {"link": "http://a@b:c/"}, "/link", "INVALID_LINK"),
    ("a link alone, broken", {"text": ..., "link": "https://[x"}, "/link", "INVALID_LINK"),
    (
        "a broken link of a channel",
        {"channels": [{"channel": "bluesky", "link": "//x"}]},
        "/channels/0/link",
        "INVALID_LINK",
    ),
    ("past", {"scheduledAt": "2020-01-01T00:00:00Z"}, "/scheduledAt", "TIME_IN_PAST"),
    ("beyond the horizon", {"scheduledAt": later(days=400)}, "/scheduledAt", "TIME_BEYOND_HORIZON"),
    ("the calendar's end", {"scheduledAt": "9999-12-31T23:59:59Z"}, "/scheduledAt", "TIME_BEYOND_HORIZON"),
    ("after the calendar's end", {"scheduledAt": "9999-12-31T23:59:59-12:00"}, "/scheduledAt", "TIME_FORMAT"),
    ("the calendar's beginning", {"scheduledAt": "0001-01-01T00:00:00Z"}, "/scheduledAt", "TIME_IN_PAST"),
    ("before the calendar", {"scheduledAt": "0001-01-01T00:00:00+12:00"}, "/scheduledAt", "TIME_FORMAT"),
    ("a window without end", {"publishBy": "9999-12-31T23:59:59Z"}, "/publishBy", "TIME_BEYOND_HORIZON"),
    (
        "a window without end, now",
        {"scheduledAt": ..., "publishBy": "9999-12-31T23:59:59Z"},
        "/publishBy",
        "TIME_BEYOND_HORIZON",
    ),
    ("a window after the calendar", {"publishBy": "9999-12-31T23:59:59-12:00"}, "/publishBy", "TIME_FORMAT"),
    ("a window of long ago", {"publishBy": "0001-01-01T00:00:00Z"}, "/publishBy", "PUBLISH_BY_NOT_AFTER_DUE"),
    ("no offset and no zone", {"scheduledAt": "2027-01-01T00:00:00"}, "/scheduledAt", "TIME_OFFSET_MISSING"),
    (
        "a DST gap",
        {"scheduledAt": "2027-03-28T02:30:00", "timezone": "Europe/Berlin"},
        "/scheduledAt",
        "TIME_IN_DST_GAP",
    ),
    (
        "offset and zone disagree",
        {"scheduledAt": "2027-01-01T00:00:00Z", "timezone": "Asia/Kolkata"},
        "/scheduledAt",
        "TIME_OFFSET_DISAGREES",
    ),
    ("unknown zone", {"scheduledAt": "2027-01-01T00:00:00", "timezone": "Mars/Base"}, "/timezone", "TIMEZONE_UNKNOWN"),
    ("no time at all", {"scheduledAt": "tomorrow"}, "/scheduledAt", "TIME_FORMAT"),
    ("publishBy before the due time", {"publishBy": later(days=1)}, "/publishBy", "PUBLISH_BY_NOT_AFTER_DUE"),
]


@pytest.mark.parametrize(("change", "pointer", "code"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
async def test_each_is_pointed_at_and_nothing_is_stored(
    small_desk: Desk, change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await small_desk.client.post(
        "/v1/contents", json=small_desk.content(**change), headers={"Idempotency-Key": "k"}
    )
    errors = errors_of(answer)
    found = [(error["pointer"], error["code"]) for error in errors]
    # A channel that cannot do without media says so beside what is tried here.
    assert [each for each in found if each != ("/media", "MISSING_FIELD")] == [(pointer, code)]
    assert all(error["rule"] for error in errors)
    assert [await small_desk.count(table) for table in (EventRow, MediaRow, IdempotencyRow)] == [0, 0, 0]
    assert await small_desk.count() == 0
    validation = await small_desk.client.post("/v1/contents/validate", json=small_desk.content(**change))
    assert (validation.status_code, validation.json()["valid"]) == (200, False)
    assert validation.json()["problems"] == errors


async def test_the_count_and_the_limit_are_told_in_the_networks_unit(small_desk: Desk) -> None:
    family = "👩‍👩‍👧‍👦"
    answer = await small_desk.client.post("/v1/contents", json=small_desk.content(text=family * 301))
    errors = errors_of(answer)
    assert ("text_graphemes", 300, 301) in [(error["rule"], error["limit"], error["actual"]) for error in errors]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "must be an object"),
        ({"brandRef": "acme", "channels": {}}, "must be an array"),
        ({"brandRef": "acme", "channels": [], "text": "x"}, "needs at least 1 item"),
        ({"brandRef": "acme", "channels": ["bluesky"] * 51}, "takes at most 50 items"),
    ],
)
async def test_the_shape_is_told_in_the_words_of_json(small_desk: Desk, body: Any, message: str) -> None:
    errors = errors_of(await small_desk.client.post("/v1/contents", json=body))
    assert message in [error["message"] for error in errors]
    assert "ContentRequest" not in str(errors)


async def test_every_violation_comes_at_once(desk: Desk) -> None:
    body = desk.content(
        brandRef="acme",
        text="x" * 301,
        channels=["bluesky", "instagram", "myspace", {"channel": "bluesky", "options": {"langs": "de"}}],
        media=[{"url": desk.site.url("/missing.jpg")}, {"url": desk.site.url("/notes.txt")}, {"id": "med_x"}],
        scheduledAt="2020-01-01T00:00:00Z",
        publishBy="2019-01-01T00:00:00Z",
    )
    errors = errors_of(await desk.client.post("/v1/contents", json=body))
    assert {(error["pointer"], error["code"]) for error in errors} >= {
        ("/scheduledAt", "TIME_IN_PAST"),
        ("/publishBy", "PUBLISH_BY_NOT_AFTER_DUE"),
        ("/media/0/url", "MEDIA_UNREACHABLE"),
        ("/media/1/url", "MEDIA_TYPE_UNSUPPORTED"),
        ("/media/2/id", "MEDIA_UNKNOWN"),
        ("/channels/1", "ACCOUNT_AMBIGUOUS"),
        ("/channels/2/channel", "CHANNEL_UNKNOWN"),
        ("/channels/3", "ACCOUNT_DUPLICATE"),
        ("/channels/3/options/langs", "INVALID_OPTION"),
        ("/text", "TEXT_TOO_LONG"),
    }
    # What a draft lacks only because its media were refused is not told as well.
    assert not [error for error in errors if error["code"] == "MISSING_FIELD"]
    assert await desk.count() == 0
    assert [path for path in (desk.folder / "media").rglob("*") if path.is_file()] == []


async def test_the_limits_of_a_file_are_told_where_it_was_sent(small_desk: Desk) -> None:
    instagram = await small_desk.account(ChannelName.INSTAGRAM)
    small_desk.site.files["/wide.jpg"] = small_desk.site.files["/a.jpg"]
    body = small_desk.content(
        media=[{"id": "med_x"}, {"url": small_desk.site.url("/gone.jpg")}, {"url": small_desk.site.url("/a.jpg")}],
        channels=[{"channel": "instagram", "accountId": instagram, "options": {"kind": "reel"}}],
    )
    errors = errors_of(await small_desk.client.post("/v1/contents", json=body))
    assert {error["pointer"] for error in errors if error["channel"] == "instagram"} == {"/media/2"}


async def test_anothers_brand_and_account_are_like_unknown_ones(desk: Desk) -> None:
    rivals = await desk.account(ChannelName.BLUESKY, "rival")
    body = desk.content(channels=[{"channel": "bluesky", "accountId": rivals}])
    assert [error["code"] for error in errors_of(await desk.client.post("/v1/contents", json=body))] == [
        "ACCOUNT_UNKNOWN"
    ]
    headers = await desk.key(Scope.CONTENTS_WRITE, brand_ref="acme")
    foreign, unknown = [
        errors_of(await desk.client.post("/v1/contents", json=desk.content(brandRef=ref), headers=headers))
        for ref in ("rival", "nobody")
    ]
    assert json.dumps(foreign).replace("rival", "nobody") == json.dumps(unknown)


@pytest.mark.parametrize(
    ("status", "code"), [("reauth_required", "ACCOUNT_REAUTH_REQUIRED"), ("disconnected", "ACCOUNT_MISSING")]
)
async def test_an_account_that_cannot_publish_is_refused(small_desk: Desk, status: str, code: str) -> None:
    async with small_desk.services.database.write() as session:
        session.add(BrandRow(ref="third", created_at=small_desk.clock.now()))
    await small_desk.account(ChannelName.BLUESKY, "third", status=status)
    errors = errors_of(await small_desk.client.post("/v1/contents", json=small_desk.content(brandRef="third")))
    assert [error["code"] for error in errors] == [code]


async def test_a_token_must_live_until_the_due_time(small_desk: Desk) -> None:
    ends = small_desk.clock.now().replace(day=20)
    account = await small_desk.account(ChannelName.BLUESKY, status="expiring", token_expires_at=ends)
    channels = [{"channel": "bluesky", "accountId": account}]
    errors = errors_of(await small_desk.client.post("/v1/contents", json=small_desk.content(channels=channels)))
    assert [(error["code"], error["pointer"]) for error in errors] == [
        ("TOKEN_EXPIRES_BEFORE_SLOT", "/channels/0/accountId")
    ]
    await small_desk.accept(channels=channels, scheduledAt=later(days=5))


@pytest.mark.parametrize("key", ["", '"', '"open', "two words", "ключ", "x" * 256, '""', 'a"b\x7f'])
async def test_a_malformed_idempotency_key_is_told(small_desk: Desk, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("utf-8")}
    answer = await small_desk.client.post("/v1/contents", json=small_desk.content(), headers=headers)
    errors_of(answer, 400)
    assert answer.json()["code"] == "IDEMPOTENCY_KEY_MALFORMED"
    assert await small_desk.count() == 0


async def test_a_time_and_a_zone_that_are_none_are_both_told(small_desk: Desk) -> None:
    content_id = (await small_desk.accept())["id"]
    for time, code in (
        ("soon", "TIME_FORMAT"),
        ("2020-01-01T00:00:00", None),
        ("2020-01-01T00:00:00Z", "TIME_IN_PAST"),
    ):
        body = {"scheduledAt": time, "timezone": "Mars/Base"}
        expected = [("/timezone", "TIMEZONE_UNKNOWN")] + ([("/scheduledAt", code)] if code else [])
        for path, sent in (("", small_desk.content(**body)), (f"/{content_id}/reschedule", body)):
            errors = errors_of(await small_desk.client.post(f"/v1/contents{path}", json=sent))
            assert [(error["pointer"], error["code"]) for error in errors] == expected


async def test_every_violation_of_a_small_body_comes_at_once_too(small_desk: Desk) -> None:
    past = "2020-01-01T00:00:00Z"
    for path, body, expected in (
        ("brands", {"ref": "Acme", "timezone": "Mars/Base", "colour": 1}, {"/ref", "/timezone", "/colour"}),
        (
            "keys",
            {"name": "k", "scopes": ["admin", "all"], "brandRef": "nobody", "expiresAt": past},
            {"/scopes/1", "/brandRef", "/expiresAt"},
        ),
        (
            "webhooks/endpoints",
            {"url": "https://10.0.0.1/x", "types": ["content.liked"], "brandRef": "nobody", "colour": 1},
            {"/url", "/types/0", "/brandRef", "/colour"},
        ),
    ):
        errors = errors_of(await small_desk.client.post(f"/v1/{path}", json=body))
        assert {error["pointer"] for error in errors} == expected
        for nothing in ({}, [], None):
            answer = (
                await small_desk.client.post(f"/v1/{path}", json=nothing)
                if nothing is not None
                else (await small_desk.client.post(f"/v1/{path}"))
            )
            assert errors_of(answer)


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
async def test_an_instant_outside_the_calendar_is_told_wherever_it_is_sent(small_desk: Desk, time: str) -> None:
    client = small_desk.client
    listed = await client.get("/v1/contents", params={"scheduledFrom": time, "scheduledTo": time})
    assert {error["pointer"] for error in errors_of(listed)} == {"?scheduledFrom", "?scheduledTo"}
    key = await client.post("/v1/keys", json={"name": "k", "scopes": ["admin"], "expiresAt": time})
    assert [error["pointer"] for error in errors_of(key)] == ["/expiresAt"]
    cursor = base64.urlsafe_b64encode(f"{time} cnt_x".encode()).decode()
    assert errors_of(await client.get("/v1/contents", params={"cursor": cursor}))[0]["code"] == "CURSOR_INVALID"
