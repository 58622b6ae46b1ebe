"""Where Instagram's containers and posts differ from those of its family. Source: facts, sections 3, 6 and 7."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.instagram.errors import MISSING, RENEWALS, explain_container, renewals
from munadi.channels.instagram.spec import Kind, Options, Settings
from munadi.channels.instagram.wire import kind_of
from munadi.channels.meta.containers import Container, ContainerRules, Prepared
from munadi.channels.meta.lookup import PostRead, PostRules
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError
from munadi.ports import PublicationDraft

# Images take seconds, reels minutes: the older a container, the rarer it is read.
QUICK_FOR, SLOW_FOR = timedelta(seconds=15), timedelta(minutes=5)
# Reads of a container may fail with 100/33 for a while although it exists.
FLAKY_FOR = timedelta(minutes=5)
# A missing container is tried again this often before it is given up.
MAX_MISSES = 2
POST_FIELDS = "id,caption,timestamp,permalink,media_type,media_product_type"
# What a post of a kind reads back as: (media_type, media_product_type); None where it may be either.
READS_AS: dict[Kind, tuple[str | None, str]] = {
    Kind.IMAGE: ("IMAGE", "FEED"),
    Kind.CAROUSEL: ("CAROUSEL_ALBUM", "FEED"),
    Kind.REEL: ("VIDEO", "REELS"),
    Kind.STORY: (None, "STORY"),
}


def container_rules(settings: Settings) -> ContainerRules:
    """The containers of either log-in."""

    def wait(container: Container, age: timedelta) -> timedelta:
        if age < QUICK_FOR:
            return settings.poll_quick
        return settings.poll_slow if age < SLOW_FOR else settings.poll_idle

    return ContainerRules(
        make_path="media",
        publish_path="media_publish",
        status="status_code",
        told="status",
        wait=wait,
        explain=explain_container,
        renewals=renewals,
        flaky_for=FLAKY_FOR,
        reuses_children=True,
    )


def after_refusal(state: Prepared, stage: str, error: ChannelError) -> Prepared | None:
    """A missing container twice more, then another one; bounded by `renewals`."""
    if state.renewals >= RENEWALS:
        return None
    if error.provider_code == MISSING and state.misses < MAX_MISSES:
        return state.model_copy(update={"misses": state.misses + 1})
    return state.without(stage).model_copy(update={"renewals": state.renewals + 1, "misses": 0})


def _edge(draft: PublicationDraft, stage: str) -> str:
    return "stories" if kind_of(draft, Options.model_validate(draft.options)) is Kind.STORY else "media"


def _fits(post: PostRead, draft: PublicationDraft, stage: str) -> bool:
    kind = kind_of(draft, Options.model_validate(draft.options))
    media_type, product_type = READS_AS[kind]
    return (
        (media_type is None or post.media_type == media_type)
        and post.product_type in (None, product_type)
        and (kind is Kind.STORY or post.text.strip() == draft.text.strip())
    )


POST_RULES = PostRules(ChannelName.INSTAGRAM, POST_FIELDS, _edge, _fits)
