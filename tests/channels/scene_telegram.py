"""Telegram's scene for the contract suite, and what the Bot API answers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import httpx
from pydantic import SecretStr

from munadi.domain.publication import Preparation
from munadi.ports import AccountImport
from tests.channels.contract import Scene
from tests.channels.making import NOW, REFRESH, TOKEN, account, image, publication, video
from tests.channels.network import Network, answer, ok

CHAT, BOT = "-1001234567890", 7_100_000_001
STORAGE = "-1009876543210"
SEND, PROBE = "/sendMessage", "/stopMessageLiveLocation"
SETTINGS: dict[str, Any] = {"hosts": {"api": "https://api.example/bots", "site": "https://site.example/t"}}
LOOKING = {**SETTINGS, "probe": True, "probe_misses": 3, "storage_chat": STORAGE}
FACTS = {"type": "channel", "username": "acme", "lacks": [], "probed": True, "bot": "acme_bot"}
WHO = account("telegram", CHAT, facts=FACTS)
SALE = publication("The monsoon sale has begun")
PICTURE = publication("Hello", media=(image(0),))
ALBUM = publication("Hello", media=(image(0), video(1)), options={"storageChat": STORAGE})


def stored(*files: str, **more: Any) -> Preparation:
    """A handle whose files are in the storage chat."""
    rows = [{"file_id": one, "unique_id": f"u-{one}", "message_id": 5 + n} for n, one in enumerate(files)]
    return Preparation(draft_version=1, state={"storage": STORAGE, "stored": rows, **more})


def refusal(status: int, description: str, **parameters: Any) -> httpx.Response:
    more = {"parameters": parameters} if parameters else {}
    return answer(status, {"ok": False, "error_code": status, "description": description, **more})


MISSING = refusal(400, "Bad Request: message to edit not found")
ANOTHERS = refusal(400, "Bad Request: message can't be edited")
OWN = refusal(400, "Bad Request: there is no live location in the message to edit")


def message(message_id: int = 117, **more: Any) -> dict[str, Any]:
    """A message as Telegram returns it."""
    chat = {"id": int(CHAT), "type": "channel", "title": "Acme", "username": "acme"}
    return {"message_id": message_id, "date": int(NOW.timestamp()), "chat": chat, "text": SALE.text, **more}


def sent(*ids: int, **more: Any) -> httpx.Response:
    rows = [message(one, **more) for one in ids or (117,)]
    return ok({"ok": True, "result": rows if len(rows) > 1 else rows[0]})


def chat_with(network: Network, own: Collection[int], others: Collection[int] = ()) -> Network:
    """The probe sees these messages."""

    def probed(request: httpx.Request) -> httpx.Response:
        one = int(request.url.params["message_id"])
        found = OWN if one in own else ANOTHERS if one in others else MISSING
        return answer(found.status_code, found.json())

    network.on("GET", PROBE, probed)
    network.on("POST", "/deleteMessages", ok({"ok": True, "result": True}))
    return network.on("POST", "/forwardMessage", sent(9))


def known(network: Network, **member: Any) -> Network:
    """The bot and its rights in the channel."""
    network.on("GET", "/getMe", ok({"ok": True, "result": {"id": BOT, "is_bot": True, "username": "acme_bot"}}))
    rights = {"status": "administrator", "can_post_messages": True, **member}
    return network.on("GET", "/getChatMember", ok({"ok": True, "result": rights}))


def live(network: Network) -> Network:
    return chat_with(known(network), own=(116, 117))


IDENTITY = ok({"ok": True, "result": {"id": int(CHAT), "type": "channel", "title": "Acme", "username": "acme"}})
TELEGRAM = Scene(
    name="telegram",
    draft=SALE,
    account=WHO,
    handle=Preparation(draft_version=1, state={"floor": 116}),
    visible=SEND,
    accepted=sent(),
    live=live,
    absent=lambda network: chat_with(network, own=(116,)),
    credentials=AccountImport(access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH), external_id=CHAT),
    identity=("GET", "/getChat", IDENTITY),
    expired=refusal(401, "Unauthorized"),
    settings=LOOKING,
    bears_token=False,  # its address has it
    reading_posts=("/forwardMessage", "/deleteMessages"),  # in the storage chat, which nobody sees
)
