"""The media of one request: bounded in bytes and seconds, shared fairly, removed when the caller leaves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from munadi.domain.problem_collector import ProblemCollector
from munadi.intake.media import FETCHES, FETCHES_PER_BRAND, IntakeMedia, MediaIntake, RequestLimits
from munadi.intake.requests import MediaRequest
from munadi.media.fetch import FetchLimits, MediaFetcher
from munadi.outbound.guard import Guard
from tests.harness.pages import silent
from tests.support.waiting import wait_until

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[MediaIntake]:
    limits = FetchLimits(max_bytes=1_000_000, total=timedelta(seconds=5))
    fetcher = MediaFetcher(Guard(allow_loopback=True), limits, directory=tmp_path / "incoming")
    (tmp_path / "incoming").mkdir()
    yield MediaIntake(fetcher, RequestLimits(urls=20, max_bytes=100_000, total=timedelta(seconds=1)))
    await fetcher.aclose()


def named(web: Any, *paths: str) -> list[tuple[str, MediaRequest]]:
    return [(f"/media/{number}", MediaRequest(url=web.url(path))) for number, path in enumerate(paths)]


def files(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "incoming").iterdir())


async def fetched(
    intake: MediaIntake, brand: str, media: list[tuple[str, MediaRequest]]
) -> tuple[IntakeMedia, ProblemCollector]:
    problems = ProblemCollector()
    return await intake.fetch(brand, media, NOW, problems), problems


async def test_a_slow_server_of_one_brand_does_not_delay_another(
    intake: MediaIntake, web: Any, picture: Any, tmp_path: Path
) -> None:
    web.ok("/good.jpg", picture("good.jpg").read_bytes())
    tarpits = [f"/{number}" for number in range(16)]
    web.pages |= dict.fromkeys(tarpits, silent)
    attacks = [asyncio.create_task(fetched(intake, "rival", named(web, *tarpits))) for _ in range(4)]
    await wait_until(lambda: len(web.paths) >= FETCHES_PER_BRAND, within=10)
    started = time.monotonic()
    made, found = await fetched(intake, "acme", named(web, "/good.jpg"))
    assert (len(made.new), found.all) == (1, [])
    assert time.monotonic() - started < 1.0
    assert len(set(web.paths) - {"/good.jpg"}) == FETCHES_PER_BRAND < FETCHES
    made.discard()
    for attack in attacks:
        attack.cancel()
    await asyncio.gather(*attacks, return_exceptions=True)
    assert files(tmp_path) == []


async def test_the_seconds_and_bytes_of_a_request_are_bounded_together(
    intake: MediaIntake, web: Any, picture: Any, tmp_path: Path
) -> None:
    tarpits = [f"/{number}" for number in range(16)]
    web.pages |= dict.fromkeys(tarpits, silent)
    started = time.monotonic()
    _, found = await fetched(intake, "acme", named(web, *tarpits))
    assert time.monotonic() - started < 5
    assert [(each.pointer, each.code, each.limit) for each in found.all] == [
        (f"/media/{number}/url", "MEDIA_TIMEOUT", 1) for number in range(16)
    ]
    content = picture("a.png", (150, 150)).read_bytes()
    assert 50_000 < len(content) < 100_000
    for path in tarpits[:2]:
        web.ok(path, content)
    made, found = await fetched(intake, "acme", named(web, *tarpits[:2]))
    assert {(each.code, each.limit) for each in found.all} == {("MEDIA_TOO_LARGE", 100_000)}
    made.discard()
    assert files(tmp_path) == []


async def test_too_many_urls_are_refused_unfetched(intake: MediaIntake, web: Any) -> None:
    paths = [f"/{number}" for number in range(21)]
    _, found = await fetched(intake, "acme", named(web, *paths))
    assert [(each.pointer, each.code, each.rule, each.limit, each.actual) for each in found.all] == [
        ("/media/20/url", "MEDIA_TOO_MANY", "media_too_many", 20, 21)
    ]
    assert web.paths == []


async def test_a_cancelled_call_leaves_neither_files_nor_tasks(
    intake: MediaIntake, web: Any, picture: Any, tmp_path: Path
) -> None:
    web.ok("/good.jpg", picture("good.jpg").read_bytes())
    web.pages["/slow"] = silent
    before = asyncio.all_tasks() | set(web.open)
    call = asyncio.create_task(fetched(intake, "acme", named(web, "/good.jpg", "/slow")))
    await wait_until(lambda: files(tmp_path), within=10)
    await asyncio.sleep(0.3)  # one is probed by now, the other still waits
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert files(tmp_path) == []
    assert asyncio.all_tasks() - before - set(web.open) == set()


async def test_a_file_that_is_no_media_is_refused_at_its_first_bytes(intake: MediaIntake, web: Any) -> None:
    async def page(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 900000\r\ncontent-type: image/jpeg\r\n\r\n" + b"<p>" * 200)
        await silent(writer)

    web.pages["/page"] = page
    started = time.monotonic()
    _, found = await fetched(intake, "acme", named(web, "/page"))
    assert [(each.code, "image/jpeg" in each.message) for each in found.all] == [("MEDIA_TYPE_UNSUPPORTED", True)]
    assert time.monotonic() - started < 1.0
