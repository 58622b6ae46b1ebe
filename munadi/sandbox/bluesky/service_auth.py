"""`com.atproto.server.getServiceAuth`: a token that speaks for the account at one other service.

Checks and messages as at the reference (packages/pds, getServiceAuth.ts): at most an hour, a minute without a method.
"""

from __future__ import annotations

from munadi.sandbox.bluesky.errors import refuse
from munadi.sandbox.bluesky.formats import FORMATS
from munadi.sandbox.bluesky.pds import Pds, require_usable
from munadi.sandbox.exchange import Answer, Call

HOUR, MINUTE = 3600, 60
# What only the account's own sessions may do.
PROTECTED = ("com.atproto.admin.", "com.atproto.identity.", "com.atproto.server.createAppPassword")


class ServiceAuth:
    def __init__(self, pds: Pds) -> None:
        self._pds = pds

    async def get(self, call: Call) -> Answer:
        account = self._pds.caller(call)
        require_usable(account)
        audience, method, expiry = (call.query.get(name) for name in ("aud", "lxm", "exp"))
        if not audience or not FORMATS["did"][1](audience.partition("#")[0]) or (expiry and not expiry.isdecimal()):
            raise refuse("InternalServerError")  # the reference's answer to any invalid query
        if method and method.startswith(PROTECTED):
            message = f"cannot request a service auth token for the following protected method: {method}"
            raise refuse("InvalidRequest", message)
        now = self._pds.clock.now()
        expires_at = int(expiry) if expiry else int(now) + MINUTE
        _check_expiry(expires_at - now, method)
        return Answer(200, {"token": self._pds.tokens.service_token(account, audience, method, expires_at)})


def _check_expiry(seconds: float, method: str | None) -> None:
    if seconds < 0:
        raise refuse("BadExpiration", "expiration is in past")
    if seconds > HOUR:
        raise refuse("BadExpiration", "cannot request a token with an expiration more than an hour in the future")
    if not method and seconds > MINUTE:
        raise refuse(
            "BadExpiration",
            "cannot request a method-less token with an expiration more than a minute in the future",
        )
