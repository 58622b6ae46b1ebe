"""The rows of the emulated Facebook, the addresses of its posts, its errors, and its rules for media.

Source: docs/networks/facebook.md, sections 4 and 6; messages of errors are Meta's where they are known, close to them
otherwise. The code for a thirty-first reel is not documented; this emulation answers 613.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from munadi.sandbox.exchange import Answer, Refusal
from munadi.sandbox.graph import errors as family
from munadi.sandbox.graph.errors import APP_REMOVED, PASSWORD_CHANGED, SESSION_INVALID, GraphError, refuse, refuse_if
from munadi.sandbox.media import VideoRules, image_facts, video_facts
from munadi.sandbox.model import Account

READ, PUBLISH, COMMENT = "pages_read_engagement", "pages_manage_posts", "pages_manage_engagement"
ALL_SCOPES = ["pages_show_list", READ, PUBLISH, COMMENT]

CHECKPOINT = GraphError(190, 459, "Error validating access token: You cannot access the app till you log in "
                        "to www.facebook.com and follow the instructions given.")  # fmt: skip
ROLE_LOST = GraphError(190, 492, "Error validating access token: The user must be an administrator, editor, or "
                       "moderator of the page.")  # fmt: skip
NEEDS_PAGE_TOKEN = GraphError(200, None, "(#200) Publishing to a Page requires the token of the Page", 403)
NO_PERMISSION = GraphError(10, None, "(#10) This endpoint requires a permission that was not granted", 403)
UNKNOWN = GraphError(1, None, "An unknown error occurred", 500, True)
PAGE_LIMIT = GraphError(32, None, "(#32) Page request limit reached")
PAGES_LIMIT = GraphError(80001, None, "(#80001) There have been too many calls to this Page account.")
REELS_QUOTA = GraphError(613, None, "(#613) Calls to this api have exceeded the rate limit.")
RESTRICTED = GraphError(368, None, "(#368) The action attempted has been deemed abusive or is otherwise disallowed")
TOO_FAST = GraphError(368, 1390008, "(#368) It looks like you were misusing this feature by going too fast.")
DUPLICATE = GraphError(506, None, "(#506) Duplicate status message")
IMAGE_INVALID = GraphError(324, None, "(#324) Missing or invalid image file")
IMAGE_TOO_LARGE = GraphError(1366046, None, "Your photos couldn't be uploaded. Photos should be smaller than 4 MB "
                             "and saved as JPG, PNG.")  # fmt: skip
VIDEO_UNFETCHABLE = GraphError(389, None, "(#389) Unable to fetch video file from URL.")
VIDEO_INVALID = GraphError(6000, None, "(#6000) There was a problem uploading your video file.")
WRONG_OFFSET = GraphError(100, 1363037, "The start_offset is not the next one that is expected.", transient=True)
LINK_UNREADABLE = GraphError(1609005, None, "(#1609005) There was a problem scraping data from the provided link.")
OWN_LINK = GraphError(1609008, None, "(#1609008) You can't attach a link to facebook.com.")
REVOCATIONS = {error.subcode: error for error in (
    APP_REMOVED, PASSWORD_CHANGED, CHECKPOINT, SESSION_INVALID, ROLE_LOST)}  # fmt: skip
# Its own words before the family's.
KNOWN = [one for one in (*vars().copy().values(), *vars(family).values()) if isinstance(one, GraphError)]
MIB = 1024 * 1024
IMAGE_BYTES = 4 * MIB
IMAGES = {"JPEG", "PNG", "GIF", "BMP", "TIFF"}
CODECS = ("h264", "hevc", "vp9", "av1")
NARROW, ROUNDING = 9 / 16, 0.01
REEL = VideoRules(
    (2.95, 90.5), (NARROW - ROUNDING, NARROW + ROUNDING), (540, 1 << 16), (960, 1 << 16), (23.5, 60.5),
    containers=("",), codecs=CODECS, audio=None,
)  # fmt: skip
STORY = replace(REEL, seconds=(2.95, 60.5))
PROBLEMS = {
    "format": "The video file is corrupt or of a format that is not supported.",
    "ratio": "The aspect ratio of the reel must be 9:16.",
    "size": "The resolution of the reel must be at least 540 x 960.",
    "seconds": "The reel must be between 3 and {} seconds long.",
    "frames": "The frame rate of the reel must be between 24 and 60.",
}


@dataclass
class Person:
    id: str
    name: str


@dataclass
class Page(Account):
    site = "https://www.facebook.com/{0.username}"

    title: str
    person_id: str  # who connects it
    category: str = "Test page"


@dataclass
class Photo:
    id: str
    profile_id: str
    digest: str
    alt: str
    made_at: float
    post_id: str | None = None


@dataclass
class Video:
    id: str
    profile_id: str
    kind: str  # reel, story, video
    session_id: str
    size: int
    started_at: float
    uploaded_at: float | None = None  # when its last byte arrived
    finished_at: float | None = None
    digest: str | None = None
    error: str | None = None
    post_id: str | None = None
    cover: str | None = None


@dataclass
class Post:
    id: str  # {page}_{number}
    profile_id: str
    message: str
    kind: str  # text, link, photo, album, reel, video, story
    created_at: float  # the sandbox's clock
    received_at: float  # real time
    visible_at: float
    link: str | None = None
    photos: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    alts: list[str] = field(default_factory=list)
    video_id: str | None = None
    cover: str | None = None

    @property
    def number(self) -> str:
        return self.id.split("_")[1]

    @property
    def known_as(self) -> str:
        """The id that publishers know it by."""
        return self.number if self.kind == "story" else self.video_id or self.id

    @property
    def video_path(self) -> str:
        """All that Facebook itself returns of a reel's or video's address."""
        return f"/reel/{self.video_id}/" if self.kind == "reel" else f"/{self.profile_id}/videos/{self.video_id}/"


def permalink(post: Post, base_url: str) -> str:
    """www.facebook.com is `/facebook/www` here, so that a link opens the post."""
    site = f"{base_url}/facebook/www"
    if post.kind == "story":
        return f"{site}/stories/{post.profile_id}/{post.number}"
    return site + post.video_path if post.video_id else f"{site}/{post.profile_id}/posts/{post.number}"


def upload_refused(kind: str, message: str) -> Refusal:
    """The upload host has an envelope of its own."""
    return Refusal(Answer(400, {"debug_info": {"retriable": True, "type": kind, "message": message}}))


def image_type(body: bytes) -> str:
    """The image's type; raises Facebook's refusal of an invalid image."""
    facts = image_facts(body)
    if facts is None or facts.format not in IMAGES:
        raise refuse(IMAGE_INVALID)
    refuse_if(len(body) > IMAGE_BYTES, IMAGE_TOO_LARGE)
    return facts.mime_type


def video_problem(body: bytes, kind: str) -> str | None:
    """The later `processing_phase.error.message`, or None for a good video."""
    if kind == "video":
        facts = video_facts(body)
        if facts is None:
            return PROBLEMS["format"]
        good = NARROW - ROUNDING <= facts.width / max(facts.height, 1) <= 1 / NARROW + ROUNDING
        return None if good else "The aspect ratio of the video is not supported."
    problem = (STORY if kind == "story" else REEL).problem(body)
    return PROBLEMS[problem].format(60 if kind == "story" else 90) if problem else None
