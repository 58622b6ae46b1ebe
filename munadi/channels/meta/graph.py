"""What the networks of Meta's Graph family share: versioned paths below a host, forms in, JSON out, tokens, lists.

Source: Meta's Graph API overview, and the access-token guides of each network. Each channel has what differs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pydantic import SecretStr

from munadi.channels.answers import object_in
from munadi.channels.http import ChannelHttp, Request, given_id, no_proof
from munadi.channels.meta.errors import MISSING_OBJECT
from munadi.channels.oauth import end_of
from munadi.domain.account import GRANTED_BY, ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport, Answer
from munadi.telemetry.calls import quota_left

Seen = TypeVar("Seen")
# So much of a list is read, and so many rows at a time.
MAX_LISTS, LIST_SIZE = 5, "100"
MAX_PERSON = 200


@dataclass(frozen=True)
class Graph:
    """One host's calls. `base` ends with the version; `tokens` is the host of the token endpoints, which have none."""

    title: str
    http: ChannelHttp
    base: str
    tokens: str

    async def get(self, path: str, token: str, params: Mapping[str, str]) -> Answer:
        """Read a path of the Graph. Raises ChannelError."""
        return await self.http.send(Request("GET", f"{self.base}/{path}", token=token, params=params))

    def making(self, path: str, token: str, form: Mapping[str, str]) -> Request:
        """The request that makes something: without its id nothing is known to be made."""
        return Request("POST", f"{self.base}/{path}", token=token, form=form, proof=id_of)

    async def make(self, path: str, token: str, form: Mapping[str, str]) -> str:
        """Make something that is not visible; its id. Raises ChannelError."""
        return id_of(await self.http.send(self.making(path, token, form))) or ""

    def require_login(self, login: str | None, known: Collection[str]) -> None:
        """ChannelError for a log-in that the network does not have; None is the usual one."""
        if login is not None and login not in known:
            raise self.refusal(Reason.INVALID_FIELD, f"login {login!r} is not supported; use {' or '.join(known)}")

    def token_in(self, given: AccountImport, whose: str = "") -> str:
        """The access token of an import, in clear. ChannelError when there is none."""
        if given.access_token is None:
            raise self.refusal(Reason.MISSING_FIELD, f"give accessToken{whose}")
        return given.access_token.get_secret_value()

    async def me(self, given: AccountImport, fields: str, key: str = "id") -> tuple[Answer, str]:
        """GET /me, and the account's id. Raises ChannelError: INVALID_FIELD when externalId is another account."""
        answer = await self.get("me", self.token_in(given), {"fields": fields})
        account_id = str(answer.field(key) or "")  # a number in some of Meta's documentation
        if not account_id:
            raise self.strange(f"/me has no {key}")
        if given.external_id and given.external_id != account_id:
            raise self.refusal(Reason.INVALID_FIELD, f"this token is {account_id}'s, not externalId's")
        return answer, account_id

    async def inspect(self, token: str, by: str | None = None) -> Mapping[str, Any]:
        """`debug_token`'s data on a token, read with the token `by` or with itself; empty when it cannot be read."""
        params = {"access_token": by or token, "input_token": token}
        try:
            answer = await self.http.send(
                Request("GET", f"{self.base}/debug_token", params=params, secrets=[*params.values()])
            )
        except ChannelError:
            return {}
        return object_in(answer.field("data"))

    async def renewed(
        self, account: ConnectedAccount, grant_type: str, now: datetime, is_too_young: Callable[[ChannelError], bool]
    ) -> Credentials:
        """Another 60 days. A token younger than 24 h is refused, and stays in use: it has weeks to live.

        Raises ChannelError: TOKEN_REVOKED when the token is dead, since an expired one cannot be renewed.
        """
        token = account.token
        params = {"grant_type": grant_type, "access_token": token}
        try:
            answer = await self.http.send(
                Request("GET", f"{self.tokens}/refresh_access_token", params=params, secrets=[token])
            )
        except ChannelError as error:
            unrenewable(error)
            expires_at = account.credentials.expires_at
            if is_too_young(error) and (expires_at is None or expires_at > now):
                return account.credentials
            raise
        fresh, seconds = answer.field("access_token"), answer.field("expires_in")
        if not isinstance(fresh, str) or not fresh:
            raise self.strange("a refresh without a token")
        return Credentials(access_token=SecretStr(fresh), expires_at=end_of(now, seconds))

    async def quota(
        self, account_id: str, limit: str, token: str, prefix: str = "", since: datetime | None = None
    ) -> dict[str, int] | None:
        """`{"used", "total", "left"}` of the publishing limit at the edge `limit`; None when it cannot be read.

        The fields are `quota_usage` and `config`, with a prefix for other buckets than posts. `since`: used from
        then on, which not every network reports.
        """
        usage, config = f"{prefix}quota_usage", f"{prefix}config"
        params = {"fields": f"{usage},{config}"} | ({"since": str(int(since.timestamp()))} if since else {})
        try:
            answer = await self.get(f"{account_id}/{limit}", token, params)
            row = answer.body["data"][0]
            used, total = int(row[usage]), int(row[config]["quota_total"])
            quota_left(left := max(total - used, 0))
            return {"used": used, "total": total, "left": left}
        except (ChannelError, TypeError, KeyError, IndexError, ValueError):
            return None

    async def rows(
        self, path: str, token: str, params: Mapping[str, str], most: int = MAX_LISTS
    ) -> tuple[list[Any], bool]:
        """The rows of at most `most` pages of a list, and whether these are all. Raises ChannelError."""
        rows: list[Any] = []
        for _ in range(most):
            answer = await self.get(path, token, {"limit": LIST_SIZE, **params})
            rows += listed(answer)
            after = next_cursor(answer)
            if after is None:
                return rows, True
            params = {**params, "after": after}
        return rows, False

    async def delete(self, node: str, token: str) -> None:
        """Delete what has an id of its own; what is gone is no error. Raises ChannelError."""
        url = f"{self.base}/{node}"
        await self.unless_gone(self.http.send(Request("DELETE", url, token=token, proof=succeeded)))

    async def unless_gone(self, call: Awaitable[Seen]) -> Seen | None:
        """What a call about one object answers; None when that is not there. Raises ChannelError."""
        try:
            return await call
        except ChannelError as error:
            if error.provider_code == MISSING_OBJECT:
                return None
            raise

    def refusal(self, reason: Reason, message: str) -> ChannelError:
        """The account cannot be connected with what was given."""
        return ChannelError(reason, Effect.REJECTED, f"{self.title}: {message}")

    def strange(self, message: str) -> ChannelError:
        """A success that lacks what makes it one."""
        return ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN, f"{self.title}: {message}")


def succeeded(answer: Answer) -> bool:
    """`{"success": true}`, of what makes nothing new."""
    return answer.field("success") is True


async def within(limit: timedelta, read: Awaitable[Seen]) -> Seen | None:
    """The result of a read; None when it fails or takes longer. A live post is live all the same."""
    try:
        async with asyncio.timeout(limit.total_seconds()):
            return await read
    except (ChannelError, TimeoutError):
        return None


def unrenewable(error: ChannelError) -> ChannelError:
    """The refusal of a token that cannot be renewed: an expired one is as good as revoked."""
    if error.reason is Reason.TOKEN_EXPIRED:
        error.reason = Reason.TOKEN_REVOKED
    return error


def profile_of(answer: Answer, account_id: str, facts: dict[str, Any], scopes: tuple[str, ...] = ()) -> Profile:
    """An account as its own network shows it: `username` and `name`."""
    return Profile(
        external_id=account_id,
        handle=str(answer.field("username") or account_id),
        display_name=words(answer.field("name")),
        scopes=scopes,
        facts=facts,
    )


def granted_by(person: object) -> dict[str, str]:
    """The fact that a network's reports name: the id, for this app alone, of the person who granted the account."""
    return {GRANTED_BY: str(person)[:MAX_PERSON]} if isinstance(person, str | int) and person else {}


def scopes_in(inspected: Mapping[str, Any]) -> tuple[str, ...]:
    """The scopes of an inspected token; none where they cannot be read."""
    scopes = inspected.get("scopes")
    return tuple(scope for scope in scopes if isinstance(scope, str)) if isinstance(scopes, list) else ()


def id_of(answer: Answer) -> str | None:
    """The id of what was made."""
    return given_id(answer.field("id"))


def listed(answer: Answer) -> list[Any]:
    """`data` of a list answer. Raises ChannelError: what is no list is not an empty one."""
    data = answer.field("data")
    if not isinstance(data, list):
        raise no_proof(answer)
    return data


def next_cursor(answer: Answer) -> str | None:
    """Where the next list begins; None after the last one."""
    paging = object_in(answer.field("paging"))
    after = object_in(paging.get("cursors")).get("after") if paging.get("next") else None
    return str(after) if after else None


def moment(seconds: Any) -> datetime | None:
    """Seconds since the epoch, as a number or as text; 0 is Meta's "never"."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC) if int(seconds) else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def words(value: Any) -> str | None:
    """A text of an answer, or None for anything else in its place."""
    return value if isinstance(value, str) else None
