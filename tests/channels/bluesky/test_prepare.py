"""What Bluesky's preparation takes: the time before a post, slow look-ups of handles, and a long upload."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from munadi.channels.bluesky.state import Prepared
from munadi.channels.bluesky.video import MAX_RUN
from munadi.domain.failure import Reason
from munadi.domain.publication import Ready
from munadi.ports import PublicationDraft
from tests.channels.bluesky.servers import WHO
from tests.channels.calls import Saved
from tests.channels.case import after
from tests.channels.cases.bluesky import LINKED, MENTION, NET, PICTURE, QUOTED, THREAD
from tests.channels.cases.bluesky_videos import ARRIVED, FILM, IN_PARTS, PART, arrived
from tests.channels.making import error_of, publication
from tests.channels.network import ok


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (publication("Hi https://a.example #tag"), 0),
        (MENTION, 60),
        (LINKED, 60),
        (PICTURE, 60),
        (publication("x", options={"quote": QUOTED}), 60),
        (THREAD.model_copy(update={"parts": ("@alice.test",)}), 60),
    ],
    ids=["text", "mention", "card", "image", "quote", "mention in a part"],
)
def test_only_a_plain_text_needs_no_preparation(given: PublicationDraft, seconds: int) -> None:
    assert NET.bench().channel.lead(given) == timedelta(seconds=seconds)


def test_a_video_is_prepared_long_before_its_slot() -> None:
    channel = NET.bench().channel
    assert channel.lead(FILM) == channel.spec.lead >= timedelta(minutes=10)


async def test_slow_look_ups_of_mentions_end_in_time_and_what_is_known_is_saved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("munadi.channels.bluesky.prepare.MENTIONS_WITHIN", 1.0)
    built, saved, asked = NET.bench(), Saved(), list[str]()

    async def slowly(handle: str) -> str:
        asked.append(handle)
        await asyncio.sleep(0.05)
        return "did:plc:alice"

    monkeypatch.setattr("munadi.channels.bluesky.xrpc.Server.resolve_handle", lambda _server, handle: slowly(handle))
    given = publication(" ".join(f"@alice{number}.test" for number in range(40)))
    error = await error_of(built.prepare(given, WHO, saved))
    assert (error.reason, error.provider_code) == (Reason.PROVIDER_OUTAGE, "DEADLINE")
    assert 1 < len(asked) < 40
    assert list(Prepared.of(saved.kept).mentions) == asked[:-1]


async def test_the_next_run_continues_a_long_upload() -> None:
    built, saved = IN_PARTS.bench(), Saved()

    def slow(_: httpx.Request) -> httpx.Response:
        built.clock.forward(seconds=MAX_RUN.total_seconds() / 2)
        return ok({})

    built.network.on(*PART.split(), slow)
    with IN_PARTS.patched():
        found = await built.prepare(FILM, WHO, saved)
        assert found == after(0, "the video is on its way: part 3 of 3")
        built.network.on(*ARRIVED.split(), arrived(1, 2))
        assert isinstance(await built.prepare(FILM, WHO, saved), Ready)
    assert [one.url.params["partNumber"] for one in built.network.sent("uploadPart")] == ["1", "2", "3"]
