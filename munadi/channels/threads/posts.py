"""Where Threads' containers and posts differ from those of its family. Source: facts, sections 3, 6 and 7."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.meta.containers import POST, Container, ContainerRules, Prepared
from munadi.channels.meta.lookup import PostRead, PostRules
from munadi.channels.threads.errors import RACE, explain_container, renewals
from munadi.channels.threads.spec import Kind, Settings
from munadi.channels.threads.wire import kind_of, text_of
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError
from munadi.ports import PublicationDraft

# Reads of a young container may not find it yet; for longer than this "unknown object" is believed.
FLAKY_FOR = timedelta(minutes=1)
QUICK_FOR = timedelta(seconds=30)
STUCK_AFTER = timedelta(minutes=15)
# 24/4279009 is a race: the same container is tried again this often, then one other (facts, section 6).
MAX_MISSES = 3
POST_FIELDS = "id,text,timestamp,permalink,media_type,children"
# What a post of a kind reads back as.
READS_AS: dict[Kind, frozenset[str]] = {
    Kind.TEXT: frozenset({"TEXT", "TEXT_POST", "GIF"}),  # the last one is told by clients, of texts with a GIF
    Kind.IMAGE: frozenset({"IMAGE"}),
    Kind.VIDEO: frozenset({"VIDEO"}),
    Kind.CAROUSEL: frozenset({"CAROUSEL", "CAROUSEL_ALBUM"}),
}


def container_rules(settings: Settings) -> ContainerRules:
    """Texts take a moment, videos minutes: the older a container, the rarer it is read."""
    quick = {"IMAGE": settings.poll_image, "VIDEO": settings.poll_video}

    def wait(container: Container, age: timedelta) -> timedelta:
        return quick.get(container.media_type, settings.poll_text) if age < QUICK_FOR else settings.poll_slow

    return ContainerRules(
        make_path="threads",
        publish_path="threads_publish",
        status="status",
        told="error_message",
        wait=wait,
        explain=explain_container,
        renewals=renewals,
        flaky_for=FLAKY_FOR,
        missing_is_expired=True,
        settle=settings.settle,
        stuck_after=STUCK_AFTER,
    )


def patience(settings: Settings, age: timedelta) -> timedelta:
    """The wait for a reply's container, which grows fast: a step after the post has only a few tries."""
    if age < settings.poll_text:
        return settings.poll_text
    return 5 * settings.poll_text if age < 5 * settings.poll_text else settings.poll_slow


def after_refusal(state: Prepared, stage: str, error: ChannelError) -> Prepared | None:
    """The race: the same container again, then one other, then no more. Else another one, as often as may help."""
    if error.provider_code == RACE:
        misses = state.misses + 1
        if misses > 2 * MAX_MISSES + 1:
            return None
        left = state.without(stage) if misses == MAX_MISSES + 1 else state
        return left.model_copy(update={"misses": misses})
    if state.renewals >= renewals(error):
        return None
    return state.without(stage).model_copy(update={"renewals": state.renewals + 1})


def _edge(draft: PublicationDraft, stage: str) -> str:
    return "threads" if stage == POST else "replies"


def _fits(post: PostRead, draft: PublicationDraft, stage: str) -> bool:
    kind = kind_of(draft) if stage == POST else Kind.TEXT
    return (
        (post.media_type is None or post.media_type in READS_AS[kind])
        and (kind is not Kind.CAROUSEL or post.children in (None, len(draft.media)))
        and post.text.strip() == text_of(draft, stage).strip()
    )


POST_RULES = PostRules(ChannelName.THREADS, POST_FIELDS, _edge, _fits)
