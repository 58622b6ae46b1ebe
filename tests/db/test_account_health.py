"""The health of an account is recorded with the outcome of its posts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.domain.outcome import Failed, Held, Live, NotSent, Open, Outcome
from munadi.domain.publication import HoldReason, PublicationStatus, Published
from munadi.domain.reasons import failure_of
from tests.db.board import CHANNELS, Board
from tests.db.seeding import START

LATER = START + timedelta(minutes=1)
REFUSED = failure_of(Reason.CONTENT_POLICY, "not allowed")
AWAY = failure_of(Reason.PROVIDER_OUTAGE, "down")
CHANNEL: ChannelName = CHANNELS[0]


@pytest.mark.parametrize(
    ("outcome", "worked", "reason"),
    [
        (Live(Published(post_id="1")), True, None),
        (Failed(REFUSED), False, "CONTENT_POLICY"),
        (Held(HoldReason.OUTAGE, cause=AWAY), False, "PROVIDER_OUTAGE"),
        (Held(HoldReason.TOKEN, cause=AWAY), False, None),
        (Open(), False, None),
        (NotSent(retry=True), False, None),
    ],
)
async def test_an_outcome_is_recorded_on_the_account(
    own_board: Board, outcome: Outcome, worked: bool, reason: str | None
) -> None:
    put = await own_board.put(PublicationStatus.PUBLISHING)
    attempt = await own_board.attempt(put.id)
    await own_board.store.record_outcome(put.id, attempt, epoch=0, outcome=outcome, now=LATER)
    account: Any = await own_board.account(CHANNEL)
    assert account.last_success_at == (LATER if worked else None)
    assert (account.last_failure or {}).get("reason") == reason
