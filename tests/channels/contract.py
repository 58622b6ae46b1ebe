"""What every channel promises, whatever its network: `test_contract.py` runs it over every registered one.

A channel joins with a `Scene` in `scenes.py`: a draft that is ready to publish, and how its network answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from munadi.domain.account import ConnectedAccount
from munadi.domain.publication import Handle
from munadi.ports import AccountImport, PublicationDraft
from tests.channels.making import Bench, bench
from tests.channels.network import Network, answer


@dataclass(frozen=True)
class Scene:
    """`visible` ends the path of the visible call; `reads` are the GET paths that `find` may use.

    `live` and `absent` script the network for a look that finds the post, or proves that it is not there.
    """

    name: str
    draft: PublicationDraft
    account: ConnectedAccount
    handle: Handle | None
    visible: str
    accepted: httpx.Response
    live: Callable[[Network], object]
    absent: Callable[[Network], object]
    credentials: AccountImport
    identity: tuple[str, str, httpx.Response]
    expired: httpx.Response
    settings: Mapping[str, Any]
    method: str = "POST"  # of the visible call

    def bench(self) -> Bench:
        """The channel on a network that accepts everything about this draft."""
        built = bench(self.name, self.settings)
        built.network.on(self.method, self.visible, self.accepted)
        self.live(built.network)
        return built

    def failing(self, *visible: httpx.Response | Exception) -> Bench:
        """The same, but the visible call ends so, and no look can tell."""
        built = bench(self.name, self.settings)
        built.network.on(self.method, self.visible, *visible)
        built.network.on("GET", "", answer(503, "<html>down</html>"))
        return built
