"""The public client keys that accounts still use, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from munadi.db.accounts.client_keys import KEPT_AFTER_DISCONNECT, keys_in_use
from munadi.domain.account import Credentials, Profile
from munadi.domain.channel import ChannelName
from munadi.ports import Connection
from munadi.publishing import account_changes
from tests.db.seeding import START, Seed

LATER = START + timedelta(hours=1)


def jwk(kid: str) -> dict[str, str]:
    return {"kid": kid, "kty": "EC", "crv": "P-256", "x": f"x-{kid}", "y": f"y-{kid}", "use": "sig", "alg": "ES256"}


async def connected(seed: Seed, name: str, facts: dict[str, Any], channel: ChannelName = ChannelName.BLUESKY) -> str:
    profile = Profile(external_id=f"did:plc:{name}", handle=f"{name}.example", facts=facts)
    connection = Connection(profile, Credentials(access_token=SecretStr("t")))
    async with seed.database.write() as session:
        view = await account_changes.connect(session, seed.keyring, "acme", channel, connection, login=None, now=START)
    return view.id


async def test_each_key_is_listed_once_while_an_account_uses_it(seed: Seed) -> None:
    await connected(seed, "one", {"client_key": jwk("a")})
    await connected(seed, "two", {"client_key": {**jwk("a"), "d": "never"}})
    gone = await connected(seed, "three", {"client_key": jwk("b")})
    await connected(seed, "session", {})
    await connected(seed, "elsewhere", {"client_key": jwk("c")}, ChannelName.THREADS)
    found = await keys_in_use(seed.database, ChannelName.BLUESKY, LATER)
    assert sorted(found, key=lambda key: key["kid"]) == [jwk("a"), jwk("b")]
    await account_changes.disconnect(seed.database, gone, LATER)
    assert len(await keys_in_use(seed.database, ChannelName.BLUESKY, LATER)) == 2  # its grant is being revoked
    much_later = LATER + KEPT_AFTER_DISCONNECT
    assert await keys_in_use(seed.database, ChannelName.BLUESKY, much_later) == [jwk("a")]
