"""The contract of every channel. `test_contract.py` checks it for each registered channel.

A channel has a `Scene` in `scenes.py`: a draft that is ready to publish, and its network's answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from munadi.domain.account import ConnectedAccount
from munadi.domain.publication import Preparation
from munadi.ports import AccountImport, Gate, PublicationDraft
from tests.channels.calls import Saved
from tests.channels.making import Bench, bench
from tests.channels.network import Network, answer


@dataclass(frozen=True)
class Scene:
    """`visible` ends the path of the visible call; `reads` are the GET paths that `find` may use.

    `live` and `absent` script the network for a `find` that sees the post, or proves its absence. A network whose reads
    are POSTs names them in `reading_posts`; one that publishes some time after it accepts `settles_later`.
    """

    name: str
    draft: PublicationDraft
    account: ConnectedAccount
    handle: Preparation | None
    visible: str
    accepted: httpx.Response
    live: Callable[[Network], object]
    absent: Callable[[Network], object]
    credentials: AccountImport
    identity: tuple[str, str, httpx.Response]
    expired: httpx.Response
    settings: Mapping[str, Any]
    method: str = "POST"  # of the visible call
    scheme: str = "Bearer"  # of its token
    bears_token: bool = True  # of the visible call; False where its address is the secret
    reading_posts: tuple[str, ...] = ()
    settles_later: bool = False

    async def publish(self, built: Bench, saved: Saved | None = None, gate: Gate | None = None) -> Any:
        """The visible call."""
        return await built.publish(self.draft, self.account, saved or Saved(self.handle), gate=gate)

    async def find(self, built: Bench) -> Any:
        return await built.find(self.draft, self.account, self.handle)

    async def check(self, built: Bench, saved: Saved | None = None) -> Any:
        return await built.check(self.draft, self.account, saved or self.handle)

    def bench(self) -> Bench:
        """The channel on a network that accepts everything about this draft."""
        built = self.empty()
        built.network.on(self.method, self.visible, self.accepted)
        self.live(built.network)
        return built

    def failing(self, *visible: httpx.Response | Exception) -> Bench:
        """The same, but the visible call ends like this, and all reads fail."""
        built = self.empty()
        built.network.on(self.method, self.visible, *visible)
        return self.down(built, answer(503, "<html>down</html>"))

    def empty(self) -> Bench:
        """The channel on a network without answers."""
        built = bench(self.name, self.settings)
        built.network.reading_posts = self.reading_posts
        return built

    def down(self, built: Bench, said: httpx.Response | Exception) -> Bench:
        """Every read has this answer."""
        built.network.on("GET", "", said)
        for path in self.reading_posts:
            built.network.on("POST", path, said)
        return built


def each_scene(scenes: Mapping[str, Scene]) -> pytest.MarkDecorator:
    """The test runs with every scene."""
    return pytest.mark.parametrize("scene", scenes.values(), ids=scenes)
