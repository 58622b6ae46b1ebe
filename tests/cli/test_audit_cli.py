"""`munadi audit`: the log as a table, filtered by the API."""

from __future__ import annotations

from tests.cli.conftest import FakeApi, Munadi

ENTRY = {
    "id": "aud_1", "at": "2026-12-01T03:30:01Z", "keyId": "key_1", "brandRef": "acme", "action": "content.canceled",
    "target": "cnt_1", "requestId": "req_1", "address": "203.0.113.7", "count": 1,
}  # fmt: skip
REFUSED = {**ENTRY, "id": "aud_2", "action": "auth.refused", "target": "KEY_UNKNOWN", "keyId": None, "brandRef": None}


def test_the_log_is_a_table(munadi: Munadi, api: FakeApi) -> None:
    page = {"data": [{**REFUSED, "count": 32}, ENTRY], "nextCursor": "abc"}
    api.on("GET /v1/audit", page)
    filters = ["--target", "cnt_1", "--key-id", "key_1", "--since", "2026-12-01T00:00:00Z"]
    result = munadi("audit", *filters, "--limit", "2")
    assert result.exit_code == 0, result.output
    asked = {"target": "cnt_1", "keyId": "key_1", "since": "2026-12-01T00:00:00Z", "limit": "2"}
    assert dict(api.requests[0].url.params) == asked
    rows = [line.split() for line in result.output.splitlines()]
    assert any(row[-6:] == ["auth.refused", "KEY_UNKNOWN", "all", "-", "203.0.113.7", "32"] for row in rows), rows
    assert any(row[-6:] == ["content.canceled", "cnt_1", "acme", "key_1", "203.0.113.7", "1"] for row in rows), rows
    assert "more: --cursor abc" in result.output
