"""Instagram's containers and posts, where its family differs. Source: docs/networks/instagram.md, sections 3 to 7."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.channel import Post
from munadi.channels.instagram.errors import MISSING, RENEWALS, explain_container, renewals
from munadi.channels.instagram.quota import explain_quota
from munadi.channels.instagram.spec import Graphs, Kind, Options, Settings, login_of
from munadi.channels.instagram.wire import kind_of
from munadi.channels.meta.graph import Graph
from munadi.channels.meta.network import ContainerNetwork
from munadi.channels.meta.state import Container, Prepared
from munadi.channels.meta.wire import PostRead
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError
from munadi.ports import Clock

# Images take seconds, reels minutes.
QUICK_FOR, SLOW_FOR = timedelta(seconds=15), timedelta(minutes=5)
# A missing container is published again this often before another is made.
MAX_MISSES = 2
# What a post of a kind reads back as: (media_type, media_product_type); None where it may be either.
READS_AS: dict[Kind, tuple[str | None, str]] = {
    Kind.IMAGE: ("IMAGE", "FEED"),
    Kind.CAROUSEL: ("CAROUSEL_ALBUM", "FEED"),
    Kind.REEL: ("VIDEO", "REELS"),
    Kind.STORY: (None, "STORY"),
}


class InstagramNetwork(ContainerNetwork):
    """Containers and posts of Instagram, at the host of the account's log-in."""

    channel = ChannelName.INSTAGRAM
    make_path = "media"
    publish_path = "media_publish"
    status_field = "status_code"
    message_field = "status"
    post_fields = "id,caption,timestamp,permalink,media_type,media_product_type"
    unseen_code = MISSING
    # Reads of a container may fail with 100/33 for a while although it exists.
    flaky_for = timedelta(minutes=5)
    reuses_children = True

    def __init__(self, settings: Settings, graphs: Graphs, clock: Clock) -> None:
        super().__init__(clock, settings.permalink_timeout)
        self._settings = settings
        self._graphs = graphs

    def graph(self, account: ConnectedAccount) -> Graph:
        """By the account's log-in."""
        return self._graphs[login_of(account)]

    def wait_at(self, container: Container, age: timedelta) -> timedelta:
        """The older, the rarer."""
        settings = self._settings
        if age < QUICK_FOR:
            return settings.poll_quick
        return settings.poll_slow if age < SLOW_FOR else settings.poll_idle

    def explain_dead(self, code: str, message: str) -> tuple[ChannelError, int]:
        """See `errors`."""
        return explain_container(code, message)

    def renewals(self, error: ChannelError) -> int:
        """See `errors`."""
        return renewals(error)

    def after_refusal(self, state: Prepared, step: str, error: ChannelError) -> Prepared | None:
        """The same container for a missing one, then another; bounded by `RENEWALS`."""
        if state.renewals >= RENEWALS:
            return None
        if error.provider_code == MISSING and state.misses < MAX_MISSES:
            return state.model_copy(update={"misses": state.misses + 1})
        return state.without(step).model_copy(update={"renewals": state.renewals + 1, "misses": 0})

    def edge(self, post: Post[Options], step: str) -> str:
        """Stories are listed apart from media."""
        return "stories" if kind_of(post.draft, post.options) is Kind.STORY else "media"

    def fits(self, read: PostRead, post: Post[Options], step: str) -> bool:
        """By kind, and by text where it shows one."""
        kind = kind_of(post.draft, post.options)
        media_type, product_type = READS_AS[kind]
        return (
            (media_type is None or read.media_type == media_type)
            and read.product_type in (None, product_type)
            and (kind is Kind.STORY or read.text.strip() == post.draft.text.strip())
        )

    async def amend(self, account: ConnectedAccount, step: str, error: ChannelError) -> None:
        """See `quota`."""
        await explain_quota(self.graph(account), account, self.clock.now(), error)
