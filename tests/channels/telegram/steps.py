"""Telegram's steps for `test_publishing.py`."""

from __future__ import annotations

from typing import Any

from tests.channels.making import Bench, bench
from tests.channels.scene_telegram import ALBUM, PICTURE, SALE, SETTINGS, WHO, sent, stored
from tests.channels.steps import BARE, Step, of


def over(said: Any) -> Bench:
    built = bench("telegram", SETTINGS)
    for method in ("/sendMessage", "/sendPhoto", "/sendMediaGroup"):
        built.network.on("POST", method, said or sent())
    return built


NO_MESSAGE = (
    *(
        {"ok": True, "result": result}
        for result in (None, {}, [], True, [{}], {"message_id": "117"}, [{"message_id": 1}, {}])
    ),
    {"ok": False, "result": {"message_id": 117}},
    {"result": {"message_id": 117}},
    [],
    "not json",
)


STEPS = [
    Step(
        "telegram text",
        over,
        SALE,
        WHO,
        None,
        NO_MESSAGE,
        live=(of(posts={"post": {"id": "117"}}),),
    ),
    Step("telegram picture", over, PICTURE, WHO, None, NO_MESSAGE),
    Step(
        "telegram stored album",
        over,
        ALBUM,
        WHO,
        stored("a", "b"),
        NO_MESSAGE,
        (None, BARE, stored("a")),
    ),
    Step(
        "telegram part",
        over,
        SALE.model_copy(update={"parts": ("Two",)}),
        WHO,
        of(posts={"post": {"id": "117"}}),
        NO_MESSAGE,
        (),
        (of(posts={"post": {"id": "117"}, "part-2": {"id": "118"}}),),
        "part-2",
    ),
]
