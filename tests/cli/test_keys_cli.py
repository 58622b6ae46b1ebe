"""`munadi keys me`: the key that a command uses."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.cli.conftest import FakeApi, Munadi

# As a server of before `brandRefs`, caps and last uses answers.
EARLIER = {
    "id": "key_1",
    "name": "cms",
    "hint": "wxyz",
    "scopes": ["contents:read", "contents:write"],
    "brandRef": "acme",
    "createdAt": "2026-12-01T09:00:00Z",
    "expiresAt": None,
    "revokedAt": None,
}
CAPS = {"postsPerDay": 3, "channels": ["x", "bluesky"], "notBefore": None, "notAfter": None, "spendPerDay": None}
KEY = EARLIER | {"brandRef": None, "brandRefs": ["acme", "saas-*"], "caps": CAPS, "lastUsedAt": None}
SHOWN = {"id": "key_1", "name": "cms", "brands": "acme", "scopes": "contents:read contents:write", "state": "valid"}
MORE = {"brands": "acme saas-*", "caps": "postsPerDay 3, channels x bluesky", "last used": "never"}


@pytest.mark.parametrize(("key", "facts"), [(EARLIER, SHOWN), (KEY, SHOWN | MORE)], ids=["earlier", "capped"])
def test_the_key_in_use_is_shown(munadi: Munadi, api: FakeApi, key: dict[str, Any], facts: dict[str, str]) -> None:
    api.on("GET /v1/keys/me", key)
    shown = munadi("keys", "me")
    assert shown.exit_code == 0
    pairs = [re.split(r" {2,}", line, maxsplit=1) for line in shown.stdout.splitlines()]
    assert {name: value.strip() for name, value in pairs} == facts
    assert json.loads(munadi("keys", "me", "--json").stdout) == key
