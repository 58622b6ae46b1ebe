"""A media is reachable by a URL that only we can sign, until it expires."""

import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.media.signing import ascii_filename, sign_url, verify_url

DIGEST = hashlib.sha256(b"a picture").hexdigest()
KEY, OTHER = b"k" * 32, b"o" * 32
NOW = datetime(2026, 12, 1, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)


def parts(url):
    return re.fullmatch(r"https://m\.example/media/([0-9a-f]{64})/([^/]+)/([^/]+)", url).groups()


def test_a_signed_url_verifies_until_it_expires():
    url = sign_url("https://m.example/", DIGEST, "a.jpg", SOON, KEY)
    digest, token, name = parts(url)
    assert url.isascii()
    assert name == "a.jpg"
    assert verify_url(digest, token, name, [KEY], now=NOW)
    assert verify_url(digest, token, name, [OTHER, KEY], now=SOON - timedelta(seconds=1))
    assert not verify_url(digest, token, name, [KEY], now=SOON)
    assert not verify_url(digest, token, name, [OTHER], now=NOW)
    assert not verify_url(digest, token, name, [], now=NOW)


def test_every_part_of_the_path_is_signed():
    digest, token, name = parts(sign_url("https://m.example", DIGEST, "a.jpg", SOON, KEY))
    expires, signature = token.split("-", 1)
    for changed in [
        ("0" * 64, token, name),
        (digest, token, "b.jpg"),
        (digest, f"{int(expires) + 1}-{signature}", name),
        (digest, f"0{token}", name),
        (digest, token + "=", name),
        (digest, token[:-1], name),
        (digest, signature, name),
        (digest, "", name),
        (digest, token, ""),
        (digest, token, "ä.jpg"),
    ]:
        assert not verify_url(*changed, [KEY], now=NOW)


@given(position=st.integers(0, 53), letter=st.sampled_from("Aa0_-B"))
def test_no_changed_letter_of_a_token_is_accepted(position, letter):
    digest, token, name = parts(sign_url("https://m.example", DIGEST, "a.jpg", SOON, KEY))
    changed = token[:position] + letter + token[position + 1 :]
    assert verify_url(digest, changed, name, [KEY], now=NOW) == (changed == token)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a.jpg", "a.jpg"),
        ("Ümläut foto.JPG", "ml-ut-foto.jpg"),
        ("写真.png", "media.png"),
        ("", "media"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\x y.mp4", "x-y.mp4"),
        ("noextension", "noextension"),
        (".htaccess", "media.htaccess"),
        ("a" * 500 + ".jpeg", "a" * 100 + ".jpeg"),
        ("a?b#c%.m/p4", "p4"),
    ],
)
def test_a_file_name_becomes_plain_ascii(given, name):
    assert ascii_filename(given) == name


@given(st.text(max_size=200))
def test_any_file_name_can_be_signed_and_verified(filename):
    digest, token, name = parts(sign_url("https://m.example", DIGEST, filename, SOON, KEY))
    assert verify_url(digest, token, name, [KEY], now=NOW)


def test_signing_refuses_a_naive_time_and_a_bad_digest():
    with pytest.raises(ValueError, match="aware"):
        sign_url("https://m.example", DIGEST, "a.jpg", NOW.replace(tzinfo=None), KEY)
    with pytest.raises(ValueError, match="SHA-256"):
        sign_url("https://m.example", "..", "a.jpg", NOW, KEY)
