"""Builds problems for an account that its network refused."""

from __future__ import annotations

from datetime import timedelta

from api.http.problems import ProblemError
from munadi.domain.failure import ChannelError, FailureClass, FieldRefused, Reason
from munadi.domain.problem import Problem
from munadi.domain.reasons import REASONS

_PASSING = frozenset({FailureClass.OUTAGE, FailureClass.RATE_LIMIT})
_WAIT = timedelta(seconds=30)
# Nothing was connected, so there is nothing to reconnect or to retry.
_AT_IMPORT = {
    Reason.LOGIN_CHECKPOINT: "Log in to the network in a browser, clear the check, then import the account again.",
    Reason.MISSING_SCOPE: "Import a token that has the permission named in the network's message.",
    Reason.MISSING_FIELD: "Add it and import the account again.",
    Reason.INVALID_FIELD: "Correct it and import the account again.",
    Reason.TARGET_NOT_ACCESSIBLE: "Check externalId and serviceUrl, and that the token's owner may publish there.",
}
_CHECK = "Check the credentials: they are wrong, incomplete, expired or withdrawn."


def is_passing(error: ChannelError) -> bool:
    """Whether the same request may succeed later without any fix."""
    return REASONS[error.reason].class_ in _PASSING


def of_channel(error: ChannelError, channel: str, pointer: str) -> ProblemError:
    """The problem when a network refused an account: 503 with Retry-After if temporary, else 422 with the remedy."""
    if isinstance(error, FieldRefused):
        return _of_field(error, channel)
    facts = REASONS[error.reason]
    wrong = _CHECK if facts.class_ is FailureClass.TOKEN else facts.remedy
    remedy = facts.remedy if is_passing(error) else _AT_IMPORT.get(error.reason, wrong)
    detail = f"{error.message.rstrip('.')}. {remedy}"
    if is_passing(error):
        seconds = max(1, round((error.retry_after or _WAIT).total_seconds()))
        headers = {"Retry-After": str(seconds)}
        return ProblemError(503, error.reason, "The network is not available", detail, headers=headers)
    problem = Problem(pointer=pointer, code=error.reason, message=detail, channel=channel, actual=error.provider_code)
    return ProblemError(422, error.reason, "The network refused", detail, errors=[problem])


def _of_field(error: FieldRefused, channel: str) -> ProblemError:
    problem = Problem(
        pointer=error.pointer,
        code=error.reason,
        message=error.message,
        channel=channel,
        rule=error.rule,
        limit=error.limit,
        actual=error.actual,
    )
    return ProblemError(422, error.reason, "The network refused", error.message, errors=[problem])
