"""What looks like a secret does not get into a log, a ledger or an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.domain.redaction import redact

SECRET = "s3cr3t-Canary.value_42"


@pytest.mark.parametrize(
    "text",
    [
        f"GET /me?access_token={SECRET}&fields=id",
        f'{{"access_token": "{SECRET}"}}',
        f'{{"refreshToken":"{SECRET}"}}',
        f"{{'accessJwt': '{SECRET}'}}",
        f'"refreshJwt" : "{SECRET}",',
        f"password={SECRET}",
        f"client_secret={SECRET}&grant_type=x",
        f"clientSecret: {SECRET}",
        f"/callback?code={SECRET}&state=1",
        f"Authorization: Bearer {SECRET}",
        f"authorization: DPoP {SECRET}",
        f"OAuth {SECRET}",
        f"key mnd_{SECRET}",
        f"refresh mnr_{SECRET}",
        f"whsec_{SECRET}==",
        f"PUT https://upload.example/videos?uploadType=resumable&upload_id={SECRET}&part=snippet",
        f"https://open-upload.example/video/?upload_id=7&upload_token={SECRET}",
        f"x-guploader-uploadid: {SECRET}",
        f'{{"uploadToken": "{SECRET}"}}',
    ],
)
def test_a_secret_is_masked_wherever_it_stands(text: str) -> None:
    masked = redact(text)
    assert SECRET not in masked
    assert "Canary" not in masked
    assert "***" in masked


@pytest.mark.parametrize(
    "text",
    [
        "the token has expired",
        "code 190, subcode 463",
        "bearer of bad news",
        "mnd_",
        "a passwordless account: yes",
        "at 1234567890: short",
        "",
    ],
)
def test_plain_words_are_unchanged(text: str) -> None:
    assert redact(text) == text


@given(st.text(), st.text(min_size=1).filter(lambda secret: secret not in "***"), st.text())
def test_a_given_secret_is_removed_in_any_form(before: str, secret: str, after: str) -> None:
    pieces = redact(before + secret + after, "", secret).split("***")
    assert not [piece for piece in pieces if secret in piece]


@given(st.text(max_size=200), st.integers(0, 100))
def test_redaction_is_bounded_and_never_raises(text: str, limit: int) -> None:
    assert len(redact(text, limit=limit)) <= limit
