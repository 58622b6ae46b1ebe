"""An endpoint's own headers: which are allowed, and which are never shown."""

from __future__ import annotations

import pytest

from munadi.domain.webhook_headers import MASK, VALUE_LIMIT, masked, why_refused, with_kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Host", "evil.example"),
        ("content-length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("webhook-id", "evt_1"),
        ("Webhook-Signature", "v1,x"),
        ("X Y", "a"),
        ("", "a"),
        ("X-A\r\nX-B", "a"),
        ("X-A", "a\r\nX-B: b"),
        ("X-A", "a\n"),
        ("X-A", ""),
        ("X-A", " a"),
        ("X-A", "é"),
        ("X-A", "a" * (VALUE_LIMIT + 1)),
    ],
)
def test_a_header_that_could_change_the_request_is_refused(name: str, value: str) -> None:
    assert why_refused(name, value) is not None


@pytest.mark.parametrize(
    ("name", "value"), [("Authorization", "Bearer x"), ("x-env", "a b"), ("X-A", "a" * VALUE_LIMIT)]
)
def test_other_headers_are_allowed(name: str, value: str) -> None:
    assert why_refused(name, value) is None


def test_secret_values_are_masked_and_a_mask_keeps_them() -> None:
    headers = {"Authorization": "Bearer s", "X-Api-Key": "k", "Cookie": "c", "x-env": "prod"}
    shown = masked(headers)
    assert shown == {"Authorization": MASK, "X-Api-Key": MASK, "Cookie": MASK, "x-env": "prod"}
    assert with_kept({**shown, "x-env": "test", "X-Token": MASK}, headers) == {
        **headers, "x-env": "test", "X-Token": MASK,
    }  # fmt: skip
    assert with_kept({"authorization": MASK}, headers) == {"authorization": "Bearer s"}
