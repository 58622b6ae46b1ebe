"""A thread: the post and its parts, each a record of its own at a key of its own. Pure.

Source: lexicon app.bsky.feed.post#replyRef; a reply names the thread's first post and the one just before it.
"""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.bluesky.facets import handles
from munadi.channels.steps import PART
from munadi.domain.content import Draft
from munadi.domain.ids import time_ordered_key
from munadi.domain.publication import POST
from munadi.ports import PublicationDraft


def number_of(step: str) -> int:
    """1 for the post, 2 for `part-2`, …"""
    return 1 if step == POST else int(step.removeprefix(PART))


def mentioned(draft: Draft) -> list[str]:
    """The handles that any of the texts mentions, once each."""
    return list(dict.fromkeys(handle for text in (draft.text, *draft.parts) for handle in handles(text)))


def record_key(draft: PublicationDraft, step: str = POST) -> str:
    """The record's key, a TID that only this step has: a second write at it cannot make a second post.

    The parts follow by microseconds, so that no two of a thread can meet (the clock id has only 10 bits) and the
    order of the keys is the order of the thread.
    """
    at = draft.created_at + timedelta(microseconds=number_of(step) - 1)
    return time_ordered_key(draft.publication_id, at)
