"""Writes the reference of the MCP server's tools, as a client receives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from munadi.mcp.offered import OfferedTool
from munadi.mcp.prompts import PROMPTS
from munadi.mcp.resources import RESOURCES, TEMPLATE
from munadi.mcp.server import DESCRIBING
from munadi.mcp.tools import TOOLS
from scripts.markdown import table

HEAD = """# MCP tools

What `munadi mcp` offers to an AI client, word for word. How it is set up: [docs/mcp.md](../mcp.md).
"""


def tool_reference() -> str:
    """The whole page."""
    rows = [(f"`{each.name}`", each.title, *_hints(each)) for each in TOOLS.values()]
    head = ("tool", "what it does", "reads only", "destructive", "idempotent", "open world")
    sections = [part for each in TOOLS.values() for part in _section(each)]
    return "".join([HEAD, "\n", table(head, rows), *sections, *_resources(), *_prompts()])


def _hints(offered: OfferedTool) -> Iterator[str]:
    effects = offered.effects
    for effect in (effects.reads, effects.destroys, effects.is_repeatable, effects.outside):
        yield "yes" if effect else "no"


def _section(offered: OfferedTool) -> Iterator[str]:
    tool = offered.listed(DESCRIBING)
    yield f"\n## {tool.name}\n\n{tool.description}\n\n"
    yield table(("argument", "type", "required", "what it is"), _rows(tool.input_schema))
    if tool.output_schema:
        yield "\n" + table(("answer", "type", "always", "what it is"), _rows(tool.output_schema))


def _resources() -> Iterator[str]:
    yield "\n## Resources\n\n"
    listed = [(each.uri, each.description) for each in RESOURCES.values()]
    rows = [*listed, (TEMPLATE.uri_template, TEMPLATE.description or "")]
    yield table(("address", "what it is"), [(f"`{address}`", words) for address, words in rows])


def _prompts() -> Iterator[str]:
    yield "\n## Prompts\n\n"
    rows = [
        (f"`{each.name}`", ", ".join(f"`{one.name}`" for one in each.arguments), each.description)
        for each in PROMPTS.values()
    ]
    yield table(("prompt", "arguments", "what it is"), rows)


def _rows(schema: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    required, named = schema.get("required", []), schema.get("$defs", {})
    return [
        (f"`{name}`", _type(field, named), "yes" if name in required else "", _about(field))
        for name, field in schema["properties"].items()
    ]


def _type(field: dict[str, Any], named: dict[str, Any]) -> str:
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return _type(named[name], named) if "enum" in named[name] else "object"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if choices := field.get("anyOf"):
        return " or ".join(_type(choice, named) for choice in choices if choice.get("type") != "null")
    if "items" in field:
        return f"list of {_type(field['items'], named)}"
    return " or ".join(kind for kind in _listed(field.get("type", "any")) if kind != "null")


def _listed(kinds: str | list[str]) -> list[str]:
    return [kinds] if isinstance(kinds, str) else kinds


def _about(field: dict[str, Any]) -> str:
    shapes = [field, *field.get("anyOf", [])]
    words = next((each["description"] for each in shapes if each.get("description")), "")
    default = field.get("default")
    return words if default in (None, "") else f"{words} By default {default}.".strip()
