"""Wakes the workflow of an account right after the response. If that fails, the relay does it later.

It never affects the response: Temporal may be down while we accept posts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from starlette.background import BackgroundTask, BackgroundTasks
from temporalio.client import Client

from api.services import Services
from api.starts import COOLDOWN, PATIENCE
from munadi.domain.account_view import AccountView
from workflows.start import wake_account

log = structlog.get_logger("munadi.api")


@dataclass(frozen=True)
class AccountWake:
    """The account whose workflow to wake: it was connected or disconnected."""

    account: AccountView

    async def call(self, client: Client, task_queue: str) -> None:
        """Start or signal the workflow."""
        account = self.account
        await wake_account(
            client, task_queue, account_id=account.id, brand_ref=account.brand_ref, channel=account.channel
        )

    def after(self, services: Services) -> BackgroundTask:
        """The task that runs once the response is sent."""
        return BackgroundTask(wake, services, self)


def wake_accounts(background: BackgroundTasks, services: Services, accounts: Sequence[AccountView]) -> None:
    """Once the response is sent, wake the workflows of accounts that were just connected."""
    for account in accounts:
        background.add_task(wake, services, AccountWake(account))


async def wake(services: Services, what: AccountWake) -> None:
    """Start or signal the workflow, within a second; a failure is logged."""
    now = services.clock.monotonic()
    if services.temporal is None or now < services.starts.paused_until:
        return
    try:
        async with asyncio.timeout(PATIENCE):
            await what.call(services.temporal, services.settings.temporal.task_queue)
    except Exception as error:  # noqa: BLE001 - the response is sent, and the relay retries
        services.starts.paused_until = now + COOLDOWN
        log.warning("wake.failed", whose=what.account.id, error=type(error).__name__)
