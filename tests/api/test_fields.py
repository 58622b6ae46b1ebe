"""`fields`: only the named fields of posts and publications; a name that does not exist is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors

CONTENTS = "/v1/contents"


async def test_only_the_named_fields_are_answered(api: ApiHarness) -> None:
    made = await api.submit(metadata={"campaign": "diwali"})
    [publication] = made["publications"]
    wanted = "id, metadata,publications.status,publications.failure.reason,rollup"
    expected = {
        "id": made["id"],
        "metadata": {"campaign": "diwali"},
        "publications": [{"status": publication["status"], "failure": None}],
        "rollup": made["rollup"],
    }
    assert await api.read(CONTENTS, params={"fields": wanted}) == {"data": [expected], "nextCursor": None}
    assert await api.read(f"{CONTENTS}/{made['id']}", params={"fields": wanted}) == expected
    shown = {"id": publication["id"], "contentId": made["id"]}
    assert await api.read("/v1/publications?fields=id,contentId") == {"data": [shown], "nextCursor": None}
    # The whole of an object includes its parts, in either order.
    for both in ("publications,publications.id", "publications.id,publications"):
        assert await api.read(f"{CONTENTS}/{made['id']}?fields={both}") == {"publications": made["publications"]}


async def test_a_page_of_some_fields_has_its_cursor(api: ApiHarness) -> None:
    first, second = await api.submit(), await api.submit(text="Another")
    page = await api.read(f"{CONTENTS}?fields=id&limit=1")
    assert page["data"] == [{"id": second["id"]}]
    rest = await api.read(f"{CONTENTS}?fields=id&limit=1&cursor={page['nextCursor']}")
    assert rest == {"data": [{"id": first["id"]}], "nextCursor": None}


async def test_the_tag_of_some_fields_serves_reads_of_the_same_and_changes(api: ApiHarness) -> None:
    made = await api.submit()
    path = f"{CONTENTS}/{made['id']}"
    tag = (await api.get(f"{path}?fields=status")).headers["etag"]
    assert (await api.get(f"{path}?fields=status", headers={"If-None-Match": tag})).status_code == 304
    assert (await api.get(path, headers={"If-None-Match": tag})).status_code == 200
    assert (await api.patch(path, {"text": "Another"}, if_match=tag)).status_code == 200
    assert (await api.get(f"{path}?fields=status", headers={"If-None-Match": tag})).status_code == 200


@pytest.mark.parametrize("path", [CONTENTS, "/v1/publications", f"{CONTENTS}/cnt_1"])
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("stauts", "did you mean status?"),
        ("id,failure.reson", ""),
        ("", "there are "),
        ("id,", "there are "),
        ("status.x", "status has no fields"),
        ("metadata.campaign", ""),
        ("__all__", "there is no such field"),
        ("brand_ref", "did you mean brandRef?"),
    ],
)
async def test_an_unknown_name_is_refused_with_the_nearest(
    api: ApiHarness, path: str, fields: str, message: str
) -> None:
    [problem] = expect_errors(await api.get(path, params={"fields": fields}))
    assert (problem["pointer"], problem["code"]) == ("?fields", "UNKNOWN_FIELD")
    assert message in problem["message"], problem


async def test_inside_what_is_whole_names_are_checked_too(api: ApiHarness) -> None:
    many = ",".join(f"publications.no{number}" for number in range(30))
    problems: list[dict[str, Any]] = expect_errors(await api.get(CONTENTS, params={"fields": f"publications,{many}"}))
    assert len(problems) == 20
    [nested] = expect_errors(await api.get(CONTENTS, params={"fields": "publications.failure.reson"}))
    assert "did you mean publications.failure.reason?" in nested["message"]
