"""Every call of the channels of Meta's networks, on the sandbox: posts, lost answers, discards, log-ins, renewals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from munadi.domain.failure import ChannelError
from munadi.domain.publication import Published
from munadi.domain.withdrawal import PostedObject
from munadi.ports import AccountImport, PublicationDraft
from tests.channels.calls import Saved, visible_step
from tests.channels.connected import new
from tests.channels.making import error_of
from tests.channels.meta_posts import LINK, posts
from tests.channels.sandbox import Acme, acme_at, draft
from tests.channels.servers import MediaSite, Oracle
from tests.judges.requests import Recorder


@dataclass
class Run:
    """The requests of one account, and its profile on the sandbox."""

    recorder: Recorder
    profile: dict[str, Any]


async def through(acme: Acme, given: PublicationDraft) -> None:
    """All calls of a channel for one publication: each step, and a search before and after it."""
    channel, account, saved = acme.channel, acme.account, Saved()
    assert channel.validate(given, account) == []
    await acme.prepare(given, saved)
    await acme.port.check(given, account, saved)
    for name in ("post", *channel.steps(given)):
        await acme.find(given, saved, name)
        await _live(acme, given, saved, name)
        await acme.find(given, saved, name)
        await acme.find(given, Saved(), name)
    assert isinstance(await acme.port.check(given, account, saved), Published)


async def taken_back(acme: Acme, given: PublicationDraft) -> None:
    """Publish, look, remove, and look again."""
    found = [PostedObject(id=one.id) for one in (await acme.post(given)).made]
    await acme.channel.look(found, acme.account)
    for one in found:
        await acme.channel.withdraw(one, acme.account, visible_step())
    await acme.channel.look(found, acme.account)


async def watched(acme: Acme, kind: str) -> None:
    """Publish three, and look at them as at many: by lists."""
    found = [PostedObject(id=(await acme.post(draft(acme, kind, f"Watched {one}"))).made[0].id) for one in "123"]
    await acme.channel.watch(found, acme.account)


async def _live(acme: Acme, given: PublicationDraft, saved: Saved, name: str) -> None:
    for _ in range(100):
        try:
            found: Any = await acme.send(given, saved, name)
        except ChannelError:  # lost, or a reply whose container takes a moment
            found = await acme.find(given, saved, name)
        if isinstance(found, Published):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{name} was never published")


async def _every_post(acme: Acme) -> None:
    """Publish every kind of post with every option, and with a first comment where that is possible."""
    for shown in posts(acme.name):
        given = await shown.given(acme)
        comment = None if given.options.get("kind") == "story" else "First"
        await through(acme, given.model_copy(update={"first_comment": comment}))


@asynccontextmanager
async def _connected(
    oracle: Oracle, site: MediaSite, name: str, login: str | None = None
) -> AsyncIterator[tuple[Run, Acme]]:
    recorder = Recorder()
    async with acme_at(name, oracle, site, through_page=login is not None, transport=recorder) as acme:
        yield Run(recorder, dict(acme.made)), acme


async def facebook(oracle: Oracle, site: MediaSite) -> Run:
    """Facebook: discarded uploads, every post, a lost feed post, a link that is read again, and renewals."""
    async with _connected(oracle, site, "facebook") as (run, acme):
        for kind in ("photos", "reel", "video"):
            saved = Saved()
            await acme.prepare(draft(acme, kind), saved)
            await acme.channel.discard(acme.account, saved.kept)
        assert [request.method for request, _ in run.recorder.seen].count("DELETE") == 4
        await _every_post(acme)
        for kind in ("text", "photos", "reel", "video"):
            await taken_back(acme, draft(acme, kind, "Taken back"))
        for kind in ("text", "reel", "video"):
            await watched(acme, kind)
        acme.plant("feed", "accept_then_reset")
        await through(acme, draft(acme, "text", "Lost"))
        acme.set("switches", True, "unreadableLinks")
        again, saved = new("Again", link=f"{LINK}/again"), Saved()
        await error_of(acme.post(again, saved))
        await acme.post(again, saved)
        await acme.channel.refresh(acme.account)
        alone = acme.account.credentials.model_copy(update={"refresh_token": None})
        await acme.channel.refresh(acme.account.model_copy(update={"credentials": alone}))
    return run


async def instagram(oracle: Oracle, site: MediaSite, login: str | None) -> Run:
    """Instagram by one of the two log-ins: every post, a lost post, and a renewal."""
    async with _connected(oracle, site, "instagram", login) as (run, acme):
        await _every_post(acme)
        await watched(acme, "photo")
        acme.plant("media_publish", "accept_then_reset")
        await through(acme, draft(acme, "photo", "Lost", first_comment="Found"))
        await acme.channel.refresh(acme.account)
        if login:
            await taken_back(acme, draft(acme, "photo", "Taken back"))
            page = AccountImport(access_token=acme.account.credentials.access_token, login=login)
            await acme.channel.verify(page)
    return run


async def threads(oracle: Oracle, site: MediaSite) -> Run:
    """Threads: every post, a thread, a lost post, a throttle, and a renewal."""
    async with _connected(oracle, site, "threads") as (run, acme):
        await _every_post(acme)
        await through(acme, new("One", parts=("Two", "Three")))
        await watched(acme, "text")
        acme.plant("threads_publish", "accept_then_reset")
        await through(acme, new("Lost"))
        acme.plant("threads_publish", "error", error={"code": 4})
        await through(acme, new("Throttled"))
        await taken_back(acme, new("Taken back"))
        await acme.channel.refresh(acme.account)
    return run
