"""Imports of a ZIP: its files become media, and an archive that would harm is refused before anything is unpacked."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

from munadi.db.tables import ImportRow
from munadi.domain.imports import MAX_ENTRIES
from tests.api.harness import ApiHarness
from tests.api.servers import picture
from tests.api.test_imports import ZIP, ended, ndjson, read, row, rows_of, send


def zipped(files: dict[str, bytes | str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


async def test_files_of_a_zip_are_stored_and_a_dry_run_leaves_none(api: ApiHarness) -> None:
    jpg = picture(1080, 1080)
    posts = ndjson(
        row(1, media=[{"file": "pictures/tea.jpg", "alt": "Tea"}]),
        row(2, channels=[{"channel": "bluesky", "media": [{"file": "pictures/tea.jpg"}]}]),
        row(3, media=[{"file": "missing.jpg"}]),
        row(4, media=[{"file": "broken.jpg"}]),
    )
    archive = zipped({"posts.ndjson": posts, "pictures/tea.jpg": jpg, "broken.jpg": b"no picture", "unused.bin": b"x"})
    tried = await ended(api, await send(api, archive, ZIP, query="&dryRun=true"))
    assert (tried["counts"]["valid"], tried["counts"]["refused"]) == (2, 2)
    assert await api.read_list("/v1/media?brandRef=acme") == []
    found = await rows_of(api, await ended(api, await send(api, archive, ZIP)))
    assert [each["status"] for each in found] == ["accepted", "accepted", "refused", "refused"]
    assert [each["problems"][0]["pointer"] for each in found[2:]] == ["/media/0/file"] * 2
    [stored] = await api.read_list("/v1/media?brandRef=acme")
    assert stored["name"] == "tea.jpg"
    [first, _] = await read(api, found)
    assert (first["media"][0]["id"], first["media"][0]["alt"]) == (stored["id"], "Tea")
    again = await ended(api, await send(api, archive, ZIP))
    assert again["counts"]["repeated"] == 2
    assert not list(api.services.media_store.incoming.iterdir())


def bomb() -> bytes:
    return zipped({"posts.ndjson": ndjson(row(1)), "zeros.bin": b"\0" * 50_000_000})


def overlapping() -> bytes:
    """Two entries of the directory have the same bytes of the archive."""
    plain = bytearray(zipped({"posts.ndjson": ndjson(row(1)), "aa.bin": b"0123456789" * 50_000}))
    end = plain.rindex(b"PK\x05\x06")
    begin = struct.unpack("<I", plain[end + 16 : end + 20])[0]
    entry = plain[plain.index(b"PK\x01\x02", begin + 4) : end]
    more = b"".join(entry.replace(b"aa.bin", f"{number:02}.bin".encode()) for number in range(40))
    count, size = struct.unpack("<H", plain[end + 10 : end + 12])[0] + 40, end - begin + len(more)
    tail = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, size, begin, 0)
    return bytes(plain[:end]) + more + tail


def named(name: str, **attributes: Any) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("posts.ndjson", ndjson(row(1)))
        info = zipfile.ZipInfo(name)
        for attribute, value in attributes.items():
            setattr(info, attribute, value)
        archive.writestr(info, b"x")
    return made.getvalue()


async def test_archives_that_harm_are_refused_before_anything_is_unpacked(api: ApiHarness) -> None:
    many = zipped({"posts.ndjson": ndjson(row(1)), **{f"{number}.txt": b"" for number in range(MAX_ENTRIES)}})
    encrypted = bytearray(named("b.jpg"))
    encrypted[encrypted.rindex(b"PK\x01\x02") + 8] |= 1
    hostile = {
        "no zip": b"PK but no zip",
        "bomb": bomb(),
        "overlap": overlapping(),
        "many": many,
        "up": named("../../etc/passwd"),
        "absolute": named("/etc/passwd"),
        "drive": named("C:/x.jpg"),
        "backslash": named("a\\b.jpg"),
        "link": named("a.jpg", external_attr=0o120777 << 16),
        "encrypted": bytes(encrypted),
        "cut": named("a.jpg")[:-30],
        "two tables": zipped({"a.csv": "x", "b.ndjson": "y"}),
        "no table": zipped({"folder/posts.csv": "x"}),
    }
    for name, content in hostile.items():
        answer = await send(api, content, ZIP)
        assert answer.status_code == 422, (name, answer.text)
        assert answer.json()["errors"][0]["code"].startswith("ARCHIVE_"), (name, answer.text)
    wrong = bytearray(zipped({"posts.ndjson": ndjson(row(1))}))
    wrong[45] ^= 0xFF  # within the packed rows
    assert (await send(api, bytes(wrong), ZIP)).status_code == 422
    assert await api.count(ImportRow) == 0
    assert not list(api.services.media_store.incoming.iterdir())
