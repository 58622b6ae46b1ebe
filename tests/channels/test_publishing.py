"""The rules of every visible step for each kind of post: without proof the result is unknown.

The contract suite has one scene for each channel; here each kind of post has one, with the handles before and after it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from munadi.channels.bluesky.thread import record_key
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Preparation, Published
from munadi.ports import PublicationDraft
from tests.channels import facebook_page as facebook
from tests.channels.bluesky import test_publish as bluesky
from tests.channels.bluesky.servers import DID
from tests.channels.bluesky.test_thread import THREAD
from tests.channels.bluesky.test_wire import CID, CLOSED, URI
from tests.channels.calls import Saved
from tests.channels.case import Net, state
from tests.channels.cases import linkedin, mastodon, pinterest, telegram, tiktok, x
from tests.channels.containers import INSTAGRAM, ONE, POST, THREADS, ContainerNetwork, known
from tests.channels.making import NOW, Bench, bench, error_of, image, publication
from tests.channels.network import answer, ok
from tests.channels.scene_linkedin import MEMBER, SHARE
from tests.channels.scene_telegram import stored
from tests.channels.scene_tiktok import upload_state
from tests.channels.scene_youtube import VIDEO, VIDEOS, YOUTUBE, resource
from tests.channels.steps import BARE, NO_ID, Step, of

NO_SUCCESS = ({"success": False}, {"success": "yes"}, {}, [], "not json")
ONE_PHOTO = {"photos": [{"id": "p1", "made_at": NOW.isoformat()}]}
STARTED = {"upload": {"video_id": facebook.VIDEO, "started_at": NOW.isoformat()}}


def containers(on: ContainerNetwork) -> Step:
    unready = (None, BARE, known("IN_PROGRESS"))
    live = (known(posts={"post": POST}), known("PUBLISHED"))
    return Step(on.name, on.ready, ONE, on.account, known(), NO_ID, unready, live)


def page(name: str, draft: PublicationDraft, handle: Preparation | None, *more: Any) -> Step:
    return Step(f"facebook {name}", facebook.over, draft, facebook.WHO, handle, *more)


def commented(said: Any) -> Bench:
    built = bench("instagram")
    built.network.on("POST", f"/{POST}/comments", said or ok({"id": "178"}))
    return built


def video(said: Any) -> Bench:
    built = bench("youtube")
    built.network.on("PUT", VIDEOS, said or ok(resource("public")))
    return built


NO_URI = ({}, {"uri": None}, {"uri": "at://x", "cid": "bafy"}, {"cid": "bafy"}, [])
REF, BLOB = {"uri": URI, "cid": CID}, {"$type": "blob"}
RICH = publication("Hello", media=(image(0), image(1)), options={"quote": URI, **CLOSED})
RICH_URIS = [f"at://{DID}/app.bsky.feed.{name}/{record_key(RICH)}" for name in ("post", "threadgate", "postgate")]


def bluesky_over(said: Any) -> Bench:
    return bluesky.over(said or bluesky.written)


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


def posted(net: Net, request: str, name: str, draft: PublicationDraft, handle: Preparation | None, *more: Any) -> Step:
    """A step whose visible call is this request."""
    return Step(
        f"{net.name} {name}", lambda said: net.bench({request: said} if said else {}), draft, net.account, handle, *more
    )


def live(*steps: str, post: str = "117") -> Preparation:
    return of(posts={step: {"id": post} for step in ("post", *steps)})


IN_THREAD = ((), (live("part-2"),), "part-2")
SEEN = state(**linkedin.ready("7", is_ready=False))
SHEET = of(media=[linkedin.asset(id=linkedin.DOC, kind="documents")])
UNDER = linkedin.SALE.model_copy(update={"first_comment": "More"})
COMMENTED = of(posts={"post": {"id": SHARE}, "comment": {"id": "urn:li:comment:8"}})
POSTED = [
    *(
        step
        for net, request, proofless, thread in (
            (mastodon.NET, mastodon.POST, NO_ID, mastodon.THREAD),
            (x.NET, x.POST, NO_TWEET, x.THREAD),
            (telegram.NET, telegram.POST, NO_MESSAGE, telegram.THREAD),
        )
        for step in (
            posted(net, request, "text", thread.model_copy(update={"parts": ()}), None, proofless, (), (live(),)),
            posted(net, request, "part", thread, live(), proofless, *IN_THREAD),
        )
    ),
    posted(mastodon.NET, mastodon.POST, "picture", mastodon.PICTURE, state(**mastodon.ready("7")), NO_ID,
           (None, BARE, of(media=[mastodon.uploaded(is_ready=False)]))),
    posted(x.NET, x.POST, "picture", x.PICTURE, state(**x.ready("7")), NO_TWEET,
           (None, BARE, state(**x.ready("7", is_described=False)))),
    posted(telegram.NET, telegram.PHOTO, "picture", telegram.PICTURE, None, NO_MESSAGE),
    posted(telegram.NET, telegram.GROUP, "stored album", telegram.ALBUM, stored("a", "b"), NO_MESSAGE,
           (None, BARE, stored("a"))),
    posted(pinterest.NET, pinterest.POST, "image", pinterest.SALE, None, NO_ID, (), (live(post="813"),)),
    posted(pinterest.NET, pinterest.POST, "video", pinterest.FILM, state(**pinterest.ready()), NO_ID,
           (None, BARE, of(media=[pinterest.uploaded(is_ready=False)]))),
    posted(linkedin.NET, linkedin.POST, "text", linkedin.SALE, None, NO_URN, (), (live(post=SHARE),)),
    posted(linkedin.NET, linkedin.POST, "picture", linkedin.PICTURE, state(**linkedin.ready("7")), NO_URN,
           (None, BARE, SEEN)),
    posted(linkedin.NET, linkedin.POST, "document", linkedin.SHEET, SHEET, NO_URN, (None, BARE)),
    replace(posted(linkedin.NET, linkedin.COMMENT, "comment", UNDER, live(post=SHARE), NO_URN, (), (COMMENTED,),
                   "comment"), account=MEMBER),
]  # fmt: skip
STEPS = [
    containers(INSTAGRAM),
    containers(THREADS),
    Step(
        "threads reply",
        THREADS.ready,
        ONE.model_copy(update={"first_comment": "Sale"}),
        THREADS.account,
        known(step="comment", posts={"post": "1"}),
        NO_ID,
        (),
        (known(step="comment", posts={"post": "1", "comment": POST}),),
        "comment",
    ),
    Step(
        "instagram comment",
        commented,
        ONE.model_copy(update={"first_comment": "Sale"}),
        INSTAGRAM.account,
        known(posts={"post": POST}),
        NO_ID,
        (),
        (known(posts={"post": POST, "comment": "178"}),),
        "comment",
    ),
    *POSTED,
    page("text", facebook.TEXT, None, NO_ID, (), (facebook.with_photos(post_id=facebook.POST),)),
    page("link", facebook.LINK, None, (), (of(link="unreadable"),)),
    page("photos", facebook.PHOTOS, facebook.with_photos(), (), (None, of(**ONE_PHOTO))),
    page(
        "reel",
        facebook.REEL,
        facebook.uploaded(),
        NO_SUCCESS,
        (None, of(**STARTED)),
        (facebook.uploaded(finished=True),),
    ),
    page("video", facebook.FILM, facebook.uploaded(), NO_SUCCESS, (BARE,)),
    posted(
        tiktok.NET,
        tiktok.CHUNK,
        "file",
        tiktok.FILE,
        state(**tiktok.UPLOADED),
        (),
        (None, state(**tiktok.CREATED), state(**{**tiktok.CREATED, "upload": upload_state(sent=0)})),
    ),
    posted(tiktok.NET, tiktok.INIT, "pull", tiktok.PULL, state(**tiktok.CREATED), (), (None,)),
    posted(tiktok.NET, tiktok.PHOTOS, "photo", tiktok.PHOTO, state(**tiktok.CREATED), (), (BARE,)),
    Step(
        "youtube",
        video,
        YOUTUBE.draft,
        YOUTUBE.account,
        YOUTUBE.handle,
        ({}, [], "<html>ok</html>", {"id": VIDEO}, {**resource("public"), "id": "x"}),
        (None, BARE, of(session="x")),
    ),
    Step("bluesky", bluesky_over, bluesky.DRAFT, bluesky.WHO, None, NO_URI),
    Step("bluesky part", bluesky_over, THREAD, bluesky.WHO, of(posts={"post": REF}), NO_URI, step="part-2"),
    Step(
        "bluesky images, quote and gates",
        bluesky_over,
        RICH,
        bluesky.WHO,
        of(blobs=[BLOB, BLOB], quote=REF),
        tuple({"results": [{"uri": at} for at in ats]} for ats in permutations(RICH_URIS, 2)),
        (None, BARE, of(blobs=[BLOB], quote=REF), of(blobs=[BLOB, BLOB])),
    ),
]
steps = pytest.mark.parametrize("step", STEPS, ids=[step.name for step in STEPS])


def each(field: str) -> pytest.MarkDecorator:
    """The test runs with every value of a field, of each step."""
    rows = [(step, value) for step in STEPS for value in getattr(step, field)]
    return pytest.mark.parametrize(("step", "value"), rows, ids=[f"{step.name} {value}"[:60] for step, value in rows])


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
    if step.name.startswith("tiktok"):  # it has one step only, and takes no name
        return
    built = step.built(None)
    built.network.on("GET", "", answer(404))
    await error_of(step.take(built, Saved(step.handle), "part-9"), effect=Effect.NOT_SENT)
    assert built.network.mutations == []
