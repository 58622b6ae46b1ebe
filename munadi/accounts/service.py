"""The service for accounts: import a connection, check it with its network, disconnect it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.accounts.apps import current_app
from munadi.accounts.checking import AccountChecks
from munadi.accounts.grants import Grants
from munadi.accounts.importing import prove
from munadi.accounts.tokens import AccountTokens
from munadi.db.accounts.apps import AppStore
from munadi.db.accounts.rows import set_metadata
from munadi.db.accounts.store import AccountStore
from munadi.db.answers import Answer, NotVisible, Service
from munadi.db.audit import record
from munadi.db.brands.limits import lock_limits, require_accounts
from munadi.db.brands.service import BrandService
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.domain.account import AccountStatus
from munadi.domain.account_view import AccountChange, AccountCheck, AccountView
from munadi.domain.audit import Action
from munadi.domain.brand import BrandMode
from munadi.domain.channel import ChannelName
from munadi.domain.choices import OptionChoice
from munadi.domain.ids import Prefix, is_id
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.problem_collector import ProblemCollector
from munadi.outbound.guard import Guard, is_at
from munadi.ports import AccountImport, Channels, Connection
from munadi.ports.calls import calling_for
from munadi.ports.sandboxed import SETTING
from munadi.publishing import account_changes


class AccountWorkflows(Protocol):
    """Wakes the workflows of accounts, soon and without being waited for. What is lost, the relay does."""

    def wake_account(self, account: AccountView) -> None:
        """An account was connected or disconnected."""


@dataclass(frozen=True)
class AccountService(Service):
    """Accounts. `guard` checks the addresses of their own servers."""

    channels: Channels
    brands: BrandService
    workflows: AccountWorkflows
    guard: Guard

    async def get(self, account_id: str, caller: Principal) -> AccountView:
        """An account, also a disconnected one. Raises NotVisible."""
        view = await self._store.view(account_id) if is_id(account_id, Prefix.ACCOUNT) else None
        if view is None or not caller.may_see(view.brand_ref):
            raise NotVisible("account", account_id)
        return view

    async def add(
        self,
        brand_ref: str,
        channel: ChannelName,
        given: AccountImport,
        caller: Principal,
        key: IdempotencyKey,
        *,
        metadata: Mapping[str, str] | None = None,
    ) -> Answer:
        """Verify credentials with their network and store them. The answer's identity says whether the account
        `is_new`. Raises NotVisible, ProblemsFound, ChannelError, QuotaExceeded."""
        brand = await self.brands.get(brand_ref, caller)
        record_ = key.record(self.keyring, brand_ref, "accounts.import")
        if earlier := await self._earlier(record_):
            return earlier
        with calling_for(brand_ref):
            given = replace(given, is_test=brand.mode is BrandMode.TEST)
            connection = await self._verified(brand_ref, channel, given)
        view: AccountView | None = None

        async def work(session: AsyncSession) -> Answer:
            nonlocal view
            now, external_id = self.clock.now(), connection.profile.external_id
            limits = brand.limits if brand.limits.accounts is None else await lock_limits(session, brand_ref)
            known = await self._store.is_connected(session, brand_ref, channel, external_id)
            await require_accounts(session, brand_ref, limits, adding=0 if known else 1)
            view = await account_changes.connect(
                session, self.keyring, brand_ref, channel, connection, login=given.login, metadata=metadata, now=now
            )
            action = Action.ACCOUNT_RECONNECTED if known else Action.ACCOUNT_IMPORTED
            record(session, action, target=view.id, brand_ref=brand_ref, now=now)
            return Answer.of(view, is_new=not known)

        answer = await self._once(record_, work)
        if view is not None:
            self.workflows.wake_account(view)
        return answer

    async def change(self, account_id: str, sent: AccountChange, caller: Principal) -> AccountView:
        """Change the fields that were sent. Raises NotVisible."""
        before = await self.get(account_id, caller)
        if not sent.model_fields_set:
            return before
        async with self.database.write() as session:
            now = self.clock.now()
            if not await set_metadata(session, account_id, sent.metadata, now):
                raise NotVisible("account", account_id)
            record(session, Action.ACCOUNT_UPDATED, target=account_id, brand_ref=before.brand_ref, now=now)
        return await self.get(account_id, caller)

    async def check(self, account_id: str, caller: Principal, key: IdempotencyKey) -> Answer:
        """Ask the network whether the account still works. Raises NotVisible, and ChannelError in an outage."""
        before = await self.get(account_id, caller)
        record_ = key.record(self.keyring, before.brand_ref, "accounts.check")
        if earlier := await self._earlier(record_):
            return earlier
        tokens = AccountTokens(self._store, self.channels, self.clock, "api")
        failure = await AccountChecks(self._store, self.channels, tokens, self.clock).check(account_id)
        view = await self.get(account_id, caller)

        async def work(session: AsyncSession) -> Answer:
            now = self.clock.now()
            record(session, Action.ACCOUNT_CHECKED, target=account_id, brand_ref=before.brand_ref, now=now)
            checked = AccountCheck(**view.model_dump(by_alias=False), ok=failure is None, failure=failure)
            return Answer.of(checked)

        return await self._once(record_, work)

    async def choices(
        self, account_id: str, caller: Principal, option: str, of: str | None
    ) -> tuple[OptionChoice, ...]:
        """The values of an option that the account can choose from, as its network lists them now. Raises NotVisible,
        ProblemsFound for an option that no network lists, ChannelError."""
        view, problems = await self.get(account_id, caller), ProblemCollector()
        channel = self.channels[view.channel]
        if option not in channel.listed_options:
            known = ", ".join(channel.listed_options) or "none"
            message = f"{channel.spec.title} lists no values of this option; it does of: {known}"
            problems.add("?option", "OPTION_NOT_LISTED", message, spec=channel.spec, limit=known)
        elif (above := channel.listed_options[option]) is not None and not of:
            problems.add(
                "?of", "MISSING_FIELD", f"give the {above} as `of`: {option} belongs to one", spec=channel.spec
            )
        problems.raise_if_any()
        with calling_for(view.brand_ref):
            account = await AccountTokens(self._store, self.channels, self.clock, "api").account(account_id)
            return await channel.choices(account, option, of)

    async def disconnect(self, account_id: str, caller: Principal) -> None:
        """Disconnect an account here, then end its grant at the network, if possible. A repetition changes nothing.

        The grant stays while a publication of the account may still need to be checked, and while the same profile is
        connected for another brand, because both use the same grant. Raises NotVisible.
        """
        before = await self.get(account_id, caller)
        async with Grants(self._store, self.channels).ending(account_id):
            await account_changes.disconnect(self.database, account_id, self.clock.now())
            if before.status is not AccountStatus.DISCONNECTED:
                self.workflows.wake_account(before)

    async def _verified(self, brand_ref: str, channel: ChannelName, given: AccountImport) -> Connection:
        if self.channels.get(channel) is None:
            message = f"{channel} is not available here; see GET /v1/channels"
            raise ProblemsFound([Problem(pointer="/channel", code="CHANNEL_UNAVAILABLE", message=message)])
        problems = ProblemCollector()
        if given.is_test:
            self.require_sandbox(channel, given.service_url, "/serviceUrl")
        elif given.service_url is not None:
            await self.guard.find(given.service_url, "/serviceUrl", problems)
            problems.raise_if_any()
        if given.expires_at is not None and given.expires_at <= self.clock.now() and not given.refresh_token:
            message = "the token has expired, and there is no refreshToken to renew it with"
            problems.add("/credentials/expiresAt", "TIME_IN_PAST", message)
            problems.raise_if_any()
        app = await current_app(AppStore(self.database, self.keyring), self.channels, brand_ref, channel, given.login)
        proven = await prove(self.channels.of_app(channel, app), given)
        return proven if app is None else replace(proven, app_id=app.id)

    def require_sandbox(self, channel: ChannelName, own_server: str | None, pointer: str) -> None:
        """ProblemsFound where a test brand has no sandbox for this network, or names a server that is not there."""
        sandboxed = self.channels[channel].sandboxed
        if sandboxed is None:
            message = f"this is a test brand, and there is no sandbox for {channel} here; its operator sets {SETTING}"
            raise ProblemsFound([Problem(pointer="/channel", code="SANDBOX_MISSING", message=message, rule=SETTING)])
        if own_server is not None and not is_at(own_server, sandboxed.server):
            message = f"this is a test brand: its accounts are at {sandboxed.server}, whatever their server is"
            problem = Problem(pointer=pointer, code="NOT_THE_SANDBOX", message=message, limit=sandboxed.server)
            raise ProblemsFound([problem])

    @property
    def _store(self) -> AccountStore:
        return AccountStore(self.database, self.keyring)
