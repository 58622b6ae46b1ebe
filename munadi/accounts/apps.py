"""The service for apps of brands: set, read and remove an app of a brand's own at a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from munadi.channels.registry import channel_reports, takes_apps
from munadi.db.accounts.apps import AppStore
from munadi.db.answers import NotVisible, Service
from munadi.db.audit import record
from munadi.db.brands.service import BrandService
from munadi.db.keys.callers import Principal
from munadi.db.tables import BrandAppRow
from munadi.domain.audit import Action
from munadi.domain.brand_app import AppCredentials, AppPut, AppReview, BrandAppView, other_login
from munadi.domain.channel import ChannelName
from munadi.domain.problem import Problem, ProblemsFound
from munadi.ports import Channels


@dataclass(frozen=True)
class AppService(Service):
    """Apps of brands. `base_url` is where browsers reach the API."""

    brands: BrandService
    channels: Channels
    base_url: str

    async def put(self, brand_ref: str, channel: ChannelName, sent: AppPut, caller: Principal) -> BrandAppView:
        """Set the brand's app at a network: its next consents go to it. Raises NotVisible, ProblemsFound."""
        await self.brands.get(brand_ref, caller)
        self._require_apps(channel)
        sent = sent.model_copy(update={"login": self._login(channel, sent.login)})
        now = self.clock.now()
        async with self.database.write() as session:
            await self._store.put(session, brand_ref, channel, sent, now)
            record(session, Action.APP_SET, target=channel.value, brand_ref=brand_ref, now=now)
        return await self.get(brand_ref, channel, caller)

    async def list(self, brand_ref: str, caller: Principal) -> Sequence[BrandAppView]:
        """The brand's apps, in order of their networks. Raises NotVisible."""
        await self.brands.get(brand_ref, caller)
        return [self._view(row, accounts) for row, accounts in await self._store.list(brand_ref)]

    async def get(self, brand_ref: str, channel: ChannelName, caller: Principal) -> BrandAppView:
        """The brand's app at a network. Raises NotVisible."""
        for view in await self.list(brand_ref, caller):
            if view.channel == channel:
                return view
        raise NotVisible("app", channel)

    async def delete(self, brand_ref: str, channel: ChannelName, caller: Principal) -> None:
        """Use the brand's app for no further consent. Raises NotVisible."""
        await self.brands.get(brand_ref, caller)
        now = self.clock.now()
        async with self.database.write() as session:
            if not await self._store.end(session, brand_ref, channel, now):
                raise NotVisible("app", channel)
            record(session, Action.APP_REMOVED, target=channel.value, brand_ref=brand_ref, now=now)

    async def current(self, brand_ref: str, channel: ChannelName, login: str | None) -> AppCredentials | None:
        """The app that a new account of a brand is connected through; None for the installation's."""
        return await current_app(self._store, self.channels, brand_ref, channel, login)

    def _require_apps(self, channel: ChannelName) -> None:
        found = self.channels.get(channel)
        if found is None:
            message = f"{channel} is not available here; see GET /v1/channels"
            raise ProblemsFound([Problem(pointer="", code="CHANNEL_UNAVAILABLE", message=message)])
        if not takes_apps(channel):
            message = f"{found.spec.title} has no apps with an id and a secret"
            raise ProblemsFound([Problem(pointer="", code="APP_NOT_SUPPORTED", message=message)])

    def _login(self, channel: ChannelName, login: str | None) -> str | None:
        logins = self.channels[channel].spec.logins
        if login is not None and login not in logins:
            known = " or ".join(logins) or "null"
            problem = Problem(pointer="/login", code="INVALID_FIELD", message=f"{channel}'s log-in is {known}")
            raise ProblemsFound([problem])
        return other_login(logins, login)

    def _view(self, row: BrandAppRow, accounts: int) -> BrandAppView:
        rule, reports = channel_reports().get(ChannelName(row.channel)), f"{self.base_url}/callbacks/apps/{row.id}"
        return BrandAppView(
            brand_ref=row.brand_ref,
            channel=row.channel,
            login=row.login,
            client_id=row.client_id,
            review=None if row.review is None else AppReview(row.review),
            redirect_uri=f"{self.base_url}/v1/oauth/{row.channel}/callback",
            deauthorize_uri=f"{reports}/deauthorize" if rule is not None and rule.field else None,
            data_deletion_uri=f"{reports}/data-deletion" if rule is not None and rule.field else None,
            webhook_uri=reports if rule is not None and rule.header else None,
            accounts=accounts,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    @property
    def _store(self) -> AppStore:
        return AppStore(self.database, self.keyring)


async def current_app(
    apps: AppStore, channels: Channels, brand_ref: str, channel: ChannelName, login: str | None
) -> AppCredentials | None:
    """The app that a new account of a brand is connected through, by this log-in; None for the installation's."""
    return await apps.current(brand_ref, channel, other_login(channels[channel].spec.logins, login))
