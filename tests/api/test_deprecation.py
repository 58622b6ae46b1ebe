"""A deprecated operation or parameter says so in the document, and on every response concerned and no other."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, Query

from api.deps import ContentReader
from api.http.deprecation import Deprecated, deprecated_route
from api.openapi.document import error_responses
from munadi.domain.key import Scope
from tests.api.harness import ApiHarness
from tests.api.problems import expect_problem

_READER = (Scope.CONTENTS_READ,)
SINCE, SUNSET = datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 7, 1, tzinfo=UTC)
NAMES = {"Deprecation", "Sunset", "Link"}
router = APIRouter(tags=["contents"])


@router.get("/v1/old", operation_id="old.get", responses=error_responses(401), **deprecated_route(SINCE, SUNSET))
async def old_route(principal: ContentReader, size: Annotated[int, Query(description="A number.")] = 1) -> int:
    return size


@router.get(
    "/v1/new",
    operation_id="new.get",
    responses=error_responses(401),
    dependencies=[Depends(Deprecated(SINCE, SUNSET, "old"))],
)
async def new_route(old: Annotated[int, Query(deprecated=True, description="Use something else.")] = 1) -> int:
    return old


@pytest.fixture
def extended(api: ApiHarness) -> ApiHarness:
    """The API with the two routes."""
    api.app.include_router(router)
    return api


def is_announced(answer: httpx.Response) -> bool:
    """Whether the response has all of the headers, as their standards write them; False if it has none of them."""
    given = {name for name in NAMES if name in answer.headers}
    assert given in (NAMES, set())
    if not given:
        return False
    assert answer.headers["deprecation"] == f"@{int(SINCE.timestamp())}"
    assert parsedate_to_datetime(answer.headers["sunset"]) == SUNSET
    assert answer.headers["link"] == '</docs/guides/api-changes>; rel="deprecation"; type="text/html"'
    return True


async def test_each_response_of_a_deprecated_operation_announces_its_end(extended: ApiHarness) -> None:
    assert (await extended.patch("/v1/brands/acme", {"limits": {"apiCallsPerMinute": 9}})).status_code == 200
    answer = await extended.get("/v1/old", key=await extended.key(*_READER, brand_ref="acme"))
    assert (answer.status_code, is_announced(answer)) == (200, True)
    assert "ratelimit" in answer.headers
    refused = await extended.get("/v1/old?size=many")
    expect_problem(refused, 422)
    assert is_announced(refused)
    assert is_announced(await extended.get("/v1/old", key=""))
    assert not is_announced(await extended.get("/v1/contents"))


async def test_only_a_request_with_a_deprecated_parameter_hears_of_it(extended: ApiHarness) -> None:
    assert is_announced(await extended.get("/v1/new?old=2"))
    assert not is_announced(await extended.get("/v1/new"))


async def test_the_document_says_so(extended: ApiHarness) -> None:
    paths: dict[str, Any] = (await extended.read("/openapi.json"))["paths"]
    assert paths["/v1/old"]["get"]["deprecated"] is True
    assert paths["/v1/new"]["get"]["parameters"][0]["deprecated"] is True
    for path in ("/v1/old", "/v1/new"):
        for response in paths[path]["get"]["responses"].values():
            assert response["headers"].keys() >= NAMES
    assert not NAMES & paths["/v1/drafts"]["get"]["responses"]["200"]["headers"].keys()


@pytest.mark.parametrize(
    ("path", "former"),
    [
        ("/v1/contents", {"scheduledFrom": "2026-12-03T00:00:00Z"}),
        ("/v1/contents", {"scheduledTo": "2026-12-03T00:00:00Z"}),
        ("/v1/calendar?until=2026-12-04", {"from": "2026-12-03"}),
        ("/v1/calendar?since=2026-12-03", {"to": "2026-12-04"}),
    ],
)
async def test_the_former_name_of_a_range_still_works_and_says_that_it_ends(
    api: ApiHarness, path: str, former: dict[str, str]
) -> None:
    answer = await api.client.get(
        httpx.URL(path).copy_merge_params(former), headers={"Authorization": f"Bearer {api.admin_key}"}
    )
    assert (answer.status_code, {name.title() for name in answer.headers} >= NAMES) == (200, True)
    document = (await api.read("/openapi.json"))["paths"][path.partition("?")[0]]["get"]["parameters"]
    [parameter] = [each for each in document if each["name"] in former]
    assert parameter["deprecated"] is True


def test_nothing_is_removed_before_it_is_announced() -> None:
    with pytest.raises(ValueError, match="announced"):
        Deprecated(SUNSET, SINCE)
