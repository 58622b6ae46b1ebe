"""`munadi brands`: what happens to the same post within a day is chosen, changed and shown."""

from __future__ import annotations

import json

from munadi.cli.options import fields_of
from munadi.domain.look_ages import Looks
from tests.cli.conftest import FakeApi, Munadi

BRAND = {"ref": "acme", "mode": "test", "name": "Acme", "timezone": "Asia/Kolkata"}
BRAND |= {"duplicates": "refuse", "unusableAccounts": "warn"}


def test_a_brand_is_changed_and_shown(munadi: Munadi, api: FakeApi) -> None:
    api.on("PATCH /v1/brands/acme", BRAND)
    shown = munadi("brands", "update", "acme", "--duplicates", "refuse")
    assert shown.exit_code == 0
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert lines[-2:] == [["duplicates", "refuse"], ["unusableAccounts", "warn"]]
    assert json.loads(munadi("brands", "update", "acme", "--name", "Acme", "--json").stdout) == BRAND
    assert munadi("brands", "update", "acme", "--unusable-accounts", "refuse").exit_code == 0
    changes = [{"duplicates": "refuse"}, {"name": "Acme"}, {"unusableAccounts": "refuse"}]
    assert api.bodies("PATCH /v1/brands/acme") == changes


def test_the_example_of_ages_is_one() -> None:
    [field] = [each for each in fields_of("brands.update") if each.name == "looks"]
    example = field.help.partition("Such as ")[2].rstrip(".")
    assert Looks.model_validate_json(example).after is not None


def test_limits_are_set_and_removed(munadi: Munadi, api: FakeApi) -> None:
    api.on("POST /v1/brands", BRAND)
    api.on("PATCH /v1/brands/acme", BRAND | {"limits": {"drafts": 5, "accounts": None}})
    assert munadi("brands", "create", "acme", "--limits", '{"accounts": 10}').exit_code == 0
    changed = munadi("brands", "update", "acme", "--limits", '{"drafts": 5, "accounts": null}')
    assert (changed.exit_code, "drafts=5" in changed.stdout) == (0, True)
    assert api.bodies("POST /v1/brands") == [{"ref": "acme", "limits": {"accounts": 10}}]
    assert api.bodies("PATCH /v1/brands/acme") == [{"limits": {"drafts": 5, "accounts": None}}]


def test_what_is_no_choice_is_a_mistake_in_the_command(munadi: Munadi, api: FakeApi) -> None:
    assert munadi("brands", "update", "acme").exit_code == 2
    assert munadi("brands", "update", "acme", "--duplicates", "never").exit_code == 2
    assert api.requests == []


def test_a_new_brand_may_refuse_and_the_list_shows_it(munadi: Munadi, api: FakeApi) -> None:
    api.on("POST /v1/brands", BRAND)
    assert munadi("brands", "create", "acme", "--duplicates", "refuse").exit_code == 0
    assert api.bodies("POST /v1/brands") == [{"ref": "acme", "duplicates": "refuse"}]
    api.on("GET /v1/brands", {"data": [BRAND], "nextCursor": None})
    assert "refuse" in munadi("brands", "list").stdout


def test_a_brand_is_shown_with_every_field_that_the_api_answers(munadi: Munadi, api: FakeApi) -> None:
    newer = {"limits": {"accounts": 5, "webhookEndpoints": None}, "createdAt": "2021-05-05T03:00:00Z", "isNew": True}
    api.on("GET /v1/brands/acme", BRAND | newer)
    lines = [line.split(maxsplit=1) for line in munadi("brands", "get", "acme").stdout.splitlines()]
    assert [name for name, _ in lines] == [*BRAND, *newer]
    [limits, created, is_new] = [value for _, value in lines[-3:]]
    assert (limits, created[:8], is_new) == ("accounts=5", "2021-05-", "yes")
