"""Opens the media store that the settings name, and checks that it works."""

from __future__ import annotations

import secrets
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from munadi.config import MediaSettings, Settings
from munadi.media.folder import FolderStore
from munadi.media.store import MediaStore, StoreUnavailable
from munadi.private_files import private_folder

if TYPE_CHECKING:
    from munadi.media.bucket import BucketStore

URL, ENDPOINT = "MUNADI_MEDIA__URL", "MUNADI_MEDIA__ENDPOINT"
_OF_A_BUCKET = ("endpoint", "region", "access_key", "secret_key")
# Seconds for a connection and for one silence; two tries together stay within the store's patience.
CONNECT, SILENCE, TRIES = 3, 7, 2


def check_place(media: MediaSettings) -> None:
    """Check the media settings without any I/O. ValueError names the setting that is wrong."""
    scheme = urlsplit(media.url).scheme if media.url is not None else "file"
    if scheme == "s3":
        _check_bucket(media)
        return
    if scheme != "file":
        raise ValueError(f"{URL} must be file:///path or s3://bucket/prefix, not {scheme or 'a path'}")
    for name in _OF_A_BUCKET:
        if getattr(media, name) is not None:
            raise ValueError(f"MUNADI_MEDIA__{name.upper()} is for a bucket: set {URL} to s3://bucket/prefix too")


def open_store(settings: Settings) -> MediaStore:
    """Open the store without checking that it works; creates its local folder. ValueError as `check_place`."""
    media = settings.media
    check_place(media)
    if media.url is None:
        private_folder((settings.data_dir / "media").absolute())
        return FolderStore(settings.data_dir / "media")
    if media.url.startswith("file://"):
        return FolderStore(Path(media.url.removeprefix("file://")))
    return _bucket(media, media.url, settings.data_dir / "incoming")


def try_store(store: MediaStore) -> None:
    """Write, read in part, renew and delete an object of its own. Raises StoreUnavailable, StoreRefused among them."""
    content = secrets.token_bytes(32)
    # A bucket says what is wrong in the body of its answer, which an answer to HEAD, the first of a put, does not have.
    store.read_note(f"renditions/{content.hex()}")
    digest = store.put_bytes(content)
    good = store.read(digest, 1, 30) == content[1:31] and store.renew(digest)
    store.delete(digest)
    if not good or store.exists(digest):
        raise StoreUnavailable("the media store does not give back what was written, or keeps what was deleted")


def _check_bucket(media: MediaSettings) -> None:
    place = urlsplit(media.url or "")
    if not place.netloc or "@" in place.netloc or place.query or place.fragment:
        raise ValueError(f"{URL} must be s3://bucket/prefix; keys have settings of their own")
    if find_spec("s3fs") is None:
        raise ValueError(f"{URL}: a bucket needs the package s3fs")
    if (media.access_key is None) != (media.secret_key is None):
        raise ValueError("MUNADI_MEDIA__ACCESS_KEY and MUNADI_MEDIA__SECRET_KEY go together: set both or none")
    server = urlsplit(media.endpoint) if media.endpoint is not None else None
    if server is not None and not (server.scheme in ("http", "https") and server.hostname):
        raise ValueError(f"{ENDPOINT} must be the server's address, such as https://s3.example.org")


def _bucket(media: MediaSettings, url: str, incoming: Path) -> BucketStore:
    import fsspec

    from munadi.media.bucket import BucketStore

    config: dict[str, Any] = {
        "connect_timeout": CONNECT,
        "read_timeout": SILENCE,
        "retries": {"total_max_attempts": TRIES, "mode": "standard"},
    }
    if media.endpoint is not None:
        # Servers older than the checksums that the client would add refuse them.
        config |= {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}
    fs = fsspec.filesystem(
        "s3",
        key=media.access_key,
        secret=media.secret_key.get_secret_value() if media.secret_key is not None else None,
        endpoint_url=media.endpoint,
        client_kwargs={"region_name": media.region} if media.region is not None else {},
        config_kwargs=config,
        max_concurrency=2,
        use_listings_cache=False,
        skip_instance_cache=True,
    )
    fs.retries = 1  # the client below tries again itself
    return BucketStore(fs, url.removeprefix("s3://"), incoming, shown=url)
