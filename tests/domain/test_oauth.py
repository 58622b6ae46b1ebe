"""Where a program may be sent back to, and what of its name a person sees."""

from __future__ import annotations

import pytest

from munadi.domain.oauth import LONGEST_NAME, is_challenge, is_same_redirect, redirect_problem, shown_name


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example.com/back?x=1",
        "http://127.0.0.1/callback",
        "http://[::1]:4000/callback",
        "http://localhost:4000/callback",
        "com.example.app:/back",
        "cursor://anysphere.cursor-retrieval/oauth",
    ],
)
def test_addresses_of_apps_are_taken(uri: str) -> None:
    assert redirect_problem(uri) is None


@pytest.mark.parametrize(
    "uri",
    [
        "http://app.example.com/back",
        "http://127.0.0.1.evil.example/",
        "https:///back",
        "https://a;sandbox/",
        "https://claude.ai,evil.example/",
        "https://claude.ai'evil.example/",
        "https://x:y@app.example.com/",
        "https://app.example.com/#x",
        "https://app.example.com:port/",
        "https://app.example.com/ x",
        "https://app.example.com/\u202e",
        "https://app.example.com/" + "x" * 1000,
        "javascript:alert(1)",
        "javascript://x/%0aalert(1)",
        "data:text/html,x",
        "mailto:someone@example.com",
        "tel:+491234",
        "ms-msdt:/id",
        "ms-officecmd://x",
        "search-ms:query=x",
        "intent://x#Intent;end",
        "smb://evil.example/share",
        "app:x",
    ],
)
def test_addresses_that_could_harm_a_person_are_not(uri: str) -> None:
    assert redirect_problem(uri) is not None


@pytest.mark.parametrize(
    ("registered", "asked", "same"),
    [
        ("https://a.example/back", "https://a.example/back", True),
        ("https://a.example/back", "https://a.example/back/", False),
        ("https://a.example/back", "https://a.example:8443/back", False),
        ("https://a.example/back", "https://a.example/back?x=1", False),
        ("https://a.example/back", "https://b.a.example/back", False),
        ("http://127.0.0.1/back", "http://127.0.0.1:5000/back", True),
        ("http://127.0.0.1:4000/back", "http://127.0.0.1:5000/back", True),
        ("http://[::1]/back", "http://[::1]:5000/back", True),
        ("http://127.0.0.1/back", "http://localhost:5000/back", False),
        ("http://127.0.0.1/back", "https://127.0.0.1:5000/back", False),
        ("http://127.0.0.1/back", "http://127.0.0.1:5000/other", False),
        ("http://127.0.0.1/back", "http://127.0.0.1:5000/back?x=1", False),
        ("http://127.0.0.1/back", "http://127.0.0.1:5000/back#x", False),
        ("http://127.0.0.1/back", "http://x@127.0.0.1:5000/back", False),
        ("com.example.app:/back", "com.example.app:/back2", False),
    ],
)
def test_a_registered_address_is_compared_exactly_but_for_the_port_on_the_own_machine(
    registered: str, asked: str, same: bool
) -> None:
    assert is_same_redirect(registered, asked) is same


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Claude", "Claude"),
        ("  Munadi\u202e nimdA\n ", "Munadi nimdA"),
        ("a\u200bb\u00a0c", "ab c"),
        ("x" * 500, "x" * LONGEST_NAME),
        ("x" + "\u0316\u0301" * 50_000, "x" + "\u0316" * (LONGEST_NAME - 1)),
        ("\u2063", ""),
        (None, ""),
    ],
)
def test_a_name_is_shown_as_it_reads(name: str | None, shown: str) -> None:
    assert shown_name(name) == shown


def test_a_challenge_is_a_sha_256_in_base64url() -> None:
    assert is_challenge("A" * 43)
    for wrong in ("A" * 42, "A" * 44, "A" * 42 + "=", "A" * 42 + "+", "A" * 42 + "\n"):
        assert not is_challenge(wrong)
