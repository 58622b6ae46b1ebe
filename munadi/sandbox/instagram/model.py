"""The account of the emulated Instagram, its scopes and errors, and what a container must fulfil.

Source: docs/networks/instagram.md, sections 2b, 3, 4 and 6; messages of errors are Meta's where they are known. Which
error each broken rule answers is not documented; this emulation answers code 100 unless noted. Names, types and the
values of options are checked in tests, by Meta's own SDK and a witness of the calls.
"""

from __future__ import annotations

from dataclasses import dataclass

from munadi.sandbox import model
from munadi.sandbox.graph import errors as shared
from munadi.sandbox.graph.errors import GraphError, bad_parameter_if, refuse_if
from munadi.sandbox.graph.reading import flag
from munadi.sandbox.media import VideoRules

BASIC = "instagram_business_basic"
PUBLISH = "instagram_business_content_publish"
COMMENTS = "instagram_business_manage_comments"
REMOVE = "instagram_manage_contents"  # of the login through a Page alone
# The names of the same permissions in the login through a Page, which needs further ones.
PAGE_SCOPES = {BASIC: "instagram_basic", PUBLISH: "instagram_content_publish", COMMENTS: "instagram_manage_comments"}
ALL_PAGE_SCOPES = [*PAGE_SCOPES.values(), "pages_show_list", "pages_read_engagement", REMOVE]
PAGE_HOST = "fbgraph"  # graph.facebook.com, where an account is reached through its Page
MIB = 1024 * 1024
VIDEO_BYTES = 300 * MIB
VIDEO = VideoRules((2.95, 900.5), (0.01, 10), largest=VIDEO_BYTES)
STORY_VIDEO = VideoRules((2.95, 60.5), (0.01, 10), largest=100 * MIB)
CAPTION_CHARACTERS, ALT_CHARACTERS = 2_200, 1_000
MEDIA_TYPES = {"IMAGE", "VIDEO", "REELS", "STORIES", "CAROUSEL"}
OF_REELS = ("cover_url", "thumb_offset", "audio_name", "trial_params")
SHOWN = ("user_tags", "collaborators", "location_id", "share_to_feed", *OF_REELS[1:], "is_ai_generated")
SPAM = GraphError(4, 2207051, "Application request limit reached", title="Action is blocked")
NOT_REMOVABLE = GraphError(-1, 2207073, "Media Type Not Supported")
NOT_REMOVED = GraphError(-1, 2207085, "Fatal")
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
KNOWN = [
    one for one in (*globals().values(), *vars(shared).values()) if isinstance(one, GraphError)
]  # what a fault may name by its pair
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


@dataclass
class Account(model.Account):
    """A professional account. It belongs to a Page of its own, and that to a person; their ids follow from its id."""

    site = "https://www.instagram.com/{0.username}/"

    app_scoped_id: str
    account_type: str = "BUSINESS"
    owner: str = ""  # the account whose person owns this one's Page as well; empty: a person of its own

    @property
    def person(self) -> str:
        """The account that stands for the person in tokens: the first of theirs."""
        return self.owner or self.id

    @property
    def page_id(self) -> str:
        return "10" + self.id[-13:]

    @property
    def person_id(self) -> str:
        return "12" + self.person[-13:]


def checked_kind(values: dict[str, str]) -> str:
    """The media type of valid parameters; raises the refusal of the first broken rule."""
    child = flag(values, "is_carousel_item")
    kind = values.get("media_type", "").upper() or "IMAGE"
    caption = values.get("caption", "")
    refuse_if(kind not in MEDIA_TYPES, UNKNOWN_MEDIA_TYPE)
    refuse_if(kind == "VIDEO" and not child, VIDEO_IS_REELS)
    bad_parameter_if(child and kind not in ("IMAGE", "VIDEO"), f"Carousel items cannot be of the type {kind}")
    refuse_if(max(len(caption), len(caption.encode("utf-16-le")) // 2) > CAPTION_CHARACTERS, CAPTION_TOO_LONG)
    bad_parameter_if(child and caption, "Carousel items take no caption")
    bad_parameter_if(
        len(values.get("alt_text", "")) > ALT_CHARACTERS, "Param alt_text must have at most 1000 characters"
    )
    for name in OF_REELS:
        bad_parameter_if(name in values and kind != "REELS", f"Param {name} is for reels only")
    return kind


def video_problem(body: bytes, kind: str) -> str | None:
    """The subcode that the container's `status` will show, or None for a good video."""
    rules = STORY_VIDEO if kind == "STORIES" else VIDEO
    return VIDEO_UNSUPPORTED if rules.problem(body) else None
