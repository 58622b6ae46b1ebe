"""What only Google Business Profile has, over sockets: locations, posts that are judged, and Google's own shapes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from munadi.domain.failure import Effect, PostDropped, Reason
from munadi.domain.publication import Absent, Pending, Published, Unknown
from munadi.domain.withdrawal import PostedObject
from munadi.ports import AccountImport
from tests.channels.calls import Saved, visible_step
from tests.channels.connected import new
from tests.channels.consent import Login
from tests.channels.consent import at as login_at
from tests.channels.making import error_of
from tests.channels.sandbox import Acme, acme_at, at, draft
from tests.channels.servers import MediaSite, Oracle
from tests.judges.google_business_names import complaints

R, S = Reason, Effect
google = at("google_business")
SITE = "https://acme.example/"
EVENT = {"title": "Sale", "startDate": "2036-12-24", "endDate": "2036-12-26", "startTime": "09:00"}


@google
async def test_a_post_is_published_once_google_has_judged_it(acme: Acme) -> None:
    acme.set("delays", 60, "processing")
    given, saved = new("Hello"), Saved()
    await acme.prepare(given, saved)
    assert isinstance(await acme.send(given, saved), Pending)
    assert acme.posts == []
    assert isinstance(await acme.port.check(given, acme.account, saved), Pending)
    assert isinstance(await acme.send(given, saved), Pending), "a second request sends nothing"
    acme.oracle.call("POST", "/clock", advanceSeconds=61)
    found = await acme.port.check(given, acme.account, saved)
    assert isinstance(found, Published)
    assert [(one["id"], one["url"]) for one in acme.posts] == [(found.post_id, found.url)]
    assert len(acme.calls("create_post")) == 1


@google
async def test_a_rejected_post_fails_and_only_a_retry_by_hand_makes_another(acme: Acme) -> None:
    acme.set("switches", True, "rejectPosts")
    given, saved = new("CALL 555 1234"), Saved()
    await acme.prepare(given, saved)
    with pytest.raises(PostDropped) as dropped:
        await acme.send(given, saved)
    assert (dropped.value.reason, dropped.value.effect) == (R.CONTENT_POLICY, S.REJECTED)
    acme.set("switches", False, "rejectPosts")
    await acme.post(given, saved)
    assert len(acme.posts) == 1


@google
@pytest.mark.parametrize("state", ["not judged", "rejected"])
async def test_a_lost_post_that_is_not_live_is_never_sent_again(acme: Acme, state: str) -> None:
    acme.set("delays", 60, "processing")
    acme.set("switches", state == "rejected", "rejectPosts")
    acme.plant("create_post", "accept_then_reset")
    given, saved = draft(acme, "photo"), Saved()
    await acme.failure(given, saved, effect=S.UNKNOWN)
    if state == "rejected":
        acme.oracle.call("POST", "/clock", advanceSeconds=61)
    found = await acme.find(given, saved)
    assert isinstance(found, Unknown)
    assert ("REJECTED" if state == "rejected" else "PROCESSING") in (found.note or "")


@google
async def test_without_the_addresses_of_photos_twins_are_not_told_apart(acme: Acme) -> None:
    acme.set("switches", True, "hideSources")
    acme.plant("create_post", "accept_then_reset")
    given, saved = draft(acme, "photo"), Saved()
    await acme.failure(given, saved)
    assert isinstance(await acme.find(given, saved), Published)
    await acme.post(draft(acme, "photo"))
    assert isinstance(await acme.find(given, saved), Unknown)


@google
async def test_a_list_that_lags_is_no_proof_by_itself(acme: Acme) -> None:
    acme.set("delays", 30, "listing")
    acme.plant("create_post", "accept_then_reset")
    given, saved = draft(acme, "photo"), Saved()
    await acme.failure(given, saved)
    assert isinstance(await acme.find(given, saved), Absent)
    assert acme.channel.spec.long_absence.total_seconds() >= 900
    acme.oracle.call("POST", "/clock", advanceSeconds=31)
    assert isinstance(await acme.find(given, saved), Published)


@google
@pytest.mark.parametrize(("switch", "reason"), [("unapproved", R.RATE_LIMITED), ("disabled", R.APP_NOT_APPROVED)])
async def test_a_project_without_access_sends_nothing(acme: Acme, switch: str, reason: Reason) -> None:
    given, saved = new("Hello"), Saved()
    await acme.prepare(given, saved)
    acme.set("switches", True, switch)
    await error_of(acme.send(given, saved), reason, S.NOT_SENT)
    assert acme.posts == []


@google
async def test_an_event_that_is_over_is_refused_with_its_field(acme: Acme) -> None:
    over = {**EVENT, "startDate": "2020-12-24", "endDate": "2020-12-24"}
    error = await acme.failure(new("x", options={"topic": "event", "event": over}), reason=R.INVALID_FIELD)
    assert "event.schedule: The event is over." in (error.provider_message or "")


@google
@pytest.mark.parametrize(("wanted", "rule"), [(None, None), ("locations/{id}", None), ("7", "location")])
async def test_an_import_names_a_location_or_has_one_alone(acme: Acme, wanted: str | None, rule: str | None) -> None:
    own = acme.account.external_id
    token = acme.account.credentials.access_token
    given = AccountImport(access_token=token, external_id=wanted and wanted.format(id=own))
    if rule is None:
        assert (await acme.channel.verify(given)).profile.external_id == own
    else:
        error = await error_of(acme.channel.verify(given), R.INVALID_FIELD, S.REJECTED)
        assert own in str(error), "it says which there are"


@login_at("google_business")
async def test_every_location_that_takes_posts_is_a_choice_once(login: Login) -> None:
    other, closed = login.another("second"), login.another("closed")
    login.oracle.call("PATCH", f"/profiles/google_business/{closed['externalId']}", status="no_posts")
    granted = await login.granted()
    assert [one.name for one in granted.choices] == ["acme", "second"], "a group that holds them too adds none"
    for choice in granted.choices:
        assert (await login.channel.verify(choice.given)).profile.external_id == choice.external_id
    assert granted.choices[1].external_id == other["externalId"]
    assert await login.server.revoke(login.account()) is False, "the grant speaks for the others, too"
    login.oracle.call("PATCH", f"/profiles/google_business/{login.profile}", status="no_posts")
    refused = await error_of(login.channel.verify(granted.choices[0].given), R.INVALID_FIELD)
    assert "takes no posts" in str(refused)


class Recorded(httpx.AsyncHTTPTransport):
    """A real transport that keeps every call and its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[httpx.Request, httpx.Response]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        await response.aread()
        kept = httpx.Response(response.status_code, headers=response.headers, content=response.content)
        self.seen.append((request, kept))
        return kept


@pytest.fixture
async def recorded(oracle: Oracle, site: MediaSite) -> AsyncIterator[tuple[Acme, Recorded]]:
    transport = Recorded()
    async with acme_at("google_business", oracle, site, transport=transport) as acme:
        yield acme, transport


async def test_calls_and_answers_have_the_shapes_that_google_publishes(recorded: tuple[Acme, Recorded]) -> None:
    acme, transport = recorded
    options: list[Any] = [
        {"callToAction": {"action": "call"}, "languageCode": "hi"},
        {"topic": "event", "event": EVENT, "callToAction": {"action": "book", "url": SITE}},
        {"topic": "offer", "event": EVENT, "offer": {"couponCode": "RAIN", "terms": "x", "redeemUrl": SITE}},
    ]
    made = [await acme.post(draft(acme, "photo", f"Post {one}", options=one)) for one in options]
    (one, *_) = made[0].made
    await acme.find(new("Lost"), Saved())
    await acme.channel.withdraw(PostedObject(id=one.id), acme.account, visible_step())
    assert {str(fault) for seen in transport.seen for fault in complaints(*seen)} == set()
    assert {call.method for call, _ in transport.seen} == {"GET", "POST", "DELETE"}


@pytest.mark.parametrize(
    ("method", "path", "body", "fault"),
    [
        ("POST", "/api/v4/locations/1/localPosts", {}, "no method is called"),
        ("POST", "/api/v4/accounts/1/locations/1/localPosts", {"title": "x"}, "has no property title"),
        ("POST", "/api/v4/accounts/1/locations/1/localPosts", {"topicType": "NEWS"}, "may not be 'NEWS'"),
        ("POST", "/api/v4/accounts/1/locations/1/localPosts", {"name": "x"}, "Google's own"),
        ("POST", "/api/v4/accounts/1/locations/1/localPosts", {"summary": 5}, "not of type string"),
        ("PATCH", "/api/v4/accounts/1/locations/1/localPosts/1?updateMask=offer", {"summary": "x"}, "the mask lacks"),
        ("GET", "/locations/v1/locations/1?fieldMask=name", None, "no parameter fieldMask"),
        ("GET", "/accounts/v2/accounts", None, "no method is called"),
    ],
)
def test_the_judge_knows_what_google_does_not_take(method: str, path: str, body: Any, fault: str) -> None:
    more = {} if body is None else {"json": body}
    request = httpx.Request(method, f"http://sandbox/google_business{path}", **more)
    assert any(fault in one for one in complaints(request, None))
