"""Pinterest's steps for `test_publishing.py`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.channels.making import NOW, Bench, bench, video
from tests.channels.network import answer
from tests.channels.scene_pinterest import PINS, SALE, SETTINGS, WHO, pin
from tests.channels.steps import BARE, NO_ID, Step, of


def over(said: Any) -> Bench:
    built = bench("pinterest", SETTINGS)
    built.network.on("POST", PINS, said or answer(201, pin()))
    return built


def uploaded(**changes: Any) -> dict[str, Any]:
    """A video at Pinterest."""
    ends = (NOW + timedelta(hours=24)).isoformat()
    return {"id": "7", "expires_at": ends, "finalized_at": NOW.isoformat(), "is_described": True, **changes}


STEPS = [
    Step("pinterest image", over, SALE, WHO, None, NO_ID, live=(of(posts={"post": {"id": "813"}}),)),
    Step(
        "pinterest video",
        over,
        SALE.model_copy(update={"media": (video(),)}),
        WHO,
        of(media=[uploaded(is_ready=True)]),
        NO_ID,
        (None, BARE, of(media=[uploaded()])),
    ),
]
