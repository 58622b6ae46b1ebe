"""What an endpoint can choose, from the command line: the same fields that the API has."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import FakeApi, Munadi
from tests.cli.test_more_commands import ENDPOINT

CREATE, CHANGE = "POST /v1/webhooks/endpoints", "PATCH /v1/webhooks/endpoints/whe_1"
HEADERS = ("--header", "Authorization: Bearer a:b", "--header", "x-env:prod")
READ = {"Authorization": "Bearer a:b", "x-env": "prod"}


def test_an_endpoint_is_created_with_its_choices(munadi: Munadi, api: FakeApi) -> None:
    api.on(CREATE, ENDPOINT | {"secret": "whpk_1"})
    chosen = ("--payload", "thin", "--signature", "v1a", "--ordering", "content", "--max-per-second", "5")
    assert munadi("webhooks", "create", "https://a.example", *chosen, *HEADERS).exit_code == 0
    assert munadi("webhooks", "create", "https://a.example", "--max-per-second", "0").exit_code == 0
    asked = {"payload": "thin", "signature": "v1a", "ordering": "content", "maxPerSecond": 5, "headers": READ}
    assert api.bodies(CREATE) == [{"url": "https://a.example"} | asked, {"url": "https://a.example"}]


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        (("--payload", "full", "--ordering", "none"), {"payload": "full", "ordering": "none"}),
        (("--max-per-second", "5"), {"maxPerSecond": 5}),
        (("--max-per-second", "0"), {"maxPerSecond": None}),
        (HEADERS, {"headers": READ}),
    ],
)
def test_choices_are_changed(munadi: Munadi, api: FakeApi, options: tuple[str, ...], changes: dict[str, Any]) -> None:
    api.on(CHANGE, ENDPOINT)
    assert munadi("webhooks", "update", "whe_1", *options).exit_code == 0
    assert api.bodies(CHANGE) == [changes]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--payload", "tiny"),
        ("--signature", "v2"),
        ("--ordering", "x"),
        ("--max-per-second", "-1"),
        ("--header", "none"),
        ("--header", ": x"),
    ],
)
def test_a_wrong_choice_is_refused_before_any_call(munadi: Munadi, api: FakeApi, wrong: tuple[str, str]) -> None:
    assert munadi("webhooks", "create", "https://a.example", *wrong).exit_code == 2
    assert api.requests == []


def test_the_kind_of_signature_is_changed_by_a_rotation(munadi: Munadi, api: FakeApi) -> None:
    call = "POST /v1/webhooks/endpoints/whe_1/rotate-secret"
    api.on(call, ENDPOINT | {"secret": "whpk_1"})
    assert munadi("webhooks", "rotate", "whe_1", "--signature", "v1a").exit_code == 0
    assert api.bodies(call) == [{"signature": "v1a"}]
