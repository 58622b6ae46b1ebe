"""Who may answer a post and who may quote it: records of their own, at the post's key. Pure.

They go into the commit that makes the post visible, so that it is never there without them; the official app does the
same. Source: lexicons app.bsky.feed.{threadgate,postgate}, com.atproto.repo.applyWrites.
"""

from __future__ import annotations

from typing import Any

from munadi.channels.bluesky.spec import NOBODY, Options
from munadi.channels.bluesky.thread import POST

THREADGATE, POSTGATE = "app.bsky.feed.threadgate", "app.bsky.feed.postgate"
RULES = {"mentioned": "mentionRule", "followers": "followerRule", "following": "followingRule"}


def gates_of(options: Options, stage: str, uri: str, created_at: str) -> dict[str, dict[str, Any]]:
    """The gates of one post by collection. Replies are the whole thread's, a quote is of any of its posts."""
    found: dict[str, dict[str, Any]] = {}
    if options.reply_control and stage == POST:
        found[THREADGATE] = {"allow": [_rule(name) for name in options.reply_control if name != NOBODY]}
    if not options.quotes_allowed:
        found[POSTGATE] = {"embeddingRules": [{"$type": f"{POSTGATE}#disableRule"}]}
    return {name: {"$type": name, "post": uri, "createdAt": created_at, **gate} for name, gate in found.items()}


def _rule(name: str) -> dict[str, str]:
    if name in RULES:
        return {"$type": f"{THREADGATE}#{RULES[name]}"}
    return {"$type": f"{THREADGATE}#listRule", "list": name}
