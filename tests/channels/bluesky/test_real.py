"""Bluesky against the reference PDS: it accepts our records, and its answers have the meaning that we assume."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from atproto import models
from pydantic import SecretStr

from munadi.channels.bluesky.thread import record_key
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import AccountImport, LinkCard
from tests.channels.bluesky.real import Real, picture
from tests.channels.bluesky.real import alice as alice  # fixtures
from tests.channels.bluesky.real import line as line
from tests.channels.bluesky.real import real as real
from tests.channels.calls import Saved
from tests.channels.connected import new as post
from tests.channels.making import error_of, image


def with_tokens(who: ConnectedAccount, token: str) -> ConnectedAccount:
    changes = {"access_token": SecretStr(token), "refresh_token": SecretStr(token)}
    return who.model_copy(update={"credentials": who.credentials.model_copy(update=changes)})


async def test_a_login_and_the_import_of_its_tokens_name_the_account(real: Real, alice: ConnectedAccount) -> None:
    assert (alice.external_id, alice.handle) == (real.pds.accounts[0].did, "alice.test")
    ends = alice.credentials.expires_at
    assert ends is not None
    assert timedelta(minutes=110) < ends - datetime.now(UTC) < timedelta(minutes=130)
    given = AccountImport.of(alice.credentials, external_id=alice.external_id, service_url=real.pds.url)
    profile = (await real.channel.verify(given)).profile
    assert (profile.external_id, profile.handle) == (alice.external_id, "alice.test")
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
    raw, facets = text.encode(), record.facets or []
    shown = [raw[one.index.byte_start : one.index.byte_end].decode() for one in facets]
    assert shown == ["https://acme.example/sale", "@bob.test", "#sale"]
    mention = facets[1].features[0]
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
    assert [(one.alt, one.image.mime_type) for one in embed.images] == [("Teal", "image/jpeg"), ("", "image/png")]
    assert embed.images[0].image.size == len(real.media.files["med_0"])


async def test_a_link_card_with_a_picture(real: Real, alice: ConnectedAccount) -> None:
    real.cards.card_of_page = LinkCard("Sale", "All of it", picture("blue"), "image/jpeg")
    given = post("Look", link="https://acme.example/sale")
    await real.publish_as(given, alice)
    embed = (await real.record(given, alice)).embed
    assert isinstance(embed, models.AppBskyEmbedExternal.Main)
    assert (embed.external.title, embed.external.uri) == ("Sale", "https://acme.example/sale")
    assert embed.external.thumb is not None


async def test_a_thread_that_begins_with_a_quote(real: Real, alice: ConnectedAccount) -> None:
    quoted = await real.publish_as(post("Worth quoting"), await real.login(real.pds.accounts[1]))
    key = str(quoted.post_id).rpartition("/")[2]
    options = {"quote": f"https://bsky.app/profile/bob.test/post/{key}"}
    given, saved = post("One", parts=("Two with @bob.test", "Three"), options=options), Saved()
    await real.port.prepare(given, alice, saved)
    steps = ("post", *real.channel.steps(given))
    for name in steps:
        assert isinstance(await real.port.find(given, alice, saved, given.due_at, name), Absent)
        await real.write(given, alice, saved, name)
        assert isinstance(await real.port.find(given, alice, saved, given.due_at, name), Published)
        if name == "part-2":
            saved.kept.state["posts"] = {}  # the last part reads its references from the records
    before = await real.head(alice)
    await real.write(given, alice, saved, "part-3")
    assert await real.head(alice) == before
    keys = {record_key(given, name) for name in steps}  # other tests post for alice too
    listed = [record for record in await real.list_posts(alice) if record["uri"].rpartition("/")[2] in keys]
    three, two, one = listed
    assert [record["value"]["text"] for record in (one, two, three)] == ["One", "Two with @bob.test", "Three"]
    root = {"uri": one["uri"], "cid": one["cid"]}
    assert two["value"]["reply"] == {"root": root, "parent": root}
    assert three["value"]["reply"] == {"root": root, "parent": {"uri": two["uri"], "cid": two["cid"]}}
    embed = (await real.record(given, alice)).embed
    assert isinstance(embed, models.AppBskyEmbedRecord.Main)
    assert embed.record.uri == quoted.post_id


async def test_find_on_a_server_without_the_account_is_unknown(real: Real, alice: ConnectedAccount) -> None:
    stranger = alice.model_copy(update={"external_id": "did:plc:abcdefghijklmnopqrstuvwx"})
    given = post("x")
    assert isinstance(await real.port.find(given, stranger, None, given.due_at), Unknown)


@pytest.mark.parametrize(("inside", "outside"), [("x" * 300, "x" * 301), ("👨‍👩‍👧‍👦" * 120, "👨‍👩‍👧‍👦" * 121)])
async def test_our_limits_are_those_of_the_server(
    real: Real, alice: ConnectedAccount, inside: str, outside: str
) -> None:
    """The shortest text that we refuse is refused by the server for the same reason."""
    assert real.channel.validate(post(inside), alice) == []
    assert real.channel.validate(post(outside), alice) != []
    await real.publish_as(post(inside), alice)
    error = await error_of(real.publish_as(post(outside), alice))
    assert (error.reason, error.effect) == (Reason.TEXT_TOO_LONG, Effect.REJECTED)


async def test_a_blob_that_is_gone_is_uploaded_again(real: Real, alice: ConnectedAccount) -> None:
    real.media.files = {"med_0": picture("gold")}
    given, saved = post("x", media=(image(),)), Saved()
    await real.port.prepare(given, alice, saved)
    saved.kept.state["blobs"][0]["ref"]["$link"] = "bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy"
    error = await error_of(real.write(given, alice, saved))
    assert (error.provider_code, error.effect) == ("BlobNotFound", Effect.NOT_SENT)
    await real.port.prepare(given, alice, saved)
    await real.write(given, alice, saved)


async def test_a_file_that_is_no_image_is_refused(real: Real, alice: ConnectedAccount) -> None:
    real.media.files = {"med_0": b"plain words"}
    error = await error_of(real.publish_as(post("x", media=(image(mime_type="text/plain"),)), alice))
    assert (error.reason, error.effect) == (Reason.MEDIA_VALIDATION_FAILED, Effect.REJECTED)


async def test_with_an_invalid_token_nothing_is_sent(real: Real, alice: ConnectedAccount) -> None:
    given = post("x")
    error = await error_of(real.publish_as(given, with_tokens(alice, "garbage-token-0123456789")))
    assert (error.reason, error.effect) == (Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    assert (error.provider_code, "garbage-token" in str(error.raw)) == ("InvalidToken", False)
    assert isinstance(await real.port.find(given, alice, None, given.due_at), Absent)


async def test_a_refresh_brings_a_working_pair_until_the_session_ends(real: Real, alice: ConnectedAccount) -> None:
    fresh = await real.channel.refresh(alice)
    assert fresh.refresh_token is not None
    assert fresh.refresh_token != alice.credentials.refresh_token
    renewed = alice.model_copy(update={"credentials": fresh})
    await real.publish_as(post("After a refresh"), renewed)
    # An access token is no refresh token.
    error = await error_of(real.channel.refresh(with_tokens(alice, fresh.access_token.get_secret_value())))
    assert (error.reason, error.provider_code) == (Reason.TOKEN_REVOKED, "InvalidToken")
    header = {"authorization": f"Bearer {fresh.refresh_token.get_secret_value()}"}
    await real.client.post(f"{real.pds.url}/xrpc/com.atproto.server.deleteSession", headers=header)
    error = await error_of(real.channel.refresh(renewed))
    assert (error.reason, error.provider_code) == (Reason.TOKEN_REVOKED, "ExpiredToken")
