"""The names of Threads' API from its reference as of November 2026. Meta's SDK does not have them.

Source: developers.facebook.com/documentation/threads: posts, reference/publishing, reference/debug,
posts/delete-posts, troubleshooting, and /docs/threads/get-started/long-lived-tokens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


MEDIA_TYPES = words("TEXT IMAGE VIDEO CAROUSEL")
REPLY_CONTROLS = words("everyone accounts_you_follow mentioned_only parent_post_author_only followers_only")
TRUTHS = words("true false")
ANY: frozenset[str] = frozenset()
POST_FIELDS = words("id media_type permalink shortcode text timestamp children topic_tag link_attachment_url")
LIMIT_FIELDS = frozenset(
    f"{bucket}{name}" for bucket in ("", "reply_", "delete_", "location_search_") for name in ("quota_usage", "config")
)


@dataclass(frozen=True)
class ThreadsEdge:
    """The parameters of a call, each with its values or ANY, and the fields of its answer."""

    parameters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    fields: frozenset[str] = ANY
    objects: frozenset[str] = ANY

    def takes(self, name: str) -> bool:
        """As the reference lists it."""
        return name in self.parameters

    def admits(self, name: str, value: str) -> bool:
        """Whether it is one of the values. An object is written as JSON."""
        if name in self.objects:
            return isinstance(json.loads(value), dict)
        return not self.parameters[name] or value in self.parameters[name]

    def has(self, field: str) -> bool:
        """As the reference lists it."""
        return field in self.fields


CONTAINER = ThreadsEdge(
    {
        "media_type": MEDIA_TYPES,
        "is_carousel_item": TRUTHS,
        "is_spoiler_media": TRUTHS,
        "is_ghost_post": TRUTHS,
        "auto_publish_text": TRUTHS,
        "enable_reply_approvals": TRUTHS,
        "reply_control": REPLY_CONTROLS,
        **dict.fromkeys(
            words(
                "text image_url video_url children alt_text link_attachment topic_tag poll_attachment text_attachment "
                "gif_attachment text_entities quote_post_id location_id allowlisted_country_codes reply_to_id "
                "crossreshare_to_ig crossreshare_to_ig_dark_mode"
            ),
            ANY,
        ),
    },
    objects=frozenset({"poll_attachment", "text_attachment", "gif_attachment"}),
)
LIST = ThreadsEdge({"since": ANY}, POST_FIELDS)
EDGES: Mapping[tuple[str, str, str], ThreadsEdge] = {
    ("GET", "User", ""): ThreadsEdge(fields=words("id username name threads_profile_picture_url is_verified")),
    ("POST", "User", "threads"): CONTAINER,
    ("POST", "User", "threads_publish"): ThreadsEdge({"creation_id": ANY}),
    ("GET", "User", "threads"): LIST,
    ("GET", "User", "replies"): LIST,
    ("GET", "User", "threads_publishing_limit"): ThreadsEdge(fields=LIMIT_FIELDS),
    ("GET", "Container", ""): ThreadsEdge(fields=frozenset({"id", "status", "error_message"})),
    ("GET", "Post", ""): ThreadsEdge(fields=POST_FIELDS),
    ("DELETE", "Post", ""): ThreadsEdge(fields=frozenset({"success", "deleted_id"})),
    ("GET", "debug_token", ""): ThreadsEdge({"input_token": ANY}),
    ("GET", "refresh_access_token", ""): ThreadsEdge({"grant_type": frozenset({"th_refresh_token"})}),
}


class ThreadsNames:
    """See `Names`."""

    def edge(self, method: str, node: str, edge: str) -> ThreadsEdge | None:
        """The call in the table."""
        return EDGES.get((method, node, edge))

    def made(self, node: str, edge: str, method: str) -> Mapping[str, str]:
        """A new id is a container's until it is published."""
        if edge == "threads" and method == "POST":
            return {"id": "Container"}
        return {"id": "Post"} if edge in ("threads", "threads_publish", "replies") else {}
