"""The operations that only Threads has: profile, quota, lists, tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import DAY
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph import containers
from munadi.sandbox.graph.container_platform import display_name
from munadi.sandbox.graph.reading import node_in, selected
from munadi.sandbox.threads.model import BASIC, READ_REPLIES

if TYPE_CHECKING:
    from munadi.sandbox.threads import Threads

BUCKETS = {"quota": "config", "reply_quota": "reply_config"}


async def profile(platform: Threads, call: Call) -> Answer:
    found = platform.owner(call, node_in(call), BASIC)
    facts = {"id": found.id, "username": found.username, "name": display_name(found), "is_verified": False}
    return Answer(200, selected(call, facts))


async def list_threads(platform: Threads, call: Call) -> Answer:
    found = platform.owner(call, node_in(call, -2), BASIC)
    return containers.list_posts(platform, call, found, (p for p in platform.published if p.reply_to is None))


async def list_replies(platform: Threads, call: Call) -> Answer:
    found = platform.owner(call, node_in(call, -2), READ_REPLIES)
    return containers.list_posts(platform, call, found, (p for p in platform.published if p.reply_to is not None))


async def publishing_limit(platform: Threads, call: Call) -> Answer:
    owner = platform.owner(call, node_in(call, -2), BASIC)
    facts: dict[str, Any] = {}
    for bucket, config in BUCKETS.items():
        facts[f"{bucket}_usage"] = len(platform.used(owner, bucket))
        facts[config] = {"quota_total": platform.total(bucket), "quota_duration": DAY}
    return Answer(200, {"data": [selected(call, facts, "quota_usage")]})


async def inspect_token(platform: Threads, call: Call) -> Answer:
    platform.token(call)
    return Answer(200, platform.inspection(call))
