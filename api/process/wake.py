"""Wakes the workflow of an account right after the response. If that fails, the relay does it later.

It never affects the response: Temporal may be down while we accept posts.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.background import BackgroundTasks

from api.process.services import Services
from munadi.domain.account_view import AccountView
from workflows.start import wake_account


def wake_accounts(background: BackgroundTasks, services: Services, accounts: Sequence[AccountView]) -> None:
    """Once the response is sent, wake the workflows of accounts that were connected or disconnected."""
    for account in accounts:
        background.add_task(wake, services, account)


async def wake(services: Services, account: AccountView) -> None:
    """Start or signal the workflow, within a second; a failure is logged."""
    if (client := services.starts.client) is not None:
        queue = services.starts.task_queue
        call = wake_account(client, queue, account_id=account.id, brand_ref=account.brand_ref, channel=account.channel)
        await services.starts.signal(account.id, call)
