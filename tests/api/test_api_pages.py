"""The pages of the API: one for each operation of the document, made on the server, with our own files only."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest

from api.documentation.operations import groups, operation_of
from api.documentation.schemas import Schemas
from tests.api.harness import ApiHarness
from tests.api.problems import expect_problem
from tests.api.test_documentation import PageReader


async def test_every_operation_has_a_page_with_its_form(api: ApiHarness) -> None:
    document = await api.read("/openapi.json")
    index = (await api.get("/docs/api", key="")).text
    listed = [entry for group in groups(document) for entry in group.entries]
    assert len(listed) == sum(len(methods) for methods in document["paths"].values())
    for entry in listed:
        address = f"/docs/api/{entry.id}"
        shown = entry.summary.replace("'", "&#39;")
        assert f'href="{address}">{shown}</a>' in index
        page = await api.get(address, key="")
        assert page.status_code == 200, address
        assert f'data-method="{entry.method}" data-path="{entry.path}"' in page.text
        read = PageReader(page.text)
        assert [each for each in read.refused if each not in ("form", "script")] == [], address
        assert len(set(read.ids)) == len(read.ids), address
        for name in re.findall(r'<label for="([^"]+)"', page.text):
            assert name in read.ids, f"{address}: a label for {name}"


async def test_the_pages_load_our_own_files_only(api: ApiHarness) -> None:
    for address in ("/docs/api", "/docs/api/contents.create"):
        page = await api.get(address, key="")
        policy = page.headers["content-security-policy"]
        assert ("default-src 'none'" in policy, "connect-src 'self'" in policy, "unsafe" in policy) == (
            True,
            True,
            False,
        )
        for name in re.findall(r'(?:src|href)="([^"#]+)"', page.text):
            assert not name.startswith("http"), name
            # A browser without a session is sent from the dashboard to the page for signing in.
            assert (await api.get(urljoin(address, name), key="")).status_code == (303 if name == "/contents" else 200)


@pytest.mark.parametrize("name", ["contents.nothing", "assets/style.css", "assets/../../etc/passwd"])
async def test_what_does_not_exist_is_not_found(api: ApiHarness, name: str) -> None:
    expect_problem(await api.get(f"/docs/api/{name}", key=""), 404, "NOT_FOUND")


async def test_an_operation_shows_what_it_takes_and_answers(api: ApiHarness) -> None:
    operation = operation_of(await api.read("/openapi.json"), "contents.create")
    assert operation is not None
    assert operation.body is not None
    fields = {field.name: field for field in operation.body.fields}
    assert fields["brandRef"].is_required
    assert not fields["text"].is_required
    assert fields["text"].type == "string, or null"
    assert fields["text"].rules == ("at most 100000 characters",)
    assert fields["channels[].accountId"].description.startswith("Needed when")
    assert [answer.status for answer in operation.answers] == [202]
    assert "publications[].failure.remedy" in {field.name for field in operation.answers[0].fields}
    assert {answer.status for answer in operation.problems} >= {400, 401, 403, 413, 422, 429, 503}
    assert '"text": "Monsoon sale starts today"' in operation.body.examples[0].text


def test_schemas_are_put_in_words() -> None:
    child = {"type": "object", "properties": {"self": {"$ref": "#/components/schemas/Child"}}, "required": ["self"]}
    schemas = Schemas({"components": {"schemas": {"Child": child, "Kind": {"enum": ["a", "b"]}}}})
    assert schemas.type_of({"$ref": "#/components/schemas/Kind"}) == "one of a, b"
    assert schemas.type_of({"type": "array", "items": {"type": "string"}}) == "list of: string"
    assert schemas.type_of({"anyOf": [{"const": 3}, {"type": "null"}]}) == "“3”, or null"
    assert schemas.rules_of({"type": "boolean", "default": False}) == ("false by default",)
    # A schema that holds itself ends.
    assert [field.name for field in schemas.fields_of(child)] == ["self", "self.self", "self.self.self"]
    assert schemas.sample({"type": "integer", "default": 7}) == 7
    assert schemas.sample({"properties": {"a": {"enum": ["x"]}, "b": {}}, "required": ["a"]}) == {"a": "x"}
