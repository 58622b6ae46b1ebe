"""The rules of every visible step for each kind of post: without proof the result is unknown.

The contract suite has one scene for each channel; here each kind of post has one, with the handles before and after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import pytest

from munadi.channels.bluesky.thread import record_key
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Preparation, Published
from munadi.ports import PublicationDraft
from tests.channels.bluesky.servers import DID
from tests.channels.bluesky.test_wire import CID, CLOSED, URI
from tests.channels.calls import Saved
from tests.channels.case import Net, state
from tests.channels.cases import (
    bluesky,
    facebook,
    instagram,
    linkedin,
    mastodon,
    pinterest,
    telegram,
    tiktok,
    x,
    youtube,
)
from tests.channels.containers import INSTAGRAM, ONE, POST, THREADS, known
from tests.channels.making import NOW, Bench, error_of, image, publication
from tests.channels.network import answer, ok
from tests.channels.scene_linkedin import MEMBER, SHARE
from tests.channels.scene_telegram import stored
from tests.channels.scene_tiktok import upload_state
from tests.channels.scene_youtube import VIDEO, YOUTUBE, resource


@dataclass(frozen=True)
class Step:
    """A step whose visible call is this request, which the network accepts unless it answers otherwise.

    `proofless` are bodies of a 2xx that prove nothing, `unready` handles that are not prepared, `live` those of a post
    that was published.
    """

    net: Net
    request: str
    name: str
    draft: PublicationDraft
    handle: Preparation | None
    proofless: tuple[Any, ...] = ()
    unready: tuple[Preparation | None, ...] = ()
    live: tuple[Preparation, ...] = ()
    step: str = "post"
    account: ConnectedAccount | None = None

    def built(self, said: Any) -> Bench:
        return self.net.bench({self.request: said} if said else {})

    async def take(self, built: Bench, saved: Saved, step: str | None = None) -> Any:
        return await built.publish(self.draft, self.account or self.net.account, saved, step or self.step)


def of(**values: Any) -> Preparation:
    return Preparation(draft_version=1, state=values)


BARE = of()
NO_ID = ({}, {"id": None}, {"id": True}, {"id": {}}, {"id": []}, {"id": " "}, [], "not json")
NO_SUCCESS = ({"success": False}, {"success": "yes"}, {}, [], "not json")
ONE_PHOTO = {"photos": [{"id": "p1", "made_at": NOW.isoformat()}]}
STARTED = {"upload": {"video_id": facebook.VIDEO, "started_at": NOW.isoformat()}}
SAID = ONE.model_copy(update={"first_comment": "Sale"})
BEFORE, AFTER = (known(posts=posts) for posts in ({"post": POST}, {"post": POST, "comment": "178"}))
LATER, REPLIED = (known(step="comment", posts=posts) for posts in ({"post": "1"}, {"post": "1", "comment": POST}))
UNREADY, SEEN_LIVE = (None, BARE, known("IN_PROGRESS")), (known(posts={"post": POST}), known("PUBLISHED"))
NO_URI = ({}, {"uri": None}, {"uri": "at://x", "cid": "bafy"}, {"cid": "bafy"}, [])
REF, BLOB = {"uri": URI, "cid": CID}, {"$type": "blob"}
RICH = publication("Hello", media=(image(0), image(1)), options={"quote": URI, **CLOSED})
RICH_URIS = [f"at://{DID}/app.bsky.feed.{name}/{record_key(RICH)}" for name in ("post", "threadgate", "postgate")]
NO_TWEET = ({}, {"data": {}}, {"data": None}, {"data": {"id": {}}}, {"id": "117"}, [], "not json")
NO_URN = ({}, {"id": "117"}, {"id": None}, [], "not json")
RESULTS = (None, {}, [], True, [{}], {"message_id": "117"}, [{"message_id": 1}, {}])
NO_MESSAGE = (
    *({"ok": True, "result": result} for result in RESULTS),
    {"ok": False, "result": {"message_id": 117}},
    {"result": {"message_id": 117}},
    [],
    "not json",
)


def live(*steps: str, post: str = "117") -> Preparation:
    return of(posts={step: {"id": post} for step in ("post", *steps)})


IN_THREAD = ((), (live("part-2"),), "part-2")
SEEN = state(**linkedin.ready("7", is_ready=False))
SHEET = of(media=[linkedin.asset(id=linkedin.DOC, kind="documents")])
UNDER = linkedin.SALE.model_copy(update={"first_comment": "More"})
COMMENTED = of(posts={"post": {"id": SHARE}, "comment": {"id": "urn:li:comment:8"}})
STEPS = [
    *(
        step
        for net, request, proofless, thread in (
            (mastodon.NET, mastodon.POST, NO_ID, mastodon.THREAD),
            (x.NET, x.POST, NO_TWEET, x.THREAD),
            (telegram.NET, telegram.POST, NO_MESSAGE, telegram.THREAD),
        )
        for step in (
            Step(net, request, "text", thread.model_copy(update={"parts": ()}), None, proofless, (), (live(),)),
            Step(net, request, "part", thread, live(), proofless, *IN_THREAD),
        )
    ),
    Step(mastodon.NET, mastodon.POST, "picture", mastodon.PICTURE, state(**mastodon.ready("7")), NO_ID,
         (None, BARE, of(media=[mastodon.uploaded(is_ready=False)]))),
    Step(x.NET, x.POST, "picture", x.PICTURE, state(**x.ready("7")), NO_TWEET,
         (None, BARE, state(**x.ready("7", is_described=False)))),
    Step(telegram.NET, telegram.PHOTO, "picture", telegram.PICTURE, None, NO_MESSAGE),
    Step(telegram.NET, telegram.GROUP, "stored album", telegram.ALBUM, stored("a", "b"), NO_MESSAGE,
         (None, BARE, stored("a"))),
    Step(pinterest.NET, pinterest.POST, "image", pinterest.SALE, None, NO_ID, (), (live(post="813"),)),
    Step(pinterest.NET, pinterest.POST, "video", pinterest.FILM, state(**pinterest.ready()), NO_ID,
         (None, BARE, of(media=[pinterest.uploaded(is_ready=False)]))),
    Step(linkedin.NET, linkedin.POST, "text", linkedin.SALE, None, NO_URN, (), (live(post=SHARE),)),
    Step(linkedin.NET, linkedin.POST, "picture", linkedin.PICTURE, state(**linkedin.ready("7")), NO_URN,
         (None, BARE, SEEN)),
    Step(linkedin.NET, linkedin.POST, "document", linkedin.SHEET, SHEET, NO_URN, (None, BARE)),
    Step(linkedin.NET, linkedin.COMMENT, "comment", UNDER, live(post=SHARE), NO_URN, (), (COMMENTED,), "comment",
         MEMBER),
    *(Step(on.publishing, on.publish, "post", ONE, known(), NO_ID, UNREADY, SEEN_LIVE) for on in (INSTAGRAM, THREADS)),
    Step(THREADS.publishing, THREADS.publish, "reply", SAID, LATER, NO_ID, (), (REPLIED,), "comment"),
    Step(instagram.NET, instagram.WRITE, "comment", SAID, BEFORE, NO_ID, (), (AFTER,), "comment"),
    Step(facebook.NET, facebook.FEED, "text", facebook.TEXT, None, NO_ID, (), (state(**facebook.KNOWN),)),
    Step(facebook.NET, facebook.FEED, "link", facebook.LINK, None, (), (of(link="unreadable"),)),
    Step(facebook.NET, facebook.FEED, "photos", facebook.PHOTOS, state(**facebook.UNPUBLISHED), (),
         (None, of(**ONE_PHOTO))),
    Step(facebook.NET, facebook.REELS, "reel", facebook.REEL, state(**facebook.UPLOADED), NO_SUCCESS,
         (None, of(**STARTED)), (state(**facebook.UPLOADED, finished=True),)),
    Step(facebook.NET, facebook.VIDEOS, "video", facebook.FILM, state(**facebook.UPLOADED), NO_SUCCESS, (BARE,)),
    Step(tiktok.NET, tiktok.CHUNK, "file", tiktok.FILE, state(**tiktok.UPLOADED), (),
         (None, state(**tiktok.CREATED), state(**{**tiktok.CREATED, "upload": upload_state(sent=0)}))),
    Step(tiktok.NET, tiktok.INIT, "pull", tiktok.PULL, state(**tiktok.CREATED), (), (None,)),
    Step(tiktok.NET, tiktok.PHOTOS, "photo", tiktok.PHOTO, state(**tiktok.CREATED), (), (BARE,)),
    Step(youtube.NET, youtube.UPDATE, "video", YOUTUBE.draft, YOUTUBE.handle,
         ({}, [], "<html>ok</html>", {"id": VIDEO}, {**resource("public"), "id": "x"}), (None, BARE, of(session="x"))),
    Step(bluesky.NET, bluesky.PUT, "post", bluesky.DRAFT, None, NO_URI),
    Step(bluesky.NET, bluesky.PUT, "part", bluesky.THREAD, of(posts={"post": REF}), NO_URI, step="part-2"),
    Step(bluesky.NET, bluesky.APPLY, "images, quote and gates", RICH, of(blobs=[BLOB, BLOB], quote=REF),
         tuple({"results": [{"uri": at} for at in ats]} for ats in permutations(RICH_URIS, 2)),
         (None, BARE, of(blobs=[BLOB], quote=REF), of(blobs=[BLOB, BLOB]))),
]  # fmt: skip
steps = pytest.mark.parametrize("step", STEPS, ids=[f"{step.net.name} {step.name}" for step in STEPS])


def each(field: str) -> pytest.MarkDecorator:
    """The test runs with every value of a field, of each step."""
    rows = [(step, value) for step in STEPS for value in getattr(step, field)]
    return pytest.mark.parametrize(
        ("step", "value"), rows, ids=[f"{step.net.name} {step.name} {value}"[:60] for step, value in rows]
    )


@each("proofless")
async def test_an_answer_without_proof_is_unknown_and_saves_nothing(step: Step, value: Any) -> None:
    saved = Saved(step.handle)
    said = answer(200, value) if isinstance(value, str) else ok(value)
    error = await error_of(step.take(step.built(said), saved))
    assert (error.effect, error.provider_code) == (Effect.UNKNOWN, "NO_PROOF")
    assert saved.history == []


@each("unready")
async def test_an_incomplete_preparation_sends_nothing(step: Step, value: Preparation | None) -> None:
    built = step.built(None)
    await error_of(step.take(built, Saved(value)), Reason.INTERNAL_ERROR, Effect.NOT_SENT)
    assert built.network.requests == []


@each("live")
async def test_a_live_post_is_not_sent_again(step: Step, value: Preparation) -> None:
    built = step.built(None)
    found = await step.take(built, Saved(value))
    assert isinstance(found, Published)
    assert found.post_id
    assert built.network.mutations == []


@steps
async def test_a_failing_store_does_not_hide_a_sent_post(step: Step) -> None:
    built, saved = step.built(None), Saved(step.handle, RuntimeError("overtaken"))
    assert isinstance(await step.take(built, saved), Published | Pending)
    assert len(built.network.mutations) == 1


@steps
async def test_an_unknown_step_is_not_sent(step: Step) -> None:
    if step.net is tiktok.NET:  # it has one step only, and takes no name
        return
    built = step.built(None)
    built.network.on("GET", "", answer(404))
    await error_of(step.take(built, Saved(step.handle), "part-9"), effect=Effect.NOT_SENT)
    assert built.network.mutations == []
