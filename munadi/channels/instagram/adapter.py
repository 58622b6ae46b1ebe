"""Instagram as a channel. Everything but media_publish and a comment is invisible; see `meta.publisher`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from pydantic import BaseModel

from munadi.channels.http import ChannelTools
from munadi.channels.instagram.accounts import Accounts
from munadi.channels.instagram.comment import COMMENT, FirstComment
from munadi.channels.instagram.errors import MISSING, explain
from munadi.channels.instagram.hosts import graphs_of
from munadi.channels.instagram.posts import POST_RULES, after_refusal, container_rules
from munadi.channels.instagram.quota import Quota
from munadi.channels.instagram.spec import (
    FEED_IMAGE,
    LEADS,
    REEL_COVER,
    SPEC,
    Kind,
    Options,
    Settings,
    UserTag,
    login_of,
)
from munadi.channels.instagram.validate import lengths_of, validate
from munadi.channels.instagram.wire import carousel_form, child_form, kind_of, shown_media, single_form
from munadi.channels.meta.containers import POST, ContainerReader, Form
from munadi.channels.meta.lookup import Lookup
from munadi.channels.meta.media import fitted
from munadi.channels.meta.publisher import ContainerPosts
from munadi.channels.text import parse_options
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.channel import MediaKind, Resend, TextLength
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError
from munadi.domain.media import MediaAsset
from munadi.domain.problem import Problem
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown
from munadi.ports import AccountImport, Answer, Connection, PublicationDraft, SaveHandle, Stage


class Instagram:
    """See `munadi.ports.Channel`."""

    options: type[BaseModel] = Options

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self.spec = settings.applied_to(SPEC, settings.hosts.graph, settings.hosts.fb_graph)
        self._tools = tools
        graphs = graphs_of(settings, tools)
        self._posts = {
            login: ContainerPosts(
                ContainerReader(graph, container_rules(settings), tools.clock),
                Lookup(graph, POST_RULES, settings.permalink_timeout),
                MISSING,
                after_refusal,
                amend=Quota(graph, tools.clock).amend,
            )
            for login, graph in graphs.items()
        }
        self._accounts = Accounts(graphs, settings, tools.clock)

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """Caption, media and options against Meta's limits."""
        return validate(self.spec, draft, account)

    def lengths(self, draft: Draft) -> list[TextLength]:
        """How long its texts are, as they will stand there."""
        return lengths_of(self.spec, draft)

    def lead(self, draft: Draft) -> timedelta:
        """Time for Instagram to fetch and process the media."""
        options, _ = parse_options(self.spec, Options, draft.options)
        if options is None or any(asset.kind is MediaKind.VIDEO for asset in draft.media):
            return self.spec.lead
        return LEADS[kind_of(draft, options)]

    def stages(self, draft: Draft) -> tuple[str, ...]:
        """The first comment."""
        return (COMMENT,) if draft.first_comment else ()

    def resend(self, draft: Draft) -> Resend:
        """The same container, once it has been proven not to be live."""
        return self.spec.resend

    async def prepare(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, save: SaveHandle
    ) -> Ready | Pending:
        """Create what is missing and look once; call it again after a Pending, until Ready."""
        containers = self._posts[login_of(account)].containers(account, handle, save)
        options = Options.model_validate(draft.options)
        kind = kind_of(draft, options)
        if kind is Kind.CAROUSEL:
            children = [partial(self._child, asset, _tags_in(options, n)) for n, asset in enumerate(draft.media)]
            return await containers.prepare(partial(_parent, draft, options), children)
        return await containers.prepare(partial(self._single, draft, options, kind))

    async def publish(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
        stage: Stage,
    ) -> Published | Pending:
        """One media_publish, or one comment. Raises ChannelError.

        A live post is never sent again nor turned into a failure.
        """
        posts = self._posts[login_of(account)]
        containers = posts.containers(account, handle, save)
        if stage.name == COMMENT:
            return await FirstComment(posts).publish(draft, containers, stage)
        return await posts.publish(draft, containers, stage)

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        """The status of what will be or was published. What is dead or missing is for prepare to make."""
        return await self._posts[login_of(account)].check(draft, account, handle)

    async def find(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        since: datetime,
        stage: str = POST,
    ) -> Published | Absent | Unknown:
        """The container's status is a strong key; without a container, the account's media by text, kind, time.

        A comment is looked for by its text below the post.
        """
        posts = self._posts[login_of(account)]
        if stage == COMMENT:
            return await FirstComment(posts).find(draft, account, handle)
        return await posts.find(draft, account, handle, since, stage)

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        """Nothing to do: unpublished containers expire within 24 hours."""

    def explain(self, answer: Answer) -> ChannelError:
        """See `errors`."""
        return explain(answer, self._tools.clock.now())

    async def verify(self, given: AccountImport) -> Connection:
        """See `accounts`."""
        return await self._accounts.verify(given)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """See `accounts`."""
        return await self._accounts.refresh(account)

    async def _child(self, asset: MediaAsset, tags: Sequence[UserTag]) -> Form:
        return child_form(await fitted(self._tools.media, FEED_IMAGE, asset), self._tools.media, tags)

    async def _single(self, draft: Draft, options: Options, kind: Kind, children: list[str]) -> Form:
        """Every kind of post takes the same images."""
        media = self._tools.media
        asset = await fitted(media, FEED_IMAGE, shown_media(draft, options)[0])
        index = options.cover_index
        cover = None if index is None else await fitted(media, REEL_COVER, draft.media[index])
        return single_form(draft.model_copy(update={"media": (asset,)}), options, kind, media, cover)


def _tags_in(options: Options, index: int) -> list[UserTag]:
    """Who is tagged in one medium of a carousel."""
    return [tag for tag in options.user_tags if tag.media_index == index]


async def _parent(draft: Draft, options: Options, children: list[str]) -> Form:
    return carousel_form(draft, options, children)
