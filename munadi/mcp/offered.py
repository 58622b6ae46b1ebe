"""What a tool is: its name, what it takes and gives, and what it may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from enum import Enum
from typing import Any

from mcp.types import CallToolResult, Tool, ToolAnnotations

from munadi.client import AsyncClient
from munadi.domain.key import Scope, allows
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
class Effects:
    """What a tool may do. `outside`: it may reach a network or another server."""

    reads: bool = False
    destroys: bool = False
    is_repeatable: bool = True
    outside: bool = False

    @property
    def annotations(self) -> ToolAnnotations:
        """The hints of the protocol, without those that have its default or that mean nothing at a tool that reads."""
        return ToolAnnotations(
            read_only_hint=self.reads or None,
            destructive_hint=None if self.reads or self.destroys else False,
            idempotent_hint=True if self.is_repeatable and not self.reads else None,
            open_world_hint=None if self.outside else False,
        )


class Needs(Enum):
    """What a key must be able to do for a tool to be of use. `CHANGES` are made by who publishes and who proposes."""

    DRAFTS = "drafts"
    PROPOSE = "propose"
    CHANGES = "changes"
    PUBLISH = "publish"


@dataclass(frozen=True)
class OfferedTool:
    """One tool. What needs `DRAFTS` changes nothing that is published or will be."""

    name: str
    title: str
    takes: type[Input]
    gives: Schema
    run: Callable[[ToolContext, Any], Awaitable[CallToolResult]]
    effects: Effects
    needs: Needs = Needs.PUBLISH

    def listed(self, describing: str) -> Tool:
        """The tool as clients list it, where the tool `describing` describes the fields of a post."""
        words = DESCRIPTIONS[self.name]
        is_brief = self.takes.described is not None and self.name != describing
        return Tool(
            name=self.name,
            title=self.title,
            description=f"{words} The other fields are as at {describing}." if is_brief else words,
            input_schema=self.takes.schema_for_clients(is_brief=is_brief),
            output_schema=self.gives,
            annotations=self.effects.annotations,
        )

    @property
    def is_safe_for_drafts(self) -> bool:
        """Whether a server that only prepares drafts offers it."""
        return self.needs is Needs.DRAFTS or self.effects.reads

    def is_for(self, scopes: Collection[str]) -> bool:
        """Whether it is of use to a key with these scopes."""
        publishes = allows(scopes, Scope.CONTENTS_WRITE)
        proposes = allows(scopes, Scope.CONTENTS_PROPOSE) and not publishes
        match self.needs:
            case Needs.PROPOSE:
                return proposes
            case Needs.CHANGES:
                return publishes or proposes
            case Needs.PUBLISH if not self.effects.reads:
                return publishes
        return True


READS = Effects(reads=True)
