"""Facebook on the sandbox: media are really uploaded, fetched and judged, and the oracle counts what went out."""

from __future__ import annotations

import asyncio
import functools
import io
from collections.abc import AsyncIterator
from typing import Any

import av
import httpx
import pytest
from PIL import Image
from pydantic import SecretStr

from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.publication import Absent, Pending, Published, Unknown
from munadi.ports import AccountImport, PublicationDraft, Stage
from tests.channels.conftest import MediaSite, Oracle
from tests.channels.connected import Connected, jpeg, new
from tests.channels.making import GateThatCounts, Saved, image, video

KINDS = ["text", "photos", "reel", "video"]
VISIBLE = {"text": "feed", "photos": "feed", "reel": "finish_reel", "video": "finish_video"}
LOST = ["accept_then_reset", "accept_then_502", "accept_then_504", "accept_then_half_body"]


@functools.cache
def film(width: int, height: int, seconds: int = 3) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream: Any = container.add_stream("h264", rate=24)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "ultrafast"}
        frames: Any = av.VideoFrame
        picture: Any = Image.new("RGB", (width, height), "teal")
        for _ in range(24 * seconds + 1):
            container.mux(stream.encode(frames.from_image(picture)))
        container.mux(stream.encode())
    return out.getvalue()


class Acme(Connected):
    """A Page with its files: `reel.mp4` fits the rules of reels, `wide.mp4` does not."""

    profile: dict[str, Any]

    def draft(self, kind: str, text: str = "Hello", **fields: Any) -> PublicationDraft:
        match kind:
            case "text":
                return new(text, **fields)
            case "photos":
                return new(text, media=(image(0, alt="Teal"), image(1)), **fields)
            case "reel":
                self.media.files["med_0"] = film(540, 960)
                size = len(self.media.files["med_0"])
                return new(text, media=(video(width=540, height=960, bytes=size, fps=24.0),), **fields)
        self.media.files["med_0"] = film(320, 180)
        size = len(self.media.files["med_0"])
        return new(text, media=(video(width=320, height=180, bytes=size, fps=24.0),), **fields)

    async def publish_until_live(self, given: PublicationDraft, saved: Saved) -> Published:
        """As the workflow does: the visible call, then checks until it is published."""
        found: Any = await self.channel.publish(given, self.account, saved.handle, saved, Stage(GateThatCounts()))
        for _ in range(100):
            if isinstance(found, Published):
                return found
            await asyncio.sleep(0.02)
            found = await self.channel.check(given, self.account, saved.handle)
        raise AssertionError("never published")


@pytest.fixture
async def acme(oracle: Oracle, site: MediaSite) -> AsyncIterator[Acme]:
    profile = oracle.call("POST", "/profiles", channel="facebook", name="acme")
    for kind in ("reel", "video", "publish", "index"):
        oracle.call("PUT", "/delays", channel="facebook", kind=kind, seconds=0)
    base = f"{oracle.url}/facebook"
    hosts = {"graph": f"{base}/graph", "auth": f"{base}/www", "upload": f"{base}/upload", "video": f"{base}/video"}
    settings = {"hosts": hosts, "poll_quick": 0.02, "client_id": "4711", "client_secret": "app-secret"}
    async with httpx.AsyncClient() as client:
        connected = Acme("facebook", settings, client)
        connected.media.base = site.url
        site.files |= {"/med_0": jpeg(), "/med_1": jpeg(400, 320, "red")}
        connected.profile = profile
        given = AccountImport(
            external_id=profile["externalId"],
            access_token=SecretStr(profile["accessToken"]),
            refresh_token=SecretStr(profile["refreshToken"]),
        )
        await connected.connect(given)
        yield connected


def posts(oracle: Oracle, connected: Connected) -> list[dict[str, Any]]:
    return oracle.posts(connected.account.external_id)


async def failure(connected: Connected, given: PublicationDraft, saved: Saved | None = None) -> ChannelError:
    """What stops a publication, in its preparation or its visible call."""
    saved = saved or Saved()
    try:
        await connected.prepare(given, saved)
        await connected.channel.publish(given, connected.account, saved.handle, saved, Stage(GateThatCounts()))
    except ChannelError as error:
        return error
    raise AssertionError("nothing stopped it")


@pytest.mark.parametrize(
    ("kind", "seen"), [("text", "text"), ("photos", "album"), ("reel", "reel"), ("video", "video")]
)
async def test_each_kind_goes_out_once(oracle: Oracle, acme: Acme, kind: str, seen: str) -> None:
    given, saved = acme.draft(kind), Saved()
    await acme.prepare(given, saved)
    assert posts(oracle, acme) == []
    found = await acme.publish_until_live(given, saved)
    (post,) = posts(oracle, acme)
    assert (post["id"], post["url"], post["text"], post["kind"]) == (found.post_id, found.url, "Hello", seen)
    assert found.published_at is not None
    again = await acme.channel.publish(given, acme.account, saved.handle, saved, Stage(GateThatCounts()))
    assert isinstance(again, Published)
    assert len(posts(oracle, acme)) == 1


async def test_photos_keep_their_order_and_alt_texts(oracle: Oracle, acme: Acme) -> None:
    await acme.post(acme.draft("photos"))
    (post,) = posts(oracle, acme)
    assert [(media["width"], media["alt"]) for media in post["media"]] == [(320, "Teal"), (400, "")]


async def test_a_link_has_its_field(oracle: Oracle, acme: Acme) -> None:
    await acme.post(new("Look", link="https://acme.example/sale"))
    (post,) = posts(oracle, acme)
    assert (post["kind"], post["link"], post["text"]) == ("link", "https://acme.example/sale", "Look")


async def test_an_unreadable_link_is_read_again_before_the_second_try(oracle: Oracle, acme: Acme) -> None:
    oracle.call("PUT", "/switches", channel="facebook", kind="unreadableLinks", enabled=True)
    given, saved = new("Look", link="https://acme.example/sale"), Saved()
    assert (await failure(acme, given, saved)).sorting is Sorting.NOT_SENT
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", LOST)
async def test_accepted_but_unanswered_is_found_and_never_doubled(
    oracle: Oracle, acme: Acme, kind: str, mode: str
) -> None:
    oracle.plant("facebook", VISIBLE[kind], mode)
    given, saved = acme.draft(kind), Saved()
    error = await failure(acme, given, saved)
    assert error.sorting is Sorting.UNKNOWN
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    (post,) = posts(oracle, acme)
    assert (found.post_id, found.url) == (post["id"], post["url"])


@pytest.mark.parametrize("kind", KINDS)
async def test_a_500_with_code_2_may_be_live(oracle: Oracle, acme: Acme, kind: str) -> None:
    oracle.plant("facebook", VISIBLE[kind], "live_but_error", error={"code": 2})
    given, saved = acme.draft(kind), Saved()
    error = await failure(acme, given, saved)
    assert (error.reason, error.sorting, error.provider_code) == (Reason.PROVIDER_OUTAGE, Sorting.UNKNOWN, "2")
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    assert [post["id"] for post in posts(oracle, acme)] == [found.post_id]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("plan", [{"mode": "reset"}, {"mode": "error", "error": {"code": 2}}], ids=["reset", "code 2"])
async def test_lost_without_effect_the_same_handle_goes_out(
    oracle: Oracle, acme: Acme, kind: str, plan: dict[str, Any]
) -> None:
    oracle.plant("facebook", VISIBLE[kind], **plan)
    given, saved = acme.draft(kind), Saved()
    assert (await failure(acme, given, saved)).sorting is Sorting.UNKNOWN
    assert await acme.find(given, saved) == Absent()
    await acme.publish_until_live(given, saved)
    assert len(posts(oracle, acme)) == 1


async def test_a_finish_sent_twice_makes_one_reel(oracle: Oracle, acme: Acme) -> None:
    oracle.plant("facebook", "finish_reel", "accept_then_reset")
    given, saved = acme.draft("reel"), Saved()
    await failure(acme, given, saved)
    found = await acme.publish_until_live(given, saved)
    assert [post["id"] for post in posts(oracle, acme)] == [found.post_id]


async def test_two_posts_alike_are_not_told_apart(oracle: Oracle, acme: Acme) -> None:
    oracle.call("PUT", "/switches", channel="facebook", kind="refuseDuplicates", enabled=False)
    oracle.plant("facebook", "feed", "accept_then_reset")
    given, saved = acme.draft("text"), Saved()
    await failure(acme, given, saved)
    await acme.post(acme.draft("text"))
    assert isinstance(await acme.find(given, saved), Unknown)


async def test_photos_tell_two_posts_alike_apart(oracle: Oracle, acme: Acme) -> None:
    oracle.plant("facebook", "feed", "accept_then_reset")
    given, saved = acme.draft("photos"), Saved()
    await failure(acme, given, saved)
    twin = await acme.post(acme.draft("photos"))
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    assert found.post_id != twin.post_id


async def test_the_same_text_again_is_a_duplicate_that_may_be_ours(oracle: Oracle, acme: Acme) -> None:
    await acme.post(acme.draft("text"))
    error = await failure(acme, acme.draft("text"))
    assert (error.reason, error.sorting) == (Reason.DUPLICATE_CONTENT, Sorting.UNKNOWN)
    assert len(posts(oracle, acme)) == 1


async def test_a_reel_is_not_published_before_facebook_says_so(oracle: Oracle, acme: Acme) -> None:
    oracle.call("PUT", "/delays", channel="facebook", kind="publish", seconds=0.4)
    given, saved = acme.draft("reel"), Saved()
    await acme.prepare(given, saved)
    found = await acme.channel.publish(given, acme.account, saved.handle, saved, Stage(GateThatCounts()))
    assert isinstance(found, Pending)
    assert posts(oracle, acme) == []
    assert isinstance(await acme.find(given, saved), Unknown)
    assert isinstance(await acme.publish_until_live(given, saved), Published)
    assert len(posts(oracle, acme)) == 1


async def test_a_reel_is_waited_for_while_it_is_processed(oracle: Oracle, acme: Acme) -> None:
    oracle.call("PUT", "/delays", channel="facebook", kind="reel", seconds=0.3)
    given, saved = acme.draft("reel"), Saved()
    found = await acme.channel.prepare(given, acme.account, None, saved)
    assert isinstance(found, Pending)
    await acme.prepare(given, saved)
    await acme.publish_until_live(given, saved)


async def test_a_cut_upload_goes_on_where_it_ended(oracle: Oracle, acme: Acme) -> None:
    given, saved = acme.draft("reel"), Saved()
    oracle.call("PUT", "/limits", channel="facebook", kind="bytesPerUpload", value=given.media[0].bytes // 2 + 1)
    with pytest.raises(ChannelError) as caught:
        await acme.prepare(given, saved)
    assert caught.value.provider_code == "PartialRequestError"
    await acme.prepare(given, saved)
    await acme.publish_until_live(given, saved)
    (post,) = posts(oracle, acme)
    assert (post["media"][0]["width"], post["media"][0]["mimeType"]) == (540, "video/mp4")


@pytest.mark.parametrize("mode", ["accept_then_reset", "reset"])
@pytest.mark.parametrize(("kind", "step"), [("reel", "upload_reel"), ("video", "transfer_video")])
async def test_an_upload_survives_a_lost_answer(oracle: Oracle, acme: Acme, kind: str, step: str, mode: str) -> None:
    oracle.plant("facebook", step, mode)
    given, saved = acme.draft(kind), Saved()
    with pytest.raises(ChannelError):
        await acme.prepare(given, saved)
    if (kind, mode) == ("video", "accept_then_reset"):
        # The part is there already, so it is refused with the offset to go on from.
        with pytest.raises(ChannelError):
            await acme.prepare(given, saved)
    await acme.prepare(given, saved)
    await acme.publish_until_live(given, saved)
    assert len(posts(oracle, acme)) == 1


async def test_a_reel_that_cannot_be_processed_is_told_in_facebooks_words(acme: Acme) -> None:
    given = acme.draft("reel")
    acme.media.files["med_0"] = film(320, 180)
    given = given.model_copy(update={"media": (given.media[0].model_copy(update={"bytes": len(film(320, 180))}),)})
    saved = Saved()
    for sorting in (Sorting.NOT_SENT, Sorting.NOT_SENT, Sorting.REJECTED):
        error = await failure(acme, given, saved)
        assert (error.reason, error.sorting) == (Reason.MEDIA_PROCESSING_FAILED, sorting)
    assert "9:16" in str(error.provider_message)


@pytest.mark.parametrize("content", [None, b"words", jpeg(kind="WEBP")], ids=["missing", "words", "webp"])
async def test_photos_that_the_network_does_not_take(
    oracle: Oracle, acme: Acme, site: MediaSite, content: bytes | None
) -> None:
    site.files.clear()
    if content is not None:
        site.files["/med_0"] = content
    error = await failure(acme, acme.draft("photos"))
    assert (error.reason, error.provider_code) == (Reason.MEDIA_VALIDATION_FAILED, "324")
    assert posts(oracle, acme) == []


async def test_photos_that_lapsed_are_uploaded_again(oracle: Oracle, acme: Acme) -> None:
    given, saved = acme.draft("photos"), Saved()
    await acme.prepare(given, saved)
    oracle.call("POST", "/clock", advanceSeconds=86_400)
    error = await failure(acme, given, saved)  # our clock has not moved: only Facebook knows
    assert (error.reason, error.sorting) == (Reason.INVALID_FIELD, Sorting.REJECTED)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_first_comment_stands_under_its_post(oracle: Oracle, acme: Acme, kind: str) -> None:
    given, saved = acme.draft(kind, first_comment="First"), Saved()
    await acme.prepare(given, saved)
    await acme.publish_until_live(given, saved)
    channel: Any = acme.channel
    oracle.plant("facebook", "comments", "accept_then_502")
    with pytest.raises(ChannelError) as caught:
        await channel.publish(given, acme.account, saved.handle, saved, Stage(GateThatCounts(), "comment"))
    assert caught.value.sorting is Sorting.UNKNOWN
    found = await channel.find(given, acme.account, saved.handle, given.due_at, stage="comment")
    assert isinstance(found, Published)
    assert [post["comments"] for post in posts(oracle, acme)] == [["First"]]


async def test_the_days_reels_are_used_up(oracle: Oracle, acme: Acme) -> None:
    oracle.call("PUT", "/limits", channel="facebook", kind="reelsPerDay", value=0)
    error = await failure(acme, acme.draft("reel"))
    assert (error.reason, error.sorting) == (Reason.RATE_LIMITED, Sorting.NOT_SENT)


@pytest.mark.parametrize(
    ("subcode", "reason"),
    [(458, Reason.TOKEN_REVOKED), (460, Reason.TOKEN_REVOKED), (492, Reason.ROLE_OR_2FA_REQUIRED)],
)
async def test_a_withdrawn_grant(oracle: Oracle, acme: Acme, subcode: int, reason: Reason) -> None:
    oracle.call("POST", "/tokens/revoke", channel="facebook", profile=acme.account.external_id, subcode=subcode)
    error = await failure(acme, acme.draft("text"))
    assert error.reason is reason
    assert posts(oracle, acme) == []


async def test_an_expired_page_token_is_replaced_by_its_persons(oracle: Oracle, acme: Acme) -> None:
    oracle.call("POST", "/tokens/expire", channel="facebook", profile=acme.account.external_id)
    error = await failure(acme, acme.draft("text"))
    assert (error.reason, error.sorting) == (Reason.TOKEN_EXPIRED, Sorting.NOT_SENT)
    fresh = await acme.channel.refresh(acme.account)
    acme.account = acme.account.model_copy(update={"credentials": fresh})
    await acme.post(acme.draft("text"))
    oracle.call("POST", "/tokens/expire", channel="facebook", profile=acme.account.external_id, which="all")
    with pytest.raises(ChannelError) as caught:
        await acme.channel.refresh(acme.account)
    assert caught.value.reason is Reason.TOKEN_REVOKED


@pytest.mark.parametrize(
    ("status", "reason"), [("restricted", Reason.ACCOUNT_RESTRICTED), ("checkpoint", Reason.LOGIN_CHECKPOINT)]
)
async def test_a_restricted_page_is_told_as_such(oracle: Oracle, acme: Acme, status: str, reason: Reason) -> None:
    oracle.call("PATCH", f"/profiles/facebook/{acme.account.external_id}", status=status)
    assert (await failure(acme, acme.draft("text"))).reason is reason


async def test_an_import_tells_page_from_person(oracle: Oracle, acme: Acme) -> None:
    assert acme.account.facts["category"] == "Test page"
    other = oracle.call("POST", "/profiles", channel="facebook", name="other")
    for token, words in ((other["accessToken"], "externalId"), (other["refreshToken"], "/me/accounts")):
        with pytest.raises(ChannelError) as caught:
            await acme.channel.verify(
                AccountImport(external_id=acme.account.external_id, access_token=SecretStr(token))
            )
        assert caught.value.reason is Reason.INVALID_FIELD
        assert words in caught.value.message
    found = await acme.channel.verify(AccountImport(access_token=SecretStr(other["accessToken"])))
    assert "pages_manage_posts" in found.profile.scopes
