"""Writes the reference of the MCP server's tools, as a client receives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from munadi.mcp.offered import OfferedTool
from munadi.mcp.tools import TOOLS
from scripts.markdown import table

HEAD = """# MCP tools

What `munadi mcp` offers to an AI client, word for word. How it is set up: [docs/mcp.md](../mcp.md).
"""


def tool_reference() -> str:
    """The whole page."""
    rows = [(f"`{each.name}`", each.title, *_hints(each)) for each in TOOLS.values()]
    head = ("tool", "what it does", "reads only", "destructive", "idempotent", "open world")
    return "".join([HEAD, "\n", table(head, rows), *(part for each in TOOLS.values() for part in _section(each))])


def _hints(offered: OfferedTool) -> Iterator[str]:
    hints = offered.annotations
    for hint in (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint):
        yield "yes" if hint else "no"


def _section(offered: OfferedTool) -> Iterator[str]:
    tool = offered.tool
    yield f"\n## {tool.name}\n\n{tool.description}\n\n"
    yield table(("argument", "type", "required", "what it is"), _rows(tool.input_schema))
    if tool.output_schema:
        yield "\n" + table(("answer", "type", "always", "what it is"), _rows(tool.output_schema))


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
