"""The server: lists the tools, reads their arguments strictly, runs them under the caller's key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CallToolRequestParams, CallToolResult, ListToolsResult, PaginatedRequestParams
from pydantic import ValidationError

from munadi import __version__
from munadi.client import AsyncClient, ClientError
from munadi.mcp.answers import invalid_arguments, refused
from munadi.mcp.descriptions import INSTRUCTIONS, PREPARING_ONLY
from munadi.mcp.offered import ToolContext
from munadi.mcp.tools import PREPARING, TOOLS

Context = ServerRequestContext[Any, Any]


def create_server(client_of: Callable[[Context], AsyncClient], *, drafts_only: bool = False) -> Server[Any]:
    """The server. `client_of` gives the API as the caller of a request may use it.

    With `drafts_only` it offers what reads and what prepares drafts, and nothing that publishes or changes posts.
    """
    tools = PREPARING if drafts_only else TOOLS

    async def list_tools(context: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[offered.tool for offered in tools.values()])

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
    )


async def serve_stdio(munadi: AsyncClient, *, drafts_only: bool = False) -> None:
    """Serve one client over standard input and output, until it closes them. All calls are made with one key."""
    server = create_server(lambda _: munadi, drafts_only=drafts_only)
    async with munadi, stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
