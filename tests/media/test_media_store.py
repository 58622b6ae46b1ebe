"""A file is stored once, whole, and named by its content: the same for a folder and a bucket."""

import hashlib
import os
import re
import threading
import time
from datetime import timedelta

import pytest

from munadi.config import Settings
from munadi.media.opening import open_store, try_store

CONTENT = b"a picture"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
LARGE = 20 * 1024 * 1024 + 7


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path):
    if request.param == "folder":
        return open_store(Settings(data_dir=tmp_path))
    s3 = request.getfixturevalue("s3")
    url = s3.make_bucket(f"media-{os.urandom(6).hex()}")
    media = {"url": f"{url}/some/prefix", "endpoint": s3.url, "access_key": "k", "secret_key": "s"}
    return open_store(Settings(data_dir=tmp_path, media=media))


@pytest.fixture
def incoming(store):
    def write(content=CONTENT):
        path = store.incoming / f"fetch-{len(list(store.incoming.iterdir()))}"
        path.write_bytes(content)
        return path

    return write


def test_put_moves_the_file_and_names_it_by_its_content(store, incoming):
    path = incoming()
    assert not store.exists(DIGEST)
    assert store.put(path) == DIGEST
    assert not path.exists()
    assert store.exists(DIGEST)
    assert (store.size(DIGEST), store.read(DIGEST)) == (len(CONTENT), CONTENT)
    with store.local(DIGEST) as local:
        assert local.read_bytes() == CONTENT
    assert list(store.incoming.iterdir()) == []


@pytest.mark.parametrize(
    ("start", "length"), [(0, None), (0, 0), (0, 1), (3, None), (3, 2), (3, 100), (9, 1), (9, None), (50, 5), (8, 1)]
)
def test_any_part_is_read_as_of_a_file(store, start, length):
    store.put_bytes(CONTENT)
    assert store.read(DIGEST, start, length) == CONTENT[start:][:length]


def test_the_same_content_again_changes_nothing(store, incoming):
    assert store.put(incoming()) == store.put(incoming()) == store.put_bytes(CONTENT) == DIGEST
    assert store.read(DIGEST) == CONTENT
    assert list(store.incoming.iterdir()) == []


def test_a_large_file_comes_back_part_by_part(store, incoming):
    content = os.urandom(LARGE)
    digest = store.put(incoming(content))
    assert digest == hashlib.sha256(content).hexdigest()
    part = 7 * 1024 * 1024
    assert [store.read(digest, start, part) for start in range(0, LARGE, part)] == [
        content[start : start + part] for start in range(0, LARGE, part)
    ]
    with store.local(digest) as local:
        assert hashlib.sha256(local.read_bytes()).hexdigest() == digest


def test_an_unknown_digest_is_not_found(store):
    for call in (store.size, store.read):
        with pytest.raises(FileNotFoundError):
            call(DIGEST)
    with pytest.raises(FileNotFoundError), store.local(DIGEST):
        pytest.fail("there is nothing to read")
    assert not store.renew(DIGEST)
    assert list(store.incoming.iterdir()) == []


def test_delete_is_idempotent(store):
    store.put_bytes(CONTENT)
    store.delete(DIGEST)
    store.delete(DIGEST)
    assert not store.exists(DIGEST)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", DIGEST.upper(), DIGEST[:63], DIGEST + "\n", "a/" * 32])
def test_nothing_but_a_digest_is_a_name(store, name):
    for call in (store.exists, store.read, store.size, store.renew, store.delete):
        with pytest.raises(ValueError, match="SHA-256"):
            call(name)


def test_concurrent_identical_puts_are_one_content(store, incoming):
    content = os.urandom(300_000)
    paths, done = [incoming(content) for _ in range(6)], []
    threads = [threading.Thread(target=lambda path=path: done.append(store.put(path))) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(done) == {hashlib.sha256(content).hexdigest()}
    assert len(done) == 6
    assert store.read(done[0]) == content
    assert list(store.incoming.iterdir()) == []


def test_sweep_removes_old_files_that_nothing_uses(store):
    old, kept, renewed, again = (store.put_bytes(content) for content in (b"old", b"kept", b"renewed", b"again"))
    abandoned = store.incoming / "fetch-1"
    abandoned.touch()
    store.write_note("renditions/x/1.json", b"{}")
    time.sleep(2.1)  # the age of an object has whole seconds
    fresh, arriving = store.put_bytes(b"fresh"), store.incoming / "fetch-2"
    arriving.touch()
    assert store.renew(renewed)
    assert store.put_bytes(b"again") == again
    assert store.sweep(lambda digest: digest == kept, older_than=timedelta(seconds=1.5)) == [old]
    assert [store.exists(digest) for digest in (old, kept, renewed, again, fresh)] == [False, True, True, True, True]
    assert [abandoned.exists(), arriving.exists()] == [False, True]
    assert store.read_note("renditions/x/1.json") == b"{}"


def test_the_last_note_wins(store):
    assert store.read_note("renditions/x/1.json") is None
    store.write_note("renditions/x/1.json", b"one")
    store.write_note("renditions/x/1.json", b"two")
    assert store.read_note("renditions/x/1.json") == b"two"


def test_notes_are_listed_by_folder_and_deleted(store):
    names = [f"renditions/{DIGEST}/{number}.json" for number in (1, 2)]
    assert store.list_notes(f"renditions/{DIGEST}") == []
    for name in (*names, f"renditions/{'0' * 64}/1.json"):
        store.write_note(name, b"{}")
    assert store.list_notes(f"renditions/{DIGEST}") == names
    for _ in range(2):
        store.delete_note(names[0])
    assert (store.list_notes(f"renditions/{DIGEST}"), store.read_note(names[0])) == (names[1:], None)


def test_trying_a_store_leaves_nothing(store):
    try_store(store)
    assert list(store.incoming.iterdir()) == []
    assert store.sweep(lambda _: False, older_than=timedelta(seconds=-5)) == []


def test_layout_is_the_same_everywhere(request, tmp_path, s3):
    """So that a folder can be copied into a bucket and back."""
    folder = open_store(Settings(data_dir=tmp_path / "a"))
    url = s3.make_bucket("layout-of-media")
    media = {"url": f"{url}/p", "endpoint": s3.url, "access_key": "k", "secret_key": "s"}
    bucket = open_store(Settings(data_dir=tmp_path / "b", media=media))
    for store in (folder, bucket):
        store.put_bytes(CONTENT)
        store.write_note("renditions/x/1.json", b"{}")
    files = {path.relative_to(folder.root).as_posix() for path in folder.root.rglob("*") if path.is_file()}
    assert {re.sub("^p/", "", key) for key in s3.objects("layout-of-media")} == files
