"""Bluesky against the reference PDS: what we write is accepted, and what it answers is what we think it means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from atproto import models
from pydantic import SecretStr

from munadi.channels.bluesky.thread import record_key
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import AccountImport, LinkCard
from tests.channels.bluesky_real import Real, picture
from tests.channels.bluesky_real import alice as alice  # fixtures
from tests.channels.bluesky_real import real as real
from tests.channels.connected import new as post
from tests.channels.making import Saved, error_of, image, visible_step


def with_token(who: ConnectedAccount, access: str, refresh: str | None = None) -> ConnectedAccount:
    changes = {"access_token": SecretStr(access)} | ({"refresh_token": SecretStr(refresh)} if refresh else {})
    return who.model_copy(update={"credentials": who.credentials.model_copy(update=changes)})


async def test_a_login_returns_the_account_and_its_expiry(real: Real, alice: ConnectedAccount) -> None:
    assert alice.external_id == real.pds.accounts[0].did
    assert alice.handle == "alice.test"
    ends = alice.credentials.expires_at
    assert ends is not None
    assert timedelta(minutes=110) < ends - datetime.now(UTC) < timedelta(minutes=130)


async def test_a_token_import_is_looked_up(real: Real, alice: ConnectedAccount) -> None:
    given = AccountImport(
        access_token=alice.credentials.access_token,
        refresh_token=alice.credentials.refresh_token,
        service_url=real.pds.url,
        external_id=alice.external_id,
    )
    connection = await real.channel.verify(given)
    assert (connection.profile.external_id, connection.profile.handle) == (alice.external_id, "alice.test")
    error = await error_of(real.channel.verify(replace(given, external_id="did:plc:somebodyelse")))
    assert error.reason is Reason.INVALID_FIELD


async def test_a_wrong_password_is_refused(real: Real) -> None:
    given = AccountImport(identifier="alice.test", password=SecretStr("no-no-no"), service_url=real.pds.url)
    error = await error_of(real.channel.verify(given))
    assert (error.reason, error.provider_code) == (Reason.TOKEN_REVOKED, "AuthenticationRequired")


async def test_a_text_with_facets(real: Real, alice: ConnectedAccount) -> None:
    text = "👨‍👩‍👧 मानसून sale: https://acme.example/sale, ask @bob.test or @nobody.test. #sale"
    given = post(text, options={"langs": ["en", "hi"], "tags": ["acme"], "labels": ["graphic-media"]})
    found = await real.publish_as(given, alice)
    assert found.post_id == f"at://{alice.external_id}/app.bsky.feed.post/{record_key(given)}"
    assert [warning.code for warning in found.warnings] == ["MENTION_UNRESOLVED"]
    record = await real.record(given, alice)
    raw = text.encode()
    shown = [raw[one.index.byte_start : one.index.byte_end].decode() for one in record.facets or []]
    assert shown == ["https://acme.example/sale", "@bob.test", "#sale"]
    mention = (record.facets or [])[1].features[0]
    assert isinstance(mention, models.AppBskyRichtextFacet.Mention)
    assert mention.did == real.pds.accounts[1].did
    assert (record.langs, record.tags) == (["en", "hi"], ["acme"])
    assert record.created_at == given.due_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def test_images_with_alt(real: Real, alice: ConnectedAccount) -> None:
    real.media.files = {"med_0": picture(), "med_1": picture("red", "PNG")}
    media = (image(0, alt="Teal", width=64, height=48), image(1, mime_type="image/png", width=64, height=48))
    given = post("Two", media=media)
    await real.publish_as(given, alice)
    embed = (await real.record(given, alice)).embed
    assert isinstance(embed, models.AppBskyEmbedImages.Main)
    assert [one.alt for one in embed.images] == ["Teal", ""]
    assert [one.image.mime_type for one in embed.images] == ["image/jpeg", "image/png"]
    assert embed.images[0].image.size == len(real.media.files["med_0"])


async def test_a_link_card_with_a_picture(real: Real, alice: ConnectedAccount) -> None:
    real.cards.card_of_page = LinkCard("Sale", "All of it", picture("blue"), "image/jpeg")
    given = post("Look", link="https://acme.example/sale")
    await real.publish_as(given, alice)
    embed = (await real.record(given, alice)).embed
    assert isinstance(embed, models.AppBskyEmbedExternal.Main)
    assert (embed.external.title, embed.external.uri) == ("Sale", "https://acme.example/sale")
    assert embed.external.thumb is not None


async def test_an_identical_repeat_is_the_same_post(real: Real, alice: ConnectedAccount) -> None:
    given = post("Once")
    first = await real.publish_as(given, alice)
    before = await real.get("com.atproto.sync.getLatestCommit", did=alice.external_id)
    second = await real.publish_as(given, alice)
    assert (first.post_id, first.url) == (second.post_id, second.url)
    assert await real.get("com.atproto.sync.getLatestCommit", did=alice.external_id) == before


async def test_a_repeat_at_another_time_is_the_same_post(real: Real, alice: ConnectedAccount) -> None:
    given = post("Once")
    await real.publish_as(given, alice)
    later = given.model_copy(update={"due_at": given.due_at + timedelta(minutes=5)})
    assert (await real.publish_as(later, alice)).post_id is not None
    assert (await real.record(given, alice)).created_at.startswith(given.due_at.strftime("%Y-%m-%dT%H:%M:%S"))


async def test_another_text_at_the_same_key_is_refused(real: Real, alice: ConnectedAccount) -> None:
    given = post("First")
    await real.publish_as(given, alice)
    error = await error_of(real.publish_as(given.model_copy(update={"text": "Second"}), alice))
    assert (error.reason, error.effect) == (Reason.DUPLICATE_CONTENT, Effect.REJECTED)
    assert (await real.record(given, alice)).text == "First"


async def test_find_sees_absence_then_presence(real: Real, alice: ConnectedAccount) -> None:
    given = post("Where am I")
    assert await real.channel.find(given, alice, None, given.due_at) == Absent()
    published = await real.publish_as(given, alice)
    found = await real.channel.find(given, alice, None, given.due_at)
    assert isinstance(found, Published)
    assert (found.post_id, found.url) == (published.post_id, published.url)


async def test_find_on_a_server_without_the_account_is_unknown(real: Real, alice: ConnectedAccount) -> None:
    stranger = alice.model_copy(update={"external_id": "did:plc:abcdefghijklmnopqrstuvwx"})
    given = post("x")
    assert isinstance(await real.channel.find(given, stranger, None, given.due_at), Unknown)


async def test_what_the_server_would_refuse_is_refused_before(real: Real, alice: ConnectedAccount) -> None:
    """Our limits and the server's agree: the first text that we refuse is refused by the server, for that reason."""
    for inside, outside in (("x" * 300, "x" * 301), ("👨‍👩‍👧‍👦" * 120, "👨‍👩‍👧‍👦" * 121)):
        assert real.channel.validate(post(inside), alice) == []
        assert real.channel.validate(post(outside), alice) != []
        await real.publish_as(post(inside), alice)
        error = await error_of(real.publish_as(post(outside), alice))
        assert (error.reason, error.effect) == (Reason.TEXT_TOO_LONG, Effect.REJECTED)


async def test_a_blob_that_is_gone_is_uploaded_again(real: Real, alice: ConnectedAccount) -> None:
    real.media.files = {"med_0": picture("gold")}
    given, saved = post("x", media=(image(),)), Saved()
    await real.channel.prepare(given, alice, None, saved)
    saved.kept.state["blobs"][0]["ref"]["$link"] = "bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy"
    error = await error_of(real.channel.publish(given, alice, saved.kept, saved, visible_step()))
    assert (error.provider_code, error.effect) == ("BlobNotFound", Effect.NOT_SENT)
    await real.channel.prepare(given, alice, saved.kept, saved)
    assert isinstance(await real.channel.publish(given, alice, saved.kept, saved, visible_step()), Published)


async def test_what_is_not_an_image_is_refused(real: Real, alice: ConnectedAccount) -> None:
    real.media.files = {"med_0": b"plain words"}
    given = post("x", media=(image(mime_type="text/plain"),))
    error = await error_of(real.publish_as(given, alice))
    assert (error.reason, error.effect) == (Reason.MEDIA_VALIDATION_FAILED, Effect.REJECTED)


async def test_a_garbage_token_was_not_sent(real: Real, alice: ConnectedAccount) -> None:
    given = post("x")
    error = await error_of(real.publish_as(given, with_token(alice, "garbage-token-0123456789")))
    assert (error.reason, error.effect, error.provider_code) == (
        Reason.TOKEN_EXPIRED,
        Effect.NOT_SENT,
        "InvalidToken",
    )
    assert "garbage-token" not in str(error.raw)
    assert await real.channel.find(given, alice, None, given.due_at) == Absent()


async def test_a_refresh_brings_a_working_pair(real: Real, alice: ConnectedAccount) -> None:
    fresh = await real.channel.refresh(alice)
    assert fresh.refresh_token is not None
    assert fresh.refresh_token != alice.credentials.refresh_token
    renewed = alice.model_copy(update={"credentials": fresh})
    await real.publish_as(post("After a refresh"), renewed)


async def test_a_session_that_was_ended_needs_a_new_login(real: Real, alice: ConnectedAccount) -> None:
    assert alice.credentials.refresh_token is not None
    header = {"authorization": f"Bearer {alice.credentials.refresh_token.get_secret_value()}"}
    await real.client.post(f"{real.pds.url}/xrpc/com.atproto.server.deleteSession", headers=header)
    error = await error_of(real.channel.refresh(alice))
    assert (error.reason, error.provider_code) == (Reason.TOKEN_REVOKED, "ExpiredToken")


async def test_an_access_token_is_no_refresh_token(real: Real, alice: ConnectedAccount) -> None:
    access = alice.credentials.access_token.get_secret_value()
    error = await error_of(real.channel.refresh(with_token(alice, access, access)))
    assert (error.reason, error.provider_code) == (Reason.TOKEN_REVOKED, "InvalidToken")
