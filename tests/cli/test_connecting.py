"""`munadi accounts connect` and `reconnect`: the link is shown and its connection is followed to the end."""

from typing import Any

import httpx
import pytest

from tests.cli.conftest import FakeApi, Munadi

LINK = {"id": "con_1", "connectUrl": "http://munadi.test/connect/abc", "expiresAt": "2026-12-01T04:30:00Z"}
START = ("accounts", "connect", "--brand-ref", "acme", "--channel", "threads")
FAILURE = {
    "reason": "CONSENT_DENIED",
    "message": "Threads: the owner declined",
    "remedy": "Open the connect link again and approve, or ask the owner to.",
    "providerCode": "access_denied",
    "providerMessage": None,
}


def stands(status: str, **fields: Any) -> httpx.Response:
    known = {"id": "con_1", "channel": "threads", "accountIds": [], "failure": None}
    return httpx.Response(200, json=known | {"status": status, **fields})


def test_the_link_is_shown_and_followed(api: FakeApi, munadi: Munadi) -> None:
    api.on("POST /v1/brands/acme/accounts/connect", LINK)
    api.on(
        "GET /v1/connections/con_1", stands("waiting"), stands("consenting"), stands("connected", accountIds=["acc_1"])
    )
    result = munadi(*START, "--redirect-url", "https://cms.example/")
    assert result.exit_code == 0
    assert LINK["connectUrl"] in result.stderr
    assert result.stdout.strip() == "connected acc_1"
    sent = {"channel": "threads", "redirectUrl": "https://cms.example/"}
    assert api.bodies("POST /v1/brands/acme/accounts/connect") == [sent]


def test_a_declined_consent_says_what_to_do(api: FakeApi, munadi: Munadi) -> None:
    api.on("POST /v1/accounts/acc_1/reconnect", LINK)
    api.on("GET /v1/connections/con_1", stands("failed", failure=FAILURE))
    result = munadi("accounts", "reconnect", "acc_1")
    assert result.exit_code == 1
    assert FAILURE["remedy"] in result.stdout


@pytest.mark.parametrize("flags", [("--no-wait",), ("--json",)])
def test_a_program_gets_the_link_at_once(api: FakeApi, munadi: Munadi, flags: tuple[str, ...]) -> None:
    api.on("POST /v1/brands/acme/accounts/connect", LINK)
    result = munadi(*START, *flags)
    assert (result.exit_code, LINK["connectUrl"] in result.stdout) == (0, True)
