"""A fake network: a channel over a list of posts in memory, whose next answers and failures a test plans."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, SecretStr

from munadi.channels.editing import says_text
from munadi.channels.text import lengths
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.channel import ChannelName, ChannelSpec, LinkStyle, Resend, TextLength, TextLimit, TextUnit
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, PostDropped, Reason
from munadi.domain.live_edit import Says, Shown, Version
from munadi.domain.problem import Problem
from munadi.domain.publication import POST_ID_PENDING, Absent, Pending, Published, Ready, Unknown, Warning_
from munadi.domain.withdrawal import PostedObject, Seen, Verdict
from munadi.domain.withdrawal_rule import Removal, WithdrawalRule
from munadi.outbound.host_calls import HostCalls
from munadi.ports import (
    AccountImport,
    Attempt,
    Authorizer,
    Calls,
    Channel,
    Connection,
    PreparedState,
    Publication,
    PublicationDraft,
    StaleEpoch,
)


def spec(name: ChannelName, **changes: Any) -> ChannelSpec:
    """The spec of a network that answers at once."""
    base = ChannelSpec(
        name=name,
        title=name.value.title(),
        text_limits=(TextLimit(rule="text", unit=TextUnit.CODE_POINTS, maximum=300),),
        media_rules=(),
        min_media=0,
        max_media=4,
        mixed_media=False,
        link_style=LinkStyle.APPENDED,
        first_comment=False,
        max_parts=0,
        scopes=(),
        hosts=(),
        lead=timedelta(minutes=10),
        publish_deadline=timedelta(seconds=4),
        margin=timedelta(seconds=1),
        absence_window=timedelta(seconds=2),
        resend=Resend.AFTER_ABSENCE,
        withdrawal=WithdrawalRule(kind=Removal.DELETE),
        facts_version="test",
        sources=(),
    )
    return base.model_copy(update=changes)


class NoOptions(BaseModel):
    """No options."""


@dataclass
class FakeChannel(Channel[NoOptions, PreparedState]):
    """`plan` holds the effects of the next visible calls: `ok`, an error, `lost` (live, but the answer is lost)…"""

    spec: ChannelSpec
    options: type[NoOptions] = NoOptions
    state: type[PreparedState] = PreparedState
    host_calls: Calls = field(default_factory=HostCalls)
    authorizer: Authorizer | None = None
    plan: deque[Any] = field(default_factory=deque)
    prepare_plan: deque[Any] = field(default_factory=deque)
    check_plan: deque[Any] = field(default_factory=deque)
    posts: list[tuple[str, str]] = field(default_factory=list)
    calls: list[tuple[str, datetime | None]] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    later_plan: deque[Any] = field(default_factory=deque)
    refresh_plan: deque[ChannelError | Credentials] = field(default_factory=deque)
    removal_plan: deque[Any] = field(default_factory=deque)
    removed: list[str] = field(default_factory=list)
    edit_plan: deque[Any] = field(default_factory=deque)
    said: dict[str, str] = field(default_factory=dict)
    said_to_be: Shown | None = None
    sight: Seen | None = None
    blind: bool = False
    blind_looks: int = 0
    leads: bool = False
    hang: asyncio.Event = field(default_factory=asyncio.Event)

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        return []

    def lengths(self, draft: Draft, account: ConnectedAccount | None = None) -> list[TextLength]:
        return lengths(self.spec.text_limits, draft.text)

    def lead(self, draft: Draft) -> timedelta:
        return self.spec.lead if self.leads else timedelta(0)

    def steps(self, draft: Draft) -> tuple[str, ...]:
        return draft.parts

    def resend(self, draft: Draft, step: str) -> Resend:
        return self.spec.resend

    async def _prepare(self, publication: Publication[NoOptions, PreparedState]) -> Ready | Pending:
        draft = publication.draft
        self.calls.append(("prepare", None))
        await publication.store.save({"container": f"c-{draft.publication_id}", "text": draft.text})
        step = self.prepare_plan.popleft() if self.prepare_plan else Ready()
        if isinstance(step, ChannelError):
            raise step
        return step

    async def _publish(
        self, publication: Publication[NoOptions, PreparedState], attempt: Attempt
    ) -> Published | Pending:
        draft = publication.draft
        if self.plan and self.plan[0] == "unreached":
            self.plan.popleft()
            await self.hang.wait()
        attempt.gate()
        if attempt.step != "post":
            return self._later(draft, attempt.step)
        self.calls.append(("publish", draft.due_at))
        step = self.plan.popleft() if self.plan else "ok"
        if step == "lapsed":
            await publication.store.save({}, ready=False)
            raise not_sent(Reason.MEDIA_PROCESSING_FAILED)
        if isinstance(step, ChannelError):
            raise step
        if step == "refused-silently":
            raise ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, "reset, nothing arrived")
        if step == "dropped":
            self.check_plan.append(dropped())
            return Pending(after=timedelta(seconds=1))
        self.posts.append((draft.publication_id, draft.text))
        if step == "lost":
            raise ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, "reset after the request")
        if step == "bug":
            raise KeyError("an unforeseen field")
        if step == "overtaken":
            raise StaleEpoch
        if step == "hang":
            await self.hang.wait()
        if step == "without-id":
            warning = Warning_(code=POST_ID_PENDING, message="the id comes later")
            return Published(warnings=(warning,))
        if step == "pending":
            return Pending(after=timedelta(seconds=1))
        return self._published(draft)

    def _later(self, draft: PublicationDraft, name: str) -> Published:
        self.calls.append((name, None))
        step = self.later_plan.popleft() if self.later_plan else "ok"
        if isinstance(step, ChannelError):
            raise step
        self.later.append(name)
        if step == "lost":
            raise ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, "reset after the request")
        if step == "overtaken":
            raise StaleEpoch
        return Published(post_id=f"{name}-{draft.publication_id}")

    async def _check(self, publication: Publication[NoOptions, PreparedState]) -> Pending | Ready | Published:
        draft = publication.draft
        self.calls.append(("check", None))
        step = self.check_plan.popleft() if self.check_plan else self._published(draft)
        if isinstance(step, ChannelError):
            raise step
        return step

    async def _find(
        self, publication: Publication[NoOptions, PreparedState], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        draft = publication.draft
        self.calls.append(("find", since))
        if self.blind_looks > 0 or self.blind:
            self.blind_looks -= 1
            return Unknown(note="reads are down")
        if step != "post":
            return self._published(draft) if step in self.later else Absent()
        return self._published(draft) if any(p == draft.publication_id for p, _ in self.posts) else Absent()

    async def _withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        attempt.gate()
        self.calls.append(("withdraw", None))
        step = self.removal_plan.popleft() if self.removal_plan else "ok"
        if isinstance(step, ChannelError):
            raise step
        if step == "hang":
            await self.hang.wait()
        if step != "kept":
            self.removed.append(one.id)
        if step != "ok":
            raise ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, "reset after the request")

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        self.calls.append(("look", None))
        if self.sight is not None:
            return [self.sight] * len(objects)
        return [Seen(verdict=Verdict.GONE if one.id in self.removed else Verdict.LIVE) for one in objects]

    async def _edit(self, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
        attempt.gate()
        self.calls.append(("edit", None))
        step = self.edit_plan.popleft() if self.edit_plan else "ok"
        if isinstance(step, ChannelError):
            raise step
        if step == "changed":
            self.said[version.object.id] = "by somebody else"
        elif step != "kept":
            self.said[version.object.id] = version.new.text
        if step != "ok":
            raise ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, "reset after the request")

    async def _read_live(self, version: Version, account: ConnectedAccount) -> Shown:
        self.calls.append(("read", None))
        if self.said_to_be is not None:
            return self.said_to_be
        if version.object.id in self.removed:
            return Shown(says=Says.GONE)
        return Shown(says=says_text(version, self.said.get(version.object.id, version.old[-1].text)))

    async def _verify(self, given: AccountImport) -> Connection:
        token = given.access_token or SecretStr("t")
        return Connection(Profile(external_id="1", handle="h"), Credentials(access_token=token))

    async def _refresh(self, account: ConnectedAccount) -> Credentials:
        self.calls.append(("refresh", account.credentials.expires_at))
        step = self.refresh_plan.popleft() if self.refresh_plan else account.credentials
        if isinstance(step, ChannelError):
            raise step
        return step

    def count(self, operation: str) -> int:
        """How often an operation was called."""
        return sum(1 for name, _ in self.calls if name == operation)

    @staticmethod
    def _published(draft: PublicationDraft) -> Published:
        return Published(post_id=f"post-{draft.publication_id}", url=f"https://n.example/{draft.publication_id}")


def not_sent(reason: Reason = Reason.NETWORK_UNREACHABLE, wait: timedelta | None = None) -> ChannelError:
    """An error that proves that nothing was sent."""
    return ChannelError(reason, Effect.NOT_SENT, "nothing was sent", provider_code="X", retry_after=wait)


def dropped(wait: timedelta = timedelta(minutes=1)) -> PostDropped:
    """A post that the network accepted, and gave up because it could not fetch its media."""
    reason = Reason.MEDIA_UNREACHABLE
    return PostDropped(reason, Effect.NOT_SENT, "not fetched", provider_code="pull_failed", retry_after=wait)


def rejected(reason: Reason = Reason.CONTENT_POLICY) -> ChannelError:
    """A documented final refusal."""
    return ChannelError(reason, Effect.REJECTED, "no", provider_code="400", provider_message="they said no")
