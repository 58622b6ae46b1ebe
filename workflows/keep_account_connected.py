"""`KeepAccountConnected`: the upkeep of one account while it is connected. Each run reads the database first.

The database has the time of the next run; this workflow sleeps until then. A wake (the account was connected again,
or disconnected) ends a sleep, and a wait for a network that did not answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError

with workflow.unsafe.imports_passed_through():
    from activities.messages import AccountRef
    from activities.upkeep import UpkeepActivities
    from munadi.domain.account import AccountStatus
    from munadi.domain.ids import account_id_of
    from munadi.domain.renewal import UpkeepResult
    from workflows.attributes import ATTENTION
    from workflows.messages import WAKE
    from workflows.options import KEEP, with_summary

S = AccountStatus
# If the database's times are ahead of this clock, the workflow must not run in a tight loop.
SHORTEST_SLEEP = timedelta(seconds=1)
NEEDS_OWNER = (S.EXPIRING, S.REAUTH_REQUIRED)


@workflow.defn(name="KeepAccountConnected")
class KeepAccountConnected:
    """The workflow of one account. Its id names the account: `account/acc_…`."""

    @workflow.init
    def __init__(self) -> None:
        # Signals may arrive before `run` begins.
        self._woken = False
        self._attention: str | None = None
        self._note: str | None = None

    @workflow.run
    async def run(self) -> str:
        """Run `keep`, sleep until the next run is due, and repeat until the account is disconnected."""
        ref = _own_ref()
        while True:
            result = await self._keep(ref)
            if result is not None:
                self._show(result)
                if result.has_ended and not self._woken:
                    return "disconnected"
                await self._sleep(result.next_at)
            if workflow.info().is_continue_as_new_suggested() and not self._woken:
                workflow.continue_as_new()

    @workflow.signal(dynamic=True)
    def signal(self, name: str, args: Sequence[RawValue]) -> None:
        """`wake`; anything else leaves a refusal in the details. Never raises."""
        if name == WAKE:
            self._woken = True
            return
        self._note = f"refused: signal {name[:64]!r} is unknown; there is: {WAKE}"
        workflow.set_current_details(self._note)

    async def _keep(self, ref: AccountRef) -> UpkeepResult | None:
        """Run `keep`; None when a wake came before the network answered."""
        self._woken = False
        run = workflow.start_activity_method(UpkeepActivities.keep, ref, **with_summary(KEEP, "keep it connected"))
        await workflow.wait_condition(lambda: run.done() or self._woken)
        if not run.done():
            run.cancel()  # it may wait for hours before its next attempt
        try:
            return await run
        except ActivityError as error:
            if isinstance(error.cause, CancelledError):
                return None
            raise

    async def _sleep(self, until: datetime | None) -> None:
        patience = None if until is None else max(until - workflow.now(), SHORTEST_SLEEP)
        summary = f"next check at {until:%Y-%m-%d %H:%M:%SZ}" if until else "waits for its owner"
        try:
            await workflow.wait_condition(lambda: self._woken, timeout=patience, timeout_summary=summary)
        except TimeoutError:
            return

    def _show(self, result: UpkeepResult) -> None:
        """Show the state in the Web UI; the search attribute changes only when a person should look."""
        when = f"{result.next_at:%Y-%m-%d %H:%M:%SZ}" if result.next_at else "when it is woken"
        note = f"\n\n_{self._note}_" if self._note else ""
        workflow.set_current_details(f"**{result.status.value}**\n\nnext check: {when}{note}")
        attention = result.status.value if result.status in NEEDS_OWNER else None
        if attention != self._attention:
            self._attention = attention
            update = ATTENTION.value_set(attention) if attention else ATTENTION.value_unset()
            workflow.upsert_search_attributes([update])


def _own_ref() -> AccountRef:
    try:
        return AccountRef(account_id=account_id_of(workflow.info().workflow_id))
    except ValueError as error:
        raise ApplicationError(str(error), type="WORKFLOW_ID", non_retryable=True) from None
