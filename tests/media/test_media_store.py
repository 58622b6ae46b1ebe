"""Stored once under its content's name, whole or not at all; reachable by a URL only we can sign."""

import hashlib
import os
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.media.store import MediaStore, ascii_filename, sign_url, verify_url

CONTENT = b"a picture"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
KEY, OTHER = b"k" * 32, b"o" * 32
NOW = datetime(2026, 12, 1, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)


@pytest.fixture
def store(tmp_path):
    return MediaStore(tmp_path / "media")


@pytest.fixture
def incoming(store):
    def write(content=CONTENT):
        path = store.incoming / f"fetch-{len(list(store.incoming.iterdir()))}"
        path.write_bytes(content)
        return path

    return write


def aged(path, hours):
    old = time.time() - hours * 3600
    os.utime(path, (old, old))


def test_put_takes_the_file_over_and_names_it_by_its_content(store, incoming):
    path = incoming()
    assert store.put(path) == DIGEST
    assert not path.exists()
    assert store.path(DIGEST) == store.root / DIGEST[:2] / DIGEST[2:4] / DIGEST
    assert store.exists(DIGEST)
    assert store.read_bytes(DIGEST) == CONTENT
    with store.open(DIGEST) as file:
        assert file.read() == CONTENT


def test_the_same_content_again_changes_nothing_but_its_age(store, incoming):
    store.put(incoming())
    before = store.path(DIGEST).stat().st_ino
    aged(store.path(DIGEST), 48)
    assert store.put(incoming()) == store.put_bytes(CONTENT) == DIGEST
    assert store.path(DIGEST).stat().st_ino == before
    assert time.time() - store.path(DIGEST).stat().st_mtime < 60
    assert list(store.incoming.iterdir()) == []


def test_file_and_directories_are_synced_before_put_returns(store, incoming, monkeypatch):
    synced, real = [], os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda handle: (synced.append(os.readlink(f"/proc/self/fd/{handle}")), real(handle))
    )
    path = incoming()
    store.put(path)
    target = store.path(DIGEST)
    assert synced == [str(store.root), str(target.parent.parent), str(path), str(target.parent)]


def test_a_file_of_another_file_system_is_copied(store):
    elsewhere = Path("/dev/shm") / f"munadi-{os.getpid()}"
    elsewhere.write_bytes(CONTENT)
    assert store.put(elsewhere) == DIGEST
    assert not elsewhere.exists()
    assert store.read_bytes(DIGEST) == CONTENT
    assert list(store.incoming.iterdir()) == []


def test_delete_is_idempotent(store, incoming):
    store.put(incoming())
    store.delete(DIGEST)
    store.delete(DIGEST)
    assert not store.exists(DIGEST)
    with pytest.raises(FileNotFoundError):
        store.read_bytes(DIGEST)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", DIGEST.upper(), DIGEST[:63], DIGEST + "\n", "a/" * 32])
def test_nothing_but_a_digest_is_a_name(store, name):
    for call in (store.path, store.exists, store.open, store.read_bytes, store.delete):
        with pytest.raises(ValueError, match="SHA-256"):
            call(name)


def test_sweep_takes_what_is_old_and_disowned_and_leaves_the_rest(store):
    old, kept, fresh = (store.put_bytes(content) for content in (b"old", b"kept", b"fresh"))
    abandoned, arriving = store.incoming / "fetch-1", store.incoming / "fetch-2"
    abandoned.touch()
    arriving.touch()
    for path in (store.path(old), store.path(kept), abandoned):
        aged(path, 25)
    assert store.sweep(lambda digest: digest == kept, older_than=timedelta(hours=24)) == [old]
    assert [store.exists(digest) for digest in (old, kept, fresh)] == [False, True, True]
    assert [abandoned.exists(), arriving.exists()] == [False, True]


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
