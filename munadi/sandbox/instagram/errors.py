"""The (code, subcode) pairs that only Instagram emits; the others are the family's, in `sandbox.graph.errors`.

Source: docs/networks/instagram.md section 6; messages are Meta's where they are known, close to them otherwise.
"""

from __future__ import annotations

from munadi.sandbox.graph import errors as shared
from munadi.sandbox.graph.errors import GraphError

SPAM = GraphError(4, 2207051, "Application request limit reached", title="Action is blocked")
UNKNOWN_MEDIA_TYPE = GraphError(100, 2207023, "The media type is unknown.")
VIDEO_IS_REELS = GraphError(100, 2207067, "The VIDEO media_type is no longer supported. Use REELS.")
CAROUSEL_COUNT = GraphError(100, 2207028, "A carousel needs between 2 and 10 children.")
DOWNLOAD_TIMEOUT = GraphError(-2, 2207003, "Timeout downloading media")
PUBLISH_QUOTA = GraphError(9, 2207042, "Application request limit reached", title="Max posts per day reached")
MEDIA_MISSING = GraphError(24, 2207006, "The requested resource does not exist")
CONTAINER_MISSING = GraphError(24, 2207008, "Media builder does not exist or has expired")
RESTRICTED = GraphError(25, 2207050, "The Instagram account is restricted.")
NOT_FETCHABLE = GraphError(9004, 2207052, "Only photo or video can be accepted as media type.",
                           title="The media could not be fetched from this URI.")  # fmt: skip
NOT_READY = GraphError(9007, 2207027, "Media ID is not available", title="The media is not ready for publishing")
CAPTION_TOO_LONG = GraphError(36004, 2207010, "The caption was too long.")

# What a failed video leaves in the container's `status`
VIDEO_UNSUPPORTED, VIDEO_LOST = "2207026", "2207053"
KNOWN = [*globals().values(), *vars(shared).values()]  # what a fault may name by its pair
REFUSALS = {
    "restricted": RESTRICTED,
    "not_fetchable": NOT_FETCHABLE,
    "timed_out": DOWNLOAD_TIMEOUT,
    "few_children": CAROUSEL_COUNT,
    "child_missing": MEDIA_MISSING,
    "child_no_item": shared.parameter_error("A child is not a carousel item"),
    "child_unfinished": NOT_READY,
    "container_missing": CONTAINER_MISSING,
    "EXPIRED": CONTAINER_MISSING,
    "IN_PROGRESS": NOT_READY,
    "ERROR": NOT_READY,
}
