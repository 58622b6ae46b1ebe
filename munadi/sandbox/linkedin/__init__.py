"""LinkedIn emulated: the versioned API under `/linkedin/api`, consent, uploads and the site under `/linkedin/www`.

Source: docs/networks/linkedin.md, section 8. A profile is a page with the person who administers it; both have tokens.
Not emulated: the pages of documents, targeted audiences, reposts, edits, reading comments.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from munadi.sandbox import bearer
from munadi.sandbox.bearer import BearerPlatform
from munadi.sandbox.changes import Changes
from munadi.sandbox.clock import DAY
from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.linkedin import posting
from munadi.sandbox.linkedin.changes import CHANGES, OF_MEMBERS
from munadi.sandbox.linkedin.model import (
    ENDED_VERSIONS,
    LOGIN,
    MEMBER_SCOPES,
    PAGE,
    PAGE_SCOPES,
    PERSON,
    PROBLEMS,
    Account,
    Asset,
    Post,
    refuse_if,
    seen,
)
from munadi.sandbox.model import PostView, ProfileView
from munadi.sandbox.oauth import Code, Token
from munadi.sandbox.platform import site
from munadi.sandbox.storage import Table

PERSON_ID = "urn:li:person:MunadiSandb"


class LinkedIn(BearerPlatform[Account]):
    channel = "linkedin"
    title = "LinkedIn"
    problems, login = PROBLEMS, LOGIN
    refusal, throttling = {"error": "access"}, {"error": "rate"}
    hosts = {"API": "api", "AUTH": "www", "UPLOAD": "www"}
    app_credentials = ("client_id", "client_secret", "page_client_id", "page_client_secret")
    default_delays = {"image": 0.0, "document": 0.0, "video": 2.0, "index": 0.0}
    default_limits = {
        "callsPerMemberPerDay": 500,
        "callsPerAppPerDay": 100_000,
        "accessTokenSeconds": 60 * DAY,
        "partBytes": 4_194_304,
    }
    default_switches = {
        "refuseDuplicates": True,
        "ghostDuplicates": False,
        "dropPostId": False,
        "developmentTier": False,
        "endVersion": False,
        "failProcessing": False,
        "grantRefreshTokens": False,
    }
    statuses = {"active", "no_role"}
    changes = CHANGES
    default_profile = Account("urn:li:organization:90000001", "munadi.sandbox", PERSON_ID)
    # Of the page, and of the person.
    default_tokens = ("sandboxMunadiLinkedInPageToken", "sandboxMunadiLinkedInMemberToken")
    default_seconds = 3650 * DAY
    id_epoch = -7_400_000_000_000_000_000
    has_persons = True
    visible = frozenset({"create_post", "create_comment"})
    routes = {
        "GET www/oauth/v2/authorization": ("authorize", bearer.authorize),
        "POST www/oauth/v2/accessToken": ("token", bearer.token),
        "PUT www/dms-uploads/*/*": ("upload_part", posting.receive),
        "GET www/**": ("site", site),
        "GET api/v2/userinfo": ("userinfo", posting.userinfo),
        "GET api/rest/organizationAcls": ("list_pages", posting.pages),
        "GET api/rest/organizations/*": ("get_page", posting.page),
        "POST api/rest/images": ("initialize_image", posting.initialize),
        "POST api/rest/documents": ("initialize_document", posting.initialize),
        "POST api/rest/videos": ("initialize_video", posting.initialize),
        "GET api/rest/images/*": ("image_status", posting.status),
        "GET api/rest/documents/*": ("document_status", posting.status),
        "GET api/rest/videos/*": ("video_status", posting.status),
        "POST api/rest/posts": ("create_post", posting.create),
        "GET api/rest/posts": ("list_posts", posting.listed),
        "GET api/rest/posts/*": ("get_post", posting.read),
        "POST api/rest/posts/*": ("edit_post", posting.update),
        "DELETE api/rest/posts/*": ("delete_post", posting.delete),
        "POST api/rest/socialActions/*/comments": ("create_comment", posting.comment),
    }
    variants = {"finalize_video": posting.finalize, "get_posts": posting.several}

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.assets: Table[Asset] = self.table("asset", Asset)
        self.written: Table[Post] = self.table("post", Post)

    def variant(self, name: str, call: Call) -> str:
        if name == "list_posts" and "ids" in call.query:
            return "get_posts"
        return "finalize_video" if name == "initialize_video" and call.query.get("action") == "finalizeUpload" else name

    async def play(self, name: str, run: Any, call: Call) -> Answer:
        if call.path.startswith("api/rest/"):
            version = call.headers.get("linkedin-version", "")
            refuse_if(not version, "versionMissing")
            ended = self.switches["endVersion"] or version in ENDED_VERSIONS or not version.isdecimal()
            refuse_if(ended, "version", f"Requested version {version} is not active")
            refuse_if("urn:li:" in call.target, "encoding")
        return await super().play(name, run, call)

    def caller(self, call: Call, *scopes: str) -> Account:
        """The profile of the call's token, which must have one of the scopes; every call counts for the day."""
        profile, midnight = super().caller(call, *scopes), self.clock.now() % DAY
        self.limited(profile.person, "callsPerMemberPerDay", midnight)
        self.limited("app", "callsPerAppPerDay", midnight)
        return profile

    def permits(self, token: Token, scopes: tuple[str, ...]) -> bool:
        return not scopes or bool(set(scopes) & set(token.scopes))

    def choices(self, call: Call) -> Iterable[Choice]:
        """Persons or pages, by the scopes; one that the app cannot have fails all of it."""
        scopes = set(call.query.get("scope", "").split())
        apps = [known for known in (MEMBER_SCOPES, PAGE_SCOPES) if scopes and scopes <= set(known)]
        if not apps:
            raise Refusal(Answer(400, "unauthorized_scope_error: a scope is not authorized for your application"))
        persons = apps[0] is MEMBER_SCOPES
        return [Choice(one.id, one.username) for one in self.accounts if (one.id == one.person) is persons]

    def granted(self, source: Code | Token) -> dict[str, Any]:
        """Another set of scopes ends the earlier tokens; a refresh token stays."""
        shows, scopes = isinstance(source, Token) or self.switches["grantRefreshTokens"], source.scopes
        for earlier in self.issuer.of(source.profile_id):
            if set(earlier.scopes) != set(scopes):
                self.issuer.tokens.remove(earlier.value)
        access, refresh = self.issue_pair(source.profile_id, scopes)
        if isinstance(source, Token):
            refresh = source
        left = int((refresh.expires_at or 0) - self.clock.now())
        more = {"refresh_token": refresh.value, "refresh_token_expires_in": left} if shows else {}
        seconds = self.limits["accessTokenSeconds"]
        return {"access_token": access.value, "expires_in": seconds, "scope": ",".join(scopes), **more}

    def author(self, caller: Account, urn: Any) -> Account:
        """Who a post is by: the caller, or another page of the same person."""
        found = self.accounts.get(str(urn))
        if found is None or found.person != caller.person or found.status == "no_role":
            raise PROBLEMS.refuse("access")
        refuse_if((found.id == found.person) != (caller.id == caller.person), "access")
        return found

    def is_seen(self, post: Post) -> bool:
        """Whether followers see it: all of its files are processed."""
        now, files = self.clock.now(), [self.assets.get(urn) for urn in post.assets]
        return all(one is not None and not one.problem and one.ready_at <= now for one in files)

    def seed(self) -> None:
        if PERSON_ID not in self.accounts:
            self.accounts.put(PERSON_ID, Account(PERSON_ID, "munadi.sandbox", PERSON_ID))
        super().seed()

    def seed_tokens(self, profile: Account) -> None:
        page, member = self.default_tokens
        self.issuer.issue("", profile.id, PAGE_SCOPES, self.default_seconds, value=page)
        self.issuer.issue("", PERSON_ID, MEMBER_SCOPES, self.default_seconds, value=member)

    def new_profile(self, name: str | None, beside: Account | None) -> Account:
        username, number = self.new_username(name), self.next_id()
        person = beside.person if beside else f"{PERSON}p{number}"
        if person not in self.accounts:
            self.accounts.put(person, Account(person, username, person))
        return Account(f"{PAGE}{int(number) % 10**9}", username, person)

    def short_name(self, profile: Account) -> str:
        """A page and its person may have the same name."""
        return profile.username if profile.id != profile.person else ""

    def profiles(self) -> list[ProfileView]:
        """The pages; each has its person, who is connected by `memberToken`."""
        persons = {one.person for one in self.accounts}
        return [view for view in super().profiles() if view.id not in persons]

    def new_tokens(self, profile: Account) -> dict[str, Any]:
        own = MEMBER_SCOPES if profile.id == profile.person else PAGE_SCOPES
        access, refresh = self.issue_pair(profile.id, own)
        member, _ = self.issue_pair(profile.person, MEMBER_SCOPES)
        tokens = {"accessToken": access.value, "refreshToken": refresh.value}
        return {**tokens, "memberId": profile.person, "memberToken": member.value}

    def profile_id(self, reference: str) -> str:
        """A name is the page's, not its person's."""
        return next((one.id for one in self.accounts if reference == one.username and one.id != one.person), None) or (
            super().profile_id(reference)
        )

    def rows_of(self, post: PostView) -> list[tuple[Table[Any], str]]:
        """The post with its comments."""
        return [(self.written, post.id), *((self.comments, comment.id) for comment in self.comments_on(post.id))]

    def changes_of(self, post: PostView) -> Changes:
        """An app reads nothing of a member's post."""
        profile = self.profile(post.profile)
        return OF_MEMBERS if profile.id == profile.person else CHANGES

    def permalink(self, row: Post, base_url: str) -> str:
        return f"{base_url}/linkedin/www/feed/update/{row.urn}/"

    def posts(self, base_url: str) -> list[PostView]:
        return [self._view(post, base_url) for post in self.written if self.is_seen(post)]

    def _view(self, post: Post, base_url: str) -> PostView:
        files = [found for urn in post.assets if (found := self.assets.get(urn)) is not None]
        article, poll = post.content.get("article", {}), post.content.get("poll")
        title = post.content.get("media", {}).get("title")
        notes = [f"Seen by: {post.body['visibility'].lower()}"] if post.body["visibility"] != "PUBLIC" else []
        notes += [f"Card: {article['title']}"] if article else []
        notes += [f"Title: {title}"] if title else []
        notes += [f"Poll: {poll['question']} · {' · '.join(one['text'] for one in poll['options'])}"] if poll else []
        return self.view(
            post,
            base_url,
            id=post.urn,
            text=seen(post.body["commentary"]),
            kind="post",
            media=self.shown_media([one.digest for one in files], [post.alts.get(one.urn, "") for one in files]),
            link=article.get("source"),
            comments=[one.text for one in self.comments_on(post.urn)],
            notes=notes,
        )
