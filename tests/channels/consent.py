"""A log-in at the sandbox's own consent pages, decided without a browser: one scene for each log-in of a network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from munadi.channels.registry import build_channels
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import AnyChannel, Consent, ConsentRequest, GrantedProfiles
from tests.channels.making import SystemClock, account, error_of, tools
from tests.channels.sandbox import hosts_of
from tests.channels.servers import Oracle

BACK = "https://munadi.example/v1/oauth/callback"
APP = {"client_id": "app-1", "client_secret": "s3cret"}
META_APP = {"fb_client_id": "meta-1", "fb_client_secret": "m3ta-secret"}


def asking(**changes: Any) -> ConsentRequest:
    return ConsentRequest(**{"state": "state-1", "redirect_uri": BACK, **changes})


def over(name: str, settings: dict[str, Any], client: httpx.AsyncClient) -> tuple[AnyChannel, AnyChannel]:
    """A channel and its authorization server, over real sockets."""
    built = build_channels({name: {**APP, **settings}}, tools(client, SystemClock()))[name]
    return built, built


def missing_of(channel: AnyChannel) -> Sequence[str]:
    """The settings that a log-in lacks."""
    return channel.authorizer.missing_settings if channel.authorizer else ("no log-in",)


async def decide(client: httpx.AsyncClient, url: str, back: str | None = None, **decision: str) -> dict[str, str]:
    """The query of the browser's redirect after the owner's `decision` (`approve=<profile>` or `deny=1`)."""
    page = await client.get(url)
    assert page.status_code == 200, page.text
    answer = await client.get(httpx.URL(url).copy_merge_params(decision))
    assert answer.status_code == 302, answer.text
    target = answer.headers["location"]
    assert target.startswith(back or BACK)
    return dict(parse_qsl(urlsplit(target).query))


def hex_challenge(verifier: str) -> str:
    return hashlib.sha256(verifier.encode()).hexdigest()


def base64_challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


@dataclass(frozen=True)
class LoginScene:
    """`needed` is a scope that publishing needs, `spare` one it does not.

    `page` and `query` are the consent page; `challenge` makes a PKCE challenge of a verifier. `exchange` is the
    sandbox's name of the call that takes the code; `life` is how long the access token lives, None for ever.
    """

    channel: str
    scopes: tuple[str, ...]
    page: str
    query: Mapping[str, str]
    exchange: str
    life: timedelta | None
    needed: str
    spare: str | None = None
    challenge: Any = None
    login: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    refused_redirect: str = "redirect_uri"

    def without(self, scope: str) -> dict[str, str]:
        """The owner's decision that grants all but one scope."""
        if self.channel == "tiktok":
            return {"grant": ",".join(one for one in self.scopes if one != scope)}
        return {"untick": scope}


class Login:
    """An owner of the profile `acme`, who decides at the network's consent page."""

    def __init__(self, scene: LoginScene, oracle: Oracle, client: httpx.AsyncClient) -> None:
        self.scene, self.oracle, self.client = scene, oracle, client
        self.made: dict[str, Any] = oracle.call("POST", "/profiles", channel=scene.channel, name="acme")
        self.profile: str = self.made["externalId"]
        self.channel, self.server = self.build()
        self.kept: Mapping[str, str] = {}

    def build(self, **settings: Any) -> tuple[AnyChannel, AnyChannel]:
        hosts = hosts_of(self.scene.channel, self.oracle)
        return over(self.scene.channel, {"hosts": hosts, **self.scene.settings, **settings}, self.client)

    def asking(self, **changes: Any) -> ConsentRequest:
        return asking(**{"login": self.scene.login, "hint": self.made.get("serviceUrl"), **changes})

    async def another_app(self) -> str:
        """The id of an app that is not ours. Some networks know only apps that were registered."""
        if "serviceUrl" not in self.made:
            return "app-2"
        form = {"client_name": "Another", "redirect_uris": BACK, "scopes": " ".join(self.scene.scopes)}
        answer = await self.client.post(f"{self.made['serviceUrl']}/api/v1/apps", data=form)
        return str(answer.json()["client_id"])

    def another(self, name: str) -> dict[str, Any]:
        """One more profile of the same owner."""
        made = self.oracle.call("POST", "/profiles", channel=self.scene.channel, name=name, beside=self.profile)
        assert isinstance(made, dict)
        return made

    async def consent(self, **changes: Any) -> Consent:
        consent = await self.server.begin_consent(self.asking(**changes))
        self.kept = consent.kept
        return consent

    async def agreed(self, **decision: str) -> dict[str, str]:
        return await decide(self.client, (await self.consent()).url, **{"approve": self.profile, **decision})

    async def granted(self, **decision: str) -> GrantedProfiles:
        return await self.server.exchange(self.asking(), await self.agreed(**decision), self.kept)

    async def connected(self) -> ConnectedAccount:
        connection = await self.channel.verify((await self.granted()).choices[0].given)
        return self.account(credentials=connection.credentials)

    def account(self, **changes: Any) -> ConnectedAccount:
        return account(self.scene.channel, self.profile, login=self.scene.login, **changes)

    async def failure(
        self, answered: dict[str, str], reason: Reason | None = None, code: str | None = None, **changes: str
    ) -> ChannelError:
        """The error of an exchange, which must contain no secret. `verifier` and `changes` replace the right values."""
        kept = {**self.kept, **({"verifier": changes.pop("verifier")} if "verifier" in changes else {})}
        error = await error_of(self.server.exchange(self.asking(**changes), answered, kept), reason, code=code)
        kept_texts = f"{error} {error.provider_message} {error.raw}"
        for secret in (APP["client_secret"], META_APP["fb_client_secret"], answered.get("code", "no code")):
            assert secret not in kept_texts
        return error


DIRECT_SCOPES = tuple(f"instagram_business_{name}" for name in ("basic", "content_publish", "manage_comments"))
PAGE_SCOPES = (
    "instagram_basic",
    "instagram_content_publish",
    "pages_show_list",
    "pages_read_engagement",
    "instagram_manage_comments",
)
FACEBOOK_SCOPES = ("pages_show_list", "pages_read_engagement", "pages_manage_posts", "pages_manage_engagement")
THREADS_SCOPES = ("threads_basic", "threads_content_publish", "threads_manage_replies")
MASTODON_SCOPES = ("read:accounts", "read:statuses", "write:statuses", "write:media")
PINTEREST_SCOPES = ("user_accounts:read", "boards:read", "boards:write", "pins:read", "pins:write")
X_SCOPES = ("tweet.read", "users.read", "tweet.write", "media.write", "offline.access")
LINKEDIN_SCOPES = ("w_organization_social", "r_organization_social", "rw_organization_admin")
BUSINESS, *YOUTUBE_SCOPES = (
    f"https://www.googleapis.com/auth/{name}"
    for name in ("business.manage", "youtube.upload", "youtube.readonly", "youtube.force-ssl")
)
CODE, OFFLINE = {"client_id": "app-1", "response_type": "code"}, {"access_type": "offline", "prompt": "consent"}
DIALOG, SIXTY_DAYS = {"response_type": "code", "auth_type": "rerequest"}, timedelta(days=60)
LOGINS = {
    "facebook": LoginScene(
        channel="facebook",
        scopes=FACEBOOK_SCOPES,
        page="/facebook/www/v26.0/dialog/oauth",
        query={**DIALOG, "client_id": "app-1", "scope": ",".join(FACEBOOK_SCOPES)},
        exchange="access_token",
        life=None,
        needed="pages_manage_posts",
        spare="pages_manage_engagement",
    ),
    "google_business": LoginScene(
        channel="google_business",
        scopes=(BUSINESS,),
        page="/google_business/auth/o/oauth2/v2/auth",
        query={**CODE, "scope": BUSINESS, **OFFLINE},
        exchange="token",
        life=timedelta(hours=1),
        needed=BUSINESS,
        challenge=base64_challenge,
        refused_redirect="",
    ),
    "instagram": LoginScene(
        channel="instagram",
        scopes=DIRECT_SCOPES,
        page="/instagram/www/oauth/authorize",
        query={**CODE, "scope": ",".join(DIRECT_SCOPES)},
        exchange="exchange_code",
        life=SIXTY_DAYS,
        needed=DIRECT_SCOPES[1],
        spare=DIRECT_SCOPES[2],
        refused_redirect="Error validating verification code",
    ),
    "instagram page": LoginScene(
        channel="instagram",
        login="facebook",
        settings=META_APP,
        scopes=PAGE_SCOPES,
        page="/instagram/fbwww/v26.0/dialog/oauth",
        query={**DIALOG, "client_id": "meta-1", "scope": ",".join(PAGE_SCOPES)},
        exchange="person_token",
        life=None,
        needed="instagram_content_publish",
        spare="instagram_manage_comments",
    ),
    "mastodon": LoginScene(
        channel="mastodon",
        scopes=MASTODON_SCOPES,
        page="/mastodon/server/oauth/authorize",
        query={"response_type": "code", "scope": " ".join(MASTODON_SCOPES)},
        exchange="token",
        life=None,
        needed="write:statuses",
        challenge=base64_challenge,
        refused_redirect="redirection URI",
    ),
    "pinterest": LoginScene(
        channel="pinterest",
        scopes=PINTEREST_SCOPES,
        page="/pinterest/www/oauth/",
        query={**CODE, "scope": ",".join(PINTEREST_SCOPES)},
        exchange="token",
        life=timedelta(days=30),
        needed="pins:write",
    ),
    "threads": LoginScene(
        channel="threads",
        scopes=THREADS_SCOPES,
        page="/threads/www/oauth/authorize",
        query={**CODE, "scope": ",".join(THREADS_SCOPES)},
        exchange="exchange_code",
        life=SIXTY_DAYS,
        needed="threads_content_publish",
    ),
    "tiktok": LoginScene(
        channel="tiktok",
        scopes=("user.info.basic", "video.publish"),
        page="/tiktok/www/v2/auth/authorize/",
        query={
            "client_key": "app-1",
            "response_type": "code",
            "scope": "user.info.basic,video.publish",
            "disable_auto_auth": "1",
        },
        exchange="token",
        life=timedelta(hours=2),
        needed="video.publish",
        challenge=hex_challenge,
        refused_redirect="Redirect_uri",
    ),
    "linkedin page": LoginScene(
        channel="linkedin",
        scopes=LINKEDIN_SCOPES,
        page="/linkedin/www/oauth/v2/authorization",
        query={**CODE, "scope": " ".join(LINKEDIN_SCOPES)},
        exchange="token",
        life=SIXTY_DAYS,
        needed="w_organization_social",
        login="page",
        settings={"page_client_id": APP["client_id"], "page_client_secret": APP["client_secret"]},
    ),
    "x": LoginScene(
        channel="x",
        scopes=X_SCOPES,
        page="/x/www/i/oauth2/authorize",
        query={**CODE, "scope": " ".join(X_SCOPES)},
        exchange="token",
        life=timedelta(hours=2),
        needed="tweet.write",
        challenge=base64_challenge,
        refused_redirect="redirect uri",
    ),
    "youtube": LoginScene(
        channel="youtube",
        scopes=(*YOUTUBE_SCOPES,),
        page="/youtube/auth/o/oauth2/v2/auth",
        query={**CODE, **OFFLINE, "scope": " ".join(YOUTUBE_SCOPES), "include_granted_scopes": "true"},
        exchange="token",
        life=timedelta(hours=1),
        needed=YOUTUBE_SCOPES[0],
        challenge=base64_challenge,
        refused_redirect="",
    ),
}


def at(*names: str) -> pytest.MarkDecorator:
    """The test runs at these log-ins, at all without names."""
    return pytest.mark.parametrize("login", names or tuple(LOGINS), indirect=True)
