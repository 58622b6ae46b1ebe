"""The state of a running sandbox: clock, media, networks, faults and the log of calls."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from munadi.sandbox.bluesky import Bluesky
from munadi.sandbox.changes import everything_shown, state_of
from munadi.sandbox.clock import SandboxClock
from munadi.sandbox.discord import Discord
from munadi.sandbox.exchange import CallRecord
from munadi.sandbox.facebook import Facebook
from munadi.sandbox.faults import FaultBoard
from munadi.sandbox.google_business import GoogleBusiness
from munadi.sandbox.instagram import Instagram
from munadi.sandbox.linkedin import LinkedIn
from munadi.sandbox.mastodon import Mastodon
from munadi.sandbox.media import BlobStore
from munadi.sandbox.model import PostView
from munadi.sandbox.nostr import Nostr
from munadi.sandbox.pinterest import Pinterest
from munadi.sandbox.platform import Platform
from munadi.sandbox.storage import Store
from munadi.sandbox.telegram import Telegram
from munadi.sandbox.threads import Threads
from munadi.sandbox.tiktok import TikTok
from munadi.sandbox.x import X
from munadi.sandbox.youtube import YouTube

NETWORKS: tuple[type[Platform[Any]], ...] = (
    Bluesky,
    Discord,
    Facebook,
    GoogleBusiness,
    Instagram,
    LinkedIn,
    Mastodon,
    Nostr,
    Pinterest,
    Telegram,
    Threads,
    TikTok,
    X,
    YouTube,
)
LOGGED_CALLS = 10_000


class SandboxState:
    """With `data_dir`, what the networks hold survives a restart; faults and the log never do.

    `addresses` map a public address that a network reads from to the address that really serves it.
    """

    def __init__(self, data_dir: Path | None = None, addresses: Mapping[str, str] | None = None) -> None:
        self._addresses = dict(addresses or {})
        self._store = Store(data_dir / "sandbox.sqlite3" if data_dir else None)
        self.clock = SandboxClock(self._store)
        self.media = BlobStore(self._store, data_dir / "media" if data_dir else None)
        self.networks: dict[str, Platform[Any]] = {
            kind.channel: kind(self.clock, self._store, self.media) for kind in NETWORKS
        }
        self.faults = FaultBoard()
        self.calls: deque[CallRecord] = deque(maxlen=LOGGED_CALLS)
        self._seed()

    def reset(self) -> None:
        self.clock.reset()
        self.faults.clear()
        self.calls.clear()
        for network in self.networks.values():
            network.clear()
        self.media.clear()
        self._seed()

    def posts(self, base_url: str, channel: str | None = None, profile: str | None = None) -> list[PostView]:
        """Everything that its network still has, oldest first, each with its state; `profile` is an id or a name."""
        found = self.all_posts(base_url, channel, profile)
        return [post for post in found if post.state is None or not post.state.is_gone]

    def all_posts(self, base_url: str, channel: str | None = None, profile: str | None = None) -> list[PostView]:
        """As `posts`, with those that were deleted later."""
        posts = []
        for network in self.networks.values():
            if channel not in (None, network.channel):
                continue
            with everything_shown(network):
                found = network.posts(base_url)
            posts += [replace(one, state=state_of(network, one)) for one in found]
        wanted = [post for post in posts if profile in (None, post.profile, post.profile_name)]
        return sorted(wanted, key=lambda post: post.received_at)

    def post(self, base_url: str, channel: str, post_id: str, profile: str | None = None) -> PostView | None:
        """A post by its id, which at some networks several profiles have: then the newest, or that of `profile`."""
        found = [one for one in self.all_posts(base_url, channel, profile) if one.id == post_id]
        return found[-1] if found else None

    def close(self) -> None:
        self._store.close()

    def _seed(self) -> None:
        for network in self.networks.values():
            network.addresses.clear()
            network.addresses.update(self._addresses)
            network.seed()
