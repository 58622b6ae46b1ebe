"""Reads the operations of the OpenAPI document, as the pages of the API show them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from api.documentation.schemas import Field, Schemas

JSON, FORM = "application/json", "multipart/form-data"
Document = Mapping[str, Any]
_PLACES = {"path": 0, "query": 1, "header": 2}


@dataclass(frozen=True)
class Entry:
    """An operation in a list: `id` such as `contents.create`, `method` in capitals, its path and what it does."""

    id: str
    method: str
    path: str
    summary: str


@dataclass(frozen=True)
class Group:
    """The operations of one subject, in the document's order."""

    name: str
    description: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Parameter:
    """A parameter. `place`: path, query or header; `choices`: its only values, if it takes one of a few;
    `several`: whether it may be repeated."""

    name: str
    place: str
    type: str
    is_required: bool
    description: str
    rules: tuple[str, ...]
    choices: tuple[str, ...]
    several: bool


@dataclass(frozen=True)
class Example:
    """An example of a body, as indented JSON."""

    title: str
    text: str


@dataclass(frozen=True)
class Body:
    """A body. `form`: the fields of a form that may be sent in the place of the JSON; `file` in it is a file."""

    is_required: bool
    examples: tuple[Example, ...]
    fields: tuple[Field, ...]
    form: tuple[Field, ...]


@dataclass(frozen=True)
class Answer:
    """What one status means, the fields of its body, and an example of it ("" if there is none)."""

    status: int
    meaning: str
    fields: tuple[Field, ...]
    example: str


@dataclass(frozen=True)
class Operation:
    """One operation. `description` is Markdown."""

    entry: Entry
    group: str
    description: str
    needs_key: bool
    parameters: tuple[Parameter, ...]
    body: Body | None
    answers: tuple[Answer, ...]
    problems: tuple[Answer, ...]


def groups(document: Document) -> tuple[Group, ...]:
    """Every operation by its subject, in the order of the document's tags."""
    found: dict[str, list[Entry]] = {tag["name"]: [] for tag in document["tags"]}
    for entry, operation in _operations(document):
        found[operation["tags"][0]].append(entry)
    described = {tag["name"]: tag["description"] for tag in document["tags"]}
    return tuple(Group(name, described[name], tuple(entries)) for name, entries in found.items() if entries)


def operation_of(document: Document, operation_id: str) -> Operation | None:
    """The operation of an id; None if there is none."""
    for entry, found in _operations(document):
        if entry.id == operation_id:
            return _read(entry, found, Schemas(document))
    return None


def _operations(document: Document) -> Iterator[tuple[Entry, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield Entry(operation["operationId"], method.upper(), path, operation["summary"]), operation


def _read(entry: Entry, found: Mapping[str, Any], schemas: Schemas) -> Operation:
    answers = [_answer(int(status), answer, schemas) for status, answer in sorted(found["responses"].items())]
    parameters = [_parameter(each, schemas) for each in found.get("parameters", ())]
    return Operation(
        entry=entry,
        group=found["tags"][0],
        description=found.get("description", ""),
        needs_key=bool(found.get("security")),
        parameters=tuple(sorted(parameters, key=lambda each: _PLACES[each.place])),
        body=_body(found["requestBody"], schemas) if "requestBody" in found else None,
        answers=tuple(answer for answer in answers if answer.status < 400),
        problems=tuple(answer for answer in answers if answer.status >= 400),
    )


def _parameter(found: Mapping[str, Any], schemas: Schemas) -> Parameter:
    schema = schemas.choices(found["schema"])[0]
    inner = schemas.choices(schema.get("items", {}))[0] if schema.get("type") == "array" else schema
    values = inner.get("enum", ["true", "false"] if inner.get("type") == "boolean" else ())
    return Parameter(
        name=found["name"],
        place=found["in"],
        type=schemas.type_of(found["schema"]),
        is_required=bool(found.get("required")),
        description=found.get("description", ""),
        rules=schemas.rules_of(found["schema"]),
        choices=tuple(map(str, values)),
        several=schema.get("type") == "array",
    )


def _body(found: Mapping[str, Any], schemas: Schemas) -> Body:
    media, form = found["content"].get(JSON, {}), found["content"].get(FORM, {})
    schema = media.get("schema", {})
    examples = [Example(each["summary"], _indented(each["value"])) for each in media.get("examples", {}).values()]
    return Body(
        is_required=bool(found.get("required")),
        examples=tuple(examples) or (Example("The required fields", _indented(schemas.sample(schema))),),
        fields=tuple(schemas.fields_of(schema)),
        form=tuple(schemas.fields_of(form.get("schema", {}))),
    )


def _answer(status: int, found: Mapping[str, Any], schemas: Schemas) -> Answer:
    media: Mapping[str, Any] = next(iter(found.get("content", {}).values()), {})
    schema = media.get("schema", {})
    examples = [media["example"]] if "example" in media else [schemas.example(each) for each in _listed(media)]
    examples += schemas.choices(schema)[0].get("examples", [])[:1]
    fields = tuple(schemas.fields_of(schema)) if status < 400 else ()
    meaning = "It worked." if found["description"] == "Successful Response" else found["description"]
    return Answer(status, meaning, fields, _indented(examples[0]) if examples else "")


def _listed(media: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(media.get("examples", {}).values())


def _indented(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
