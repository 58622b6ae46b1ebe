"""One visible step of one kind of post, in memory; `test_publishing.py` has the steps of every network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from munadi.domain.account import ConnectedAccount
from munadi.domain.publication import Preparation
from munadi.ports import PublicationDraft
from tests.channels.calls import Saved
from tests.channels.making import Bench


@dataclass(frozen=True)
class Step:
    """`built` makes the network, whose visible call gives this answer, or accepts without one.

    `proofless` are bodies of a 2xx that prove nothing, `unready` handles that are not prepared, `live` those of a post
    that was published.
    """

    name: str
    built: Callable[[Any], Bench]
    draft: PublicationDraft
    account: ConnectedAccount
    handle: Preparation | None
    proofless: tuple[Any, ...] = ()
    unready: tuple[Preparation | None, ...] = ()
    live: tuple[Preparation, ...] = ()
    step: str = "post"

    async def take(self, built: Bench, saved: Saved, step: str | None = None) -> Any:
        return await built.publish(self.draft, self.account, saved, step or self.step)


BARE = Preparation(draft_version=1)
NO_ID = ({}, {"id": None}, {"id": True}, {"id": {}}, {"id": []}, {"id": " "}, [], "not json")


def of(**state: Any) -> Preparation:
    return Preparation(draft_version=1, state=state)
