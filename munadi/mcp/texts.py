"""Texts for AI models: the state of a content, and the next step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from munadi.client.shapes import Content, Event, Failure, Publication, Violation
from munadi.domain.content import ContentStatus
from munadi.domain.failure import Retryable
from munadi.domain.reasons import REASONS

S, W = ContentStatus, Retryable
# Seconds that a tool waits at most.
LONGEST_WAIT = 600

# Keyed by the statuses on the wire: a newer server may have others.
MEANING: dict[str, str] = {
    S.ACCEPTED: "Munadi has stored it and will publish it at its time. It is NOT published yet.",
    S.QUEUED: "it waits for its time, or for a condition named below. It is NOT published yet.",
    S.PUBLISHING: "it is being published now, or some networks have ended and others have not.",
    S.PUBLISHED: "every network published it.",
    S.PARTIALLY_PUBLISHED: "some networks published it, others did not.",
    S.FAILED: "no network published it.",
    S.UNCONFIRMED: "for some network it is unknown whether the post is live.",
    S.CANCELED: "it was canceled and will not be published.",
}
FOLLOW = "Call wait to follow it, or status later. Do not call publish again for it."
FIX_THEN_RETRY = (
    "Do what 'what to do' says for each failure, then call retry; it repeats only what failed. If the "
    "content itself must change, publish a changed one for these networks only."
)
NEXT: dict[str, str] = {
    S.ACCEPTED: FOLLOW,
    S.QUEUED: FOLLOW,
    S.PUBLISHING: FOLLOW,
    S.PUBLISHED: "Nothing is left to do.",
    S.PARTIALLY_PUBLISHED: FIX_THEN_RETRY,
    S.FAILED: FIX_THEN_RETRY,
    S.UNCONFIRMED: (
        "Do NOT publish it again: it may be live. Munadi keeps checking the network. Call status later, or ask a "
        "person to check the network and to resolve it."
    ),
    S.CANCELED: "Nothing is left to do.",
}
TRY_AGAIN: dict[str, str] = {
    W.AUTO: "Munadi tries again by itself",
    W.AFTER_WAIT: "retry can help after some time",
    W.AFTER_FIX: "retry helps once the cause is fixed",
    W.RECONCILE: "only after checking the network",
    W.NEVER: "retry does not help",
}
# Where a remedy points into the network's words, which are not always there.
_OF_NETWORK = re.compile(r" named in the provider's message")
# A withdrawal or an edit of what is live that has no outcome yet.
CHANGING = ("withdrawing", "editing")
STILL_CHANGING = "Call status in a minute: what is live is being edited or withdrawn, which is not done yet."
UNFINISHED: frozenset[str] = frozenset({S.ACCEPTED, S.QUEUED, S.PUBLISHING})
REMEDY: dict[str, str] = {reason: facts.remedy for reason, facts in REASONS.items()}


def has_ended(content: Content) -> bool:
    """Whether nothing more happens by itself, except checks of unconfirmed publications."""
    return content["status"] not in UNFINISHED and not _is_changing(content)


def _is_changing(content: Content) -> bool:
    """Whether something that is live is being edited or withdrawn."""
    withdrawals = [each.get("withdrawal") for each in content["publications"]]
    edits = [edit for each in content["publications"] for edit in each.get("edits", ())[-1:]]
    return any(each["status"] in CHANGING for each in [*filter(None, withdrawals), *edits])


def next_step(content: Content) -> str:
    """What to do next with the content."""
    if _is_changing(content) and content["status"] not in UNFINISHED:
        return STILL_CHANGING
    later = not_worth_waiting(content, LONGEST_WAIT) if content["status"] in (S.ACCEPTED, S.QUEUED) else None
    return f"{later} Do not call publish again for it." if later else NEXT.get(content["status"], "Call status.")


def not_worth_waiting(content: Content, seconds: float, now: datetime | None = None) -> str | None:
    """What to do instead of waiting these seconds for a content: it ends later, or only after a person acts."""
    open_ = [each for each in content["publications"] if each["status"] in UNFINISHED]
    if any(each["status"] == S.PUBLISHING for each in open_) or not open_:
        return None
    dues = [each["hold"]["until"] if each["hold"] else each["scheduledAt"] for each in open_]
    times = [datetime.fromisoformat(at) for at in dues if at is not None]
    if not times:
        reasons = ", ".join(sorted({each["hold"]["reason"] for each in open_ if each["hold"]}))
        return f"It waits for a person ({reasons}), so waiting does not help. Tell them, and call status afterwards."
    if min(times) <= (now or datetime.now(UTC)) + timedelta(seconds=seconds):
        return None
    at = min(times).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"It goes on at {at}, after a wait would end. Do not call wait before then; call status after that time."


def describe(content: Content) -> str:
    """The whole content, for a reader who sees nothing else."""
    return "\n".join(_lines(content))


def _lines(content: Content) -> Iterator[str]:
    yield f"{content['id']} is {content['status']}: {MEANING.get(content['status'], '')}"
    zone = f" (timezone {content['timezone']})" if content["timezone"] else ""
    yield f"scheduled {content['scheduledAt']}{zone}; Munadi gives up at {content['publishBy']}"
    if approval := content.get("approval"):
        note = f": {approval['note']}" if approval["note"] else ""
        yield f"approval of version {approval['version']}: {approval['status']}{note}"
    if end := content.get("withdrawAt"):
        yield f"what is live of it is withdrawn at {end}"
    for publication in content["publications"]:
        yield from _publication(publication)
    for warning in content["warnings"]:
        yield f"warning {warning['code']}: {warning['message']}"
    yield f"Next: {next_step(content)}"


def _publication(publication: Publication) -> Iterator[str]:
    where = f"- {publication['channel']} ({publication['id']}, {publication['accountId']})"
    at = f" at {publication['publishedAt']}" if publication["publishedAt"] else ""
    post = publication["providerUrl"] or publication["providerPostId"]
    yield f"{where}: {publication['status']}{at}{f', {post}' if post else ''}"
    if failure := publication["failure"]:
        yield from (f"  {line}" for line in failed(failure))
    yield from (f"  {line}" for line in _after_publishing(publication))
    if hold := publication["hold"]:
        yield f"  waiting since {hold['since']}: {hold['reason']}, until {hold['until'] or 'a person acts'}"
    for warning in publication["warnings"]:
        yield f"  warning {warning['code']}: {warning['message']}"


def _after_publishing(publication: Publication) -> Iterator[str]:
    """What became of a live post: its last edit, its withdrawal, what looks showed."""
    for edit in publication.get("edits", ())[-1:]:
        yield f"edit (version {edit['version']}): {edit['status']} since {edit['endedAt'] or edit['at']}"
        yield from failed(edit["failure"]) if edit["failure"] else ()
    if withdrawal := publication.get("withdrawal"):
        yield f"withdrawal: {withdrawal['status']} since {withdrawal['endedAt'] or withdrawal['requestedAt']}"
        yield from failed(withdrawal["failure"]) if withdrawal["failure"] else ()
        state = "still there" if withdrawal["status"] == "refused" else "perhaps still there"
        yield from (f"{state}: {left['step']} {left['url'] or left['id']}" for left in withdrawal["left"])
    if liveness := publication.get("liveness"):
        word = f" ({liveness['word']})" if liveness["word"] else ""
        yield f"seen as {liveness['verdict']} since {liveness['since']}{word}, last looked at {liveness['lookedAt']}"


def failed(failure: Failure) -> Iterator[str]:
    """A failure: the reason, whether a retry can help, what to do, the network's own message."""
    again = TRY_AGAIN.get(failure["retryable"], failure["retryable"])
    yield f"{failure['reason']} ({failure['class']}; {again}): {failure['message']}"
    yield f"what to do: {_without_network(failure)}"
    if failure["retryAfter"]:
        yield f"not before {failure['retryAfter']}"
    message = " ".join(part for part in (failure["providerCode"], failure["providerMessage"]) if part)
    if message:
        yield f"the network answered: {message}"


def violated(violations: Iterable[Violation]) -> Iterator[str]:
    """Each broken rule: place, code, limit, actual value, and the remedy if the table of reasons has one."""
    for violation in violations:
        channel = f" [{violation['channel']}]" if violation.get("channel") else ""
        measured = {"limit": violation.get("limit"), "actual": violation.get("actual")}
        numbers = ", ".join(f"{name} {value}" for name, value in measured.items() if value is not None)
        where = f"- {violation.get('pointer') or '/'}{channel} {violation.get('code')}"
        yield f"{where}: {violation.get('message')}{f' ({numbers})' if numbers else ''}"
        if remedy := remedy_of(violation):
            yield f"  what to do: {remedy}"


def remedy_of(violation: Mapping[str, Any]) -> str | None:
    """The remedy of a violation whose code is a failure reason. No network has said anything about it."""
    remedy = REMEDY.get(violation.get("code") or "")
    return _OF_NETWORK.sub("", remedy) if remedy else None


def _without_network(failure: Failure) -> str:
    """The remedy; what it says about the network's words only if there are any."""
    if failure["providerMessage"]:
        return failure["remedy"]
    return _OF_NETWORK.sub("", failure["remedy"])


def brief(content: Content) -> str:
    """A content on one line."""
    states = ", ".join(f"{each['channel']} {each['status']}" for each in content["publications"])
    text = " ".join((content["text"] or "").split())
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    ref = f" clientRef {content['clientRef']}" if content["clientRef"] else ""
    return (
        f"{content['id']} {content['status']} brand {content['brandRef']} at {content['scheduledAt']}{ref} "
        f"[{states}] {shown!r}"
    )


def happened(event: Event) -> str:
    """An event on one line."""
    parts = [event["sns"], event["publicationId"], event["status"], event["reason"]]
    about = " ".join(part for part in parts if part)
    return f"#{event['position']} {event['timestamp']} {event['type']} {event['contentId'] or ''} {about}".rstrip()
