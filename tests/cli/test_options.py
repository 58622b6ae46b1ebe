"""The options of plain commands: those that the API's document has, and no list of them by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from munadi.cli import options
from munadi.cli.command import command
from munadi.cli.session import Session
from scripts import cli_options

DOCUMENT = json.loads((Path(__file__).parents[2] / "docs" / "reference" / "openapi.json").read_text())
# One field of each kind.
NEW = {
    "tone": {"enum": ["calm", "loud"], "type": "string", "description": "How it `sounds`."},
    "maxDrafts": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "description": "Drafts; null: many."},
    "isPaused": {"anyOf": [{"type": "boolean"}, {"type": "null"}], "description": "Whether it rests."},
    "languages": {"type": "array", "items": {"type": "string"}, "description": "Its languages."},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Words of your own."},
    "hours": {"type": "object", "properties": {"from": {"type": "integer"}}, "description": "When it publishes."},
    "endsAt": {"type": "string", "format": "date-time", "description": "When it ends"},
}
Update = Callable[..., tuple[Result, dict[str, Any]]]


@pytest.fixture
def update(monkeypatch: pytest.MonkeyPatch) -> Update:
    """A command that takes what `brands.update` takes, after a brand got new fields; and what it was given."""
    document = json.loads(json.dumps(DOCUMENT))
    document["components"]["schemas"]["BrandChange"]["properties"] |= NEW
    [text] = cli_options.pages(json.dumps(document)).values()
    monkeypatch.setattr(options, "_generated", lambda: json.loads(text))
    found: dict[str, Any] = {}
    app = typer.Typer()

    @command(app, "update", takes="brands.update")
    def update(session: Session, **changes: Any) -> None:
        found.update(changes)

    def run(*arguments: str) -> tuple[Result, dict[str, Any]]:
        found.clear()
        return CliRunner().invoke(app, [*arguments], obj=Session()), found

    return run


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        (("--tone", "loud"), {"tone": "loud"}),
        (("--max-drafts", "3"), {"maxDrafts": 3}),
        (("--no-is-paused",), {"isPaused": False}),
        (("--language", "hi", "--language", "ta"), {"languages": ["hi", "ta"]}),
        (("--labels", "a=b", "--labels", "c=d=e"), {"labels": {"a": "b", "c": "d=e"}}),
        (("--hours", '{"from": 9}'), {"hours": {"from": 9}}),
        (("--ends-at", "2027-01-01T00:00:00Z", "--name", ""), {"endsAt": "2027-01-01T00:00:00Z", "name": ""}),
        ((), {}),
    ],
)
def test_a_new_field_is_an_option(update: Update, arguments: tuple[str, ...], given: dict[str, Any]) -> None:
    result, found = update(*arguments)
    assert (result.exit_code, found) == (0, given), result.output


@pytest.mark.parametrize("wrong", [("--tone", "shrill"), ("--max-drafts", "0"), ("--labels", "a"), ("--hours", "{")])
def test_a_wrong_value_is_a_mistake_in_the_command(update: Update, wrong: tuple[str, str]) -> None:
    result, found = update(*wrong)
    assert (result.exit_code, found) == (2, {})


def test_the_help_of_an_option_is_the_fields_description(update: Update) -> None:
    shown = " ".join(update("--help")[0].output.replace("│", " ").split())
    for expected in ("calm|loud How it sounds.", "TIME When it ends. ISO 8601.", 'Such as {"from": 5}.'):
        assert expected in shown


def test_a_new_field_of_a_post_is_an_option_of_publish() -> None:
    document = json.loads(json.dumps(DOCUMENT))
    document["components"]["schemas"]["ContentRequest"]["properties"] |= NEW
    [text] = cli_options.pages(json.dumps(document)).values()
    taken = {field["name"] for field in json.loads(text)["contents.create"]}
    assert taken > NEW.keys() | {"text", "link", "clientRef", "metadata", "publishBy"}
    assert not taken & {"channels", "media"}, "lists of objects"


def test_a_secret_is_no_option() -> None:
    assert "credentials" in DOCUMENT["components"]["schemas"]["AccountImportRequest"]["properties"]
    assert "credentials" not in {field.name for field in options.fields_of("accounts.import_")}
