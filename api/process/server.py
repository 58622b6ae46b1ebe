"""The HTTP server of the API's process: what happens at its start and at its end."""

from __future__ import annotations

import asyncio
from socket import socket

import uvicorn
from fastapi import FastAPI

from api.documentation.api_pages import ApiPages, api_pages
from munadi.config import Settings
from munadi.process.exits import CommandFailed
from munadi.process.garbage import exempt_startup
from munadi.process.runtime import open_database
from munadi.process.starting import check_namespace_if_up, check_schema, wait_for_schema
from workflows.attributes import SEARCH_ATTRIBUTES


async def check_servers(settings: Settings) -> bool:
    """Whether the database answers. CommandFailed if it, or Temporal, lacks what this code needs."""
    database = open_database(settings, "api")
    try:
        answers = await check_schema(database)
    finally:
        await database.close()
    await check_namespace_if_up(settings, SEARCH_ATTRIBUTES)
    return answers


class Server(uvicorn.Server):
    """A server that ends the dashboard's live streams at shutdown, because they never end by themselves, and lets
    waiting requests answer.

    Once it listens it builds the OpenAPI document in a thread, so that no request waits for that.

    `is_checked`: whether the schema was checked before. If not, it is checked once the database answers; `refusal` says
    why the server has ended then.
    """

    def __init__(self, config: uvicorn.Config, app: FastAPI, *, is_checked: bool) -> None:
        super().__init__(config)
        self.refusal: CommandFailed | None = None
        self._app = app
        self._is_checked = is_checked
        self._checking: asyncio.Task[None] | None = None
        self._building: asyncio.Task[ApiPages] | None = None

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Listen; then build the API's pages and check the schema, if that was not done before."""
        await super().startup(sockets)
        exempt_startup()
        if self.started:
            self._building = asyncio.create_task(api_pages(self._app))
        if not self._is_checked:
            self._checking = asyncio.create_task(self._check_schema())

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Answer what is in progress, and end."""
        for task in (self._checking, self._building):
            if task is not None:
                task.cancel()
        self._app.state.live.stop()
        self._app.state.services.waits.stop()
        await super().shutdown(sockets)

    async def _check_schema(self) -> None:
        try:
            await wait_for_schema(self._app.state.services.database)
        except CommandFailed as refusal:
            self.refusal, self.should_exit = refusal, True
