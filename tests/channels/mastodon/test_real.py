"""Mastodon's channel against snac, a real server with the same API, which has no idempotency and shares media.

Its own list of posts is the judge of how many there are.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from munadi.channels.registry import build_channels
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Published, Unknown
from munadi.domain.withdrawal import PostedObject, Verdict
from munadi.domain.withdrawal_rule import Removal
from munadi.ports import AccountImport, ConsentRequest, PublicationDraft
from tests.channels.calls import Saved, visible_step
from tests.channels.connected import Connected, film, jpeg, new
from tests.channels.making import SystemClock, error_of, image, tools, video
from tests.support.snac import BACK, RealSnac, SnacAccount


class Line:
    """Loses the answer to the next visible call, after the server has acted."""

    lost = False

    async def __call__(self, response: httpx.Response) -> None:
        if self.lost and response.request.method == "POST" and response.request.url.path.endswith("/statuses"):
            self.lost = False
            raise httpx.ReadError("the line broke", request=response.request)


class Real(Connected):
    """An account of the server, connected by consent."""

    def __init__(self, server: RealSnac, client: httpx.AsyncClient, line: Line) -> None:
        super().__init__("mastodon", {"poll_quick": 0.02}, client)
        self.server, self.client, self.line = server, client, line
        self.login = build_channels({}, tools(client, SystemClock()))[ChannelName.MASTODON]

    async def consent(self, who: SnacAccount) -> AccountImport:
        asked = ConsentRequest("state-1", BACK, hint=self.server.url)
        consent = await self.login.begin_consent(asked)
        assert (await self.client.get(consent.url)).status_code == 200
        back = self.server.agree(who, consent.kept["clientId"], BACK, "state-1")
        answered = dict(parse_qsl(urlsplit(back).query))
        (choice,) = (await self.login.exchange(asked, answered, consent.kept)).choices
        return choice.given

    async def step(self, given: PublicationDraft, saved: Saved, name: str) -> Published:
        found = await self.port.publish(given, self.account, saved, step=name)
        assert isinstance(found, Published)
        return found

    @property
    def posts(self) -> list[dict[str, Any]]:
        """The account's posts, newest first."""
        return self.server.posts(self.account.external_id.partition("@")[0])

    def shown(self, text: str) -> list[dict[str, Any]]:
        return [one for one in self.posts if one["text"] == text]


@pytest.fixture
async def real(real_snac: RealSnac) -> AsyncIterator[Real]:
    line, limits = Line(), httpx.Limits(max_keepalive_connections=0)  # snac closes connections without a word
    # On a busy machine snac may be slow to answer.
    async with httpx.AsyncClient(event_hooks={"response": [line]}, limits=limits, timeout=60) as client:
        made = Real(real_snac, client, line)
        await made.connect(await made.consent(real_snac.accounts[0]))
        yield made


async def test_a_consent_connects_the_account_and_reads_the_server(real: Real) -> None:
    host = urlsplit(real.server.url).netloc
    account = real.account
    assert (account.handle, account.service_url) == (f"alice@{host}", real.server.url)
    assert account.external_id.endswith(f"@{host}")
    instance = account.facts["instance"]
    assert (instance["software"], instance["characters"], instance["poll_options"]) == ("snac", 100_000, 8)
    assert account.credentials.expires_at is None
    again = AccountImport.of(account.credentials, external_id=account.external_id, service_url=account.service_url)
    assert (await real.channel.verify(again)).profile.external_id == account.external_id


async def test_a_text_is_published_once_and_read_back(real: Real) -> None:
    text = "👨‍👩‍👧 मानसून sale: https://acme.example/sale for @bob & <all> #sale"
    given = new(text, options={"contentWarning": "Advertising"})
    found = await real.post(given)
    (shown,) = real.shown(text)
    assert (shown["id"], shown["url"]) == (found.post_id, found.url)
    assert (shown["spoiler_text"], shown["sensitive"], shown["visibility"]) == ("Advertising", True, "public")
    assert await real.find(given, Saved()) == found.model_copy(
        update={"published_at": datetime.fromisoformat(str(shown["created_at"])), "by_likeness": True}
    )


async def test_pictures_with_alt_text(real: Real) -> None:
    real.media.files = {"med_0": jpeg(), "med_1": jpeg(64, 48, "red", "PNG")}
    media = (image(0, alt='A "teal" square; ä'), image(1, mime_type="image/png"))
    await real.post(new("Two pictures", media=media, options={"focus": [{"media": 0, "x": -0.5, "y": 1}]}))
    (shown,) = real.shown("Two pictures")
    described = [(one["type"], one["description"]) for one in shown["media_attachments"]]
    assert described == [("image", 'A "teal" square; ä'), ("image", "")]
    first = (await real.client.get(shown["media_attachments"][0]["url"])).content
    assert first == real.media.files["med_0"]


async def test_a_video_is_sent_in_pieces(real: Real) -> None:
    content = film(320, 180)
    real.media.files = {"med_0": content}
    await real.post(new("A film", media=(video(bytes=len(content)),)))
    (shown,) = real.shown("A film")
    (medium,) = shown["media_attachments"]
    assert medium["type"] == "video"
    assert (await real.client.get(medium["url"])).content == content


async def test_a_thread_with_a_first_comment(real: Real) -> None:
    given, saved = new("Part one", parts=("Part two", "Part three"), first_comment="And a comment"), Saved()
    names = ("post", *real.channel.steps(given))
    assert names == ("post", "part-2", "part-3", "comment")
    for name in names:
        await real.step(given, saved, name)
        assert isinstance(await real.find(given, saved, name), Published)
    one, two, three, comment = (real.shown(text)[0] for text in ("Part one", *given.parts, "And a comment"))
    parents = [each["in_reply_to_id"] for each in (one, two, three, comment)]
    assert parents == [None, one["id"], two["id"], one["id"]]


@pytest.mark.parametrize("kind", ["text", "photo"])
async def test_a_lost_answer_is_found_and_not_sent_again(real: Real, kind: str) -> None:
    text = f"Lost {kind} {datetime.now(UTC).isoformat()}"
    real.media.files = {"med_0": jpeg()}
    given, saved = new(text, media=(image(),) if kind == "photo" else ()), Saved()
    await real.prepare(given, saved)
    assert isinstance(await real.find(given, saved), Absent)
    real.line.lost = True
    await error_of(real.publish(given, saved), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN)
    found = await real.find(given, saved)
    assert isinstance(found, Published)
    (shown,) = real.shown(text)
    assert (found.post_id, found.by_likeness) == (shown["id"], True)


async def test_the_part_after_a_lost_answer_finds_what_it_answers(real: Real) -> None:
    given, saved = new(f"First {datetime.now(UTC).isoformat()}", parts=("Second",)), Saved()
    real.line.lost = True
    await error_of(real.publish(given, saved), effect=Effect.UNKNOWN)
    part = await real.step(given, saved, "part-2")
    (first,) = real.shown(given.text)
    assert next(one for one in real.posts if one["id"] == part.post_id)["in_reply_to_id"] == first["id"]


async def test_two_posts_that_look_alike_are_not_told_apart(real: Real) -> None:
    text = f"Twin {datetime.now(UTC).isoformat()}"
    given = new(text)
    await real.post(given)
    await real.post(new(text))
    assert isinstance(await real.find(given, Saved()), Unknown)
    assert len(real.shown(text)) == 2


async def test_a_later_time_does_not_find_an_older_post(real: Real) -> None:
    given = new(f"Old {datetime.now(UTC).isoformat()}")
    await real.post(given)
    late = given.due_at + timedelta(minutes=5)
    assert isinstance(await real.port.find(given, real.account, None, late), Absent)


async def test_a_hidden_post_cannot_be_looked_for(real: Real) -> None:
    given, saved = new("For followers only", options={"visibility": "private"}), Saved()
    found = await real.publish(given, saved)
    assert isinstance(await real.port.find(given, real.account, None, given.due_at), Unknown)
    assert (await real.step(given, saved, "post")).post_id == found.post_id


async def test_a_lower_visibility_is_reported(real: Real) -> None:
    found = await real.post(new("Not in the public timeline", options={"visibility": "unlisted"}))
    assert [warning.code for warning in found.warnings] == ["VISIBILITY_CHANGED"]


async def test_a_token_that_the_server_does_not_know(real: Real) -> None:
    dead = real.account.credentials.model_copy(update={"access_token": SecretStr("garbage-token-0123456789")})
    stranger = real.account.model_copy(update={"credentials": dead})
    given = new("Never sent")
    call = real.port.publish(given, stranger)
    await error_of(call, Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    known = AccountImport.of(dead, external_id=stranger.external_id, service_url=stranger.service_url)
    await error_of(real.channel.verify(known), Reason.TOKEN_EXPIRED)
    with pytest.raises(ChannelError) as caught:
        await real.channel.refresh(stranger)
    assert caught.value.reason is Reason.TOKEN_REVOKED
    assert real.shown("Never sent") == []


async def test_snac_removes_nothing_and_its_404_is_no_success(real: Real) -> None:
    given = new(f"It stays {datetime.now(UTC).isoformat()}")
    found = await real.post(given)
    rule = real.channel.withdrawal(given, real.account)
    assert (rule.kind, "snac" in rule.by_hand) == (Removal.NONE, True)
    (one,) = (PostedObject(id=each.id) for each in found.made)
    attempt = visible_step()
    error = await error_of(real.channel.withdraw(one, real.account, attempt), effect=Effect.UNKNOWN, code="HTTP 404")
    assert (error.reason, attempt.passed) == (Reason.TARGET_NOT_ACCESSIBLE, True)
    (seen,) = await real.channel.look([one], real.account)
    assert (seen.verdict, len(real.shown(given.text))) == (Verdict.LIVE, 1)


async def test_a_post_that_snac_does_not_know_is_never_called_gone(real: Real) -> None:
    unknown = PostedObject(id="1764581234aaaaaaaaaaaaaaaaaaaaaaaa")
    error = await error_of(real.channel.look([unknown], real.account))
    assert error.provider_code == "NO_PROOF", "its 404 has no text of the server's own"


async def test_posts_of_snac_are_watched_by_its_list(real: Real) -> None:
    found = [await real.post(new(f"Watched {number} {datetime.now(UTC).isoformat()}")) for number in range(3)]
    objects = [PostedObject(id=each.id) for one in found for each in one.made]
    seen = await real.channel.watch([*objects, PostedObject(id="1764581234aaaaaaaaaaaaaaaaaaaaaaaa")], real.account)
    assert [one.verdict for one in seen] == [Verdict.LIVE] * 3 + [Verdict.UNREADABLE]
