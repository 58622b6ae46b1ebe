"""What is the same for every reader is built once: repeated reads of it leave the processor to other requests."""

from __future__ import annotations

import time

import pytest

from api.documentation.api_pages import api_pages
from api.documentation.folder import files
from api.documentation.operations import groups
from api.routes import documentation, event_types
from tests.api.harness import ApiHarness

REQUESTS, MOST = 20, 0.005
PUBLIC = ("/openapi.json", "/docs/api", "/docs/api/contents.create", "/docs/", "/docs/webhooks", "/docs/hi/tutorial")
WITH_KEY = ("/v1/channels", "/v1/channels/bluesky", "/v1/events/types")


@pytest.mark.parametrize("path", [*PUBLIC, *WITH_KEY])
async def test_a_repeated_read_takes_little_time_of_the_processor(api: ApiHarness, path: str) -> None:
    first = await api.get(path)
    assert first.status_code == 200, first.text
    began = time.process_time()
    again = [await api.get(path) for _ in range(REQUESTS)]
    each = (time.process_time() - began) / REQUESTS
    assert {answer.content for answer in again} == {first.content}
    assert each < MOST, f"{path}: {each * 1000:.1f} ms for each request"


async def test_a_page_of_the_documentation_is_rendered_once(api: ApiHarness) -> None:
    await api.get("/docs/webhooks", key="")
    before = documentation._rendered.cache_info()
    await api.get("/docs/webhooks", key="")
    after = documentation._rendered.cache_info()
    assert (after.hits - before.hits, after.misses - before.misses) == (1, 0)
    pages = sum(name.endswith(".md") for name in files())
    assert after.maxsize is not None
    assert pages < after.maxsize < 1_000


async def test_the_types_of_events_are_built_once(api: ApiHarness) -> None:
    for _ in range(2):
        assert (await api.get("/v1/events/types")).status_code == 200
    assert event_types._types.cache_info().currsize == 1


async def test_only_one_document_and_a_page_for_each_operation_are_kept(api: ApiHarness) -> None:
    await api.get("/docs/api", key="")
    kept = await api_pages(api.app)
    operations = {entry.id for group in groups(kept.document) for entry in group.entries}
    for name in [*operations, *(f"nothing.{number}" for number in range(50))]:
        found = await api.get(f"/docs/api/{name}", key="")
        assert found.status_code == (200 if name in operations else 404)
    assert api.app.state.api_pages is kept, "the pages of one document are in one place"
    assert set(kept.pages) == {"", *operations}
    page = kept.pages["contents.create"]
    assert (await api.get("/docs/api/contents.create", key="")).content == page
    assert kept.pages["contents.create"] is page, "a second request renders nothing"


async def test_only_channels_that_exist_are_kept(api: ApiHarness) -> None:
    for name in ("bluesky", "bluesky", "nothing", "other"):
        await api.get(f"/v1/channels/{name}")
    assert set(api.app.state.channel_catalogue.kept) == {"bluesky"}


async def test_the_document_is_not_sent_again_to_a_reader_who_has_it(api: ApiHarness) -> None:
    first = await api.get("/openapi.json", key="")
    tag = first.headers["etag"]
    assert (await api.client.head("/openapi.json")).headers["etag"] == tag
    same = await api.get("/openapi.json", key="", headers={"If-None-Match": tag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
