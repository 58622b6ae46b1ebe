"""Instagram emulated: graph, token and www hosts under `/instagram`, Facebook's graph and www as `fbgraph` and `fbwww`.

Both logins reach the same accounts, containers and posts. Source: docs/networks/instagram.md. Not emulated: resumable
uploads, insights, webhooks.
"""

from __future__ import annotations

from typing import Any

from munadi.sandbox.clock import DAY
from munadi.sandbox.exchange import Call
from munadi.sandbox.graph import containers, login
from munadi.sandbox.graph.container_platform import Container, ContainerPlatform, Post, display_name
from munadi.sandbox.graph.errors import TOKEN_UNREADABLE, parameter_error, refuse, refuse_if
from munadi.sandbox.graph.reading import graph_time, new_id, node_in
from munadi.sandbox.instagram import model as errors
from munadi.sandbox.instagram import operations
from munadi.sandbox.instagram.changes import CHANGES
from munadi.sandbox.instagram.model import BASIC, COMMENTS, PAGE_HOST, PAGE_SCOPES, PUBLISH, Account
from munadi.sandbox.instagram.operations import on_page_host
from munadi.sandbox.media import FetchFailed
from munadi.sandbox.oauth import Token
from munadi.sandbox.platform import site

DEFAULT = Account("17841400000000001", "munadi.sandbox", "26000000000000001")
DEFAULT_TOKEN = "IGsandboxMunadiAccessToken"  # published on purpose: it opens nothing real
DEFAULT_PAGE_TOKEN, DEFAULT_PERSON_TOKEN = "EAAsandboxInstagramPageToken", "EAAsandboxInstagramPersonToken"
KINDS = {"REELS": "reel", "STORY": "story"}
STATUS_TEXTS = {
    "IN_PROGRESS": "In Progress: Media is still being processed.",
    "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
    "PUBLISHED": "Published: Media has been successfully published.",
    "EXPIRED": "Expired: Media was not published within 24 hours.",
}


class Instagram(ContainerPlatform[Account], operations.InstagramPages):
    channel = "instagram"
    title = "Instagram"
    hosts = {"GRAPH": "graph", "TOKEN": "token", "AUTH": "www", "FB_GRAPH": PAGE_HOST, "FB_AUTH": "fbwww"}
    app_credentials = ("client_id", "client_secret", "fb_client_id", "fb_client_secret")
    default_delays = {"image": 1.5, "reel": 4.0, "parent": 1.0, "index": 0.0}
    default_limits = {"postsPerDay": 100, "callsPerHour": 4_800}
    default_switches = {"flatCodeAnswer": False}
    default_profile = DEFAULT
    changes = CHANGES
    usage = ("instagram", "17840000000000000")
    known_errors = errors.KNOWN
    refusals = errors.REFUSALS
    grants, token_prefix = "ig", "IG"
    all_scopes, basic_scope, publish_scope = [BASIC, PUBLISH, COMMENTS], BASIC, PUBLISH
    not_short_lived = parameter_error(
        "Session key invalid. This could be because the session key has an incorrect format"
    )
    container_prefix, post_prefix = "180", "179"
    text_parameter, shown_options = "caption", errors.SHOWN
    image_ratios = (0.8 - 0.01, 1.91 + 0.01)  # 4:5 to 1.91:1; a crop to whole pixels misses a ratio by a little
    children = (2, 10)
    interrupted = errors.VIDEO_LOST
    video_bytes = errors.VIDEO_BYTES
    visible = frozenset({"media_publish", "comments"})
    routes = {
        "GET www/oauth/authorize": ("authorize", login.authorize),
        "GET www/**": ("site", site),
        "GET fbwww/dialog/oauth": ("authorize_person", login.authorize_person),
        "POST token/oauth/access_token": ("exchange_code", login.exchange_code),
        "GET fbgraph/me": ("page_me", operations.me),
        "GET fbgraph/me/accounts": ("list_pages", login.list_pages),
        "GET fbgraph/me/permissions": ("list_permissions", login.list_permissions),
        "GET fbgraph/oauth/access_token": ("person_token", login.person_token),
        "GET fbgraph/debug_token": ("inspect_token", login.inspect_token),
        "GET graph/refresh_access_token": ("refresh_token", login.refresh_token),
        "GET graph/access_token": ("exchange_token", login.exchange_token),
        "GET graph/me": ("me", operations.account),
        "POST */*/media": ("create_container", containers.create),
        "GET */*/media": ("list_media", operations.list_media),
        "POST */*/media_publish": ("media_publish", containers.publish),
        "GET */*/content_publishing_limit": ("content_publishing_limit", operations.publishing_limit),
        "GET */*/stories": ("list_stories", operations.list_stories),
        "POST */*/comments": ("comments", operations.comment),
        "GET */*/comments": ("list_comments", operations.list_comments),
        "GET */*": ("get_media", containers.read_post),
        "DELETE */*": ("delete_media", operations.delete_media),
    }
    variants = {
        "container_status": containers.status,
        "page_account": operations.page_account,
        "delete_comment": operations.delete_comment,
    }

    def variant(self, name: str, call: Call) -> str:
        node = node_in(call)
        if name == "delete_media" and node in self.comments:
            return "delete_comment"
        if name != "get_media":
            return name
        if on_page_host(call) and node in self.accounts:
            return "page_account"
        if node in self.containers:
            return "container_status"
        return "me" if any(node in (one.id, one.app_scoped_id) for one in self.accounts) else name

    def token(self, call: Call) -> Token:
        token = super().token(call)
        refuse_if((token.kind != "account") != on_page_host(call), TOKEN_UNREADABLE)
        return token

    def caller(self, call: Call, scope: str) -> Account:
        return super().caller(call, PAGE_SCOPES.get(scope, scope) if on_page_host(call) else scope)

    def owner(self, call: Call, node: str, scope: str) -> Account:
        """The caller, which must be the account that the path names; on the Page's host `me` is the Page."""
        if node == "me" and on_page_host(call):
            self.caller(call, scope)
            raise self.missing(node, call)
        return super().owner(call, node, scope)

    def seed_tokens(self, profile: Account) -> None:
        self.import_token(profile.id, DEFAULT_TOKEN)
        self.issue_page_token(profile.id, DEFAULT_PAGE_TOKEN)
        self.issue_person_token(profile.id, DEFAULT_PERSON_TOKEN)

    def new_profile(self, name: str | None, beside: Account | None) -> Account:
        username, owner = self.new_username(name), beside.person if beside else ""
        return Account(new_id("178414"), username, new_id("26"), owner=owner)

    def new_tokens(self, profile: Account) -> dict[str, Any]:
        return {
            "accessToken": self.import_token(profile.id).value,
            "pageId": profile.page_id,
            "pageToken": self.issue_page_token(profile.id).value,
            "personToken": self.issue_person_token(profile.person).value,
        }

    def expire_tokens(self, profile_id: str, which: str) -> None:
        """Every kind of token, regardless of `which`."""
        self.issuer.expire(profile_id)
        self.issuer.expire(self.profile(profile_id).person, "person")

    def revoke_tokens(self, profile_id: str, subcode: int | None) -> None:
        super().revoke_tokens(profile_id, subcode)
        self.issuer.revoke(self.profile(profile_id).person, subcode or 458, "person")

    def code_answer(self, token: Token) -> dict[str, Any]:
        body = {**super().code_answer(token), "permissions": ",".join(token.scopes)}
        return body if self.switches["flatCodeAnswer"] else {"data": [body]}

    def granted_extras(self, token: Token) -> dict[str, Any]:
        return {"permissions": ",".join(token.scopes)}

    def account_facts(self, profile: Account) -> dict[str, Any]:
        return {"username": profile.username, "name": display_name(profile)}

    def checked_kind(self, profile: Account, values: dict[str, str]) -> str:
        return errors.checked_kind(values)

    def delay_of(self, kind: str, values: dict[str, str]) -> str:
        return "reel" if kind in ("VIDEO", "REELS") or "video_url" in values else "image"

    def status_facts(self, container: Container, state: str) -> dict[str, Any]:
        failed = f"Error: Media upload has failed with error code {container.problem}"
        return {"status_code": state, "status": STATUS_TEXTS.get(state, failed)}

    def download_problem(self, failure: FetchFailed) -> str:
        return str((errors.DOWNLOAD_TIMEOUT if failure.timed_out else errors.NOT_FETCHABLE).subcode)

    def video_problem(self, body: bytes, kind: str) -> str | None:
        return errors.video_problem(body, kind)

    def published_since(self, profile: Account, since: float) -> int:
        return sum(1 for one in self.published if one.profile_id == profile.id and one.published_at > since)

    def before_publishing(self, call: Call, profile: Account, container: Container) -> None:
        if self.published_since(profile, self.clock.now() - DAY) >= self.limits["postsPerDay"]:
            raise refuse(errors.PUBLISH_QUOTA)

    def types(self, container: Container) -> tuple[str, str]:
        """A reel is a VIDEO of the product REELS."""
        if container.kind == "CAROUSEL":
            return "CAROUSEL_ALBUM", "FEED"
        stored = self.blob_store.facts(container.digests[0]) if container.digests else None
        media_type = "VIDEO" if stored and stored.mime_type.startswith("video/") else "IMAGE"
        return media_type, {"REELS": "REELS", "STORIES": "STORY"}.get(container.kind, "FEED")

    def permalink(self, row: Post, base_url: str) -> str:
        """www.instagram.com is `/instagram/www` here, so that a link opens the post."""
        site = f"{base_url}/instagram/www"
        if row.product_type == "STORY":
            return f"{site}/stories/{self.profile(row.profile_id).username}/{row.id}"
        return f"{site}/{'reel' if row.product_type == 'REELS' else 'p'}/{row.shortcode}/"

    def facts(self, post: Post, call: Call) -> dict[str, Any]:
        """The copyright check is a field of the log-in through a Page, with a value for videos."""
        check = {"status": {"status": "completed", "matches_found": False}} if post.media_type == "VIDEO" else None
        by_page = {"copyright_check_information": check} if on_page_host(call) else {}
        return by_page | {
            "id": post.id,
            "media_type": post.media_type,
            "media_product_type": post.product_type,
            "media_url": f"{call.base_url}/media/{post.digests[0]}" if post.digests else None,
            "permalink": self.permalink(post, call.base_url),
            "shortcode": post.shortcode,
            "timestamp": graph_time(post.published_at),
            "username": self.profile(post.profile_id).username,
            "caption": post.text or None,
            "alt_text": (post.alt_texts or [""])[0] or None,
            "children": {"data": [{"id": child} for child in post.children]} if post.children else None,
        }

    def kind_of(self, post: Post) -> str:
        return KINDS.get(post.product_type) or super().kind_of(post)

    def notes_on(self, post: Post) -> list[str]:
        return [f"{name}: {value}" for name, value in post.shown.items()] + (["with a cover"] if post.cover else [])
