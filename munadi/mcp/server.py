"""The server: lists the tools, reads their arguments strictly, runs them under the caller's key.

Resources and prompts are read with the same key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    TextContent,
)
from pydantic import ValidationError

from munadi import __version__
from munadi.client import AsyncClient, ClientError
from munadi.domain.key import Scope
from munadi.mcp.answers import invalid_arguments, refused
from munadi.mcp.descriptions import INSTRUCTIONS, PREPARING_ONLY
from munadi.mcp.offered import ToolContext
from munadi.mcp.prompts import PROMPTS
from munadi.mcp.resources import RESOURCES, TEMPLATE, read_resource
from munadi.mcp.tools import PREPARING, TOOLS

Context = ServerRequestContext[Any, Any]
ClientOf = Callable[[Context], AsyncClient]
# The tools that say what the fields of a post are, to a server that publishes and to one that only prepares.
DESCRIBING, DESCRIBING_DRAFTS = "publish", "create_post_draft"


def create_server(client_of: ClientOf, *, drafts_only: bool = False) -> Server[Any]:
    """The server. `client_of` gives the API as the caller of a request may use it.

    With `drafts_only` it offers what reads and what prepares drafts, and nothing that publishes or changes posts.
    """
    tools = PREPARING if drafts_only else TOOLS

    async def list_tools(context: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        scopes = () if drafts_only else await _scopes(client_of(context))
        shown = [offered for offered in tools.values() if offered.is_for(scopes)]
        describing = DESCRIBING if TOOLS[DESCRIBING] in shown else DESCRIBING_DRAFTS
        return ListToolsResult(tools=[offered.listed(describing) for offered in shown])

    async def call_tool(context: Context, params: CallToolRequestParams) -> CallToolResult:
        offered = tools.get(params.name)
        if offered is None:
            raise MCPError(INVALID_PARAMS, f"Unknown tool: {params.name[:64]}. There are: {', '.join(tools)}")
        try:
            # Parsed as JSON, where pydantic's strict mode means what a JSON Schema means.
            arguments = offered.takes.model_validate_json(json.dumps(params.arguments or {}))
        except ValidationError as error:
            return invalid_arguments(error)
        try:
            return await offered.run(ToolContext(client_of(context), context.session.report_progress), arguments)
        except ClientError as error:
            return refused(error)

    return Server(
        "munadi",
        version=__version__,
        title="Munadi",
        instructions=f"{INSTRUCTIONS}\n\n{PREPARING_ONLY}" if drafts_only else INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        **_reading(client_of),
    )


async def _scopes(munadi: AsyncClient) -> Sequence[str]:
    """What the key may do. One that is refused, or an API that does not answer, is reported by the tools: all of
    those that publish are offered then."""
    try:
        return (await munadi.keys.me())["scopes"]
    except ClientError:
        return (Scope.CONTENTS_WRITE,)


def _reading(client_of: ClientOf) -> dict[str, Any]:
    """The handlers of resources and prompts."""

    async def list_resources(context: Context, params: PaginatedRequestParams | None) -> ListResourcesResult:
        return ListResourcesResult(resources=[offered.resource for offered in RESOURCES.values()])

    async def list_templates(context: Context, params: PaginatedRequestParams | None) -> ListResourceTemplatesResult:
        return ListResourceTemplatesResult(resource_templates=[TEMPLATE])

    async def read(context: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        uri = str(params.uri)
        try:
            found = await read_resource(client_of(context), uri)
        except ClientError as error:
            raise _unread(error) from error
        if found is None:
            raise MCPError(INVALID_PARAMS, f"Unknown resource: {uri[:64]}. There are: {', '.join(RESOURCES)}")
        return found

    async def list_prompts(context: Context, params: PaginatedRequestParams | None) -> ListPromptsResult:
        return ListPromptsResult(prompts=[offered.prompt for offered in PROMPTS.values()])

    async def get_prompt(context: Context, params: GetPromptRequestParams) -> GetPromptResult:
        offered, given = PROMPTS.get(params.name), params.arguments or {}
        if offered is None:
            raise MCPError(INVALID_PARAMS, f"Unknown prompt: {params.name[:64]}. There are: {', '.join(PROMPTS)}")
        if (problem := offered.problem_of(given)) is not None:
            raise MCPError(INVALID_PARAMS, problem)
        try:
            return await offered.written(client_of(context), given)
        except ClientError as error:
            raise _unread(error) from error

    return {
        "on_list_resources": list_resources,
        "on_list_resource_templates": list_templates,
        "on_read_resource": read,
        "on_list_prompts": list_prompts,
        "on_get_prompt": get_prompt,
    }


def _unread(error: ClientError) -> MCPError:
    """The API's refusal as an error of the protocol, in the words that a tool would have for it."""
    result = refused(error)
    words = " ".join(block.text for block in result.content if isinstance(block, TextContent))
    return MCPError(INVALID_PARAMS, words, result.structured_content)


async def serve_stdio(munadi: AsyncClient, *, drafts_only: bool = False) -> None:
    """Serve one client over standard input and output, until it closes them. All calls are made with one key."""
    server = create_server(lambda _: munadi, drafts_only=drafts_only)
    async with munadi, stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
