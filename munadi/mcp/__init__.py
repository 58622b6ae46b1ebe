"""Munadi for AI tools: an MCP server whose tools are calls of the REST API, made with the caller's own key.

    create_server   the tools, whatever carries them
    create_app      over HTTP (streamable), for `munadi mcp --http`
    serve_stdio     over standard input and output, for `munadi mcp`

Rule: each result says what is true and what to do next; and nothing can be published twice because
a call was repeated.
"""

from munadi.mcp.http import create_app
from munadi.mcp.server import create_server, serve_stdio

__all__ = ["create_app", "create_server", "serve_stdio"]
