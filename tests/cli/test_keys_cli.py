"""`munadi keys me`: the key that a command uses."""

from __future__ import annotations

import json

from tests.cli.conftest import FakeApi, Munadi

KEY = {
    "id": "key_1",
    "name": "cms",
    "hint": "wxyz",
    "scopes": ["contents:read", "contents:write"],
    "brandRef": "acme",
    "createdAt": "2026-12-01T09:00:00Z",
    "expiresAt": None,
    "revokedAt": None,
}


def test_the_key_in_use_is_shown(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/keys/me", KEY)
    shown = munadi("keys", "me")
    assert shown.exit_code == 0
    words = {name: value.strip() for name, _, value in (line.partition(" ") for line in shown.stdout.splitlines())}
    wanted = {"id": "key_1", "name": "cms", "brand": "acme", "scopes": "contents:read contents:write", "state": "valid"}
    assert words == wanted
    assert json.loads(munadi("keys", "me", "--json").stdout) == KEY
