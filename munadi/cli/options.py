"""The fields of the API's requests as options of commands, from `generated.json`, which is made of the API's document.

    @command(app, "list", takes="accounts.list")
    def list_(session: Session, **given: Any) -> None: ...

`takes` names a method of the client. Each of its fields becomes an option, except those that the function names itself.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from typer import Option

from munadi.cli.completing import beginning
from munadi.process.exits import CommandFailed, Exit

# So many choices are shown, and checked here. Longer lists grow with the API: they are completed, and checked there.
FEW = 4
TYPES: Mapping[str, Any] = {"text": str, "number": int, "flag": bool, "either": bool, "json": str}


class Field(NamedTuple):
    """A field of a request. `name` is what the client calls it, `kind` a key of TYPES, `texts` or `pairs`."""

    name: str
    option: str
    kind: str
    metavar: str
    help: str
    choices: Sequence[str] = ()
    is_required: bool = False
    least: int | None = None
    most: int | None = None

    @property
    def parameter(self) -> str:
        """What a command calls it."""
        return re.sub(r"([A-Z])", r"_\1", self.name).lower()


def fields_of(method: str) -> list[Field]:
    """The fields that a method of the client takes."""
    return [Field(**field) for field in _generated()[method]]


def parameter_of(field: Field) -> inspect.Parameter:
    """The parameter of a command that Typer makes the option of."""
    is_switch = field.kind in ("flag", "either")
    kind, default = _type(field), False if field.kind == "flag" else None
    annotation = kind if field.is_required or default is False else kind | None
    option: Any = Option(
        f"{field.option}/--no-{field.option[2:]}" if field.kind == "either" else field.option,
        metavar=None if is_switch else field.metavar,
        help=field.help,
        min=field.least,
        max=field.most,
        autocompletion=_completing(field.choices) if field.choices and kind in (str, list[str]) else None,
    )
    given = inspect.Parameter.empty if field.is_required else default
    return inspect.Parameter(
        field.parameter, inspect.Parameter.KEYWORD_ONLY, default=given, annotation=Annotated[annotation, option]
    )


def given_of(fields: Iterable[Field], values: dict[str, Any]) -> dict[str, Any]:
    """The fields that were given, as the client takes them; they are removed from `values`."""
    found = [(field, values.pop(field.parameter)) for field in fields]
    return {
        field.name: _read(field, value)
        for field, value in found
        if value not in (None, [], ()) and (value is not False or field.kind == "either")
    }


def require_change(given: Mapping[str, Any], method: str) -> None:
    """Raise CommandFailed (USAGE) if a command that changes something was not given anything."""
    if not given:
        raise CommandFailed(f"name what to change, such as {fields_of(method)[0].option}", Exit.USAGE)


def pairs(option: str, given: Iterable[str]) -> dict[str, str]:
    """`NAME=VALUE` options as a mapping."""
    split = [each.partition("=") for each in given]
    if wrong := [name for name, equals, _ in split if not equals]:
        raise CommandFailed(f"{option} {wrong[0]}: write NAME=VALUE", Exit.USAGE)
    return {name: value for name, _, value in split}


@cache
def _generated() -> Any:
    return json.loads(Path(__file__).with_name("generated.json").read_text(encoding="utf-8"))


def _type(field: Field) -> Any:
    if field.kind in ("texts", "pairs"):
        return list[str]
    if 0 < len(field.choices) <= FEW:
        return Literal.__getitem__(tuple(field.choices))
    return TYPES[field.kind]


def _completing(choices: Sequence[str]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return beginning(incomplete, choices)

    return complete


def _read(field: Field, value: Any) -> Any:
    if field.kind == "pairs":
        return pairs(field.option, value)
    if field.kind != "json":
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise CommandFailed(f"{field.option} is not JSON: {error}", Exit.USAGE) from error
