"""A bucket that refuses, is unreachable, hangs or dies: a precise error in time, and no half-written object."""

import asyncio
import os
import socket
import time
from datetime import timedelta

import pytest

from munadi.config import Settings
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.media import bucket, opening
from munadi.media.opening import check_place, open_store, try_store
from munadi.media.pool import WORKERS, off_loop
from munadi.media.reader import StoredMedia
from munadi.media.store import StoreRefused, StoreUnavailable
from tests.support.faultproxy import FaultProxy, Mode
from tests.support.ports import free_port
from tests.support.s3 import S3Server, make_keys
from tests.support.waiting import wait_until

CONTENT = b"a picture"
LARGE = 24 * 1024 * 1024
ALL = ("s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket", "s3:ListBucketMultipartUploads")
CLOUD = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")


def opened(folder, url, endpoint, **media):
    keys = {"access_key": "k", "secret_key": "s"}
    return open_store(Settings(data_dir=folder, media={"url": url, "endpoint": endpoint, **keys, **media}))


@pytest.fixture
def place(s3):
    return f"{s3.make_bucket(f'media-{os.urandom(6).hex()}')}/p"


@pytest.fixture
async def proxy(s3):
    async with FaultProxy("127.0.0.1", s3.port) as proxy:
        yield proxy


@pytest.fixture
def store(place, proxy, tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "SILENCE", 1)
    store = opened(tmp_path, place, proxy.url)
    store._patience = 3.0
    return store


def large(store):
    path = store.incoming / "fetch-large"
    path.write_bytes(os.urandom(LARGE))
    return path


def asset(digest, size=len(CONTENT)):
    return MediaAsset(id="med_1", sha256=digest, kind="image", mime_type="image/png", bytes=size, width=1, height=1)


@pytest.mark.parametrize(
    ("media", "rule"),
    [
        ({"url": "ftp://host/a"}, "MUNADI_MEDIA__URL must be file:///path or s3://bucket/prefix, not ftp"),
        ({"url": "memory://a"}, "MUNADI_MEDIA__URL must be .* not memory"),
        ({"url": "media"}, "MUNADI_MEDIA__URL must be .* not a path"),
        ({"url": "s3://"}, "MUNADI_MEDIA__URL must be s3://bucket/prefix"),
        ({"url": "s3://key:secret@bucket/a"}, "MUNADI_MEDIA__URL must be .*keys have settings of their own"),
        ({"url": "s3://a", "access_key": "k"}, "MUNADI_MEDIA__ACCESS_KEY and MUNADI_MEDIA__SECRET_KEY go together"),
        ({"url": "s3://a", "endpoint": "minio:9000"}, "MUNADI_MEDIA__ENDPOINT must be the server's address"),
        ({"endpoint": "http://minio:9000"}, "MUNADI_MEDIA__ENDPOINT is for a bucket: set MUNADI_MEDIA__URL"),
        ({"url": "file:///a", "secret_key": "s"}, "MUNADI_MEDIA__SECRET_KEY is for a bucket"),
    ],
)
def test_a_place_that_cannot_be_names_its_setting(media, rule):
    with pytest.raises(ValueError, match=rule) as caught:
        check_place(Settings(media=media).media)
    assert "key:secret" not in str(caught.value)


def test_a_bucket_needs_the_extra(monkeypatch):
    monkeypatch.setattr(opening, "find_spec", lambda _: None)
    with pytest.raises(ValueError, match="MUNADI_MEDIA__URL: a bucket needs the package s3fs"):
        check_place(Settings(media={"url": "s3://a"}).media)


def test_a_missing_bucket_is_reported(s3, tmp_path):
    store = opened(tmp_path, "s3://nobodys-bucket/p", s3.url)
    with pytest.raises(StoreRefused, match="MUNADI_MEDIA__URL: there is no such bucket"):
        try_store(store)
    digest = "0" * 64
    for call in (store.read, store.size, store.exists, store.renew, store.delete):
        with pytest.raises(StoreRefused, match="no such bucket"):
            call(digest)  # never "there is no such media"
    assert list(store.incoming.iterdir()) == []


def test_wrong_keys_are_refused_and_their_setting_is_named(tmp_path):
    with S3Server(tmp_path) as s3:
        place = f"{s3.make_bucket('media')}/p"
        good, reader = make_keys(s3, *ALL), make_keys(s3, "s3:GetObject", "s3:ListBucket")
        s3.demand_keys()
        try_store(opened(tmp_path, place, s3.url, **good))
        for keys, setting in (
            ({"access_key": "AKIANOBODY", "secret_key": "hunter2"}, "MUNADI_MEDIA__ACCESS_KEY"),
            (good | {"secret_key": "hunter2"}, "MUNADI_MEDIA__(ACCESS|SECRET)_KEY"),
            (reader, "MUNADI_MEDIA__ACCESS_KEY: the credentials may not"),
        ):
            with pytest.raises(StoreRefused, match=setting) as caught:
                try_store(opened(tmp_path, place, s3.url, **keys))
            assert keys["secret_key"] not in str(caught.value)


def test_missing_keys_are_reported(s3, place, tmp_path, monkeypatch):
    for name in CLOUD:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    store = opened(tmp_path, place, s3.url, access_key=None, secret_key=None)
    with pytest.raises(StoreRefused, match="MUNADI_MEDIA__ACCESS_KEY: there are no credentials"):
        try_store(store)


def test_the_keys_may_be_in_the_environment_of_the_cloud(s3, place, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    try_store(opened(tmp_path, place, s3.url, access_key=None, secret_key=None))


def test_an_unreachable_endpoint_is_an_outage(place, tmp_path):
    store = opened(tmp_path, place, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(StoreUnavailable, match="does not answer") as caught:
        try_store(store)
    assert not isinstance(caught.value, StoreRefused)
    assert list(store.incoming.iterdir()) == []


async def test_an_interrupted_put_leaves_nothing_and_can_be_repeated(store, proxy, s3, place):
    path = large(store)
    put = asyncio.create_task(off_loop(store.put, path))
    await wait_until(lambda: proxy.bytes_forwarded >= LARGE // 3)
    await proxy.set_mode(Mode.REFUSE)
    with pytest.raises(StoreUnavailable):
        await put
    bucket_name = place.split("/")[2]
    assert s3.objects(bucket_name) == []
    assert path.stat().st_size == LARGE
    await proxy.set_mode(Mode.PASS)
    digest = await off_loop(store.put, path)
    assert (store_size := await off_loop(store.size, digest)) == LARGE, store_size
    # The sweep removes the parts of the first try, which could not be aborted then.
    assert "<UploadId>" in s3.uploads(bucket_name)
    await asyncio.sleep(1.1)
    assert await off_loop(store.sweep, lambda _: True, older_than=timedelta(seconds=0)) == []
    assert "<UploadId>" not in s3.uploads(bucket_name)
    assert await off_loop(store.exists, digest)


async def test_a_put_fails_when_its_server_is_killed(tmp_path):
    with S3Server(tmp_path) as s3:
        store = opened(tmp_path, f"{s3.make_bucket('media')}/p", s3.url)
        path = large(store)
        put = asyncio.create_task(off_loop(store.put, path))
        while "<UploadId>" not in await asyncio.to_thread(s3.uploads, "media"):
            assert not put.done()
        s3.process.kill()
        with pytest.raises(StoreUnavailable):
            await put
        assert path.stat().st_size == LARGE
        with pytest.raises(StoreUnavailable):
            store.put_bytes(CONTENT)
        assert [left.name for left in store.incoming.iterdir()] == [path.name]


async def test_an_interrupted_read_is_an_outage(store, proxy):
    digest = await off_loop(store.put, large(store))
    await proxy.set_mode(Mode.DELAY, delay=0.02)
    for read in (store.read, local_copy):
        arguments = (digest,) if read == store.read else (store, digest)
        reading = asyncio.create_task(off_loop(read, *arguments))
        await asyncio.sleep(0.5)
        assert not reading.done()
        await proxy.set_mode(Mode.REFUSE)
        with pytest.raises(StoreUnavailable):
            await reading
        await proxy.set_mode(Mode.DELAY, delay=0.02)
    assert list(store.incoming.iterdir()) == []


def local_copy(store, digest):
    with store.local(digest) as path:
        return path.read_bytes()


async def test_a_hanging_store_is_an_outage_and_blocks_nothing_else(store, proxy):
    digest = await off_loop(store.put_bytes, CONTENT)
    await proxy.set_mode(Mode.HANG)
    started = time.monotonic()
    reads = [asyncio.create_task(off_loop(store.read, digest)) for _ in range(WORKERS + 4)]
    await asyncio.sleep(0.2)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(1):  # names are resolved, and threads are free
        assert await loop.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)
        assert await asyncio.to_thread(lambda: True)
    results = await asyncio.gather(*reads, return_exceptions=True)
    assert {type(result) for result in results} == {StoreUnavailable}
    assert time.monotonic() - started < 12
    await proxy.set_mode(Mode.PASS)
    assert await off_loop(store.read, digest) == CONTENT


def test_a_read_and_its_retry_end_within_a_publish_deadline():
    """Two tries of a connection and a silence, and any read of a few megabytes, end before 30 s."""
    assert opening.TRIES * (opening.CONNECT + opening.SILENCE) <= bucket.PATIENCE
    assert bucket.PATIENCE + 4 * 1024 * 1024 / bucket.SLOWEST < 30


async def test_a_channel_learns_that_nothing_was_sent(store, proxy):
    digest = await off_loop(store.put_bytes, CONTENT)
    media = StoredMedia(store, "https://m.example", [b"k" * 32], None)
    assert await media.read(asset(digest), 2, 4) == CONTENT[2:6]
    await proxy.set_mode(Mode.REFUSE)
    for call in (media.read(asset(digest)), media.rendition(asset(digest), mime_type="image/jpeg")):
        with pytest.raises(ChannelError) as caught:
            await call
        assert (caught.value.reason, caught.value.effect) == (Reason.MEDIA_STORE_UNAVAILABLE, Effect.NOT_SENT)
    await proxy.set_mode(Mode.PASS)
    for lost in (asset("0" * 64), asset(digest, size=len(CONTENT) + 1)):
        with pytest.raises(ChannelError) as caught:
            await media.read(lost)
        assert (caught.value.reason, caught.value.effect) == (Reason.MEDIA_UNREACHABLE, Effect.REJECTED)
