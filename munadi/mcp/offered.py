"""What a tool is: its name, what it takes and gives, and what it may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mcp.types import CallToolResult, Tool, ToolAnnotations

from munadi.client import AsyncClient
from munadi.mcp.descriptions import DESCRIPTIONS
from munadi.mcp.outputs import Schema
from munadi.mcp.schema import Input

# Seconds between progress reports during a long wait.
BEAT = 5.0
Progress = Callable[[float, float, str], Awaitable[None]]


@dataclass(frozen=True)
class ToolContext:
    """What a tool gets: the API with the caller's key, and a way to report progress."""

    munadi: AsyncClient
    progress: Progress
    beat: float = BEAT


@dataclass(frozen=True)
class OfferedTool:
    """One tool. `prepares` says that it changes nothing that is published or will be."""

    name: str
    title: str
    takes: type[Input]
    gives: Schema
    run: Callable[[ToolContext, Any], Awaitable[CallToolResult]]
    annotations: ToolAnnotations
    prepares: bool = False

    @property
    def tool(self) -> Tool:
        """The tool as clients list it."""
        return Tool(
            name=self.name,
            title=self.title,
            description=DESCRIPTIONS[self.name],
            input_schema=self.takes.schema_for_clients(),
            output_schema=self.gives,
            annotations=self.annotations,
        )

    @property
    def is_safe_for_drafts(self) -> bool:
        """Whether a server that only prepares drafts offers it."""
        return self.prepares or bool(self.annotations.read_only_hint)


def hints(
    *, reads: bool = False, destroys: bool = False, repeatable: bool = True, outside: bool = False
) -> ToolAnnotations:
    """The annotations of a tool. `outside`: it may reach a network or another server."""
    return ToolAnnotations(
        read_only_hint=reads, destructive_hint=destroys, idempotent_hint=repeatable, open_world_hint=outside
    )


READS = hints(reads=True)
