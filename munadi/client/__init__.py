"""Munadi's API, typed: what the CLI and the MCP server are built on, and any Python program may be.

    with Client("https://munadi.example", "mnd_…") as munadi:
        content = munadi.contents.publish({"brandRef": "acme", "text": "Hello", "channels": ["bluesky"]})
        # content["status"] == "accepted": Munadi has the work. It does not mean published.

The rule here: a request is repeated only where a repeat cannot do anything twice.
"""

from munadi.client.client import Client
from munadi.client.errors import ClientError, NotReachable, ProblemError

__all__ = ["Client", "ClientError", "NotReachable", "ProblemError"]
