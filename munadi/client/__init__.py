"""A typed client of Munadi's API. The CLI and the MCP server use it, and any Python program may.

    with Client("https://munadi.example", "mnd_…") as munadi:
        content = munadi.contents.create({"brandRef": "acme", "text": "Hello", "channels": ["bluesky"]})
        # content["status"] == "accepted": Munadi has stored it. It is not published yet.
        content = munadi.contents.wait(content["id"])

    async with AsyncClient("https://munadi.example", "mnd_…") as munadi:
        content = await munadi.contents.create(…)

What requests take and answers have is typed: `requests` and `answers` have a dictionary for each.

Rule: a request is repeated only where a repeat has no second effect (`steps.py`).
"""

from munadi.client import answers, requests
from munadi.client.answers import Content, MunadiEvent, Page, Publication
from munadi.client.client import AsyncClient, Client
from munadi.client.errors import ClientError, NotEnded, NotReachable, ProblemError
from munadi.client.metadata import RateLimit, ResponseMetadata, response_of
from munadi.client.requests import ChannelRequest, ContentEdit, ContentRequest
from munadi.client.shapes import Submission

__all__ = [
    "AsyncClient",
    "ChannelRequest",
    "Client",
    "ClientError",
    "Content",
    "ContentEdit",
    "ContentRequest",
    "MunadiEvent",
    "NotEnded",
    "NotReachable",
    "Page",
    "ProblemError",
    "Publication",
    "RateLimit",
    "ResponseMetadata",
    "Submission",
    "answers",
    "requests",
    "response_of",
]
