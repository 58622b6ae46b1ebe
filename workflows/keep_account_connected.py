"""`KeepAccountConnected`: one account, for as long as it is connected. Re-entrant: any run looks first.

The database has the time of the next run; this workflow sleeps until then. A wake (the account was connected again,
or taken away) ends a sleep and a wait for a network that did not answer.
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
    from munadi.domain.keeping import Kept
    from workflows.attributes import ATTENTION
    from workflows.messages import WAKE
    from workflows.options import KEEP, with_summary

S = AccountStatus
# A clock that goes ahead of the worker's must not make us spin.
SHORTEST_SLEEP = timedelta(seconds=1)
NEEDS_SOMEBODY = (S.EXPIRING, S.REAUTH_REQUIRED)


@workflow.defn(name="KeepAccountConnected")
class KeepAccountConnected:
    """The connection of one account; which one, the workflow's own id says: `account/acc_…`."""

    @workflow.init
    def __init__(self) -> None:
        # Signals may arrive before `run` begins.
        self._woken = False
        self._attention: str | None = None
        self._note: str | None = None

    @workflow.run
    async def run(self) -> str:
        """Look, sleep until something is to be done, look again; until the account is disconnected."""
        ref = _own_ref()
        while True:
            kept = await self._look(ref)
            if kept is not None:
                self._show(kept)
                if kept.has_ended and not self._woken:
                    return "disconnected"
                await self._sleep(kept.next_at)
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

    async def _look(self, ref: AccountRef) -> Kept | None:
        """How the account stands; None when a wake came before its network answered."""
        self._woken = False
        looking = workflow.start_activity_method(UpkeepActivities.keep, ref, **with_summary(KEEP, "keep it connected"))
        await workflow.wait_condition(lambda: looking.done() or self._woken)
        if not looking.done():
            looking.cancel()  # it may be waiting for hours before its next try
        try:
            return await looking
        except ActivityError as error:
            if isinstance(error.cause, CancelledError):
                return None
            raise

    async def _sleep(self, until: datetime | None) -> None:
        patience = None if until is None else max(until - workflow.now(), SHORTEST_SLEEP)
        summary = f"looks again at {until:%Y-%m-%d %H:%M:%SZ}" if until else "waits for its owner"
        try:
            await workflow.wait_condition(lambda: self._woken, timeout=patience, timeout_summary=summary)
        except TimeoutError:
            return

    def _show(self, kept: Kept) -> None:
        """Show the state in the Web UI; the search attribute changes only when a person should look."""
        when = f"{kept.next_at:%Y-%m-%d %H:%M:%SZ}" if kept.next_at else "when somebody says so"
        note = f"\n\n_{self._note}_" if self._note else ""
        workflow.set_current_details(f"**{kept.status.value}**\n\nlooks again: {when}{note}")
        attention = kept.status.value if kept.status in NEEDS_SOMEBODY else None
        if attention != self._attention:
            self._attention = attention
            update = ATTENTION.value_set(attention) if attention else ATTENTION.value_unset()
            workflow.upsert_search_attributes([update])


def _own_ref() -> AccountRef:
    try:
        return AccountRef(account_id=account_id_of(workflow.info().workflow_id))
    except ValueError as error:
        raise ApplicationError(str(error), type="WORKFLOW_ID", non_retryable=True) from None
