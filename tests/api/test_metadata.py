"""Metadata of posts: returned, in every event, edited, and a filter of the list."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.db.tables import MetadataRow
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors
from tests.db.query_plans import plan_of

pytestmark = pytest.mark.each_database
CONTENTS = "/v1/contents"
DIWALI = {"campaign": "diwali", "editor.id-1_a": "दीपावली"}
PATTERN = r"^[A-Za-z0-9_.-]{1,40}$"


async def found(api: ApiHarness, **wanted: str) -> list[str]:
    """The ids of the listed posts."""
    query = {f"metadata[{name}]": value for name, value in wanted.items()}
    return [content["id"] for content in await api.read_list(CONTENTS, params=query)]


async def test_metadata_are_returned_and_in_every_event(api: ApiHarness) -> None:
    made = await api.submit(metadata=DIWALI)
    assert made["metadata"] == DIWALI == (await api.read_content(made["id"]))["metadata"]
    assert (await api.submit())["metadata"] == {}
    await api.change(made["id"], "cancel")
    events = await api.read_list(f"{CONTENTS}/{made['id']}/events")
    assert len(events) > 2
    assert [event["data"]["content"]["metadata"] for event in events] == [DIWALI] * len(events)


async def test_metadata_filter_the_list(api: ApiHarness) -> None:
    both = await api.submit(metadata={"campaign": "diwali", "lang": "hi"})
    one = await api.submit(metadata={"campaign": "diwali", "lang": "en"})
    await api.submit(metadata={"lang": "diwali"})
    await api.submit()
    assert await found(api, campaign="diwali") == [one["id"], both["id"]]
    assert await found(api, campaign="diwali", lang="hi") == [both["id"]]
    assert await found(api, campaign="Diwali") == []
    assert await found(api, campaign="") == []


async def test_an_edit_replaces_metadata_and_leaves_the_draft(api: ApiHarness) -> None:
    made = await api.submit(metadata={"campaign": "diwali", "lang": "hi"})
    edited = (await api.edit(made["id"], {"metadata": {"campaign": "holi"}})).json()
    assert (edited["metadata"], edited["version"], edited["draftVersion"]) == ({"campaign": "holi"}, 2, 1)
    assert (await found(api, campaign="holi"), await found(api, campaign="diwali")) == ([made["id"]], [])
    assert await found(api, lang="hi") == []
    kept = (await api.edit(made["id"], {"text": "Another"}, '"2"')).json()
    assert (kept["metadata"], kept["draftVersion"]) == ({"campaign": "holi"}, 2)
    cleared = (await api.edit(made["id"], {"metadata": None}, '"3"')).json()
    assert (cleared["metadata"], await api.count(MetadataRow)) == ({}, 0)


@pytest.mark.each_database(False)
@pytest.mark.parametrize(
    ("metadata", "pointer", "rule", "limit", "actual"),
    [
        ({str(number): "x" for number in range(21)}, "/metadata", "too_long", 20, 21),
        ({"two words": "x"}, "/metadata/two words", "string_pattern_mismatch", PATTERN, None),
        ({"a/b": "x"}, "/metadata/a~1b", "string_pattern_mismatch", PATTERN, None),
        ({"": "x"}, "/metadata/", "string_pattern_mismatch", PATTERN, None),
        ({"n" * 41: "x"}, f"/metadata/{'n' * 41}", "string_pattern_mismatch", PATTERN, None),
        ({"a": "x" * 501}, "/metadata/a", "string_too_long", 500, 501),
        ({"a": 1}, "/metadata/a", "string_type", None, None),
        ({"a": None}, "/metadata/a", "string_type", None, None),
        (["a"], "/metadata", "dict_type", None, None),
    ],
)
async def test_bad_metadata_are_a_problem(
    api: ApiHarness, metadata: Any, pointer: str, rule: str, limit: Any, actual: Any
) -> None:
    [error] = expect_errors(await api.try_submit(metadata=metadata), (pointer, "INVALID_FIELD"))
    assert (error["rule"], error["limit"], error["actual"]) == (rule, limit, actual)
    made = await api.submit(metadata={"a": "x" * 500, "n" * 40: ""})
    expect_errors(await api.edit(made["id"], {"metadata": metadata}), (pointer, "INVALID_FIELD"))


@pytest.mark.each_database(False)
@pytest.mark.parametrize(
    ("query", "pointer", "rule", "limit"),
    [
        ("metadata=diwali", "?metadata", "metadata_form", "metadata[campaign]"),
        ("metadata[campaign=diwali", "?metadata[campaign", "metadata_form", "metadata[campaign]"),
        ("metadata[a]b=x", "?metadata[a]b", "metadata_form", "metadata[campaign]"),
        ("metadata[]=x", "?metadata[]", "metadata_name", PATTERN),
        ("metadata[a][b]=x", "?metadata[a][b]", "metadata_name", PATTERN),
        ("metadata[a]=x&metadata[a]=y", "?metadata[a]", "metadata_repeated", 1),
        (f"metadata[a]={'x' * 501}", "?metadata[a]", "string_too_long", 500),
        ("&".join(f"metadata[{number}]=x" for number in range(21)), "?metadata", "too_long", 20),
    ],
)
async def test_a_filter_that_cannot_be_read_is_a_problem(
    api: ApiHarness, query: str, pointer: str, rule: str, limit: Any
) -> None:
    [error] = expect_errors(await api.get(f"{CONTENTS}?{query}"), (pointer, "INVALID_FIELD"))
    assert (error["rule"], error["limit"]) == (rule, limit)


@pytest.mark.each_database(False)
async def test_only_the_list_of_posts_takes_the_filter(api: ApiHarness) -> None:
    expect_errors(await api.get("/v1/accounts?metadata[a]=x"), ("?metadata[a]", "UNKNOWN_PARAMETER"))
    [error] = expect_errors(
        await api.get(f"{CONTENTS}?metadat[campaign]=x"), ("?metadat[campaign]", "UNKNOWN_PARAMETER")
    )
    assert error["message"].endswith("did you mean metadata[campaign]?")


@pytest.mark.each_database(False)
async def test_the_filter_is_read_by_its_index(api: ApiHarness) -> None:
    plan = await plan_of(api.services.database, api.get(f"{CONTENTS}?metadata[a]=x"), "content_metadata")
    assert any("content_metadata_by_value (name=? AND value=?)" in step for step in plan), plan
    assert not any(step.startswith("SCAN") for step in plan), plan
