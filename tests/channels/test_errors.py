"""Every answer of a network has a reason and an effect, and the wait that the network names."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from munadi.channels.bluesky.video_errors import explain_video, failed_transcode
from munadi.domain.failure import Effect, Reason
from munadi.domain.failure import FailureClass as C
from munadi.domain.reasons import REASONS
from munadi.ports import Answer
from tests.channels.calls import explained
from tests.channels.envelopes import WORDS, given, google
from tests.channels.error_cases import CASES, EVERYWHERE
from tests.channels.error_facts import ENVELOPES, Fact, documented, graph, known, of_videos, telegram, tiktok
from tests.channels.making import NOW, bench

R, S = Reason, Effect
CHANNELS = {name: bench(name).channel for name in ENVELOPES}
FACTS = [fact for name in ENVELOPES for fact in documented(name)]
# What a class of the documents may be here: an app or an owner may lack a permission, a field may name what is gone.
AS_GOOD = {C.PERMISSION: {C.PERMISSION, C.CONFIG, C.MEDIA}, C.INVALID_REQUEST: {C.INVALID_REQUEST, C.PERMISSION}}
# Where the product decides otherwise, and why.
OTHERWISE = {
    ("bluesky", "400:use_dpop_nonce"): C.OUTAGE,  # of the authorization server: the request is repeated with its nonce
    ("bluesky", "401:AccountDeactivated"): C.POLICY,  # like other accounts that are not active
    ("instagram", "-1/2207053"): C.MEDIA,  # another container may be taken
    ("linkedin", "VERSION_MISSING"): C.OUTAGE,  # a setting mends it, the post waits
    ("linkedin", "NONEXISTENT_VERSION"): C.OUTAGE,
    ("mastodon", "403:Your login is currently disabled"): C.POLICY,  # the account's state
    ("mastodon", "403:missing a confirmed e-mail address"): C.POLICY,
    ("mastodon", "403:pending approval"): C.POLICY,
    ("mastodon", "422:Cannot attach files that have not finished processing…"): C.OUTAGE,  # the same call, later
    ("mastodon", "500:Error processing thumbnail…"): C.OUTAGE,  # until it has happened a few times
    ("threads", "492"): C.UNKNOWN,  # not expected there
    ("threads", "*/2207051"): C.INVALID_REQUEST,  # known with the codes 4 and 100
    ("tiktok", "400:app_version_check_failed"): REASONS[R.FEATURE_NOT_ELIGIBLE].class_,
    ("youtube", "invalid_client"): C.CONFIG,  # the app's token, not an account's
    ("youtube", "deleted_client"): C.CONFIG,
}


def test_every_network_documents_its_errors() -> None:
    """So that a table that is written otherwise does not pass unread."""
    counted = {name: sum(fact.network == name for fact in FACTS) for name in ENVELOPES}
    assert {name: count for name, count in counted.items() if count < 7} == {}
    assert len(FACTS) > 300


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: f"{fact.network} {fact.key}"[:70])
def test_a_documented_error_is_of_its_class(fact: Fact) -> None:
    error = explained(CHANNELS[fact.network], fact.answer)
    class_ = REASONS[error.reason].class_
    assert class_ in AS_GOOD.get(fact.class_, {fact.class_}) or class_ is OTHERWISE.get((fact.network, fact.key))
    if class_ in (C.TOKEN, C.RATE_LIMIT):
        assert error.effect is S.NOT_SENT  # a dead token and a throttle prove that nothing was done
    assert (error.retry_after is not None) or class_ is not C.RATE_LIMIT


VIDEO_FACTS = [(word, class_, place) for word, class_ in of_videos() for place in ("error", "message")]


@pytest.mark.parametrize(("word", "class_", "place"), VIDEO_FACTS)
def test_a_documented_error_of_a_video_at_bluesky_is_of_its_class(word: str, class_: C, place: str) -> None:
    """A job names its reason by a code; other refusals are names, or sentences in either field."""
    if re.fullmatch(r"[a-z_]+_[a-z_]+", word) and class_ is not C.PERMISSION:
        error = failed_transcode({"failureCode": word, "message": WORDS}, NOW)
    else:
        said = {"error": word} if " " not in word else {place: word}
        error = explain_video(given(401 if class_ is C.TOKEN else 400, said), NOW)
    assert REASONS[error.reason].class_ is class_ or (error.reason, class_) == (R.FEATURE_NOT_ELIGIBLE, C.PERMISSION)
    assert error.effect is (S.REJECTED if class_ in (C.PERMISSION, C.MEDIA) else S.NOT_SENT)
    assert (error.retry_after is not None) is (class_ is C.RATE_LIMIT)
    assert " " in word or error.provider_code == word


@pytest.mark.parametrize(
    ("status", "reason", "effect"),
    [
        (401, R.TOKEN_EXPIRED, S.NOT_SENT),
        (429, R.RATE_LIMITED, S.NOT_SENT),
        (503, R.PROVIDER_OUTAGE, S.UNKNOWN),
        (418, R.UNKNOWN_PROVIDER_ERROR, S.UNKNOWN),
    ],
)
def test_a_status_alone_of_the_video_service(status: int, reason: Reason, effect: Effect) -> None:
    error = explain_video(given(status, {}), NOW)
    assert (error.reason, error.effect, error.retry_after is not None) == (reason, effect, status == 429)


@pytest.mark.parametrize("name", ENVELOPES)
def test_the_code_and_the_words_of_every_known_error_are_kept(name: str) -> None:
    for key in known(name):
        error = explained(CHANNELS[name], ENVELOPES[name](key))
        assert error.provider_code == key.rpartition(":")[2].replace("*", "25").replace(" ", "_")
        assert error.provider_message
        assert error.effect is not S.SENT


ROWS = [(name, *row) for name, rows in CASES.items() for row in [*rows, *EVERYWHERE]]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1].status} {row[1].text}"[:80])
def test_an_answer_without_a_code(row: tuple[Any, ...]) -> None:
    name, answer, reason, effect, *code = row
    error = explained(CHANNELS[name], answer)
    assert (error.reason, error.effect) == (reason or error.reason, effect)
    if code or answer.body is None:
        assert error.provider_code == (code[0] if code else f"HTTP {answer.status}")


# There the code decides: what may follow the effect (1, 2, an upload's timeout) has an unknown effect in its own row.
BELIEVED = ("facebook", "instagram")


@pytest.mark.parametrize("name", [name for name in ENVELOPES if name not in BELIEVED])
def test_a_5xx_proves_nothing_but_a_few_facts(name: str) -> None:
    """Posts have gone live whose answer was an HTTP 500. A dead token and the race of Threads, and a blob that is too
    large for Bluesky, are what they are whatever the status."""
    for key in known(name):
        error = explained(CHANNELS[name], replace(ENVELOPES[name](key), status=502))
        proof = name == "threads" and (key == "24/4279009" or REASONS[error.reason].class_ is C.TOKEN)
        if key.endswith("BlobTooLarge"):
            assert error.effect is S.REJECTED
        else:
            assert error.effect is (S.NOT_SENT if proof else S.UNKNOWN), key


@pytest.mark.parametrize("name", BELIEVED)
def test_a_known_code_of_the_graph_means_the_same_with_a_5xx(name: str) -> None:
    for key in known(name):
        plain, error = (
            explained(CHANNELS[name], replace(ENVELOPES[name](key), status=status)) for status in (400, 500)
        )
        assert (error.reason, error.effect) == (plain.reason, plain.effect), key


MINUTES = "x_business_use_case_usage"
USAGE = {"17": [{"estimated_time_to_regain_access": 0}], "18": [{"estimated_time_to_regain_access": 7}, {}]}
MIDNIGHT = 82_860  # from NOW, 01:00 in California, and a minute
LATER, EARLIER = int(NOW.timestamp()) + 90, int(NOW.timestamp()) - 90


@pytest.mark.parametrize(
    ("name", "code"), [("facebook", 4), *((name, code) for name in ("instagram", "threads") for code in (4, 80002))]
)
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({MINUTES: json.dumps(USAGE)}, 420),
        ({MINUTES: json.dumps({"17": USAGE["17"]})}, 300),
        *(({MINUTES: odd}, 300) for odd in ("nonsense", "[1]", '{"1": [{"estimated_time_to_regain_access": "x"}]}')),
        ({"retry_after": "9"}, 9),
        ({}, 300),
    ],
)
def test_a_throttle_of_meta_says_how_long(name: str, headers: dict[str, str], seconds: int, code: int) -> None:
    assert explained(CHANNELS[name], graph(400, code, headers=headers)).retry_after == timedelta(seconds=seconds)


BUCKET = (
    "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day' of service 'y' for consumer '1'."
)
INFO = {
    "reason": "RATE_LIMIT_EXCEEDED",
    "metadata": {"quota_limit": "VideoUploadsPerDayPerProject", "quota_metric": "y/v"},
}
BURST = {"message": "Too many requests per minute", "details": ["odd", {"metadata": "odd"}]}
SOON = {"retry_after": "5"}


@pytest.mark.parametrize(
    ("name", "answer", "seconds"),
    [
        ("bluesky", given(429, {"error": "RateLimitExceeded"}, retry_after="12"), 12),
        ("telegram", telegram(429, "Too Many Requests: retry after 9", retry_after=9), 9),
        ("telegram", telegram(429, "Too Many Requests: retry after 9", retry_after=10**40), 604_800),
        *(("telegram", telegram(429, "Too Many Requests", retry_after=odd), 60) for odd in (-1, True, "soon")),
        ("bluesky", given(429, {"error": "RateLimitExceeded"}, ratelimit_reset=str(LATER)), 90),
        ("bluesky", given(429, {"error": "RateLimitExceeded"}, ratelimit_reset=str(EARLIER)), 1),
        ("bluesky", given(429, {"error": "RateLimitExceeded"}, ratelimit_reset="soon"), 60),
        *(
            ("x", given(429, x_rate_limit_reset=str(at)), after)
            for at, after in ((LATER, 90), (EARLIER, 1), ("soon", 900))
        ),
        (
            "x",
            given(429, x_app_limit_24hour_remaining="0", x_app_limit_24hour_reset=str(LATER), x_rate_limit_reset="1"),
            90,
        ),
        ("x", given(429, retry_after="7", x_rate_limit_reset=str(LATER)), 7),
        ("tiktok", given(403, tiktok("403:rate_limit_exceeded").body, retry_after="9"), 9),
        ("tiktok", given(403, tiktok("403:invalid_param").body, retry_after="9"), 9),
        # An empty daily quota waits for midnight, even if the header names another time.
        ("youtube", google(429, "rateLimitExceeded", BUCKET, SOON), MIDNIGHT),
        ("youtube", google(403, "rateLimitExceeded", BUCKET, SOON), MIDNIGHT),
        ("youtube", google(429, "rateLimitExceeded", headers=SOON, details=[INFO]), MIDNIGHT),
        ("youtube", google(429, None, headers=SOON, status="RESOURCE_EXHAUSTED", details=[INFO]), MIDNIGHT),
        ("youtube", google(429, None, BUCKET, SOON), MIDNIGHT),
        *(("youtube", google(403, reason, **BURST), 60) for reason in ("rateLimitExceeded", "userRateLimitExceeded")),
        *(
            ("youtube", google(403, reason, **BURST, headers={"retry_after": "7"}), 7)
            for reason in ("servingLimitExceeded",)
        ),
    ],
)
def test_waits(name: str, answer: Answer, seconds: int) -> None:
    error = explained(CHANNELS[name], answer)
    assert error.retry_after == timedelta(seconds=seconds)
    if seconds == MIDNIGHT:
        assert (error.reason, error.effect) == (R.QUOTA_EXCEEDED, S.NOT_SENT)


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 12, 1, 8, 0, tzinfo=UTC), 24),  # midnight itself
        (datetime(2026, 12, 1, 7, 0, tzinfo=UTC), 1),
        (datetime(2026, 7, 1, 6, 0, tzinfo=UTC), 1),  # summer time
        (datetime(2026, 3, 8, 8, 0, tzinfo=UTC), 23),  # the day that the clock goes forward
        (datetime(2026, 11, 1, 7, 0, tzinfo=UTC), 25),  # and back
    ],
)
def test_youtubes_midnight_is_californias(now: datetime, hours: int) -> None:
    built = bench("youtube")
    assert explained(built.channel, google(403, "quotaExceeded"), now).retry_after == timedelta(hours=hours, minutes=1)


IN_RECORD = "Invalid app.bsky.feed.post record: "


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (f"{IN_RECORD}grapheme too big (maximum 300, got 301) at $.record.text", R.TEXT_TOO_LONG),
        (f"{IN_RECORD}string too big (maximum 3000, got 3250) at $.record.text", R.TEXT_TOO_LONG),
        (f"{IN_RECORD}string too big (maximum 640, got 641) at $.record.tags[0]", R.INVALID_FIELD),
        (f'{IN_RECORD}Missing required key "createdAt" at $.record', R.MISSING_FIELD),
        (f'{IN_RECORD}Invalid datetime (got "no") at $.record.createdAt', R.INVALID_FIELD),
        (f"{IN_RECORD}array too big (maximum 4, got 5) at $.record.embed", R.INVALID_FIELD),
        ('Invalid record key for app.bsky.feed.post: Invalid TID string (got "abc") at $', R.INVALID_FIELD),
        (f"{IN_RECORD}blob too big (maximum 1000000, got 2100003) at $.record.embed", R.MEDIA_VALIDATION_FAILED),
        (f'{IN_RECORD}Expected "image/*" (got "text/plain") at $.record.embed', R.MEDIA_VALIDATION_FAILED),
        ("Blob has been takendown, cannot re-upload", R.CONTENT_POLICY),
        ("Unable to resolve handle", R.INVALID_FIELD),
        ("", R.INVALID_FIELD),
    ],
)
def test_the_messages_of_bluesky_schemas(message: str, reason: Reason) -> None:
    """As the reference PDS was seen to write them."""
    error = explained(CHANNELS["bluesky"], given(400, {"error": "InvalidRequest", "message": message}))
    assert (error.reason, error.effect) == (reason, S.REJECTED)


@pytest.mark.parametrize("name", ["facebook", "instagram", "threads"])
def test_the_message_for_people_is_preferred_and_secrets_are_removed(name: str) -> None:
    spoken = graph(
        400, 100, error_user_title="Text", error_user_msg="Too long", access_token="EAAabc123abc123abc123abc123"
    )
    error = explained(CHANNELS[name], spoken)
    assert error.provider_message == "Too long"
    assert "abc123" not in str(error.raw)


URL = "https://open-upload.tiktokapis.com/video/?upload_id=67890&upload_token=Xza-secret-upload-token"


@pytest.mark.parametrize("text", [URL, URL.replace("/", "\\/"), f'{{"upload_url":"{URL}"}}'])
def test_an_upload_address_of_tiktok_is_never_kept(text: str) -> None:
    error = explained(CHANNELS["tiktok"], Answer(500, {}, {"error": {"code": "x", "message": text}}, text))
    kept = f"{error.raw} {error.provider_message}"
    assert "secret-upload-token" not in kept
    assert "upload_id" not in kept
    assert "open-upload.tiktokapis.com" in kept
