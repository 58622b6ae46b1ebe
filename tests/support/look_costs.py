"""How many requests a look at posts of one account makes, by network. `tests/channels/test_look_budgets.py` counts them
at the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from munadi.channels.looking import FEW
from munadi.channels.registry import spec_of
from munadi.domain.channel import ChannelName as N


def _by(size: int) -> Callable[[int], int]:
    """So many in each request."""
    return lambda posts: -(-posts // size)


def _by_list(page: int, beside: int = 0) -> Callable[[int], int]:
    """A few by their ids; more by pages of a list, newest first. `beside`: further requests in any case."""
    return lambda posts: beside + (posts if posts <= FEW else _by(page)(posts))


LIVE: Mapping[N, Callable[[int], int]] = {
    N.BLUESKY: lambda posts: _by_list(100)(posts) + _by(25)(posts),  # at the account's server, and at the AppView
    N.DISCORD: _by(1),
    N.FACEBOOK: _by_list(100),
    N.GOOGLE_BUSINESS: _by_list(100),  # of a location with no more posts
    N.INSTAGRAM: _by_list(100),
    N.LINKEDIN: _by_list(50),
    N.MASTODON: _by(20),
    N.NOSTR: _by(100),  # at each relay
    N.PINTEREST: _by_list(250, beside=1),  # the board
    N.TELEGRAM: _by(1),
    N.THREADS: _by_list(100),
    N.TIKTOK: _by(20),
    N.X: _by(100),
    N.YOUTUBE: _by(50),
}


def missed(network: N, missing: int) -> int:
    """The most further requests for posts that are missing: each is read by its id, a second way where that is not
    enough, and beside one control. Telegram and YouTube need only the control, Discord, Nostr, TikTok and X nothing
    more, Google no second way."""
    known = {N.DISCORD: 0, N.GOOGLE_BUSINESS: missing, N.NOSTR: 0, N.TELEGRAM: 1, N.TIKTOK: 0, N.X: 0, N.YOUTUBE: 1}
    return known.get(network, 2 * missing + 1)


def requests_of(network: N, live: int, missing: int = 0) -> int:
    """The most of one look at posts that are in the newest pages of the lists; what its rule has no request for is left
    out."""
    wanted = LIVE[network](live + missing) + (missed(network, missing) if missing else 0)
    return min(wanted, spec_of(network).looks.requests_for(live + missing))
