"""The check of the network after an unknown outcome, which the post and its later steps share."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from activities.step_runner import StepRunner
from munadi.domain.channel import ChannelName
from munadi.domain.content import PublicationDraft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import PublicationStatus, Published, Unknown
from munadi.ports import Attempts, Channel, Channels
from munadi.publishing.model import Step
from tests.workflows.fakes import ServerClock, Tokens

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
FOUND = Published(post_id="1")
EXPIRED = ChannelError(Reason.TOKEN_EXPIRED, Effect.NOT_SENT, "the token expired")


def step(name: str) -> Step:
    draft = PublicationDraft(publication_id="pub_1", created_at=NOW, due_at=NOW)
    status = PublicationStatus.PUBLISHING if name == "post" else PublicationStatus.PUBLISHED
    return Step("pub_1", "cnt_1", "acc_1", "bluesky", status, 1, 1, draft, None, NOW, 1, 0, name)


def runner(tokens: Tokens, *answers: Published | ChannelError, belongs_to_another: bool = False) -> StepRunner:
    left = list(answers)

    async def find(*_: Any) -> Published:
        answer = left.pop(0)
        if isinstance(answer, ChannelError):
            raise answer
        return answer

    async def is_taken(*_: Any) -> bool:
        return belongs_to_another

    channels = Channels({ChannelName.BLUESKY: cast(Channel, SimpleNamespace(find=find))})
    return StepRunner(
        cast(Attempts, SimpleNamespace(belongs_to_another=is_taken)), channels, tokens, ServerClock(), "w"
    )


@pytest.mark.parametrize("name", ["post", "part-2"])
async def test_a_similar_post_of_another_publication_proves_nothing(name: str) -> None:
    alike = FOUND.alike()
    assert isinstance(await runner(Tokens(), alike, belongs_to_another=True).find(step(name), NOW), Unknown)
    assert await runner(Tokens(), alike).find(step(name), NOW) == alike
    assert await runner(Tokens(), FOUND, belongs_to_another=True).find(step(name), NOW) == FOUND


@pytest.mark.parametrize("name", ["post", "comment"])
async def test_an_expired_token_is_renewed_for_a_check(name: str) -> None:
    tokens = Tokens()
    assert await runner(tokens, EXPIRED, FOUND).find(step(name), NOW) == FOUND
    assert tokens.renewals == 1


@pytest.mark.parametrize("name", ["post", "comment"])
async def test_a_failed_check_is_never_an_absence(name: str) -> None:
    away = ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, "no answer")
    assert isinstance(await runner(Tokens(), away).find(step(name), NOW), Unknown)
