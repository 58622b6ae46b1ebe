"""Connects a profile in a browser (OAuth 2), from the link to the connected account.

    link ──open──▶ consent at the network ──back, with the state──▶ exchange ──▶ one profile: connected
                                                                              └▶ several: chosen, then connected

A state is accepted once, within ten minutes, from the browser that left with it, and only while the key that made the
link is valid. A link connects once: of two browsers the one that began last counts, also while the other's exchange
runs (`munadi/db/accounts/connections.py`). Every profile is verified by a read call before it is stored. A reconnect
must return the same profile.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.accounts.apps import current_app
from munadi.accounts.importing import prove
from munadi.accounts.service import AccountWorkflows
from munadi.db.accounts.apps import AppStore
from munadi.db.accounts.connections import ConnectionStore, LinkTaken, NewConnection, OfferedProfiles, hash_of
from munadi.db.accounts.store import AccountStore
from munadi.db.answers import Service
from munadi.db.audit import record
from munadi.db.brands.limits import lock_limits, require_accounts
from munadi.db.brands.store import BrandStore
from munadi.db.keys.store import KeyStore
from munadi.db.tables import ConnectionRow
from munadi.domain.account_view import AccountView
from munadi.domain.audit import Action
from munadi.domain.brand import BrandMode, BrandView
from munadi.domain.channel import ChannelName
from munadi.domain.connection import ConnectionStatus
from munadi.domain.failure import ChannelError, Effect, Failure, Reason
from munadi.domain.reasons import failure_of
from munadi.domain.usage import QuotaExceeded
from munadi.ports import AnyChannel, Channels, Choice, Connection, ConsentRequest
from munadi.ports.calls import calling_for
from munadi.publishing import account_changes

log = logging.getLogger("munadi.connecting")

STATE_LIFE = timedelta(minutes=10)
CHOICE_LIFE = timedelta(minutes=30)
SECRET_BYTES = 32


class InvalidLink(Exception):
    """The link is unknown, used or expired, or the key that made it is revoked. The message is for the owner, and the
    page that shows it looks like the brand's if the link is one of a brand."""

    def __init__(self, message: str, brand_ref: str | None = None) -> None:
        super().__init__(message)
        self.brand_ref = brand_ref


class InvalidState(Exception):
    """The browser came back with a state of no open attempt. The network was not called."""


@dataclass(frozen=True)
class ConnectResult:
    """The state of an attempt to connect, after the browser came back."""

    connection_id: str
    brand_ref: str
    status: ConnectionStatus
    redirect_url: str | None
    failure: Failure | None = None


@dataclass(frozen=True)
class ConnectFlow(Service):
    """The flow from link to account. `base_url` is where browsers reach the API, without a trailing slash."""

    channels: Channels
    workflows: AccountWorkflows
    base_url: str

    async def create_link(
        self, session: AsyncSession, new: NewConnection, expires_at: datetime
    ) -> tuple[ConnectionRow, str]:
        """Create a link in the caller's transaction: its row and its URL, which is not stored."""
        link = secrets.token_urlsafe(SECRET_BYTES)
        row = await self._connections.create(session, new, link, expires_at, self.clock.now())
        return row, f"{self.base_url}/connect/{link}"

    async def open_link(self, link: str) -> ConnectionRow:
        """The attempt that a link belongs to. Raises InvalidLink."""
        row = await self._connections.by_link(link)
        if row is None:
            raise InvalidLink("There is no such link. Ask for a new one.")
        if row.status == ConnectionStatus.CONNECTED.value:
            raise InvalidLink("This link has been used: the account is connected.", row.brand_ref)
        if row.expires_at <= self.clock.now():
            raise InvalidLink("This link has expired. Ask for a new one.", row.brand_ref)
        await self._require_key(row)
        return row

    async def begin(self, link: str, browser: str) -> str:
        """Start the consent; returns the page to send the browser to. Raises InvalidLink, ChannelError."""
        row = await self.open_link(link)
        state, channel = secrets.token_urlsafe(SECRET_BYTES), ChannelName(row.channel)
        request = await self._consent_request(row, state)
        app = await current_app(self.apps, self.channels, row.brand_ref, channel, row.login)
        with calling_for(row.brand_ref):
            consent = await self.channels.of_app(channel, app).begin_consent(request)
        try:
            await self._connections.begin(
                row.id,
                state=state,
                browser=browser,
                kept=consent.kept,
                app_id=app.id if app is not None else None,
                now=self.clock.now(),
                life=STATE_LIFE,
            )
        except LinkTaken:
            raise _taken(row) from None
        return consent.url

    async def handle_callback(self, channel: str, answered: Mapping[str, str], browser: str | None) -> ConnectResult:
        """Handle the network's redirect. Raises InvalidState, and InvalidLink when another browser has taken the link
        over since; any other failure is in the result."""
        state = answered.get("state", "")
        taken = await self._connections.take(state, channel, self.clock.now()) if state else None
        if taken is None:
            raise InvalidState
        row, kept = taken
        try:
            self._require_browser(row, browser)
            await self._require_key(row)
            request, at_network = await self._consent_request(row, state), await self._channel_of(row)
            with calling_for(row.brand_ref):
                granted = await at_network.exchange(request, answered, kept)
            choices = await self._narrowed(row, granted.choices)
            if len(choices) > 1:
                return await self._offered(row, OfferedProfiles(choices, granted.scopes))
            await self._keep(row, choices, granted.scopes)
        except LinkTaken:
            raise _taken(row) from None
        except InvalidLink as error:
            return await self._failed(row, ChannelError(Reason.CONSENT_EXPIRED, Effect.NOT_SENT, str(error)))
        except ChannelError as error:
            return await self._failed(row, error)
        return ConnectResult(row.id, row.brand_ref, ConnectionStatus.CONNECTED, row.redirect_url)

    async def _offered(self, row: ConnectionRow, profiles: OfferedProfiles) -> ConnectResult:
        now = self.clock.now()
        await self._connections.offer(row, profiles, now, now + CHOICE_LIFE)
        return ConnectResult(row.id, row.brand_ref, ConnectionStatus.CHOOSING, row.redirect_url)

    async def choose(self, row: ConnectionRow, external_ids: Sequence[str]) -> ConnectResult:
        """Connect the chosen profiles. Raises InvalidState when nothing is offered (any more), LookupError for unknown
        ones."""
        offered = await self._connections.offered(row.id, self.clock.now())
        if offered is None:
            raise InvalidState
        known = {choice.external_id: choice for choice in offered.choices}
        if unknown := [one for one in external_ids if one not in known]:
            raise LookupError(unknown[0])
        await self._require_key(row)
        try:
            await self._keep(row, [known[one] for one in dict.fromkeys(external_ids)], offered.scopes)
        except LinkTaken:
            raise InvalidState from None
        except ChannelError as error:
            return await self._failed(row, error)
        return ConnectResult(row.id, row.brand_ref, ConnectionStatus.CONNECTED, row.redirect_url)

    async def _narrowed(self, row: ConnectionRow, choices: Sequence[Choice]) -> tuple[Choice, ...]:
        """The profiles to choose from; for a reconnect only the account's own profile."""
        if row.account_id is None:
            return tuple(choices)
        account = await self._accounts.view(row.account_id)
        same = tuple(one for one in choices if account is not None and one.external_id == account.external_id)
        if not same:
            names = ", ".join(one.name for one in choices)
            expected = account.handle if account is not None else "the account"
            message = f"{names} was chosen, and {expected} is to be reconnected"
            raise ChannelError(Reason.PROFILE_MISMATCH, Effect.NOT_SENT, message)
        return same

    async def _keep(self, row: ConnectionRow, choices: Sequence[Choice], scopes: tuple[str, ...]) -> None:
        """Verify every profile, then store all of them in one transaction, or none. Raises LinkTaken."""
        channel, brand = await self._channel_of(row), await self._brand(row)
        proven: list[Connection] = []
        for choice in choices:
            with calling_for(row.brand_ref):
                found = await prove(channel, replace(choice.given, is_test=brand.mode is BrandMode.TEST))
            profile = found.profile
            if profile.external_id != choice.external_id:
                message = f"the token is {profile.external_id}'s, not {choice.external_id}'s"
                raise ChannelError(Reason.PROFILE_MISMATCH, Effect.NOT_SENT, message)
            granted = scopes or profile.scopes
            proven.append(Connection(profile.model_copy(update={"scopes": granted}), found.credentials, row.app_id))
        now = self.clock.now()
        async with self.database.write() as session:
            current = await self._connections.current(session, row)
            if brand.limits.accounts is not None:
                await self._require_room(session, row, proven)
            views = [await self._connect(session, row, one, now) for one in proven]
            await self._connections.finish(session, current, [view.id for view in views], now)
        log.info("connected %s of %s through %s", ", ".join(view.id for view in views), row.brand_ref, row.id)
        for view in views:
            self.workflows.wake_account(view)

    async def _connect(
        self, session: AsyncSession, row: ConnectionRow, proven: Connection, now: datetime
    ) -> AccountView:
        channel = ChannelName(row.channel)
        known = await self._accounts.is_connected(session, row.brand_ref, channel, proven.profile.external_id)
        view = await account_changes.connect(
            session, self.keyring, row.brand_ref, channel, proven, login=row.login, now=now
        )
        action = Action.ACCOUNT_RECONNECTED if known else Action.ACCOUNT_CONNECTED
        # An owner's browser has no key: it acts for the key that made the link.
        record(session, action, target=view.id, brand_ref=row.brand_ref, now=now, key_id=row.key_id)
        return view

    async def _require_room(self, session: AsyncSession, row: ConnectionRow, proven: Sequence[Connection]) -> None:
        limits = await lock_limits(session, row.brand_ref)
        channel = ChannelName(row.channel)
        ids = [one.profile.external_id for one in proven]
        fresh = [one for one in ids if not await self._accounts.is_connected(session, row.brand_ref, channel, one)]
        try:
            await require_accounts(session, row.brand_ref, limits, len(fresh))
        except QuotaExceeded as error:
            raise ChannelError(Reason.ACCOUNT_LIMIT_REACHED, Effect.NOT_SENT, str(error)) from error

    async def _failed(self, row: ConnectionRow, error: ChannelError) -> ConnectResult:
        failure = failure_of(error.reason, error.message, error=error)
        log.warning("connecting through %s failed: %s", row.id, error)
        try:
            await self._connections.fail(row, failure, self.clock.now())
        except LinkTaken:
            raise _taken(row) from None
        return ConnectResult(row.id, row.brand_ref, ConnectionStatus.FAILED, row.redirect_url, failure)

    async def _require_key(self, row: ConnectionRow) -> None:
        key = await KeyStore(self.database).get(row.key_id)
        now = self.clock.now()
        if key is None or key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
            message = "This link is no longer valid: who made it may not connect accounts any more."
            raise InvalidLink(message, row.brand_ref)

    def _require_browser(self, row: ConnectionRow, browser: str | None) -> None:
        if browser is None or not secrets.compare_digest(hash_of(browser), row.browser_hash or ""):
            message = "the consent came back to another browser than it was begun in"
            raise ChannelError(Reason.CONSENT_EXPIRED, Effect.NOT_SENT, message)

    async def _channel_of(self, row: ConnectionRow) -> AnyChannel:
        """The channel as the app that the consent was begun with. ChannelError when that is gone."""
        app = await self.apps.opened(row.app_id) if row.app_id is not None else None
        if row.app_id is not None and app is None:
            message = "the app that the consent was begun with was removed"
            raise ChannelError(Reason.CONSENT_EXPIRED, Effect.NOT_SENT, message)
        return self.channels.of_app(row.channel, app)

    @property
    def apps(self) -> AppStore:
        """The apps of brands."""
        return AppStore(self.database, self.keyring)

    @property
    def _accounts(self) -> AccountStore:
        return AccountStore(self.database, self.keyring)

    @property
    def _connections(self) -> ConnectionStore:
        return ConnectionStore(self.database, self.keyring)

    async def _consent_request(self, row: ConnectionRow, state: str) -> ConsentRequest:
        redirect = f"{self.base_url}/v1/oauth/{row.channel}/callback"
        is_test = (await self._brand(row)).mode is BrandMode.TEST
        return ConsentRequest(state=state, redirect_uri=redirect, login=row.login, hint=row.hint, is_test=is_test)

    async def _brand(self, row: ConnectionRow) -> BrandView:
        """The brand of a link. Raises InvalidLink where it is being erased."""
        brand = await BrandStore(self.database).get(row.brand_ref)
        if brand is None:
            raise InvalidLink("This link is no longer valid: who made it may not connect accounts any more.")
        return brand


def _taken(row: ConnectionRow) -> InvalidLink:
    message = "This link was used in another browser or tab since. Nothing was connected here."
    return InvalidLink(message, row.brand_ref)
