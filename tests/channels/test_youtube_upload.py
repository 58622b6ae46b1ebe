"""What an upload to YouTube takes beside its cases: bounded reads, a secret address, the time before a post."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.channels.youtube.spec import Settings
from tests.channels.cases.youtube import DRAFT, SEND, SESSION, WHO
from tests.channels.cases.youtube_uploads import TOTAL, UNIT, WHOLE
from tests.channels.making import TOKEN, error_of, video
from tests.channels.network import answer


async def test_a_video_is_never_read_whole() -> None:
    built, read = WHOLE.bench(), list[int | None]()
    original = built.media.read

    async def counted(asset: Any, start: int = 0, length: int | None = None) -> bytes:
        read.append(length)
        return await original(asset, start, length)

    built.media.read = counted  # type: ignore[method-assign]
    await built.prepare(DRAFT, WHO)
    assert read == [UNIT, UNIT, UNIT, TOTAL - 3 * UNIT]


async def test_the_sessions_address_is_kept_nowhere() -> None:
    built = WHOLE.bench({SEND: answer(400, {"error": {"message": f"bad {SESSION}1 {TOKEN}", "code": 400}})})
    error = await error_of(built.prepare(DRAFT, WHO))
    assert "upload_id" not in f"{error.raw} {error.provider_message}"


@pytest.mark.parametrize(
    ("size", "seconds"), [(1, 1800), (2_000_000, 1801), (20_000_000_000, 11_800), (10**12, 6 * 3600)]
)
def test_a_larger_file_is_prepared_earlier(size: int, seconds: int) -> None:
    given = DRAFT.model_copy(update={"media": (video(bytes=size),)})
    assert int(WHOLE.bench().channel.lead(given).total_seconds()) == seconds


@pytest.mark.parametrize("size", [0, 262_143, 262_144, 262_145, 1_000_000, 8 << 20, 16 << 20, 1 << 30])
def test_a_chunk_is_a_multiple_of_256_kib(size: int) -> None:
    if size in (262_144, 8 << 20, 16 << 20):
        assert Settings(chunk_bytes=size).chunk_bytes == size
        return
    with pytest.raises(ValueError):
        Settings(chunk_bytes=size)
