"""The one rule for a network that could not fetch a file from our public address.

Such a refusal proves that nothing is live by this try, and an outage of our own address passes within minutes. So the
file is offered again, later each time; then the post fails, and a person has to look at the address.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from munadi.domain.failure import ChannelError, Effect
from munadi.ports import Publication
from munadi.ports.publication import Options, State

# The waits before each further try. A restart of the API fits in the first two, a new certificate in all of them.
PULL_WAITS: Sequence[timedelta] = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 60, 120, 300))


def judge_failed_pull(error: ChannelError, failed_pulls: int) -> bool:
    """Set the effect of `error` and the wait after it, when so many pulls failed before. False: it is final."""
    if failed_pulls >= len(PULL_WAITS):
        error.effect, error.retry_after = Effect.REJECTED, None
        return False
    error.effect, error.retry_after = Effect.NOT_SENT, error.retry_after or PULL_WAITS[failed_pulls]
    return True


async def count_failed_pull(publication: Publication[Options, State], error: ChannelError) -> ChannelError:
    """Judge a failed pull by the state of a publication, which counts them. A retry by hand has all tries again."""
    failed_pulls = publication.state.failed_pulls
    repeats = judge_failed_pull(error, failed_pulls)
    await publication.save(failed_pulls=failed_pulls + 1 if repeats else 0)
    return error
