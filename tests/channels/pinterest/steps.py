"""Pinterest's steps for `test_publishing.py`."""

from __future__ import annotations

from typing import Any

from tests.channels.making import NOW, Bench, bench, video
from tests.channels.network import answer
from tests.channels.scene_pinterest import PINS, SALE, SETTINGS, WHO, pin
from tests.channels.steps import BARE, NO_ID, Step, of


def over(said: Any) -> Bench:
    built = bench("pinterest", SETTINGS)
    built.network.on("POST", PINS, said or answer(201, pin()))
    return built


STEPS = [
    Step("pinterest image", over, SALE, WHO, None, NO_ID, live=(of(pin={"id": "813"}),)),
    Step(
        "pinterest video",
        over,
        SALE.model_copy(update={"media": (video(),)}),
        WHO,
        of(video={"id": "7", "uploaded_at": NOW.isoformat(), "is_ready": True}),
        NO_ID,
        (None, BARE, of(video={"id": "7", "uploaded_at": NOW.isoformat()})),
    ),
]
