"""The tokens of the emulated networks: how they are exchanged and refreshed, and how they end."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.sandbox.conftest import DAY, Sandbox, refusal
from tests.sandbox.consenting import Consenting

PAGE, PERSON = "100000000000001", "10150000000000001"
PERSON_TOKEN = "EAAsandboxMunadiUserToken"
FACEBOOK, INSTAGRAM, THREADS = "/facebook/graph/v26.0", "/instagram/graph", "/threads/graph"
APP = {"client_id": "app-1", "client_secret": "x"}
ANY = object()


class Account(NamedTuple):
    """The default profile of a network, and the cheapest call that needs its token."""

    profile: str
    token: str
    path: str
    query: dict[str, str]
    refused: tuple[int, Any]  # how a token that is worth nothing is refused


ACCOUNTS = {
    "facebook": Account("munadi.sandbox", "EAAsandboxMunadiPageToken", f"{FACEBOOK}/me", {}, (190, None)),
    "instagram": Account("munadi.sandbox", "IGsandboxMunadiAccessToken", f"{INSTAGRAM}/v26.0/me", {}, (190, None)),
    "linkedin": Account(
        "urn:li:organization:90000001", "sandboxMunadiLinkedInPageToken", "/linkedin/api/rest/organizationAcls",
        {"q": "roleAssignee"}, (401, "Invalid access token"),
    ),
    "threads": Account("munadi.sandbox", "THsandboxMunadiAccessToken", f"{THREADS}/v1.0/me", {}, (190, None)),
    "mastodon": Account(
        "munadi.sandbox", "sandboxMunadiMastodonToken", "/mastodon/server/api/v1/accounts/verify_credentials", {},
        (401, "The access token is invalid"),
    ),
    "pinterest": Account(
        "munadi_sandbox", "pina_sandboxMunadiAccessToken", "/pinterest/api/v5/user_account", {}, (401, 2),
    ),
    "tiktok": Account(
        "munadi.sandbox", "act.sandboxMunadiAccessToken", "/tiktok/api/v2/user/info/", {"fields": "open_id"},
        (401, "access_token_invalid"),
    ),
    "google_business": Account(
        "Munadi Sandbox", "ya29.sandboxMunadiBusinessToken", "/google_business/accounts/v1/accounts", {},
        (401, "UNAUTHENTICATED"),
    ),
    "x": Account("munadi_sandbox", "sandboxMunadiXAccessToken", "/x/api/2/users/me", {}, (401, "Unauthorized")),
    "youtube": Account(
        "@munadi.sandbox", "ya29.sandboxMunadiAccessToken", "/youtube/api/youtube/v3/channels",
        {"part": "id", "mine": "true"}, (401, "authError"),
    ),
}  # fmt: skip
META = ("facebook", "instagram", "threads")


def me(sandbox: Sandbox, channel: str, token: str) -> int | tuple[int, Any]:
    """The status of the account's call with this token, or how it is refused."""
    account = ACCOUNTS[channel]
    headers = {"authorization": f"Bearer {token}"} if token else {}
    headers |= {"linkedin-version": "202609"} if channel == "linkedin" else {}
    answer = sandbox.http.get(account.path, params=account.query, headers=headers)
    return answer.status_code if answer.is_success else refusal(answer)


def end(sandbox: Sandbox, how: str, channel: str, **more: Any) -> None:
    sandbox.control("POST", f"/tokens/{how}", {"channel": channel, "profile": ACCOUNTS[channel].profile, **more})


@pytest.mark.parametrize(("how", "more"), [("expire", {}), ("expire", {"which": "all"}), ("revoke", {})])
@pytest.mark.parametrize("channel", ACCOUNTS)
def test_an_ended_token_is_refused_until_the_owner_connects_again(
    sandbox: Sandbox, channel: str, how: str, more: dict[str, str]
) -> None:
    account = ACCOUNTS[channel]
    assert me(sandbox, channel, account.token) == 200
    assert me(sandbox, channel, "garbage") == account.refused
    end(sandbox, how, channel, **more)
    ended = me(sandbox, channel, account.token)
    assert isinstance(ended, tuple)
    assert ended[0] == account.refused[0]
    renewed = sandbox.control("POST", f"/profiles/{channel}/{account.profile}/credentials")
    assert me(sandbox, channel, renewed["accessToken"]) == 200


@pytest.mark.parametrize(
    ("channel", "sent", "expected"),
    [
        *[("facebook", code, (190, code)) for code in (458, 459, 460, 467, 492)],
        ("instagram", 460, (190, 460)),
        ("threads", 460, (190, 460)),
        ("threads", 4279019, (452, 4279019)),
    ],
)
def test_a_revoked_token_has_the_subcode_that_the_test_chose(
    sandbox: Sandbox, channel: str, sent: int, expected: tuple[int, int]
) -> None:
    end(sandbox, "revoke", channel, subcode=sent)
    assert me(sandbox, channel, ACCOUNTS[channel].token) == expected
    if channel == "facebook":
        assert me(sandbox, channel, PERSON_TOKEN) == expected


@pytest.mark.parametrize("channel", META)
def test_a_call_without_a_token_has_a_code_of_its_own(sandbox: Sandbox, channel: str) -> None:
    assert me(sandbox, channel, "") == (104, None)


def test_facebook_tokens_expire_one_kind_at_a_time(sandbox: Sandbox) -> None:
    end(sandbox, "expire", "facebook", which="refresh")
    assert me(sandbox, "facebook", ACCOUNTS["facebook"].token) == 200
    assert me(sandbox, "facebook", PERSON_TOKEN) == (190, 463)


@pytest.mark.parametrize(("channel", "prefix"), [("instagram", "ig"), ("threads", "th")])
def test_a_code_becomes_a_short_and_then_a_long_token(sandbox: Sandbox, channel: str, prefix: str) -> None:
    one = Consenting(sandbox, channel)
    answer = one.exchange(one.approved()["code"]).json()
    short = answer["data"][0] if channel == "instagram" else answer
    host, query = f"/{channel}/graph", {"grant_type": f"{prefix}_exchange_token", "client_secret": "x"}
    query["access_token"] = short["access_token"]
    long = sandbox.http.get(f"{host}/access_token", params=query).json()
    assert long["expires_in"] == 60 * DAY
    assert me(sandbox, channel, long["access_token"]) == 200
    for token in {long["access_token"], *([short["access_token"]] if channel == "threads" else [])}:
        again = sandbox.http.get(f"{host}/access_token", params=query | {"access_token": token}).json()["error"]
        assert again["code"] == (452 if channel == "threads" else 100)


def facebook(sandbox: Sandbox, path: str, **query: Any) -> Any:
    return sandbox.http.get(f"{FACEBOOK}/{path}", params=query).json()


def connected_person(sandbox: Sandbox) -> str:
    one = Consenting(sandbox, "facebook")
    return str(one.exchange(one.approved()["code"]).json()["access_token"])


def test_a_token_without_the_scope_may_not_comment_or_answer(sandbox: Sandbox) -> None:
    (page,) = facebook(sandbox, "me/accounts", access_token=connected_person(sandbox))["data"]
    headers = {"authorization": f"Bearer {page['access_token']}"}
    post = sandbox.http.post(f"{FACEBOOK}/{PAGE}/feed", data={"message": "x"}, headers=headers).json()["id"]
    refused = [sandbox.http.post(f"{FACEBOOK}/{post}/comments", data={"message": "x"}, headers=headers)]
    for channel, path, form in (
        ("instagram", f"{INSTAGRAM}/v26.0/17900000000000000/comments", {"message": "x"}),
        ("threads", f"{THREADS}/v1.0/me/threads", {"media_type": "TEXT", "text": "x", "reply_to_id": "1"}),
    ):
        one = Consenting(sandbox, channel)
        answer = one.exchange(one.approved()["code"]).json()
        token = (answer["data"][0] if channel == "instagram" else answer)["access_token"]
        refused.append(sandbox.http.post(path, data=form | {"access_token": token}))
    assert [(one.status_code, one.json()["error"]["code"]) for one in refused] == [(403, 10)] * 3


CHALLENGES: dict[str, tuple[Callable[[bytes], str], str]] = {
    "google_business": (lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="), "invalid_grant"),
    "mastodon": (lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="), "invalid_grant"),
    "tiktok": (bytes.hex, "invalid_request"),
    "x": (lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="), "invalid_request"),
    "youtube": (lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="), "invalid_grant"),
}


@pytest.mark.parametrize("network", CHALLENGES)
def test_a_challenge_needs_its_verifier(sandbox: Sandbox, network: str) -> None:
    encode, error = CHALLENGES[network]
    verifier, one = "v" * 43, Consenting(sandbox, network)
    challenge = encode(hashlib.sha256(verifier.encode()).digest())
    code = one.approved(code_challenge=challenge, code_challenge_method="S256")["code"]
    wrong = one.exchange(code, code_verifier="w" * 43)
    assert (wrong.status_code, wrong.json()["error"]) == (400, error)
    assert one.exchange(code).status_code == 400
    assert one.exchange(code, code_verifier=verifier).status_code == 200


@pytest.mark.parametrize(
    ("network", "form", "status", "error"),
    [
        ("mastodon", {"client_secret": ""}, 401, "invalid_client"),
        ("mastodon", {"client_id": "app-1"}, 401, "invalid_client"),
        ("mastodon", {"grant_type": "password"}, 400, "unsupported_grant_type"),
        ("mastodon", {"code": "x"}, 400, "invalid_grant"),
        ("pinterest", {"client_secret": ""}, 401, None),
        ("pinterest", {"grant_type": "password"}, 400, None),
        ("pinterest", {"code": "x"}, 400, None),
        ("tiktok", {"client_secret": ""}, 400, "invalid_client"),
        ("tiktok", {"client_key": ""}, 400, "invalid_client"),
        ("tiktok", {"grant_type": "password"}, 400, "unsupported_grant_type"),
        ("tiktok", {"code": "x"}, 400, "invalid_grant"),
        ("linkedin", {"client_secret": ""}, 401, "invalid_client"),
        ("linkedin", {"grant_type": "password"}, 400, "unsupported_grant_type"),
        ("linkedin", {"code": "x"}, 400, "invalid_request"),
        ("x", {"client_secret": ""}, 401, "unauthorized_client"),
        ("x", {"grant_type": "password"}, 400, "unsupported_grant_type"),
        ("x", {"code": "x"}, 400, "invalid_request"),
        ("youtube", {"client_secret": ""}, 401, "invalid_client"),
        ("youtube", {"grant_type": "password"}, 400, "unsupported_grant_type"),
        ("youtube", {"code": "x"}, 400, "invalid_grant"),
        ("google_business", {"client_secret": ""}, 401, "invalid_client"),
        ("google_business", {"grant_type": "password"}, 400, "unsupported_grant_type"),
        ("google_business", {"code": "x"}, 400, "invalid_grant"),
        ("instagram", {"client_secret": ""}, 400, None),
        ("threads", {"client_secret": ""}, 400, None),
        ("facebook", {"client_secret": ""}, 400, ANY),
    ],
)
def test_a_wrong_request_for_tokens(
    sandbox: Sandbox, network: str, form: dict[str, str], status: int, error: object
) -> None:
    one = Consenting(sandbox, network)
    answer = one.exchange(**{"code": one.approved()["code"]} | form)
    assert answer.status_code == status
    assert error is ANY or answer.json().get("error") == error
