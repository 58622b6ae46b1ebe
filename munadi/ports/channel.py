"""The port of a channel: what the core calls, and what a network writes."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, final

from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.attempt import Attempt
from munadi.domain.brand_app import AppCredentials
from munadi.domain.channel import SLOWEST_UPLINK, ChannelName, ChannelSpec, MediaRule, Resend, TextLength
from munadi.domain.content import Draft, PublicationDraft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.problem import Problem
from munadi.domain.publication import POST, Absent, Pending, Preparation, Published, Ready, Unknown
from munadi.domain.server import server_of
from munadi.ports.bounded import bound_error, bounded
from munadi.ports.calls import Calls, calling_brand, calling_for
from munadi.ports.connecting import Authorizer, Connection, Consent, ConsentRequest, GrantedProfiles
from munadi.ports.imports import AccountImport
from munadi.ports.profiles import Profiles
from munadi.ports.publication import Options, PreparationStore, Publication, State
from munadi.ports.sandboxed import Sandboxed, called
from munadi.telemetry.calls import calling_network

log = logging.getLogger("munadi.channels")

# Seconds for a whole operation of several calls that a person waits for, each of which has its own deadline.
TIME_LIMITS = {"verify": 20.0, "begin": 20.0, "exchange": 20.0, "revoke": 20.0, "choices": 20.0}


@dataclass(frozen=True)
class Answer:
    """A network's HTTP response: `headers` with lower-case names, `body` the parsed JSON or None, `text` bounded."""

    status: int
    headers: Mapping[str, str]
    body: Any
    text: str

    def field(self, name: str) -> Any:
        """A field of the JSON object, or None: networks' responses are read leniently."""
        return self.body.get(name) if isinstance(self.body, dict) else None


class Gate(Protocol):
    """The check just before the first byte of a visible call. Raises ChannelError (not sent) after the deadline."""

    def __call__(self) -> None: ...


class Channel(Profiles, Generic[Options, State]):
    """One network, as the core uses it, and the boundary behind which its answers stay.

    What the core calls is final: it takes a place among the calls of its brand and server, and raises nothing but
    ChannelError, or what saving the preparation raised. A network writes the methods with an underscore. No network
    foresees every answer (a field of another type, a number too large for a date, a text that cannot be encoded), so an
    unforeseen one has one meaning everywhere: *unknown* once the attempt's gate was passed, else not sent.
    """

    spec: ChannelSpec
    options: type[Options]
    state: type[State]
    host_calls: Calls
    # The network's authorization server; None where accounts are connected by import alone.
    authorizer: Authorizer | None = None
    # What is called instead for a test brand; None where no sandbox is set up.
    sandboxed: Sandboxed | None = None

    @abstractmethod
    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """All violations of the channel's rules, with pointers relative to the draft (`/text`, `/media/0`). Pure."""

    def media_rules(self, draft: Draft, account: ConnectedAccount | None) -> tuple[MediaRule | None, ...]:
        """What the network asks of each medium of a draft; None where it takes none of its kind. Pure."""
        return (None,) * len(draft.media)

    @abstractmethod
    def lengths(self, draft: Draft, account: ConnectedAccount | None = None) -> list[TextLength]:
        """The length of each text, by each limit that `validate` applies to it; pointers as there. Pure."""

    @abstractmethod
    def lead(self, draft: Draft) -> timedelta:
        """How long before the due time `prepare` should begin; zero when the draft has no invisible step."""

    @abstractmethod
    def steps(self, draft: Draft) -> tuple[str, ...]:
        """The visible steps after the post, in order: `comment`, `part-2`, …; empty when there are none."""

    def price(self, draft: Draft) -> int:
        """What the network charges for publishing the draft, in millionths of a US dollar; 0 where calls are free."""
        return 0

    @abstractmethod
    def resend(self, draft: Draft, step: str) -> Resend:
        """Whether this step may be sent again once its visible call is proven to have had no effect."""

    @final
    def publication(
        self, draft: PublicationDraft, account: ConnectedAccount, store: PreparationStore
    ) -> Publication[Options, State]:
        """What the calls below take: the draft for this account, with the preparation in `store`."""
        return Publication(draft, account, store, (self.options, self.state))

    @final
    async def prepare(self, publication: Publication[Options, State]) -> Ready | Pending:
        """Prepare invisibly and repeatably: uploads, containers. Each id is saved as soon as it is known."""
        async with self._boundary("prepare", publication.account, publication) as network:
            return await network._prepare(publication)

    @final
    async def publish(self, publication: Publication[Options, State], attempt: Attempt) -> Published | Pending:
        """Make the visible call of the attempt's step: exactly one mutating request, with `gate=attempt.gate`.

        Returns Published or Pending only if the response proves it; otherwise the outcome is unknown.
        Later steps follow in order once the post is published; the preparation has what they need.
        """
        async with self._boundary("publish", publication.account, publication, attempt) as network:
            return await network._publish(publication, attempt)

    @final
    async def check(self, publication: Publication[Options, State]) -> Pending | Ready | Published:
        """Read the progress of a preparation or of an accepted post. PostDropped when the network gave that up."""
        async with self._boundary("check", publication.account, publication) as network:
            return await network._check(publication)

    @final
    async def find(
        self, publication: Publication[Options, State], since: datetime, step: str = POST
    ) -> Published | Absent | Unknown:
        """Read whether the step is live, after an unknown outcome. Several candidates mean Unknown."""
        async with self._boundary("find", publication.account, publication) as network:
            return await network._find(publication, since, step)

    @final
    async def discard(self, account: ConnectedAccount, preparation: Preparation) -> None:
        """Remove an unused preparation, where the spec says REMOVED. Repeated after a ChannelError.

        What is already gone is no error. What is visible, or may be, stays.
        """
        async with self._boundary("discard", account) as network:
            await network._discard(account, self.state.of(preparation))

    @final
    async def verify(self, given: AccountImport) -> Connection:
        """Verify credentials by read calls, and return their profile.

        Never renews a token: `munadi.accounts.tokens` does, under the account's lease. An expired one is TOKEN_EXPIRED.
        """
        async with self._boundary("verify", given) as network:
            return bounded(await network._verify(given))

    @final
    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """Refresh the credentials, under the account's lease. TOKEN_REVOKED when the grant is dead."""
        async with self._boundary("refresh", account) as network:
            return bounded(await network._refresh(account))

    @final
    async def begin_consent(self, request: ConsentRequest) -> Consent:
        """Begin the consent of a profile's owner at the network. Raises ChannelError."""
        async with self._boundary("begin", is_test=request.is_test) as network:
            return bounded(await network._authorizer().begin(request))

    @final
    async def exchange(
        self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]
    ) -> GrantedProfiles:
        """The profiles that the owner has granted, by what the network answered. Raises ChannelError."""
        async with self._boundary("exchange", is_test=request.is_test) as network:
            return bounded(await network._authorizer().exchange(request, answered, kept))

    @final
    async def revoke(self, account: ConnectedAccount) -> bool:
        """Give the grant back to the network; False where it has no way. Raises ChannelError."""
        async with self._boundary("revoke", account) as network:
            return await network._authorizer().revoke(account)

    async def _prepare(self, publication: Publication[Options, State]) -> Ready | Pending:
        return Ready()

    @abstractmethod
    async def _publish(self, publication: Publication[Options, State], attempt: Attempt) -> Published | Pending: ...

    @abstractmethod
    async def _check(self, publication: Publication[Options, State]) -> Pending | Ready | Published: ...

    @abstractmethod
    async def _find(
        self, publication: Publication[Options, State], since: datetime, step: str
    ) -> Published | Absent | Unknown: ...

    async def _discard(self, account: ConnectedAccount, state: State) -> None:
        """By default nothing: the network lets it expire."""

    @abstractmethod
    async def _verify(self, given: AccountImport) -> Connection: ...

    async def _refresh(self, account: ConnectedAccount) -> Credentials:
        """By default a token does not change."""
        return account.credentials

    def _authorizer(self) -> Authorizer:
        assert self.authorizer is not None, f"{self.spec.title} has no authorization server"
        return self.authorizer

    @asynccontextmanager
    async def _boundary(
        self,
        operation: str,
        owner: ConnectedAccount | AccountImport | None = None,
        publication: Publication[Options, State] | None = None,
        attempt: Attempt | None = None,
        is_test: bool = False,
    ) -> AsyncIterator[AnyChannel]:
        """The place and the time limit of one call; it raises a ChannelError, or the preparation store's error.

        Yields what is called: this channel, or for a test brand the sandbox, which then is all that can be called.
        """
        media_bytes = publication.draft.media_bytes if publication else 0
        try:
            with called(self, is_test or (owner is not None and owner.is_test)) as network:
                async with network._place(owner, media_bytes / SLOWEST_UPLINK):
                    async with asyncio.timeout(TIME_LIMITS.get(operation)):
                        with calling_network(self.spec.name.value, operation):
                            yield network
        except ChannelError as error:
            bound_error(error)
            raise
        except Exception as error:
            if publication is not None and error is publication.store.error:
                raise
            is_passed = attempt is not None and attempt.passed
            raise _unforeseen(error, operation, self.spec.title, is_passed) from error

    @asynccontextmanager
    async def _place(self, owner: ConnectedAccount | AccountImport | None, spare: float) -> AsyncIterator[None]:
        """A place for its brand at its server. Raises ChannelError, before anything is sent."""
        brand_ref = owner.brand_ref if isinstance(owner, ConnectedAccount) else calling_brand()
        with calling_for(brand_ref or None):
            if owner is None:
                yield
            else:
                async with self.host_calls.call(brand_ref or "", server_of(self.spec, owner.service_url), spare):
                    yield


AnyChannel = Channel[Any, Any]  # whatever its models are


def _unforeseen(error: Exception, operation: str, title: str, gate_passed: bool) -> ChannelError:
    if isinstance(error, TimeoutError):
        message = f"{title}: the network's answers took too long"
        return ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, message, provider_code="DEADLINE")
    log.error("%s of %s failed unexpectedly", operation, title, exc_info=error)
    effect = Effect.UNKNOWN if gate_passed else Effect.NOT_SENT
    message = f"{title}: the network's answer could not be understood"
    return ChannelError(Reason.PROVIDER_OUTAGE, effect, message, provider_code=type(error).__name__)


@dataclass(frozen=True)
class Channels:
    """All channels by name. `rebuild` makes one that is another app at its network."""

    by_name: Mapping[ChannelName, AnyChannel] = field(default_factory=dict)
    rebuild: Callable[[ChannelName, AppCredentials], AnyChannel] | None = None

    @property
    def authorizers(self) -> Mapping[ChannelName, Authorizer]:
        """The authorization servers of those that have one."""
        return {name: one.authorizer for name, one in self.by_name.items() if one.authorizer is not None}

    def authorizer(self, name: ChannelName, *, is_test: bool) -> Authorizer | None:
        """The authorization server of a network, or for a test brand that of the sandbox, if there is one."""
        channel = self.by_name[name]
        own = channel.sandboxed.channel if is_test and channel.sandboxed else channel
        return own.authorizer

    def __getitem__(self, name: str) -> AnyChannel:
        return self.by_name[ChannelName(name)]

    def of_app(self, name: str, app: AppCredentials | None) -> AnyChannel:
        """The channel as an app of a brand; without one, as the installation's app."""
        if app is None:
            return self[name]
        assert self.rebuild is not None, "these channels know no other apps"
        own = self.rebuild(ChannelName(name), app)
        own.sandboxed = self[name].sandboxed  # a test brand calls the sandbox, whatever app it has
        return own

    def get(self, name: str) -> AnyChannel | None:
        """The channel of this name, if there is one."""
        return next((channel for known, channel in self.by_name.items() if known == name), None)
