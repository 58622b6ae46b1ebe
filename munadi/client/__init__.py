"""Munadi's API, typed: what the CLI and the MCP server are built on, and any Python program may be.

    with Client("https://munadi.example", "mnd_…") as munadi:
        content = munadi.contents.publish({"brandRef": "acme", "text": "Hello", "channels": ["bluesky"]})
        # content["status"] == "accepted": Munadi has the work. It does not mean published.
        content = munadi.contents.wait(content["id"])

    async with AsyncClient("https://munadi.example", "mnd_…") as munadi:
        content = await munadi.contents.publish(…)

The rule here: a request is repeated only where a repeat cannot do anything twice (`steps.py`).
"""

from munadi.client.client import AsyncClient, Client
from munadi.client.errors import ClientError, NotEnded, NotReachable, ProblemError
from munadi.client.shapes import Submission

__all__ = ["AsyncClient", "Client", "ClientError", "NotEnded", "NotReachable", "ProblemError", "Submission"]
