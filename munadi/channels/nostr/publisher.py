"""Posting to Nostr: one event, signed with the account's key, to all of its relays.

The id of an event is the hash of what it says, so an event that is sent twice is the same note. Its time is kept from
the first preparation on, and everything else in it follows from the post. Source: docs/networks/nostr.md, section 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools, Request
from munadi.channels.looking import Look
from munadi.channels.nostr.keys import HEX, nevent
from munadi.channels.nostr.relays import Relays, key_of, relays_of, shown
from munadi.channels.nostr.spec import Options, Settings
from munadi.channels.nostr.upload import NostrUploads, Prepared
from munadi.channels.nostr.wire import (
    DELETION,
    NOTE,
    Parents,
    Shown,
    deletion_tags,
    key_tag,
    note_content,
    note_tags,
    signed,
)
from munadi.channels.posting import PostChannel, Step
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.publication import POST, Absent, Pending, Published, Ready, Unknown, Warning_
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.ports import Answer, Attempt, PastedAs, Publication

RELAYS_INCOMPLETE = "RELAYS_INCOMPLETE"
LIVE, GONE = Seen(verdict=Verdict.LIVE), Seen(verdict=Verdict.GONE, word="no relay has it")
NO_ID = Seen(verdict=Verdict.UNREADABLE, word="no id of an event")


class NostrChannel(PostChannel[Options, Prepared]):
    """A note with its files, the later parts and a comment as replies."""

    options, state = Options, Prepared
    pasted_as = PastedAs.SECRET_KEY
    profile_at = "https://njump.me/{id}"

    def __init__(self, parts: Parts[Options], settings: Settings, relays: Relays, tools: ChannelTools) -> None:
        super().__init__(parts, tools, relays.http)
        self._settings, self._relays = settings, relays

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Upload the files, and fix the time of the note."""
        if publication.state.stamp is None:
            await publication.save(stamp=_stamp(publication))
        return await NostrUploads(self._relays, publication, self.tools).run()

    async def request(self, publication: Publication[Options, Prepared], step: Step) -> Request:
        """The event of a step, for all relays."""
        return self._relays.event(publication.account, self._event(publication, step), self.deadline)

    def published(self, publication: Publication[Options, Prepared], step: Step, answer: Answer) -> Published:
        """By the event's id, with a warning where too few relays have it."""
        taken, refused = answer.body["relays"], answer.body["refused"]
        made = self._live(publication, self._event(publication, step)["id"], taken[0])
        wanted = min(self._settings.quorum, len(relays_of(publication.account)))
        if len(taken) >= wanted:
            return made
        why = "; ".join(f"{shown(relay)}: {words}" for relay, words in refused.items())
        message = f"only {len(taken)} of {len(taken) + len(refused)} relays took the note ({why})"[:500]
        warning = Warning_(code=RELAYS_INCOMPLETE, message=message, channel=self.spec.name)
        return made.model_copy(update={"warnings": (warning,)})

    async def find_step(
        self, publication: Publication[Options, Prepared], step: Step, since: datetime
    ) -> Published | Absent | Unknown:
        """By the event's id, at every relay: absent only where all of them answered."""
        event_id = self._event(publication, step)["id"]
        seen = await self._relays.having(publication.account, [event_id])
        for relay, found in seen.items():
            if not isinstance(found, ChannelError) and event_id in found:
                return self._live(publication, event_id, relay)
        for error in seen.values():
            if isinstance(error, ChannelError):
                raise error
        return Absent(by_key=True)

    async def _withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        """A request to delete the note, for all relays. Raises ChannelError."""
        event = signed(key_of(account), DELETION, self._relays.now(), deletion_tags(one.id), "")
        await self.http.send(self._relays.event(account, event, self.deadline), attempt.gate)

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        """What any relay has is live; gone is what no relay has. Raises ChannelError when nothing can be read."""
        look = Look(objects, None)
        look.failures |= {one.id: NO_ID for one in objects if not HEX.fullmatch(one.id)}
        if not look.unread:
            return look.seen()
        at = await self._relays.having(account, [one.id for one in look.unread])
        read = [found for found in at.values() if not isinstance(found, ChannelError)]
        look.found |= {one.id: LIVE for one in look.unread if any(one.id in found for found in read)}
        if len(read) == len(at):
            look.found |= dict.fromkeys((one.id for one in look.unread), GONE)
        for error in at.values():
            if isinstance(error, ChannelError) and look.unread:
                look.failed(error, look.unread)
        return look.seen()

    def _event(self, publication: Publication[Options, Prepared], step: Step) -> dict[str, Any]:
        """The signed event of a step: the same at every try."""
        options, account = publication.options, publication.account
        secret, number = key_of(account), self._number(publication, step.name)
        files = self._files(publication) if step.name == POST else []
        at = (publication.state.stamp or _stamp(publication)) + number
        tags = note_tags(step.text, files, options, self._parents(publication, step))
        tags.append(key_tag(publication.draft.publication_id))
        return signed(secret, NOTE, at, tags, note_content(step.text, files))

    def _number(self, publication: Publication[Options, Prepared], name: str) -> int:
        """How many seconds after the post a step is dated: so they keep their order."""
        return (POST, *self.steps(publication.draft)).index(name)

    def _parents(self, publication: Publication[Options, Prepared], step: Step) -> Parents | None:
        if step.parent is None:
            return None
        root = self._event(publication, Step(POST, publication.draft.text))["id"]
        account = publication.account
        return Parents(root, step.parent, shown(relays_of(account)[0]), account.external_id)

    def _files(self, publication: Publication[Options, Prepared]) -> list[Shown]:
        pairs = zip(publication.state.media, publication.draft.media, strict=False)
        return [
            Shown(
                one.key,
                one.id,
                asset.model_copy(update={"mime_type": one.mime_type, "width": one.width, "height": one.height}),
            )
            for one, asset in pairs
        ]

    def _live(self, publication: Publication[Options, Prepared], event_id: str, relay: str) -> Published:
        site = self._settings.hosts.site.rstrip("/")
        place = nevent(event_id, shown(relay), publication.account.external_id)
        return Published(post_id=event_id, url=f"{site}/{place}")


def _stamp(publication: Publication[Options, Prepared]) -> int:
    return int(publication.draft.due_at.timestamp())
