"""A folder of media: an atomic and synced rename, and no leftover files."""

import errno
import hashlib
import os
import shutil
import time
from pathlib import Path

import pytest

from munadi.media.folder import FolderStore
from munadi.media.store import StoreUnavailable

CONTENT = b"a picture"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "media")


def incoming(store):
    path = store.incoming / "fetch-1"
    path.write_bytes(CONTENT)
    return path


def test_file_and_directories_are_synced_before_put_returns(store, monkeypatch):
    synced, real = [], os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda handle: (synced.append(os.readlink(f"/proc/self/fd/{handle}")), real(handle))
    )
    path = incoming(store)
    store.put(path)
    target = store.path(DIGEST)
    assert target == store.root / DIGEST[:2] / DIGEST[2:4] / DIGEST
    assert synced == [str(store.root), str(target.parent.parent), str(path), str(target.parent)]


def test_the_same_content_again_is_the_same_file(store):
    store.put(incoming(store))
    before = store.path(DIGEST).stat()
    old = time.time() - 48 * 3600
    os.utime(store.path(DIGEST), (old, old))
    store.put(incoming(store))
    assert store.path(DIGEST).stat().st_ino == before.st_ino
    assert time.time() - store.path(DIGEST).stat().st_mtime < 60


def test_a_file_of_another_file_system_is_copied(store):
    here = store.incoming.stat().st_dev
    other = next(path for path in map(Path, ("/dev/shm", "/tmp", "/var/tmp")) if path.stat().st_dev != here)
    elsewhere = other / f"munadi-{os.getpid()}"
    elsewhere.write_bytes(CONTENT)
    assert store.put(elsewhere) == DIGEST
    assert not elsewhere.exists()
    assert store.read(DIGEST) == CONTENT
    assert list(store.incoming.iterdir()) == []


def test_a_local_file_is_the_stored_one_and_stays(store):
    store.put_bytes(CONTENT)
    with store.local(DIGEST) as path:
        assert path == store.path(DIGEST)
    assert store.exists(DIGEST)


def test_a_full_disk_is_an_outage_and_leaves_nothing(store, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = incoming(store)
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        store.put(path)
    assert path.read_bytes() == CONTENT
    assert not store.exists(DIGEST)


def test_a_folder_that_is_not_mounted_is_an_outage_not_a_lost_media(store):
    store.put_bytes(CONTENT)
    shutil.rmtree(store.root)
    store.root.mkdir()
    for call in (store.read, store.size, store.exists, store.renew):
        with pytest.raises(StoreUnavailable, match="not there"):
            call(DIGEST)
