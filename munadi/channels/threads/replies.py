"""The steps after the post: parts of a chain and the first comment, each a reply with a container of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from munadi.channels.meta.containers import RUNNING, Containers, Form
from munadi.channels.meta.publisher import ContainerPosts
from munadi.channels.threads.wire import parent_of, reply_form, text_of
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import PublicationDraft

# Before another look for the post that a reply answers.
PARENT_WAIT = timedelta(seconds=5)


async def prepare_reply(
    posts: ContainerPosts,
    containers: Containers,
    draft: PublicationDraft,
    stage: str,
    patience: Callable[[timedelta], timedelta],
) -> None:
    """Make the container of a later step. Raises ChannelError (not sent, with a wait) until it is finished."""
    parent = parent_of(stage)
    if parent not in containers.state.posts:
        container = containers.state.containers.get(parent)
        await posts.located(draft, containers, parent, container.created_at if container else draft.due_at)
    try:
        text = text_of(draft, stage)
    except ValueError as error:
        raise ChannelError(Reason.INTERNAL_ERROR, Effect.NOT_SENT, f"Threads: {error}") from error
    post_id = containers.state.posts.get(parent)
    if post_id is None:
        message = f"Threads: {stage} answers {parent}, whose id is not known yet"
        raise _not_yet(message, "PARENT_UNKNOWN", PARENT_WAIT)

    async def form() -> Form:
        return reply_form(text, post_id)

    wait = await containers.advance(stage, form)
    if wait is not None:
        made = containers.state.containers.get(stage)
        wait = patience(containers.reader.age(made)) if made else wait
        raise _not_yet("Threads: the reply is being processed; nothing was sent", RUNNING, wait)


def _not_yet(message: str, code: str, wait: timedelta) -> ChannelError:
    return ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, message, provider_code=code, retry_after=wait)
