"""Bad posts: a problem that names pointer, rule and limit, every violation at once, and nothing stored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from munadi.db.tables import EventRow, IdempotencyRow, MediaRow
from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from munadi.domain.problem import MAX_PROBLEMS
from tests.api.harness import ApiHarness, later
from tests.api.problems import expect_errors, expect_problem

POSTS = "/v1/contents"


def bluesky(**fields: Any) -> dict[str, Any]:
    """A post whose only channel is Bluesky, with these fields."""
    return {"channels": [{"channel": "bluesky", **fields}]}


BERLIN, KOLKATA = {"timezone": "Europe/Berlin"}, {"timezone": "Asia/Kolkata"}
UNKNOWN = "01kf2v6s3tf0d8m7s0a3x9y5hq"
BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown field": ({"colour": "red"}, "/colour", "UNKNOWN_FIELD"),
    "unknown field of a channel": (bluesky(x=1), "/channels/0/x", "UNKNOWN_FIELD"),
    "wrong type": ({"text": 5}, "/text", "INVALID_FIELD"),
    "a boolean for a text": ({"clientRef": True}, "/clientRef", "INVALID_FIELD"),
    "no channels": ({"channels": []}, "/channels", "INVALID_FIELD"),
    "no brand": ({"brandRef": ...}, "/brandRef", "MISSING_FIELD"),
    "unknown brand": ({"brandRef": "nobody"}, "/brandRef", "BRAND_UNKNOWN"),
    "unknown channel": ({"channels": ["myspace"]}, "/channels/0/channel", "CHANNEL_UNKNOWN"),
    "no account": ({"brandRef": "rival", "channels": ["instagram"]}, "/channels/0", "ACCOUNT_MISSING"),
    "ambiguous account": ({"channels": ["instagram"]}, "/channels/0", "ACCOUNT_AMBIGUOUS"),
    "unknown account": (bluesky(accountId=f"acc_{UNKNOWN}"), "/channels/0/accountId", "ACCOUNT_UNKNOWN"),
    "the same account twice": ({"channels": ["bluesky", "bluesky"]}, "/channels/1", "ACCOUNT_DUPLICATE"),
    "nothing to publish": ({"text": ...}, "/text", "MISSING_FIELD"),
    "only space": ({"text": " \n "}, "/text", "MISSING_FIELD"),
    "text over the limit": ({"text": "x" * 301}, "/text", "TEXT_TOO_LONG"),
    "override over the limit": (bluesky(text="x" * 301), "/channels/0/text", "TEXT_TOO_LONG"),
    "unknown option": (bluesky(options={"colour": 1}), "/channels/0/options/colour", "INVALID_OPTION"),
    "no first comments there": (bluesky(firstComment="hi"), "/channels/0/firstComment", "FIRST_COMMENT_UNSUPPORTED"),
    "too many parts": (bluesky(parts=["b"] * 25), "/channels/0/parts", "TOO_MANY_PARTS"),
    "media of neither kind": ({"media": [{"alt": "x"}]}, "/media/0", "INVALID_FIELD"),
    "unknown media": ({"media": [{"id": f"med_{UNKNOWN}"}]}, "/media/0/id", "MEDIA_UNKNOWN"),
    "a private address": ({"media": [{"url": "https://10.0.0.1/a.jpg"}]}, "/media/0/url", "ADDRESS_NOT_PUBLIC"),
    "another scheme": ({"media": [{"url": "file:///etc/passwd"}]}, "/media/0/url", "URL_SCHEME"),
    "a link with a script": ({"link": "javascript:alert(1)"}, "/link", "INVALID_LINK"),
    "a link with a space": ({"link": "https://exa mple.com"}, "/link", "INVALID_LINK"),
    "a link with a user and a bad port": ({"link": "http://a@b:c/"}, "/link", "INVALID_LINK"),
    "a broken link alone": ({"text": ..., "link": "https://[x"}, "/link", "INVALID_LINK"),
    "a broken link of a channel": (bluesky(link="//x"), "/channels/0/link", "INVALID_LINK"),
    "past": ({"scheduledAt": "2020-01-01T00:00:00Z"}, "/scheduledAt", "TIME_IN_PAST"),
    "beyond the horizon": ({"scheduledAt": later(days=400)}, "/scheduledAt", "TIME_BEYOND_HORIZON"),
    "the calendar's end": ({"scheduledAt": "9999-12-31T23:59:59Z"}, "/scheduledAt", "TIME_BEYOND_HORIZON"),
    "after the calendar": ({"scheduledAt": "9999-12-31T23:59:59-12:00"}, "/scheduledAt", "TIME_FORMAT"),
    "the calendar's beginning": ({"scheduledAt": "0001-01-01T00:00:00Z"}, "/scheduledAt", "TIME_IN_PAST"),
    "before the calendar": ({"scheduledAt": "0001-01-01T00:00:00+12:00"}, "/scheduledAt", "TIME_FORMAT"),
    "an offset of sixty minutes": ({"scheduledAt": "2026-12-02T09:00:00+14:60"}, "/scheduledAt", "TIME_FORMAT"),
    "no time": ({"scheduledAt": "tomorrow"}, "/scheduledAt", "TIME_FORMAT"),
    "no offset and no zone": ({"scheduledAt": "2027-01-01T00:00:00"}, "/scheduledAt", "TIME_OFFSET_MISSING"),
    "a DST gap": ({"scheduledAt": "2027-03-28T02:30:00", **BERLIN}, "/scheduledAt", "TIME_IN_DST_GAP"),
    "offset against zone": (
        {"scheduledAt": "2027-01-01T00:00:00Z", **KOLKATA}, "/scheduledAt", "TIME_OFFSET_DISAGREES"
    ),
    "unknown zone": (
        {"scheduledAt": "2027-01-01T00:00:00", "timezone": "Mars/Base"}, "/timezone", "TIMEZONE_UNKNOWN"
    ),
    "a window without end": ({"publishBy": "9999-12-31T23:59:59Z"}, "/publishBy", "TIME_BEYOND_HORIZON"),
    "a window without end, now": (
        {"scheduledAt": ..., "publishBy": "9999-12-31T23:59:59Z"}, "/publishBy", "TIME_BEYOND_HORIZON"
    ),
    "a window after the calendar": ({"publishBy": "9999-12-31T23:59:59-12:00"}, "/publishBy", "TIME_FORMAT"),
    "a window of long ago": ({"publishBy": "0001-01-01T00:00:00Z"}, "/publishBy", "PUBLISH_BY_NOT_AFTER_DUE"),
    "a window before the due time": ({"publishBy": later(days=1)}, "/publishBy", "PUBLISH_BY_NOT_AFTER_DUE"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "pointer", "code"), BAD.values(), ids=BAD)
async def test_each_violation_is_pointed_at_and_nothing_is_stored(
    api: ApiHarness, change: dict[str, Any], pointer: str, code: str
) -> None:
    errors = expect_errors(await api.try_submit(**change, idempotency_key="k"))
    found = [(error["pointer"], error["code"]) for error in errors]
    # A channel that requires media reports it beside what is tested here.
    assert [each for each in found if each != ("/media", "MISSING_FIELD")] == [(pointer, code)]
    assert all(error["rule"] for error in errors)
    assert [await api.count(table) for table in (EventRow, MediaRow, IdempotencyRow)] == [0, 0, 0]
    assert await api.count() == 0
    checked = await api.validate(**change)
    assert (checked["valid"], checked["problems"]) == (False, errors)


async def test_a_length_is_counted_in_the_networks_unit(api: ApiHarness) -> None:
    errors = expect_errors(await api.try_submit(text="👩‍👩‍👧‍👦" * 301))
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
async def test_a_broken_shape_is_described_in_the_words_of_json(api: ApiHarness, body: Any, message: str) -> None:
    errors = expect_errors(await api.post(POSTS, body))
    assert message in [error["message"] for error in errors]
    assert "ContentRequest" not in str(errors)


@pytest.mark.each_database
async def test_every_violation_is_reported_at_once(api: ApiHarness) -> None:
    answer = await api.try_submit(
        text="x" * 301,
        channels=["bluesky", "instagram", "myspace", {"channel": "bluesky", "options": {"langs": "de"}}],
        media=[{"url": api.site.url("/missing.jpg")}, {"url": api.site.url("/notes.txt")}, {"id": "med_x"}],
        scheduledAt="2020-01-01T00:00:00Z",
        publishBy="2019-01-01T00:00:00Z",
    )
    errors = expect_errors(answer)
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
    # A field that is missing only because its media were refused is not reported as well.
    assert not [error for error in errors if error["code"] == "MISSING_FIELD"]
    assert (await api.count(), api.stored_files()) == (0, [])


async def test_a_violated_limit_of_a_file_points_at_that_file(api: ApiHarness) -> None:
    instagram = await api.add_account(ChannelName.INSTAGRAM)
    answer = await api.try_submit(
        media=[{"id": "med_x"}, {"url": api.site.url("/gone.jpg")}, {"url": api.site.url("/a.jpg")}],
        channels=[{"channel": "instagram", "accountId": instagram, "options": {"kind": "reel"}}],
    )
    errors = expect_errors(answer)
    assert {error["pointer"] for error in errors if error["channel"] == "instagram"} == {"/media/2"}


@pytest.mark.each_database
async def test_a_foreign_brand_and_account_look_like_unknown_ones(api: ApiHarness) -> None:
    rivals = await api.add_account(ChannelName.BLUESKY, "rival")
    expect_errors(await api.try_submit(**bluesky(accountId=rivals)), ("/channels/0/accountId", "ACCOUNT_UNKNOWN"))
    key = await api.key(Scope.CONTENTS_WRITE, brand_ref="acme")
    foreign, unknown = [expect_errors(await api.try_submit(brandRef=ref, key=key)) for ref in ("rival", "nobody")]
    assert json.dumps(foreign).replace("rival", "nobody") == json.dumps(unknown)


@pytest.mark.parametrize("key", ["", '"', '"open', "two words", "ключ", "x" * 256, '""', 'a"b\x7f'])
async def test_a_malformed_idempotency_key_is_refused(api: ApiHarness, key: str) -> None:
    answer = await api.post(POSTS, api.body(), headers={"Idempotency-Key": key.encode("utf-8")})
    expect_problem(answer, 400, "IDEMPOTENCY_KEY_MALFORMED")
    assert await api.count() == 0


@pytest.mark.parametrize(
    ("time", "code"), [("soon", "TIME_FORMAT"), ("2020-01-01T00:00:00", None), ("2020-01-01T00:00:00Z", "TIME_IN_PAST")]
)
async def test_a_bad_time_and_a_bad_zone_are_both_reported(api: ApiHarness, time: str, code: str | None) -> None:
    content_id = (await api.submit())["id"]
    body = {"scheduledAt": time, "timezone": "Mars/Base"}
    expected = [("/timezone", "TIMEZONE_UNKNOWN")] + ([("/scheduledAt", code)] if code else [])
    for answer in (await api.try_submit(**body), await api.change(content_id, "reschedule", body)):
        expect_errors(answer, *expected)


# Many violations, and long texts.

FIELDS = {f"field{n}": n for n in range(9_000)}
MANY: dict[str, dict[str, Any]] = {
    "unknown fields": {"brandRef": "acme", "channels": ["bluesky"], **FIELDS},
    "unknown fields with long names": {"a" * 90 + str(n): 1 for n in range(9_000)},
    "media": {"brandRef": "acme", "channels": [{"channel": "bluesky", "media": [{"url": 1}] * 50}] * 50},
    "unknown channels": {"brandRef": "acme", "channels": ["x" * 40] * 50},
    "unknown options": {"brandRef": "acme", **bluesky(options={f"o{n}": 1 for n in range(90)})},
}


@pytest.mark.parametrize("body", MANY.values(), ids=MANY)
async def test_many_violations_are_counted_and_the_first_are_listed(api: ApiHarness, body: dict[str, Any]) -> None:
    answer = await api.post(POSTS, body)
    errors = expect_errors(answer)
    assert (len(errors), "leaves out" in answer.json()["detail"]) == (MAX_PROBLEMS, True)
    assert len(answer.content) < 20_000
    checked = (await api.post(f"{POSTS}/validate", body)).json()
    assert (checked["problems"], checked["valid"], checked["moreProblems"] > 0) == (errors, False, True)


@pytest.mark.parametrize("path", [POSTS + "/{id}/reschedule", "/v1/keys", "/v1/brands", "/v1/webhooks/endpoints"])
async def test_every_body_with_many_unknown_fields_gets_a_small_answer(api: ApiHarness, path: str) -> None:
    answer = await api.post(path.format(id=(await api.submit())["id"]), FIELDS)
    assert len(expect_errors(answer)) == MAX_PROBLEMS
    assert len(answer.content) < 20_000


async def test_a_channel_takes_at_most_a_hundred_options(api: ApiHarness) -> None:
    [error] = expect_errors(await api.try_submit(**bluesky(options=FIELDS)), "/channels/0/options")
    assert (error["limit"], error["message"]) == (100, "takes at most 100 fields")


async def test_long_names_and_values_are_shortened_in_the_answer(api: ApiHarness) -> None:
    body = {"brandRef": "b" * 200, "channels": ["c" * 40], "n" * 500_000: 1, "timezone": "t" * 64}
    answer = await api.post(POSTS, body)
    assert expect_errors(answer)
    assert len(answer.content) < 5_000


async def test_a_few_violations_are_counted_in_the_detail(api: ApiHarness) -> None:
    answer = await api.try_submit(colour=1, shape=2)
    expect_errors(answer, "/colour", "/shape")
    assert answer.json()["detail"] == "2 rules are broken; nothing was stored"
