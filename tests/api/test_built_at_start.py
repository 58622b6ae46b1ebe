"""What takes long to build is built in a thread, and once a server listens: no request waits for it."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import httpx
import uvicorn

from api.app import create_app
from api.process.server import Server
from api.routes import documentation
from munadi.config import Settings
from tests.api.harness import ApiHarness
from tests.support.ports import LOOPBACK, free_port


@contextmanager
def threads_that_build(api: ApiHarness) -> Iterator[list[threading.Thread]]:
    """The threads that build the OpenAPI document, each time."""
    app, found = api.app, list[threading.Thread]()
    original = app.openapi

    def build() -> object:
        if app.openapi_schema is None:
            found.append(threading.current_thread())
        return original()

    app.openapi = build  # type: ignore[method-assign, assignment]
    yield found


async def test_a_crowd_of_first_readers_builds_the_document_once_and_not_in_the_event_loop(api: ApiHarness) -> None:
    with threads_that_build(api) as threads:
        answers = await asyncio.gather(*(api.get("/openapi.json", key="") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


async def test_a_server_builds_the_document_before_anyone_reads_it(tmp_path: Path) -> None:
    app, port = create_app(Settings(data_dir=tmp_path)), free_port()
    server = Server(uvicorn.Config(app, host=LOOPBACK, port=port, log_config=None), app, is_checked=True)
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(60):
            while getattr(app.state, "api_pages", None) is None:  # noqa: ASYNC110 - a thread stores it
                await asyncio.sleep(0.01)
        built = app.state.api_pages
        assert {"json", "tag"} <= built.__dict__.keys()
        assert "" in built.pages
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}") as client:
            assert (await client.get("/openapi.json")).content == built.json
            assert app.state.api_pages is built
    finally:
        server.should_exit = True
        await serving


async def test_a_page_of_the_documentation_is_rendered_outside_the_event_loop(api: ApiHarness) -> None:
    documentation._rendered.cache_clear()
    render, here = documentation._rendered.__wrapped__.__code__, []

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is render:
            here.append(frame.f_lineno)

    before = sys.getprofile()
    sys.setprofile(watch)  # of this thread, which has the event loop
    try:
        answer = await api.get("/docs/reference/bounds", key="", headers={"accept": "text/html"})
    finally:
        sys.setprofile(before)
    assert (answer.status_code, here) == (200, [])
    assert documentation._rendered.cache_info().currsize == 1, "it was rendered elsewhere"
