"""Thumbnails: small, upright, transparent where the image is, made once, and removed with the other renditions."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from munadi.domain.media_facts import MediaRefused
from munadi.media.folder import FolderStore
from munadi.media.rendition_store import RenditionStore
from munadi.media.thumbnail import SIDE, thumbnail

RED, BLUE = (200, 30, 30), (30, 30, 200)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "media")


def put(store: FolderStore, image: Image.Image, kind: str, **options: Any) -> str:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return store.put_bytes(buffer.getvalue())


def shown(store: FolderStore, digest: str) -> Image.Image:
    image = Image.open(io.BytesIO(thumbnail(store, digest)))
    assert image.format == "WEBP"
    return image


def test_an_image_is_scaled_to_its_long_side(store: FolderStore) -> None:
    assert shown(store, put(store, Image.new("RGB", (1600, 800), RED), "JPEG")).size == (SIDE, SIDE // 2)
    assert shown(store, put(store, Image.new("RGB", (30, 20), RED), "PNG")).size == (30, 20), "never larger than it is"
    assert shown(store, put(store, Image.new("CMYK", (400, 400)), "JPEG")).mode == "RGB"


def test_a_turned_photo_is_upright(store: FolderStore) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert shown(store, put(store, Image.new("RGB", (400, 200), RED), "JPEG", exif=exif)).size == (SIDE // 2, SIDE)


def test_transparency_stays_and_an_animation_shows_its_first_picture(store: FolderStore) -> None:
    clear = shown(store, put(store, Image.new("RGBA", (300, 300), (0, 0, 0, 0)), "PNG"))
    assert clear.convert("RGBA").getchannel("A").getextrema() == (0, 0)
    frames = [Image.new("RGB", (300, 300), color) for color in (RED, BLUE)]
    first = shown(store, put(store, frames[0], "GIF", save_all=True, append_images=frames[1:]))
    red, _, blue = first.convert("RGB").resize((1, 1)).tobytes()
    assert red > 150 > blue
    assert not getattr(first, "is_animated", False)


def test_it_is_made_once_and_goes_with_the_renditions_of_its_source(store: FolderStore) -> None:
    digest = put(store, Image.new("RGB", (400, 200), RED), "JPEG")
    made = thumbnail(store, digest)
    [(note, rendition)] = RenditionStore(store).of(digest)
    assert rendition is None
    assert store.read_note(note) == made
    store.write_note(note, b"kept")
    assert thumbnail(store, digest) == b"kept"
    store.delete(digest)
    with pytest.raises(FileNotFoundError):
        thumbnail(store, digest)


@pytest.mark.parametrize("content", [b"\xff\xd8\xff damaged", b"\x00\x00\x00\x18ftypmp42" + b"\0" * 600, b"words"])
def test_what_is_no_image_is_refused_and_nothing_is_kept(store: FolderStore, content: bytes) -> None:
    digest = store.put_bytes(content)
    with pytest.raises(MediaRefused):
        thumbnail(store, digest)
    assert RenditionStore(store).of(digest) == []
