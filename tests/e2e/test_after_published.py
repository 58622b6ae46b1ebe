"""What happens to a published post reaches a subscriber: over real processes, at the networks of the sandbox, the
reference PDS and snac.

The judges are a receiver that verifies each event, and the networks themselves.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.dashboard.attention import SHOWN_ROWS
from tests.e2e.aftermath import (
    Publications,
    Told,
    ask,
    bring_forward,
    by_network,
    change,
    events_of,
    is_told,
    looked,
    needs_attention,
    nothing_seen,
    submit_everywhere,
    told,
    verdicts,
    with_ids,
)
from tests.e2e.aftermath_elsewhere import LostAnswer, RealServers
from tests.harness.inbox import Inbox
from tests.harness.networks import calls, plant, posts_of
from tests.harness.times import epoch
from tests.harness.world import CHANNELS, World, open_world
from tests.support.pds import RealPDS
from tests.support.snac import RealSnac

# The first look comes soon; the others are brought forward. Two equal answers are so many seconds apart.
APART = 10.0
SOON = ["PT2S", "P1D"]
SETTINGS = {
    "MUNADI_LOOKS__AFTER": json.dumps(SOON),
    "MUNADI_LOOKS__CHANNELS": json.dumps({"linkedin": SOON, "x": SOON}),
    "MUNADI_LOOKS__APART": str(APART),
    "MUNADI_LOOKS__INTERVAL": "0.3",
    "MUNADI_CHANNELS__INSTAGRAM__WITHDRAWALS": "true",
    "MUNADI_CHANNELS__THREADS__WITHDRAWALS": "true",
}


@dataclass(frozen=True)
class Fate:
    """What happens to the post that stays, by a control of the sandbox, and what looks make of that; what Munadi can
    do with it then."""

    control: str = ""
    way: str = ""
    verdict: str = "limited"
    is_editable: bool = False
    is_removable: bool = True


FATES = {
    "bluesky": Fate("moderate", "hide"),
    "discord": Fate(is_editable=True),
    "nostr": Fate(),
    "facebook": Fate("hide", "hidden", is_editable=True),
    "google_business": Fate("moderate", "rejected", "rejected", is_editable=True),
    "instagram": Fate("copyright", "flagged", is_removable=False),  # connected at Instagram itself
    "linkedin": Fate("hide", "connections", is_editable=True),
    "mastodon": Fate("moderate", "sensitive", verdict="live", is_editable=True),  # undone before a second look
    "pinterest": Fate("hide", "protected", is_editable=True),
    "telegram": Fate(is_editable=True),
    "threads": Fate(),
    "tiktok": Fate("hide", "private", "unseen", is_removable=False),
    "x": Fate("copyright", "withheld"),
    "youtube": Fate("moderate", "rejected", "rejected", is_editable=True),
}
assert set(FATES) == set(CHANNELS)
SHORT_LIVED = "mastodon"
HIDDEN = [name for name, fate in FATES.items() if fate.verdict != "live" and fate.control]
EDITABLE = [name for name, fate in FATES.items() if fate.is_editable]
REMOVABLE = [name for name, fate in FATES.items() if fate.is_removable]
REFUSES, REFUSED = "mastodon", ("WITHDRAWAL_REFUSED",)
# Requests that read, though they are no GET.
READS = {"query_videos", "stopMessageLiveLocation"}
# Where the account is closed for a while; at the others the network is down.
CLOSED = {"bluesky": "takendown", "discord": "kicked", "linkedin": "no_role", "telegram": "kicked"}
CLOSED |= {"google_business": "role_lost", "x": "suspended", "youtube": "suspended"}


@pytest.mark.timeout(300)
async def test_what_becomes_of_published_posts_is_reported(
    tmp_path: Path, real_pds: RealPDS, real_snac: RealSnac
) -> None:
    async with open_world(tmp_path, SETTINGS, failpoints=False) as world, Inbox().listening(world.api) as inbox:
        # They wait most of the time, so they wait together.
        async with asyncio.TaskGroup() as together:
            together.create_task(Aftermath(world, inbox).run())
            together.create_task(RealServers(world, inbox, real_pds, real_snac).run())
            together.create_task(LostAnswer(world, inbox).run())
        assert inbox.failures == []


class Aftermath:
    """Two posts at all networks: one goes, by its owners' hands, the other one stays and is hidden, shown again, edited
    and withdrawn."""

    def __init__(self, world: World, inbox: Inbox) -> None:
        self.world, self.inbox, self.brand = world, inbox, world.brand
        self.goes: dict[str, Any] = {}
        self.stays: dict[str, Any] = {}

    async def run(self) -> None:
        """All that happens, in its order."""
        self.goes, self.stays = [await submit_everywhere(self.world, f"It {word}") for word in ("goes", "stays")]
        gone, there = [await with_ids(self.brand, one["id"]) for one in (self.goes, self.stays)]
        assert await self.first_shown(bring_forward(self.world, self.goes, self.stays)) == {"live"}
        for publication in gone.values():
            await change(self.world, publication, "delete")
        await self.nothing_is_gone_that_cannot_be_read(there)
        await self.two_equal_looks_report_it(there)
        await self.it_is_shown_again(there)
        await self.it_is_edited(there)
        await self.it_is_withdrawn(there)
        await self.each_change_was_told_once()

    async def nothing_is_gone_that_cannot_be_read(self, there: Publications) -> None:
        """A look while networks are down, and accounts closed: the posts that are gone stay live in our books."""
        faults = []
        for name in CHANNELS:
            if name in CLOSED:
                await change(self.world, there[name], "vanish", CLOSED[name])
                continue
            # What these show to everybody is asked for by nobody.
            whose = {} if name in ("mastodon", "nostr") else {"profile": await self.brand.profile(name)}
            faults.append(await plant(self.world.sandbox, name, "*", "error", status=503, times=None, **whose))
        bring_forward(self.world, self.goes, self.stays)
        for one in (self.goes, self.stays):
            assert set(verdicts(await nothing_seen(self.brand, one, *CHANNELS)).values()) == {"live"}
        for fault in faults:
            assert (await self.world.sandbox.delete(f"/control/faults/{fault['id']}")).is_success
        for name in CLOSED:
            await change(self.world, there[name], "restore")
        assert told(self.inbox, self.goes) == told(self.inbox, self.stays) == {}

    async def two_equal_looks_report_it(self, there: Publications) -> None:
        """One look changes nothing, and what it showed is forgotten where the next one shows the post."""
        for name, fate in FATES.items():
            if fate.control:
                await change(self.world, there[name], fate.control, fate.way)
        since = bring_forward(self.world, self.goes, self.stays)
        first, _ = await asyncio.gather(self.first_shown(since), self.undone_after_one_look(there[SHORT_LIVED], since))
        assert first == {"live"}, "one answer alone changes nothing"
        await is_told(self.inbox, self.goes, {name: [_gone_at(name)] for name in CHANNELS})
        await is_told(self.inbox, self.stays, self._wanted())
        for one, known in (
            (self.goes, {name: _gone_at(name)[1] for name in CHANNELS}),
            (self.stays, {name: fate.verdict if name in HIDDEN else "live" for name, fate in FATES.items()}),
        ):
            found = await by_network(self.brand, one["id"])
            assert verdicts(found) == known
            assert {each["status"] for each in found.values()} == {"published"}, "that it was live is history"
            over = {name for name, each in found.items() if each["liveness"]["nextLookAt"] is None}
            assert over == {name for name, verdict in known.items() if verdict == "gone"}
            for event in events_of(self.inbox, one, "vanished", "limited"):
                shown = event["data"]["publication"]["liveness"]
                assert epoch(shown["lookedAt"]) - epoch(shown["since"]) >= APART, event["sns"]
        listed = re.findall(r'id="hidden-(pub_\w+)"', await needs_attention(self.world))
        gone = await by_network(self.brand, self.goes["id"])
        assert len(listed) == SHOWN_ROWS
        assert set(listed) <= {each["id"] for each in gone.values()} | {there[name]["id"] for name in HIDDEN}

    async def first_shown(self, since: float) -> set[str | None]:
        """What the publications of both posts say when the first look since then is known."""
        both = await asyncio.gather(*(looked(self.brand, one, since, *CHANNELS) for one in (self.goes, self.stays)))
        return {verdict for found in both for verdict in verdicts(found).values()}

    async def undone_after_one_look(self, publication: Mapping[str, Any], since: float) -> None:
        """Let a change be undone before a second look can show it."""
        await looked(self.brand, self.stays, since, publication["channel"])
        await change(self.world, publication, "restore")

    async def it_is_shown_again(self, there: Publications) -> None:
        for name in HIDDEN:
            await change(self.world, there[name], "restore")
        bring_forward(self.world, self.stays)
        await is_told(self.inbox, self.stays, self._wanted(restored=True))
        found = await by_network(self.brand, self.stays["id"])
        assert set(verdicts(found).values()) == {"live"}

    async def it_is_edited(self, there: Publications) -> None:
        """Where its network lets an app do so; elsewhere that is refused before anything is done."""
        before = {name: await self._requests(name) for name in CHANNELS if name not in EDITABLE}
        for name, publication in there.items():
            how = (202, "") if name in EDITABLE else (422, "EDIT_NOT_SUPPORTED")
            await ask(self.world.api, f"/v1/publications/{publication['id']}/edit", *how, text="It stays, corrected")
        await is_told(self.inbox, self.stays, self._wanted(restored=True, edited=True))
        for name, publication in there.items():
            (shown,) = await self._shown(publication)
            assert ("corrected" in f"{shown}") is (name in EDITABLE), name
        assert {name: await self._requests(name) for name in before} == before, "refused before anything is done"

    async def it_is_withdrawn(self, there: Publications) -> None:
        """Where its network lets an app do so. What is refused is still there, and is asked for again."""
        before = {name: await self._requests(name) for name in CHANNELS if name not in REMOVABLE}
        fault = await plant(self.world.sandbox, REFUSES, "delete_status", "error", status=403, times=None)
        answer = await ask(self.world.api, f"/v1/contents/{self.stays['id']}/withdraw", 202)
        named = {each["channel"] for each in answer["warnings"] if each["code"] == "WITHDRAWAL_NOT_SUPPORTED"}
        assert named == set(before)
        for name in named:
            path = f"/v1/publications/{there[name]['id']}/withdraw"
            refusal = await ask(self.world.api, path, 422, "WITHDRAWAL_NOT_SUPPORTED")
            assert refusal["permalink"] == there[name]["providerUrl"]
        await is_told(self.inbox, self.stays, self._wanted(restored=True, edited=True, withdrawn=1))
        still_there = {name for name, publication in there.items() if await self._shown(publication)}
        assert still_there == {*named, REFUSES}
        assert {name: await self._requests(name) for name in before} == before, "refused before anything is done"
        page = await needs_attention(self.world)
        assert re.findall(r'id="kept-(pub_\w+)"', page) == [there[REFUSES]["id"]]
        assert (await self.world.sandbox.delete(f"/control/faults/{fault['id']}")).is_success
        await ask(self.world.api, f"/v1/publications/{there[REFUSES]['id']}/withdraw", 202)
        await is_told(self.inbox, self.stays, self._wanted(restored=True, edited=True, withdrawn=2))
        assert await self._shown(there[REFUSES]) == []

    async def each_change_was_told_once(self) -> None:
        """What was withdrawn is not looked at any more, and no other event came."""
        bring_forward(self.world, self.goes, self.stays)
        await asyncio.sleep(2)
        assert told(self.inbox, self.goes) == {name: [_gone_at(name)] for name in CHANNELS}
        assert told(self.inbox, self.stays) == self._wanted(restored=True, edited=True, withdrawn=2)

    def _wanted(self, *, restored: bool = False, edited: bool = False, withdrawn: int = 0) -> Told:
        """What the receiver is told of the post that stays. `withdrawn`: so many times that was asked for."""
        wanted: Told = {name: [] for name in CHANNELS}
        for name in HIDDEN:
            wanted[name] += [("limited", FATES[name].verdict), *([("restored", None)] if restored else [])]
        for name in EDITABLE if edited else ():
            wanted[name].append(("edited", None))
        for name in REMOVABLE if withdrawn else ():
            wanted[name].append(("withdrawal_refused", REFUSED[0]) if name == REFUSES else ("withdrawn", None))
        if withdrawn > 1:
            wanted[REFUSES].append(("withdrawn", None))
        return {name: events for name, events in wanted.items() if events}

    async def _requests(self, channel: str) -> list[str]:
        """The requests to change something that a network was sent for the brand."""
        made = await calls(self.world.sandbox, channel, profile=await self.brand.profile(channel))
        return [one["operation"] for one in made if one["method"] != "GET" and one["operation"] not in READS]

    async def _shown(self, publication: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The post as its network lists it."""
        channel = publication["channel"]
        profile = await self.brand.profile(channel)  # ids are a chat's own at Telegram
        found = await posts_of(self.world.sandbox, channel)
        return [row for row in found if (row["id"], row["profile"]) == (publication["providerPostId"], profile)]


def _gone_at(channel: str) -> tuple[str, str | None]:
    """How a network shows that a post was deleted: TikTok says no more than that it does not show it."""
    return ("limited", "unseen") if channel == "tiktok" else ("vanished", "gone")
