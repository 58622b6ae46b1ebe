"""Posting to Instagram. Everything but media_publish and a comment is invisible; see `meta.publisher`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools
from munadi.channels.instagram.comment import FirstComment
from munadi.channels.instagram.errors import MISSING, RENEWALS, explain, explain_container, renewals
from munadi.channels.instagram.quota import explain_quota
from munadi.channels.instagram.removing import InstagramObjects
from munadi.channels.instagram.spec import FEED_IMAGE, Graphs, Kind, Options, Settings, login_of
from munadi.channels.instagram.wire import InstagramForms, kind_of
from munadi.channels.looking import are_many
from munadi.channels.meta.containers import Containers
from munadi.channels.meta.graph import Graph
from munadi.channels.meta.publisher import ContainerChannel
from munadi.channels.meta.removing import of_removals
from munadi.channels.meta.state import Container, Prepared
from munadi.channels.meta.wire import PostRead
from munadi.channels.steps import COMMENT
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelName
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError
from munadi.domain.publication import Absent, Pending, Published, Unknown
from munadi.domain.withdrawal import PostedObject, Seen
from munadi.domain.withdrawal_rule import WithdrawalRule
from munadi.ports import Attempt, Publication

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


class InstagramChannel(ContainerChannel[Options]):
    """A container for the post, and one comment below it. What is not published expires within 24 hours."""

    options, state = Options, Prepared
    profile_at = "https://www.instagram.com/{handle}/"

    channel = ChannelName.INSTAGRAM
    image = FEED_IMAGE  # every kind, and a reel's cover, takes the same files
    make_path = "media"
    publish_path = "media_publish"
    status_field = "status_code"
    message_field = "status"
    post_fields = "id,caption,timestamp,permalink,media_type,media_product_type"
    unseen_code = MISSING
    # Reads of a container may fail with 100/33 for a while although it exists.
    flaky_for = timedelta(minutes=5)
    reuses_children = True
    explain_dead = staticmethod(explain_container)
    renewals = staticmethod(renewals)

    def __init__(self, parts: Parts[Options], settings: Settings, graphs: Graphs, tools: ChannelTools) -> None:
        super().__init__(parts, tools, settings.permalink_timeout, InstagramForms(tools.media))
        self._settings = settings
        self._graphs = graphs
        self._removals = {login: of_removals(graph, tools, explain) for login, graph in graphs.items()}
        self._comments = FirstComment(self)

    def graph(self, account: ConnectedAccount) -> Graph:
        """The host that belongs to the account's log-in."""
        return self._graphs[login_of(account)]

    def wait_at(self, container: Container, age: timedelta) -> timedelta:
        """The older a container is, the more rarely it is read."""
        return self._settings.poll_wait(age, QUICK_FOR, SLOW_FOR)

    def after_refusal(self, state: Prepared, step: str, error: ChannelError) -> Prepared | None:
        """A missing container is published again, then another one is made; `RENEWALS` bounds both."""
        if state.renewals >= RENEWALS:
            return None
        if error.provider_code == MISSING and state.misses < MAX_MISSES:
            return state.model_copy(update={"misses": state.misses + 1})
        return state.without(step).model_copy(update={"renewals": state.renewals + 1, "misses": 0})

    def edge(self, publication: Publication[Options, Prepared], step: str) -> str:
        """Stories are listed apart from media."""
        return "stories" if kind_of(publication.draft, publication.options) is Kind.STORY else "media"

    def fits(self, read: PostRead, publication: Publication[Options, Prepared], step: str) -> bool:
        """By kind, and by text where it shows one."""
        kind = kind_of(publication.draft, publication.options)
        media_type, product_type = READS_AS[kind]
        return (
            (media_type is None or read.media_type == media_type)
            and read.product_type in (None, product_type)
            and (kind is Kind.STORY or read.text.strip() == publication.draft.text.strip())
        )

    async def amend(self, account: ConnectedAccount, step: str, error: ChannelError) -> None:
        """Tell a used-up quota from another refusal, and until when it is so."""
        await explain_quota(self.graph(account), account, self.clock.now(), error)

    def withdrawal(self, draft: Draft, account: ConnectedAccount) -> WithdrawalRule:
        """By the log-in, which an older connection does not name."""
        return self.spec.withdrawal.of(draft.options.get("kind"), login_of(account))

    async def _withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        await self._objects(account).remove(one, attempt)

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        return await self._objects(account).look(objects, is_watch=are_many(objects))

    async def _watch(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        return await self._objects(account).look(objects, is_watch=True)

    def _objects(self, account: ConnectedAccount) -> InstagramObjects:
        return InstagramObjects(self._removals[login_of(account)], account)

    async def _publish(self, publication: Publication[Options, Prepared], attempt: Attempt) -> Published | Pending:
        """One media_publish, or one comment. Raises ChannelError."""
        if attempt.step == COMMENT:
            return await self._comments.publish(Containers(self, publication), attempt)
        return await self.publish_container(Containers(self, publication), attempt)

    async def _search(
        self, publication: Publication[Options, Prepared], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        """The post by its container or the account's list; a comment by its text below the post."""
        if step == COMMENT:
            return await self._comments.find(publication)
        return await super()._search(publication, since, step)
