"""Networks in memory that check and renew tokens, and the profile that each returns for a good token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.account import ConnectedAccount
from munadi.ports import AccountImport
from tests.channels.making import REFRESH, SECRET, TOKEN, Bench, account, bench
from tests.channels.network import answer, ok
from tests.channels.scene_google_business import ACCOUNT, ACCOUNTS, LOCATION
from tests.channels.scene_linkedin import PERSON, USERINFO
from tests.channels.scene_pinterest import BOARD, BOARDS, page
from tests.channels.scene_tiktok import CREATOR, CREATOR_INFO, done
from tests.channels.scene_youtube import UPLOADS
from tests.channels.scenes import SCENES

APP = {"client_id": "4711", "client_secret": SECRET}
BARE = AccountImport(access_token=SecretStr(TOKEN))
GIVEN = AccountImport(access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH))


def graph(code: int, subcode: int | None = None, message: str = f"no {TOKEN}") -> httpx.Response:
    return answer(400, {"error": {"code": code, "error_subcode": subcode, "message": message}})


@dataclass(frozen=True)
class Network:
    """`me` is the call that checks a token, `renew` the one that renews it. `profile` is the result of the check."""

    name: str
    me: str
    who: Any
    profile: tuple[str, str, str]
    facts: Mapping[str, Any]
    asked: Mapping[str, str]
    renew: tuple[str, str]
    renewed: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def account(self) -> ConnectedAccount:
        return account(self.name, self.profile[0])

    def known(self, **changes: Any) -> ConnectedAccount:
        credentials = self.account.credentials.model_copy(update=changes)
        return self.account.model_copy(update={"credentials": credentials})

    def bench(self, me: Any = None, renew: Any = None, **settings: Any) -> Bench:
        built = bench(self.name, {**self.settings, **settings})
        built.network.on("GET", self.me, self.who if me is None else me)
        built.network.on(*self.renew, ok(self.renewed) if renew is None else renew)
        if self.name == "tiktok":
            built.network.on("POST", CREATOR, done(CREATOR_INFO))
        if self.name == "google_business":
            built.network.on(*SCENES["google_business"].identity)
        if self.name == "pinterest":
            built.network.on("GET", BOARDS, page({"id": BOARD, "name": "Umbrellas"}))
        return built


IG, TH, PAGE, CHANNEL = (
    "17841400000000001",
    "26750000000000001",
    "100000000000001",
    SCENES["youtube"].account.external_id,
)
OPEN_ID = SCENES["tiktok"].account.external_id
SIXTY = {"access_token": "fresh", "token_type": "bearer", "expires_in": 5_183_944}
INSTAGRAM = Network(
    name="instagram",
    me="/me",
    who=ok({"user_id": IG, "id": "999", "username": "acme", "name": "Acme", "account_type": "BUSINESS"}),
    profile=(IG, "acme", "Acme"),  # user_id, not id
    facts={"account_type": "BUSINESS", "granted_by": "999"},
    asked={"fields": "user_id,username,name,account_type"},
    renew=("GET", "/refresh_access_token"),
    renewed=SIXTY,
    settings={"hosts": {"graph": "https://graph.example/ig/"}, "read_quota": False},
)
THREADS = Network(
    name="threads",
    me="/me",
    who=ok({"id": int(TH), "username": "acme", "name": "Acme", "is_verified": True}),
    profile=(TH, "acme", "Acme"),
    facts={"is_verified": True},
    asked={"fields": "id,username,name,is_verified"},
    renew=("GET", "/refresh_access_token"),
    renewed=SIXTY,
    settings={
        "hosts": {"graph": "https://graph.example/th/", "token": "https://token.example/th/"},
        "read_quota": False,
        "inspect_tokens": False,
    },
)
FACEBOOK = Network(
    name="facebook",
    me="/me",
    who=ok(
        {"id": PAGE, "name": "Acme Shop", "username": "acme", "category": "Shop", "link": "https://fb.example/acme"}
    ),
    profile=(PAGE, "acme", "Acme Shop"),
    facts={"category": "Shop", "link": "https://fb.example/acme"},
    asked={"fields": "id,name,username,link,category"},
    renew=("GET", "/oauth/access_token"),
    renewed={"access_token": "longer", "expires_in": 5_183_944},
)
TIKTOK = Network(
    name="tiktok",
    me="/v2/user/info/",
    who=done({"user": {"open_id": OPEN_ID, "union_id": "u1", "display_name": "Acme Inc"}}),
    profile=(OPEN_ID, "acme", "Acme"),
    facts={"union_id": "u1", "creator_info": {k: v for k, v in CREATOR_INFO.items() if k != "creator_avatar_url"}},
    asked={"fields": "open_id,union_id,display_name"},
    renew=("POST", "/v2/oauth/token/"),
    renewed={"access_token": "fresh", "refresh_token": "rft.new", "expires_in": 7200, "open_id": OPEN_ID},
    settings={**SCENES["tiktok"].settings, **APP},
)
YOUTUBE = Network(
    name="youtube",
    me="/youtube/v3/channels",
    who=SCENES["youtube"].identity[2],
    profile=(CHANNEL, "@acme", "Acme"),
    facts={"uploads": UPLOADS, "long_uploads_status": "allowed"},
    asked={"part": "id,snippet,contentDetails,status", "mine": "true"},
    renew=("POST", "/token"),
    renewed={"access_token": "fresh", "expires_in": 3599, "scope": "x", "token_type": "Bearer"},
    settings=APP,
)
X = Network(
    name="x",
    me="/2/users/me",
    who=SCENES["x"].identity[2],
    profile=(SCENES["x"].account.external_id, "acme", "Acme"),
    facts={"subscription": "None"},
    asked={"user.fields": "username,name,verified_type,subscription_type"},
    renew=("POST", "/2/oauth2/token"),
    renewed={"access_token": "fresh", "refresh_token": "newer", "expires_in": 7200, "token_type": "bearer"},
    settings={**SCENES["x"].settings, **APP},
)
LINKEDIN = Network(
    name="linkedin",
    me=USERINFO,
    who=ok({"sub": "Ab-3", "name": "Acme"}),
    profile=(PERSON, "Acme", "Acme"),
    facts={},
    asked={},
    renew=("POST", "/oauth/v2/accessToken"),
    renewed={"access_token": "fresh", "expires_in": 5_184_000, "scope": "openid,profile,w_member_social"},
    settings={**SCENES["linkedin"].settings, **APP},
)
PINTEREST = Network(
    name="pinterest",
    me="/v5/user_account",
    who=SCENES["pinterest"].identity[2],
    profile=(SCENES["pinterest"].account.external_id, "acme", "Acme"),
    facts={"account_type": "BUSINESS", "boards": {BOARD: "Umbrellas"}},
    asked={},
    renew=("POST", "/v5/oauth/token"),
    renewed={"access_token": "fresh", "refresh_token": "newer", "expires_in": 2_592_000, "token_type": "bearer"},
    settings={**SCENES["pinterest"].settings, **APP},
)
GOOGLE_BUSINESS = Network(
    name="google_business",
    me=ACCOUNTS,
    who=ok({"accounts": [{"name": ACCOUNT}]}),
    profile=(LOCATION, "Acme", "Acme"),
    facts=dict(SCENES["google_business"].account.facts),
    asked={"pageSize": "20"},
    renew=("POST", "/token"),
    renewed={"access_token": "fresh", "expires_in": 3599, "scope": "x", "token_type": "Bearer"},
    settings={**SCENES["google_business"].settings, **APP},
)
NETWORKS = {
    each.name: each for each in (INSTAGRAM, THREADS, FACEBOOK, GOOGLE_BUSINESS, LINKEDIN, PINTEREST, TIKTOK, X, YOUTUBE)
}
networks = pytest.mark.parametrize("on", NETWORKS.values(), ids=NETWORKS)
