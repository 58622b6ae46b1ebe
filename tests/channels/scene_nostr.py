"""Nostr's scene for the contract suite, and what relays answer: the frames of an exchange as one JSON array."""

from __future__ import annotations

from typing import Any

import httpx
from pydantic import SecretStr

from munadi.channels.nostr.keys import public_key, secret_of
from munadi.channels.nostr.wire import NOTE, key_tag, signed
from munadi.domain.account import Credentials
from munadi.ports import AccountImport
from tests.channels.contract import Scene
from tests.channels.making import NOW, PUBLICATION, REFRESH, account, image, publication
from tests.channels.network import Network, answer, ok

SECRET_KEY = "5e" * 32
KEY = secret_of(SECRET_KEY)
assert KEY is not None
AUTHOR = public_key(KEY)
RELAY, SECOND_RELAY = "https://relay.example/home", "https://second.example/other"
MEDIA = "https://media.example"
HOME, OTHER = "/home", "/other"
FACTS: dict[str, Any] = {"relays": [RELAY], "servers": [MEDIA]}
CREDENTIALS = Credentials(access_token=SecretStr(SECRET_KEY), refresh_token=SecretStr(REFRESH))
WHO = account("nostr", AUTHOR, service_url=RELAY, facts=FACTS, credentials=CREDENTIALS)
BOTH = WHO.model_copy(update={"facts": {**FACTS, "relays": [RELAY, SECOND_RELAY]}})
SALE = publication("The monsoon sale has begun")
PICTURE = publication("Hello", media=(image(0, alt="Teal"),))


def note(text: str = SALE.text, tags: Any = (), later: int = 0) -> dict[str, Any]:
    """The event that a text makes, `later` seconds after its slot."""
    assert KEY is not None
    return signed(KEY, NOTE, int(NOW.timestamp()) + later, [*tags, key_tag(PUBLICATION)], text)


EVENT = note()


def taken(event_id: str = EVENT["id"], words: str = "") -> httpx.Response:
    """The answer of a relay that takes an event."""
    return ok([["OK", event_id, True, words]])


def refused(words: str, event_id: str = EVENT["id"]) -> httpx.Response:
    """The answer of a relay that does not."""
    return answer(400, [["OK", event_id, False, words]])


def stored(*events: dict[str, Any]) -> httpx.Response:
    """What a relay has."""
    return ok([*(["EVENT", "munadi", one] for one in events), ["EOSE", "munadi"]])


def at(network: Network, *events: dict[str, Any]) -> Network:
    return network.on("GET", "", stored(*events))


NOSTR = Scene(
    name="nostr",
    draft=SALE,
    account=WHO,
    handle=None,
    visible=HOME,
    accepted=taken(),
    live=lambda network: at(network, EVENT),
    absent=at,
    credentials=AccountImport(access_token=SecretStr(SECRET_KEY), service_url=RELAY),
    identity=("GET", "", stored()),
    expired=answer(401, "<html>Unauthorized</html>"),
    settings={},
    bears_token=False,
)
