"""Facebook Pages emulated: graph, upload, video and www hosts under `/facebook`.

Source: docs/networks/facebook.md. Not emulated: scheduling at Facebook, drafts, photos and videos posted in one call,
targeting, business assets, webhooks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Call
from munadi.sandbox.facebook import model as errors
from munadi.sandbox.facebook import posting, videos
from munadi.sandbox.facebook.changes import CHANGES
from munadi.sandbox.facebook.model import ALL_SCOPES, READ, Page, Person, Photo, Post, Video, permalink
from munadi.sandbox.graph import login
from munadi.sandbox.graph.errors import refuse_if
from munadi.sandbox.graph.login import PersonPlatform
from munadi.sandbox.graph.reading import new_id, node_in, parameters
from munadi.sandbox.model import PostView
from munadi.sandbox.oauth import ConsentRules, Token
from munadi.sandbox.platform import names, site
from munadi.sandbox.storage import Table

PERSON = Person("10150000000000001", "Munadi Sandbox")
DEFAULT = Page("100000000000001", "munadi.sandbox", "Munadi Sandbox Page", PERSON.id)
DEFAULT_TOKEN = "EAAsandboxMunadiPageToken"  # published on purpose: it opens nothing real
DEFAULT_PERSON_TOKEN = "EAAsandboxMunadiUserToken"
VIDEO_STEPS = {
    ("video_reels", "start"): "start_reel",
    ("video_reels", "finish"): "finish_reel",
    ("video_stories", "start"): "start_story",
    ("video_stories", "finish"): "finish_story",
    ("videos", "start"): "start_video",
    ("videos", "transfer"): "transfer_video",
    ("videos", "finish"): "finish_video",
}


class Facebook(PersonPlatform[Page]):
    channel = "facebook"
    title = "Facebook"
    hosts = {"GRAPH": "graph", "AUTH": "www", "UPLOAD": "upload", "VIDEO": "video"}
    default_delays = {"reel": 4.0, "video": 4.0, "publish": 1.5, "index": 1.0}
    default_limits = {"reelsPerDay": 30, "callsPerHour": 4_800, "bytesPerUpload": 64 * 1024 * 1024}
    default_switches = {"refuseDuplicates": True, "unreadableLinks": False}
    default_profile = DEFAULT
    changes = CHANGES
    usage = ("pages", "100000000000000")
    known_errors = errors.KNOWN
    revocations = errors.REVOCATIONS
    person_scopes = ALL_SCOPES
    repeats_page_tokens = False
    person_consent = ConsentRules(
        "AQ", {"error": "access_denied", "error_reason": "user_denied", "error_description": "Permissions error"}
    )
    tasks = ["ANALYZE", "ADVERTISE", "MODERATE", "CREATE_CONTENT", "MANAGE"]
    visible = frozenset(names("feed photo_story finish_reel finish_story finish_video comments"))
    routes = {
        "GET www/dialog/oauth": ("authorize", login.authorize_person),
        "GET www/**": ("site", site),
        "POST upload/video-upload/*/*": ("upload_reel", videos.upload),
        "POST upload/video-upload/*": ("upload_reel", videos.upload),
        "GET graph/oauth/access_token": ("access_token", login.person_token),
        "GET graph/debug_token": ("debug_token", login.inspect_token),
        "POST graph": ("scrape", posting.scrape),
        "GET graph/*/accounts": ("accounts", login.list_pages),
        "GET graph/*/permissions": ("permissions", login.list_permissions),
        "POST graph/*/feed": ("feed", posting.feed),
        "GET graph/*/published_posts": ("published_posts", posting.published_posts),
        "GET graph/*/posts": ("published_posts", posting.published_posts),
        "GET graph/*/stories": ("list_stories", posting.list_stories),
        "GET graph/*/videos": ("list_videos", videos.list_videos),
        "GET graph/*/video_reels": ("list_reels", videos.list_reels),
        "POST graph/*/photos": ("upload_photo", posting.photo),
        "POST graph/*/photo_stories": ("photo_story", posting.photo_story),
        "POST */*/videos": ("finish_video", videos.finish),
        "POST */*/video_reels": ("finish_reel", videos.finish),
        "POST */*/video_stories": ("finish_story", videos.finish),
        "POST graph/*/thumbnails": ("thumbnail", videos.thumbnail),
        "POST graph/*/comments": ("comments", posting.comment),
        "GET graph/*/comments": ("list_comments", posting.list_comments),
        "POST graph/*": ("edit_post", posting.update),
        "GET graph/*": ("get_post", posting.read_post),
        "DELETE graph/*": ("delete_post", posting.delete_post),
    }
    variants = {
        "delete_comment": posting.delete_comment,
        "delete_photo": posting.delete_photo,
        "delete_video": videos.delete,
        "start_reel": videos.start,
        "start_story": videos.start,
        "start_video": videos.start,
        "transfer_video": videos.transfer,
        "video_status": videos.status,
        "node": posting.node,
    }

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.persons: Table[Person] = self.table("person", Person)
        self.photos: Table[Photo] = self.table("photo", Photo)
        self.videos: Table[Video] = self.table("video", Video)
        self.published: Table[Post] = self.table("post", Post)
        self.scraped: set[str] = set()

    def variant(self, name: str, call: Call) -> str:
        """The phases of a video differ by a parameter, nodes by the object that they name."""
        node = node_in(call)
        if name in ("finish_video", "finish_reel", "finish_story"):
            return VIDEO_STEPS.get((node, parameters(call).get("upload_phase", "")), "unknown")
        if name == "delete_post":
            kinds: dict[str, Table[Any]] = {"delete_video": self.videos, "delete_photo": self.photos}
            kinds["delete_comment"] = self.comments
            return next((each for each, rows in kinds.items() if node in rows), name)
        if name != "get_post":
            return name
        if node in self.videos:
            return "video_status"
        return "node" if node == "me" or node in self.accounts or node in self.persons else name

    def seed_tokens(self, profile: Page) -> None:
        self.persons.put(PERSON.id, PERSON)
        self.issue_page_token(profile.id, DEFAULT_TOKEN)
        self.issue_person_token(PERSON.id, DEFAULT_PERSON_TOKEN)

    def new_profile(self, name: str | None, beside: Page | None) -> Page:
        username = self.new_username(name, signs=".", kind="page")
        person_id = beside.person_id if beside else new_id("1015", 15)
        if beside is None:
            self.persons.put(person_id, Person(person_id, f"Owner of {username}"))
        return Page(new_id("100", 15), username, name or username, person_id)

    def new_tokens(self, profile: Page) -> dict[str, Any]:
        return {
            "accessToken": self.issue_page_token(profile.id).value,
            "refreshToken": self.issue_person_token(profile.person_id).value,
        }

    def expire_tokens(self, profile_id: str, which: str) -> None:
        """`access` is the Page's token, `refresh` the one of its person."""
        if which in ("access", "all"):
            self.issuer.expire(profile_id)
        if which in ("refresh", "all"):
            self.issuer.expire(self.profile(profile_id).person_id)

    def revoke_tokens(self, profile_id: str, subcode: int | None) -> None:
        super().revoke_tokens(profile_id, subcode)
        super().revoke_tokens(self.profile(profile_id).person_id, subcode)

    def clear(self) -> None:
        super().clear()
        self.scraped.clear()

    def caller(self, call: Call, scope: str) -> Page:
        """The Page whose token it is; a person's token may not act for a Page."""
        token = self.token(call)
        refuse_if(token.kind != "page", errors.NEEDS_PAGE_TOKEN)
        refuse_if(scope not in token.scopes, errors.NO_PERMISSION)
        return self.profile(token.profile_id)

    def owner(self, call: Call, node: str, scope: str) -> Page:
        """The caller, which must be the Page that the path names; a restricted one may only read."""
        page = super().owner(call, node, scope)
        refuse_if(call.method != "GET" and page.status == "restricted", errors.RESTRICTED)
        return page

    def person_choices(self) -> Iterable[Choice]:
        for person in self.persons:
            owned = self.accounts_of(person.id)
            names = {name for page in owned for name in (page.id, page.username)}
            yield Choice(person.id, person.name, [(page.id, page.title) for page in owned], frozenset(names))

    def accounts_of(self, person: str) -> list[Page]:
        return [page for page in self.accounts if page.person_id == person]

    def page_id(self, profile: Page) -> str:
        return profile.id

    def page_facts(self, profile: Page, call: Call) -> dict[str, Any]:
        named = {"id": profile.id, "name": profile.title, "username": profile.username}
        return {**named, "category": profile.category}

    def inspected(self, token: Token) -> dict[str, Any]:
        targets = {} if token.pages is None else {"target_ids": token.pages}  # not named when it is all Pages
        return {"granular_scopes": [{"scope": scope, **targets} for scope in token.scopes]}

    def post_of(self, node: str, page: Page) -> Post | None:
        """The Page's post by its id or its video's."""
        found = (post for post in self.published if node in (post.id, post.video_id) and post.profile_id == page.id)
        return next(found, None)

    def own_video(self, video_id: str, page: Page, call: Call) -> Video:
        found: Video = self.owned(self.videos, video_id, page, call)
        return found

    def readable_post(self, call: Call, node: str) -> Post:
        post = self.post_of(node, self.caller(call, READ))
        if post is None:
            raise self.missing(node, call)
        return post

    def rows_of(self, post: PostView) -> list[tuple[Table[Any], str]]:
        """The post with its video, its photos and its comments."""
        row = next(one for one in self.published if one.known_as == post.id)
        videos = [(self.videos, row.video_id)] if row.video_id else []
        comments = [(self.comments, comment.id) for comment in self.comments_on(row.id)]
        return [(self.published, row.id), *videos, *((self.photos, one) for one in row.photos), *comments]

    def permalink(self, row: Post, base_url: str) -> str:
        return permalink(row, base_url)

    def is_visible(self, post: Post) -> bool:
        return post.visible_at <= self.clock.now()

    def is_listed(self, post: Post) -> bool:
        return post.visible_at + self.delays["index"] <= self.clock.now()

    def posts(self, base_url: str) -> list[PostView]:
        return [
            self.view(
                post,
                base_url,
                id=post.known_as,
                text=post.message,
                media=self.shown_media(post.digests, post.alts),
            )
            for post in self.published
            if self.is_visible(post)
        ]
