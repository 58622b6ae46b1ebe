"""Posting to Threads. Everything but threads_publish is invisible; see `meta.publisher`.

Later parts and the first comment are replies, each with a container of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools
from munadi.channels.looking import are_many
from munadi.channels.meta.containers import Containers
from munadi.channels.meta.graph import Graph
from munadi.channels.meta.publisher import ContainerChannel
from munadi.channels.meta.removing import of_removals
from munadi.channels.meta.state import RUNNING, Container, Prepared
from munadi.channels.meta.wire import Form, PostRead
from munadi.channels.steps import no_such_step, parent_of, parent_unknown
from munadi.channels.threads.accounts import LIMIT
from munadi.channels.threads.errors import RACE, explain, explain_container, renewals
from munadi.channels.threads.removing import ThreadsObjects
from munadi.channels.threads.spec import IMAGE, Kind, Options, Settings
from munadi.channels.threads.wire import ThreadsForms, kind_of, reply_form, text_of
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import POST, Published
from munadi.domain.withdrawal import PostedObject, Seen
from munadi.ports import Attempt, Publication

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


class ThreadsChannel(ContainerChannel[Options]):
    """Containers, published one by one: the post, its later parts, the first comment."""

    options, state = Options, Prepared
    profile_at = "https://www.threads.com/@{handle}"

    channel = ChannelName.THREADS
    image = IMAGE
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
    explain_dead = staticmethod(explain_container)
    renewals = staticmethod(renewals)

    def __init__(self, parts: Parts[Options], settings: Settings, graph: Graph, tools: ChannelTools) -> None:
        super().__init__(parts, tools, settings.permalink_timeout, ThreadsForms(tools.media))
        self.settings = settings
        self.settle = settings.settle
        self._graph, self._removals = graph, of_removals(graph, tools, explain)

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

    def edge(self, publication: Publication[Options, Prepared], step: str) -> str:
        """Replies are listed apart from posts."""
        return "threads" if step == POST else "replies"

    def fits(self, read: PostRead, publication: Publication[Options, Prepared], step: str) -> bool:
        """By text, kind and number of children."""
        kind = kind_of(publication.draft) if step == POST else Kind.TEXT
        return (
            (read.media_type is None or read.media_type in READS_AS[kind])
            and (kind is not Kind.CAROUSEL or read.children in (None, len(publication.draft.media)))
            and read.text.strip() == (text_of(publication.draft, step) or "").strip()
        )

    async def amend(self, account: ConnectedAccount, step: str, error: ChannelError) -> None:
        """A throttle may really be the day's quota of posts or replies."""
        await self._explain_throttle(account, "" if step == POST else "reply_", error)

    async def _explain_throttle(self, account: ConnectedAccount, prefix: str, error: ChannelError) -> None:
        """Tell a used-up quota, which has no documented code of its own, from another throttle.

        The quota is not read when the network has just named a time before which it wants no calls.
        """
        if error.reason is not Reason.RATE_LIMITED or error.named_wait is not None:
            return
        quota = await self._graph.quota(account.external_id, LIMIT, account.token, prefix)
        if quota is not None and quota["used"] >= quota["total"]:
            error.reason, error.retry_after = Reason.DAILY_CAP_REACHED, error.retry_after or QUOTA_WAIT
            error.of_app = False

    async def _publish(self, publication: Publication[Options, Prepared], attempt: Attempt) -> Published:
        """One threads_publish. Raises ChannelError. A live post is never sent again nor turned into a failure.

        A later step makes its own container first, which takes a few calls: until it is finished they fail as
        *not sent* with the time to come back.
        """
        containers = Containers(self, publication)
        if attempt.step != POST and attempt.step not in containers.state.posts:
            await self._prepare_reply(containers, attempt.step)
        return await self.publish_container(containers, attempt)

    async def _withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        try:
            await ThreadsObjects(self._removals, account).remove(one, attempt)
        except ChannelError as error:
            await self._explain_throttle(account, "delete_", error)
            raise

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        return await ThreadsObjects(self._removals, account).look(objects, is_watch=are_many(objects))

    async def _watch(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        return await ThreadsObjects(self._removals, account).look(objects, is_watch=True)

    async def _prepare_reply(self, containers: Containers, step: str) -> None:
        """Make the container of a later step. Raises ChannelError (not sent, with a wait) until it is finished."""
        draft, parent = containers.publication.draft, parent_of(step)
        if parent not in containers.state.posts:
            container = containers.state.containers.get(parent)
            await self.located(containers, parent, container.created_at if container else draft.due_at)
        text = text_of(draft, step)
        if text is None:
            raise no_such_step(self.spec.title, step)
        post_id = containers.state.posts.get(parent)
        if post_id is None:
            raise parent_unknown(self.spec.title, step)

        async def form() -> Form:
            return reply_form(text, post_id)

        wait = await containers.advance(step, form)
        if wait is not None:
            made = containers.state.containers.get(step)
            wait = self.wait_of_reply(self.age(made)) if made else wait
            message = "Threads: the reply is being processed; nothing was sent"
            raise ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, message, RUNNING, retry_after=wait)
