"""A picture is published without its metadata and looks the same."""

from __future__ import annotations

import io
import struct
import time
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from munadi.channels.bluesky.metadata import ORIENTATION, _orientation, without_metadata
from munadi.domain.publication import Ready
from tests.channels.calls import Saved
from tests.channels.making import account, bench, image, publication
from tests.channels.network import ok

KINDS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
SECRETS = (b"Secret Camera", b"XMP of somebody", b"a comment of somebody", b"behind the end")
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def photo(kind: str, turned: int | None = 6, **saving: Any) -> bytes:
    picture = Image.radial_gradient("L").resize((60, 40)).convert("RGB")
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 0.0)})
    if turned:
        exif[ORIENTATION] = turned
    extra: dict[str, Any] = {"exif": exif, "icc_profile": PROFILE, **saving}
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", "a comment of somebody")
        text.add_itxt("XML:com.adobe.xmp", "XMP of somebody")
        extra["pnginfo"] = text
    else:
        extra["xmp"] = b"<x:xmpmeta>XMP of somebody</x:xmpmeta>"
    if kind == "JPEG":
        extra["comment"] = b"a comment of somebody"
    out = io.BytesIO()
    picture.save(out, kind, **extra)
    return out.getvalue() + b"behind the end"


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


@pytest.mark.parametrize("mime_type", KINDS)
@pytest.mark.parametrize("turned", [None, 1, 3, 6, 8])
def test_a_picture_looks_the_same_and_has_no_metadata(mime_type: str, turned: int | None) -> None:
    given = photo(KINDS[mime_type], turned)
    assert any(secret in given for secret in SECRETS)
    stripped = without_metadata(given, mime_type)
    assert not [secret for secret in SECRETS if secret in stripped]
    before, after = opened(given), opened(stripped)
    assert dict(after.getexif()) == ({ORIENTATION: turned} if turned and turned > 1 else {})
    assert not after.getexif().get_ifd(0x8825)
    assert after.info["icc_profile"] == PROFILE
    assert ImageOps.exif_transpose(after).tobytes() == ImageOps.exif_transpose(before).tobytes()
    assert after.format == KINDS[mime_type]
    assert without_metadata(stripped, mime_type) == stripped


@pytest.mark.parametrize("saving", [{"progressive": True}, {"subsampling": 0}, {"restart_marker_blocks": 1}])
def test_every_way_to_write_a_jpeg(saving: dict[str, Any]) -> None:
    given = photo("JPEG", **saving)
    stripped = without_metadata(given, "image/jpeg")
    assert opened(stripped).tobytes() == opened(given).tobytes()
    assert b"Secret" not in stripped


def test_print_colours_stay() -> None:
    out = io.BytesIO()
    Image.new("CMYK", (9, 9), (10, 20, 30, 40)).save(out, "JPEG")
    assert opened(without_metadata(out.getvalue(), "image/jpeg")).getpixel((4, 4)) == opened(out.getvalue()).getpixel(
        (4, 4)
    )


def test_an_animation_stays() -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "teal")]
    for mime_type, kind in (("image/png", "PNG"), ("image/webp", "WEBP")):
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
        assert getattr(opened(without_metadata(out.getvalue(), mime_type)), "n_frames", 1) == 2


@pytest.mark.parametrize("mime_type", KINDS)
def test_an_unreadable_file_is_unchanged(mime_type: str) -> None:
    whole = photo(KINDS[mime_type])
    assert without_metadata(b"plain words", mime_type) == b"plain words"
    assert without_metadata(b"", mime_type) == b""
    for cut in (3, 11, 13, 21, 40, len(whole) // 2):
        without_metadata(whole[:cut], mime_type)
    assert without_metadata(whole, "image/gif") == whole


async def test_an_upload_has_no_metadata() -> None:
    built, saved, sent = bench("bluesky"), Saved(), "/xrpc/com.atproto.repo.uploadBlob"
    built.media.files["med_0"] = photo("JPEG")
    built.network.on("POST", sent, ok({"blob": {"$type": "blob"}}))
    given = publication("Look", media=(image(),))
    who = account("bluesky", "did:plc:abcdefghijklmnopqrstuvwx", service_url="https://pds.example")
    assert isinstance(await built.prepare(given, who, saved), Ready)
    assert built.network.sent(sent)[0].content == without_metadata(photo("JPEG"), "image/jpeg")


@pytest.mark.parametrize(
    ("mime_type", "content"),
    [
        ("image/jpeg", b"\xff\xd8" + b"\xff\xe5\0\2" * 500_000 + b"\xff\xd9"),
        ("image/jpeg", b"\xff\xd8" + b"\xff\xe1\0\x09Exif\0\0a" * 180_000 + b"\xff\xd9"),
        ("image/png", b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0tEXt\0\0\0\0" * 160_000),
        ("image/png", b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xf4tEXt" + bytes(2_000_000)),
        ("image/webp", b"RIFF\xff\xff\xff\xffWEBP" + b"EXIF\0\0\0\0" * 250_000),
        ("image/jpeg", b"\xff\xd8" + b"\xff\xda\0\2\xff\0" * 300_000),
    ],
)
def test_a_picture_of_tiny_parts_is_given_up_quickly(mime_type: str, content: bytes) -> None:
    started = time.process_time()
    assert without_metadata(content, mime_type) == content
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_orientation_is_read_from_both_byte_orders_and_never_from_junk(order: str) -> None:
    start = {"<": b"II*\0", ">": b"MM\0*"}[order]
    field = struct.pack(f"{order}HHIHH", ORIENTATION, 3, 1, 6, 0)
    block = start + struct.pack(f"{order}IH", 8, 1) + field + bytes(4)
    assert _orientation(block) == 6
    for junk in (b"", start, block[:9], block[:17], start + b"\xff" * 40, start + struct.pack(f"{order}IH", 8, 65535)):
        assert _orientation(junk) == 0
