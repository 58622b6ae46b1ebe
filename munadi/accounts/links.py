"""The service for connections: links for a profile's owner, their progress, and the choice among several profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.accounts.apps import current_app
from munadi.accounts.connecting import ConnectFlow, InvalidLink, InvalidState
from munadi.accounts.service import AccountService
from munadi.db.accounts.connections import ConnectionStore, NewConnection, view_of
from munadi.db.answers import Answer, Conflict, NotVisible, Service
from munadi.db.brands.limits import require_accounts, require_holding
from munadi.db.idempotency import IdempotencyKey, IdempotencyRecord
from munadi.db.keys.callers import Principal
from munadi.db.tables import ConnectionRow
from munadi.domain.account import AccountStatus
from munadi.domain.account_view import AccountView
from munadi.domain.brand import BrandLimits, BrandMode, BrandView
from munadi.domain.channel import ChannelName
from munadi.domain.connection import ConnectionView, ConnectLink
from munadi.domain.ids import Prefix, is_id
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.usage import Limit

LINK_LIFE, LONGEST_LINK = timedelta(hours=1), timedelta(days=7)


@dataclass(frozen=True)
class LinkWanted:
    """What a link is for. `hint`: the expected profile; `login`: one of the network's, if it has two;
    `service_url`: the server of the account, where its network has many."""

    redirect_url: str | None
    hint: str | None
    expires_at: datetime | None
    login: str | None = None
    metadata: Mapping[str, str] | None = None
    service_url: str | None = None


@dataclass(frozen=True)
class ConnectionService(Service):
    """Connections, and the links that make them."""

    accounts: AccountService
    flow: ConnectFlow

    async def connect(
        self, brand_ref: str, channel: ChannelName, wanted: LinkWanted, caller: Principal, key: IdempotencyKey
    ) -> Answer:
        """A link that connects one profile; only the answer shows it. Raises NotVisible, ProblemsFound,
        QuotaExceeded."""
        brand = await self.accounts.brands.get(brand_ref, caller)
        is_test = brand.mode is BrandMode.TEST
        await self._require_authorizer(brand, channel, wanted.login)
        pointer = "/serviceUrl" if wanted.service_url else "/hint"
        wanted = replace(wanted, hint=self._hint(channel, wanted))
        if is_test:
            self.accounts.require_sandbox(channel, _server_in(wanted.hint), pointer)
        new = _new(brand_ref, channel, wanted, caller)
        record = key.record(self.keyring, brand_ref, "accounts.connect", only_for=caller.key_id)
        return await self._linked(record, new, wanted, brand.limits)

    async def reconnect(self, account_id: str, wanted: LinkWanted, caller: Principal, key: IdempotencyKey) -> Answer:
        """A link for the same profile. Raises NotVisible, Conflict for a disconnected one, ProblemsFound."""
        account = await self.accounts.get(account_id, caller)
        if account.status is AccountStatus.DISCONNECTED:
            detail = "the account was disconnected; connect the profile again"
            raise Conflict("ACCOUNT_DISCONNECTED", "Disconnected", detail)
        channel = ChannelName(account.channel)
        brand = await self.accounts.brands.get(account.brand_ref, caller)
        await self._require_authorizer(brand, channel, account.login)
        wanted = replace(wanted, login=account.login, hint=wanted.hint or self._known_as(account))
        new = replace(_new(account.brand_ref, channel, wanted, caller), account_id=account.id)
        record = key.record(self.keyring, account.brand_ref, "accounts.reconnect", only_for=caller.key_id)
        return await self._linked(record, new, wanted)

    async def get(self, connection_id: str, caller: Principal) -> ConnectionView:
        """The progress of a connection. Raises NotVisible."""
        return view_of(await self._visible(connection_id, caller), self.clock.now())

    async def select(
        self, connection_id: str, external_ids: Sequence[str], caller: Principal, key: IdempotencyKey
    ) -> Answer:
        """Connect some of the offered profiles, all of them or none. Raises NotVisible, Conflict where nothing is
        offered (any more), ProblemsFound."""
        row = await self._visible(connection_id, caller)
        record = key.record(self.keyring, row.brand_ref, "connections.select")
        if earlier := await self._earlier(record):
            return earlier
        try:
            await self.flow.choose(row, external_ids)
        except (InvalidState, InvalidLink):
            detail = (
                "the connection has ended, the half hour for choosing is over, or the key that made its link is gone"
            )
            raise Conflict("NOTHING_TO_CHOOSE", "Nothing to choose", detail) from None
        except LookupError as error:
            message = f"{error.args[0]!r} is none of the choices"
            raise ProblemsFound([Problem(pointer="/externalIds", code="CHOICE_UNKNOWN", message=message)]) from None
        after = await self.get(connection_id, caller)

        async def work(_: AsyncSession) -> Answer:
            return Answer.of(after)

        return await self._once(record, work)

    async def _linked(
        self,
        record: IdempotencyRecord | None,
        new: NewConnection,
        wanted: LinkWanted,
        limits: BrandLimits | None = None,
    ) -> Answer:
        """Create the link, once. `limits`: those of the brand, where a new account is to be connected."""
        if earlier := await self._earlier(record):
            return earlier

        async def work(session: AsyncSession) -> Answer:
            if limits is not None:
                await require_accounts(session, new.brand_ref, limits, 1)
            now = self.clock.now()
            until = wanted.expires_at or now + LINK_LIFE
            if not now < until <= now + LONGEST_LINK:
                message = f"a link ends in the future, and at most {LONGEST_LINK.days} days from now"
                limit, rule = f"P{LONGEST_LINK.days}D", "time_out_of_range"
                problem = Problem(pointer="/expiresAt", code="TIME_OUT_OF_RANGE", message=message, rule=rule)
                raise ProblemsFound([problem.model_copy(update={"limit": limit, "actual": until.isoformat()})])
            await require_holding(session, new.brand_ref, Limit.CONNECT_LINKS, self.limits, now)
            row, url = await self.flow.create_link(session, new, until)
            return Answer.of(ConnectLink(id=row.id, connect_url=url, expires_at=row.expires_at))

        return await self._once(record, work)

    async def _visible(self, connection_id: str, caller: Principal) -> ConnectionRow:
        store, is_possible = ConnectionStore(self.database, self.keyring), is_id(connection_id, Prefix.CONNECTION)
        row = await store.get(connection_id) if is_possible else None
        if row is None or not caller.may_see(row.brand_ref):
            raise NotVisible("connection", connection_id)
        return row

    async def _require_authorizer(self, brand: BrandView, channel: ChannelName, login: str | None) -> None:
        """ProblemsFound with the remedy, unless accounts of this network can be connected in a browser."""
        is_test = brand.mode is BrandMode.TEST
        authorizer = self.accounts.channels.authorizer(channel, is_test=is_test)
        if authorizer is None:
            message = (
                f"{channel} cannot be connected in a browser here; import it with POST /v1/brands/{{ref}}/accounts"
            )
            raise ProblemsFound([Problem(pointer="/channel", code="CONNECT_UNAVAILABLE", message=message)])
        app = await current_app(self.flow.apps, self.flow.channels, brand.ref, channel, login)
        own = None if is_test or app is None else self.flow.channels.of_app(channel, app).authorizer
        if missing := (own or authorizer).missing_settings:
            message = (
                f"{channel} has no app credentials here; set {' and '.join(missing)}, or an app of the brand's own"
            )
            raise ProblemsFound([Problem(pointer="/channel", code="APP_NOT_CONFIGURED", message=message)])

    def _hint(self, channel: ChannelName, wanted: LinkWanted) -> str | None:
        """Whose consent is asked for, and where. ProblemsFound without a server where each account is at one of its
        own: there is no other place for its consent. Its former place, the hint, is still read."""
        spec, problems = self.accounts.channels[channel].spec, ProblemCollector()
        server = (wanted.service_url or "").strip()
        if server and not spec.own_server:
            message = f"an account at {spec.title} has no server of its own; leave it out"
            problems.add("/serviceUrl", "FIELD_NOT_ALLOWED", message, spec=spec)
        elif server and wanted.hint:
            problems.add("/hint", "FIELD_NOT_ALLOWED", "serviceUrl names the server; leave the hint out", spec=spec)
        elif spec.own_server and not server and not (wanted.hint or "").strip():
            message = f"{spec.title} has many servers; name the account's own one, such as https://social.example"
            problems.add("/serviceUrl", "MISSING_FIELD", message, spec=spec)
        problems.raise_if_any()
        return server or wanted.hint

    def _known_as(self, account: AccountView) -> str:
        """The hint for the same profile: its id, since handles change, or its server where it has one of its own."""
        own_server = self.accounts.channels[account.channel].spec.own_server
        return (account.service_url if own_server else None) or account.external_id


def _server_in(hint: str | None) -> str | None:
    """The server that a hint names by its address; None where it names a profile."""
    text = (hint or "").strip()
    return text if text.startswith(("https://", "http://")) else None


def _new(brand_ref: str, channel: ChannelName, wanted: LinkWanted, caller: Principal) -> NewConnection:
    return NewConnection(
        brand_ref,
        channel,
        caller.key_id,
        login=wanted.login,
        hint=wanted.hint,
        redirect_url=wanted.redirect_url,
        metadata=wanted.metadata,
    )
