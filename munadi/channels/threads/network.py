"""Threads' containers and posts, where its family differs. Source: docs/networks/threads.md, sections 3 to 7."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.channel import Post
from munadi.channels.http import token_of
from munadi.channels.meta.graph import Graph
from munadi.channels.meta.network import ContainerNetwork
from munadi.channels.meta.state import Container, Prepared
from munadi.channels.meta.wire import PostRead
from munadi.channels.threads.accounts import limit_of
from munadi.channels.threads.errors import RACE, explain_container, renewals
from munadi.channels.threads.spec import Kind, Options, Settings
from munadi.channels.threads.wire import kind_of, text_of
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.publication import POST
from munadi.ports import Clock

QUICK_FOR = timedelta(seconds=30)
QUOTA_WAIT = timedelta(hours=1)
# 24/4279009 is a race: the same container is published again this often, then one other.
MAX_MISSES = 3
# What a post of a kind reads back as.
READS_AS: dict[Kind, frozenset[str]] = {
    Kind.TEXT: frozenset({"TEXT", "TEXT_POST", "GIF"}),  # clients report the last one for texts with a GIF
    Kind.IMAGE: frozenset({"IMAGE"}),
    Kind.VIDEO: frozenset({"VIDEO"}),
    Kind.CAROUSEL: frozenset({"CAROUSEL", "CAROUSEL_ALBUM"}),
}


class ThreadsNetwork(ContainerNetwork):
    """Containers and posts of Threads."""

    channel = ChannelName.THREADS
    make_path = "threads"
    publish_path = "threads_publish"
    status_field = "status"
    message_field = "error_message"
    post_fields = "id,text,timestamp,permalink,media_type,children"
    unseen_code = RACE
    flaky_for = timedelta(minutes=1)
    missing_is_expired = True
    stuck_after = timedelta(minutes=15)
    searches_dead = True

    def __init__(self, settings: Settings, graph: Graph, clock: Clock) -> None:
        super().__init__(clock, settings.permalink_timeout)
        self.settings = settings
        self.settle = settings.settle
        self._graph = graph

    def graph(self, account: ConnectedAccount) -> Graph:
        """The one host there is."""
        return self._graph

    def wait_at(self, container: Container, age: timedelta) -> timedelta:
        """Texts take a moment, videos minutes."""
        settings = self.settings
        quick = {"IMAGE": settings.poll_image, "VIDEO": settings.poll_video}
        return quick.get(container.media_type, settings.poll_text) if age < QUICK_FOR else settings.poll_slow

    def wait_of_reply(self, age: timedelta) -> timedelta:
        """The wait for a reply's container grows fast: a step after the post has only a few tries."""
        first = self.settings.poll_text
        return first if age < first else 5 * first if age < 5 * first else self.settings.poll_slow

    def explain_dead(self, code: str, message: str) -> tuple[ChannelError, int]:
        """See `errors`."""
        return explain_container(code, message)

    def renewals(self, error: ChannelError) -> int:
        """See `errors`."""
        return renewals(error)

    def after_refusal(self, state: Prepared, step: str, error: ChannelError) -> Prepared | None:
        """The race: the same container again, then one other, then no more. Else another one, as often as may help."""
        if error.provider_code == RACE:
            misses = state.misses + 1
            if misses > 2 * MAX_MISSES + 1:
                return None
            left = state.without(step) if misses == MAX_MISSES + 1 else state
            return left.model_copy(update={"misses": misses})
        if state.renewals >= renewals(error):
            return None
        return state.without(step).model_copy(update={"renewals": state.renewals + 1})

    def edge(self, post: Post[Options], step: str) -> str:
        """Replies are listed apart from posts."""
        return "threads" if step == POST else "replies"

    def fits(self, read: PostRead, post: Post[Options], step: str) -> bool:
        """By text, kind and number of children."""
        kind = kind_of(post.draft) if step == POST else Kind.TEXT
        return (
            (read.media_type is None or read.media_type in READS_AS[kind])
            and (kind is not Kind.CAROUSEL or read.children in (None, len(post.draft.media)))
            and read.text.strip() == text_of(post.draft, step).strip()
        )

    async def amend(self, account: ConnectedAccount, step: str, error: ChannelError) -> None:
        """A throttle may really be the day's quota, which has no documented code of its own.

        The quota is not read when the network has just named a time before which it wants no calls.
        """
        if error.reason is not Reason.RATE_LIMITED or error.named_wait is not None:
            return
        prefix = "" if step == POST else "reply_"
        quota = await self._graph.quota(limit_of(account.external_id), token_of(account), prefix)
        if quota is not None and quota["used"] >= quota["total"]:
            error.reason, error.retry_after = Reason.DAILY_CAP_REACHED, error.retry_after or QUOTA_WAIT
