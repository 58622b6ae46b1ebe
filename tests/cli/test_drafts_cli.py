"""`munadi drafts`: save, list, change, submit and delete unfinished posts."""

import json
from pathlib import Path
from typing import Any

import httpx

from tests.cli.conftest import FakeApi, Munadi, content

MISSING = {"pointer": "/channels", "code": "MISSING_FIELD", "message": "is needed", "channel": None}


def draft(**changes: Any) -> dict[str, Any]:
    made = {"id": "drf_1", "brandRef": "acme", "version": 3, "valid": False, "problems": [MISSING], "warnings": []}
    return made | {"content": {"brandRef": "acme", "text": "Monsoon\nsale"}} | changes


def test_a_draft_is_saved_and_its_problems_are_shown(munadi: Munadi, api: FakeApi, tmp_path: Path) -> None:
    file = tmp_path / "draft.json"
    file.write_text(json.dumps({"text": "Monsoon"}))
    api.on("POST /v1/drafts", httpx.Response(201, json=draft()))
    made = munadi("drafts", "create", "--file", str(file), "--brand-ref", "acme")
    assert made.exit_code == 0, "an unfinished draft is not a failure"
    assert api.bodies("POST /v1/drafts") == [{"text": "Monsoon", "brandRef": "acme"}]
    for expected in ("drf_1", "not ready to submit", "/channels", "is needed"):
        assert expected in made.stdout


def test_drafts_are_listed_changed_and_deleted(munadi: Munadi, api: FakeApi, tmp_path: Path) -> None:
    api.on("GET /v1/drafts", {"data": [draft(), draft(id="drf_2", valid=True)], "nextCursor": "abc"})
    listed = munadi("drafts", "list", "--brand-ref", "acme")
    for expected in ("drf_1", "drf_2", "Monsoon sale", "not ready"):
        assert expected in listed.stdout
    assert "--cursor abc" in listed.stderr
    file = tmp_path / "change.json"
    file.write_text(json.dumps({"link": None}))
    api.on("GET /v1/drafts/drf_1", draft())
    api.on("PATCH /v1/drafts/drf_1", draft(version=4, valid=True, problems=[]))
    assert "ready to submit" in munadi("drafts", "edit", "drf_1", "--file", str(file)).stdout
    assert api.requests[-1].headers["if-match"] == '"3"'
    assert api.bodies("PATCH /v1/drafts/drf_1") == [{"link": None}]
    assert json.loads(munadi("drafts", "get", "drf_1", "--json").stdout)["version"] == 3
    api.on("DELETE /v1/drafts/drf_1", httpx.Response(204))
    assert "deleted drf_1" in munadi("drafts", "delete", "drf_1").stdout


def test_a_draft_is_submitted_with_a_key_of_its_own(munadi: Munadi, api: FakeApi) -> None:
    api.on("POST /v1/drafts/drf_1/submit", httpx.Response(202, json=content()))
    submitted = munadi("drafts", "submit", "drf_1")
    assert submitted.exit_code == 0
    assert "accepted" in submitted.stdout
    assert api.requests[-1].headers["idempotency-key"]
