"""Places that all brands share: streams of open pages, and the disk of uploads that are not whole yet."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from tools.attacks.attack import SCOPES, Attack, Scene, made, new_key, timed
from tools.attacks.row_pages import open_stream, sign_in

KEYS, STREAMS = 12, 1_000
UPLOADS, MEGABYTES = 5, 100
HELD, BEAT = 15.0, 3.0
PART = bytes(1 << 20)


async def _new_keys(scene: Scene) -> None:
    scene.shared["keys"] = [await new_key(scene.target, scene.ref) for _ in range(KEYS)]
    async with scene.target.client() as api:
        await made(api, "/v1/brands", {"ref": "another"})
        key = await made(api, "/v1/keys", {"name": "another", "scopes": SCOPES, "brandRef": "another"})
        scene.shared["another"] = key["key"]


async def _streams(scene: Scene) -> None:
    cookies = [await sign_in(scene, key) for key in scene.shared["keys"]]
    found: list[tuple[int, asyncio.StreamWriter | None]] = []
    each = -(-STREAMS // KEYS)
    for cookie in cookies:
        found += await asyncio.gather(*(open_stream(scene, cookie) for _ in range(each)))
    other = await sign_in(scene, scene.shared["another"])
    status, writer = await open_stream(scene, other)
    await asyncio.sleep(5)
    for one in [writer, *(writer for _, writer in found)]:
        if one is not None:
            one.close()
    scene.add(f"streams of {len(found)} that {KEYS} keys of one brand hold", sum(code == 200 for code, _ in found))
    scene.add("another brand's stream refused", float(status != 200), "", at_most=0)


async def _uploads(scene: Scene) -> None:
    """Uploads that are sent but for their end, and stay open by a byte now and then."""
    pid, ends = scene.target.attacked()["api"], time.monotonic() + HELD
    uploads = [asyncio.create_task(_half_sent(scene, ends)) for _ in range(UPLOADS)]
    most = 0.0
    while not all(upload.done() for upload in uploads):
        most = max(most, spooled(pid, scene.target.data))
        await asyncio.sleep(0.5)
    taken = [upload.result() for upload in uploads]
    scene.add(f"of {UPLOADS} half-sent uploads open after {HELD:.0f} s", sum(taken), "", at_most=UPLOADS - 1)
    scene.add("temporary disk of half-sent uploads", most, "MB", at_most=(UPLOADS - 0.5) * MEGABYTES)


async def _half_sent(scene: Scene, ends: float) -> bool:
    """Whether Munadi still waits for the rest at that time."""
    where = urlsplit(scene.target.info["api"])
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.mp4"\r\ncontent-type: video/mp4\r\n\r\n'
    lines = ["POST /v1/media HTTP/1.1", f"host: {where.netloc}", f"authorization: Bearer {scene.key}"]
    lines += ["content-type: multipart/form-data; boundary=x", f"content-length: {(MEGABYTES + 1) * len(PART)}"]
    answered = asyncio.create_task(reader.read(100))
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode() + head)
        for _ in range(MEGABYTES):
            writer.write(PART)
            await writer.drain()
        while time.monotonic() < ends and not answered.done():
            writer.write(b"x")
            await writer.drain()
            await asyncio.wait([answered], timeout=BEAT)
        return not answered.done()
    except OSError:
        return False
    finally:
        answered.cancel()
        await asyncio.gather(answered, return_exceptions=True)
        writer.close()


def spooled(pid: int, data: Path) -> float:
    """Megabytes of the files that a process has open and nothing names, and of what has come in but is not stored."""
    total = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            about, leads = descriptor.stat(), os.readlink(descriptor)
            total += about.st_size if stat.S_ISREG(about.st_mode) and leads.endswith("(deleted)") else 0
    for file in data.rglob("*"):
        with suppress(OSError):
            total += file.stat().st_size if "incoming" in file.parts and file.is_file() else 0
    return total / 1e6


async def _other_upload(scene: Scene) -> None:
    """Both attacks, one after the other; the healthy brand uploads all the time."""
    await _streams(scene)
    await _uploads(scene)
    async with scene.client() as api:
        found = await timed(api.get("/v1/accounts"))
        scene.add("attacker's call failed afterwards", found.failed, "", at_most=0)


ATTACKS = (
    Attack(
        "28",
        "shared places",
        f"{KEYS} keys of one brand open {STREAMS} streams; then {UPLOADS} half-sent uploads of {MEGABYTES} MB",
        "places and temporary disk are bounded for each brand: others get theirs",
        _other_upload,
        prepare=_new_keys,
        silence=0.5,
        uploads=True,
        longest=80,
    ),
)
