"""Makes the tables of bounds: for everything that a client or a server may send, how much of it is read.

The fields come from the OpenAPI document and from the models of the channels' options, so a new field is in the table
by itself. One without a bound is listed with None, and `tests/docs/test_bounds.py` fails.
"""

from __future__ import annotations

import re._constants as constants
import re._parser as expressions
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from api.app import create_app
from api.http import edge, upload_form
from munadi.channels import answers
from munadi.channels.registry import channel_options, channel_specs
from munadi.config import Settings
from munadi.domain import failure, imports
from munadi.intake import strict_json
from munadi.media import fetch, web_links
from munadi.outbound import framing, guard, resolver
from munadi.webhooks import sender
from scripts.markdown import table

Json = dict[str, Any]
# The place and the bound of each field.
Found = Iterator[tuple[str, str | None]]
METHODS = ("get", "post", "put", "patch", "delete")
# What the parser of a format refuses beyond: RFC 3339 with nine digits of a second, and a day.
FORMATS = {"date-time": "35 characters", "date": "10 characters", "duration": "64 characters"}
NUMBER = f"a number of 64 bits, or {strict_json.MAX_DIGITS} digits"
BODY = f"the body: {edge.MAX_BODY:,} bytes and {strict_json.MAX_VALUES:,} values"
HEAD = f"the head: {edge.MAX_HEAD:,} bytes"
# Fields whose bound is no number in their schema, by the operation and the place.
ELSEWHERE = {
    ("drafts.create", "body"): BODY,
    ("drafts.update", "body"): BODY,
    ("imports.create", "text/csv"): f"{imports.MAX_FILE_BYTES:,} bytes and {imports.MAX_ROWS:,} rows",
    ("imports.create", "application/x-ndjson"): f"{imports.MAX_FILE_BYTES:,} bytes and {imports.MAX_ROWS:,} rows",
    ("imports.create", "application/zip"): "`MUNADI_MEDIA__MAX_BYTES`",
    ("media.create", "form/file"): "`MUNADI_MEDIA__MAX_BYTES`",
    ("media.create", "form/brandRef"): f"{upload_form.MAX_FIELD:,} bytes",
}
PARTS = {
    "application/json": "body",
    "text/csv": "text/csv",
    "application/x-ndjson": "application/x-ndjson",
    "application/zip": "application/zip",
    "multipart/form-data": "form",
    "application/x-www-form-urlencoded": "form",
}


@dataclass(frozen=True)
class Bound:
    """What one field may have at most. None: nothing bounds it."""

    where: str
    place: str
    bound: str | None


def request_bounds() -> list[Bound]:
    """Of each field of each operation: in the path, the query, the headers, the body and its parts."""
    document = create_app(Settings()).openapi()
    found: list[Bound] = []
    for item in document["paths"].values():
        for operation in (item[method] for method in METHODS if method in item):
            fields = Fields(document["components"]["schemas"])
            name = operation.get("operationId", "")
            for parameter in (*item.get("parameters", ()), *operation.get("parameters", ())):
                given = _referred(document, parameter)
                of_head = list(fields.bounds(given.get("schema", {}), f"{given['in']}/{given['name']}"))
                found += [Bound(name, place, bound or HEAD) for place, bound in of_head]
            for kind, content in _referred(document, operation.get("requestBody", {})).get("content", {}).items():
                for place, bound in fields.bounds(content["schema"], PARTS[kind]):
                    found.append(Bound(name, place, bound or ELSEWHERE.get((name, place))))
    return sorted(set(found), key=lambda each: (each.where, each.place))


def option_bounds() -> list[Bound]:
    """Of each option of each channel."""
    found: list[Bound] = []
    for spec in channel_specs():
        schema = channel_options()[spec.name].model_json_schema(by_alias=True)
        fields = Fields(schema.get("$defs", {}))
        found += [Bound(spec.title, place, bound) for place, bound in fields.bounds(schema, "options")]
    return found


# What is read of the answers of servers, wherever a tenant may choose the server.
ANSWERS = (
    ("any answer", "interim answers before it", f"{framing.MAX_INTERIM}"),
    ("any answer", "head", f"{framing.MAX_HEAD_BYTES:,} bytes"),
    ("any name", "addresses of a host", f"{resolver.MAX_ADDRESSES}"),
    ("any address", "length", f"{guard.URL_LIMIT:,} characters"),
    ("a network", "body, packed and unpacked", f"{answers.MAX_ANSWER:,} bytes"),
    ("a network", "depth of its JSON", f"{answers.MAX_DEPTH}"),
    (
        "a network",
        "its message and answer in a failure",
        f"{failure.MAX_MESSAGE} and {failure.MAX_RAW:,} characters",
    ),
    ("a media server", "file", "`MUNADI_MEDIA__MAX_BYTES`"),
    ("a media server", "redirects", f"{fetch.MAX_REDIRECTS}"),
    ("a linked page", "page and picture", f"{web_links.PAGE_BYTES:,} and {web_links.PICTURE_BYTES:,} bytes"),
    ("a webhook receiver", "body", f"{sender.RESPONSE_HEAD_LIMIT:,} bytes"),
)


def bounds() -> str:
    """The page."""
    parts = [
        "# Bounds\n\nHow much is read of what others send. A request is refused as a whole beyond "
        f"{edge.MAX_HEAD:,} bytes of head, {edge.MAX_BODY:,} bytes of JSON, {strict_json.MAX_VALUES:,} values or "
        f"{strict_json.MAX_DEPTH} levels. [Limits](../limits.md) are what a brand may have in all.\n",
        "\n## Answers of servers\n\n",
        table(["from", "what", "at most"], ANSWERS),
        "\n## Requests\n\n",
        table(["operation", "field", "at most"], _cells(request_bounds())),
        "\n## Options of the channels\n\n",
        table(["channel", "option", "at most"], _cells(option_bounds())),
    ]
    return "".join(parts)


def _cells(found: list[Bound]) -> list[tuple[str, str, str]]:
    return [(each.where, f"`{each.place}`", each.bound or "–") for each in found]


def _referred(document: Json, given: Json) -> Json:
    reference = given.get("$ref")
    if reference is None:
        return given
    found: Json = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


class Fields:
    """The fields of a JSON Schema with their bounds. `*` is each value of a list, `{}` each one of an object."""

    def __init__(self, schemas: Mapping[str, Json]) -> None:
        self._schemas = schemas

    def bounds(self, schema: Json, place: str, inside: frozenset[str] = frozenset()) -> Found:
        """Each field below `place`, the place itself included."""
        if reference := schema.get("$ref"):
            if reference in inside:
                return
            inside |= {reference}
            schema = self._schemas[reference.rsplit("/", 1)[1]]
        for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
            yield from self.bounds(choice, place, inside)
        if "enum" in schema or "const" in schema:
            return
        match schema.get("type"):
            case "string":
                yield place, _of_text(schema)
            case "integer" | "number":
                yield place, _of_number(schema)
            case "array":
                yield place, _count(schema, "maxItems", "items")
                yield from self.bounds(schema.get("items", {}), f"{place}/*", inside)
            case "object":
                yield from self._of_object(schema, place, inside)

    def _of_object(self, schema: Json, place: str, inside: frozenset[str]) -> Found:
        others = schema.get("additionalProperties", False)
        if others is not False:
            yield place, _count(schema, "maxProperties", "names")
        if isinstance(others, dict):
            yield from self.bounds(others, f"{place}/{{}}", inside)
        for name, field in schema.get("properties", {}).items():
            yield from self.bounds(field, f"{place}/{name}", inside)


def _count(schema: Json, name: str, unit: str) -> str | None:
    return f"{schema[name]:,} {unit}" if name in schema else None


def _of_number(schema: Json) -> str:
    most = schema.get("maximum", schema.get("exclusiveMaximum"))
    return NUMBER if most is None else f"{most:,}"


def _of_text(schema: Json) -> str | None:
    if "maxLength" in schema:
        return f"{schema['maxLength']:,} characters"
    if (pattern := schema.get("pattern")) is not None:
        longest = expressions.parse(pattern).getwidth()[1]
        return None if longest >= constants.MAXREPEAT else f"{longest:,} characters"
    return FORMATS.get(schema.get("format", ""))
