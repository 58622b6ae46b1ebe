"""Print posts, publications and events for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from munadi.cli.output import STYLES, Cell, Output, status

if TYPE_CHECKING:
    from munadi.client.shapes import Content, Event, Failure, Liveness, PostEdit, Publication, Warning_, Withdrawal


def clock_time(instant: str | None) -> str | None:
    """An instant as local time with offset; with the date unless it is today."""
    if instant is None:
        return None
    local = datetime.fromisoformat(instant).astimezone()
    today = local.date() == datetime.now(local.tzinfo).date()
    offset = local.isoformat()[-6:]
    zone = "Z" if offset == "+00:00" else offset
    return local.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S") + zone


def lateness(milliseconds: int | None) -> str | None:
    """How long after the due time the visible call began."""
    if milliseconds is None:
        return None
    return f"{milliseconds} ms" if milliseconds < 10_000 else f"{milliseconds / 1000:.0f} s"


def print_content(out: Output, content: Content) -> None:
    """A post with the state of each publication; failures are explained."""
    out.facts(
        [
            ("post", content["id"]),
            ("brand", content["brandRef"]),
            ("status", status(content["status"])),
            ("scheduled", clock_time(content["scheduledAt"])),
            ("publish by", clock_time(content["publishBy"])),
            ("withdraw at", clock_time(content.get("withdrawAt"))),
            ("text", _first_line(content["text"])),
            ("media", str(len(content["media"]) or "")),
            ("client ref", content["clientRef"]),
            ("metadata", ", ".join(f"{name}={value}" for name, value in content.get("metadata", {}).items())),
            ("approval", _approval(content)),
            ("version", str(content["version"])),
        ]
    )
    out.line()
    print_publications(out, content["publications"])
    print_warnings(out, content["warnings"])


def _approval(content: Content) -> str | None:
    """What was decided about a post that needs an approval, and why."""
    if not (approval := content.get("approval")):
        return None
    note = f": {approval['note']}" if approval["note"] else ""
    return f"{approval['status']}, version {approval['version']}{note}"


def print_accepted(out: Output, content: Content) -> None:
    """Explain that accepted does not mean published."""
    out.line(
        ("accepted ", "green"), content["id"], " — Munadi has stored the post; it is not published yet.",
    )  # fmt: skip
    approval = content.get("approval")
    if approval and approval["status"] != "granted":
        version = content["version"]
        out.line(f"It waits for an approval: munadi contents approve {content['id']} --version {version}")
    out.line(f"Follow it: munadi contents watch {content['id']}")
    print_warnings(out, content["warnings"])


def print_publications(out: Output, publications: Sequence[Publication]) -> None:
    """One line per publication, and the remedy for each failed one."""
    print_posts(out, publications)
    for publication in publications:
        if failure := publication["failure"]:
            print_failure(out, publication["channel"], failure)
        if dismissal := publication.get("dismissal"):
            because = dismissal["because"].replace("_", " ")
            out.line(f"{publication['channel']}: dismissed {clock_time(dismissal['at'])}, {because}")
        for edit in publication.get("edits", ()):
            print_edit(out, publication["channel"], edit)
        if withdrawal := publication.get("withdrawal"):
            print_withdrawal(out, publication["channel"], withdrawal)
        if liveness := publication.get("liveness"):
            print_liveness(out, publication["channel"], liveness)
        if hold := publication["hold"]:
            until = clock_time(hold["until"]) or "a person acts"
            out.line(f"{publication['channel']}: waiting, {hold['reason']}, until {until}")
        print_warnings(out, publication["warnings"])


def print_edit(out: Output, channel: str, edit: PostEdit) -> None:
    """What a version of a live post says, how far it is, and why it is no further."""
    when = clock_time(edit["endedAt"] or edit["at"])
    words = {"editing": "is being edited, since", "edited": "edited", "refused": "not edited"}
    out.line(f"{channel}: version {edit['version']}, {words.get(edit['status'], 'edit not certain, since')} {when}")
    out.line(f"  {_first_line(edit['text']) or 'no text'}")
    if failure := edit["failure"]:
        print_failure(out, channel, failure)


def print_withdrawal(out: Output, channel: str, withdrawal: Withdrawal) -> None:
    """How far a withdrawal is, why it is no further, and what is still up."""
    when = clock_time(withdrawal["endedAt"] or withdrawal["requestedAt"])
    words = {"withdrawing": "is being withdrawn, since", "withdrawn": "withdrawn", "refused": "not withdrawn"}
    out.line(f"{channel}: {words.get(withdrawal['status'], 'withdrawal not certain, since')} {when}")
    if failure := withdrawal["failure"]:
        print_failure(out, channel, failure)
    state = "still there" if withdrawal["status"] == "refused" else "perhaps still there"
    for left in withdrawal["left"]:
        out.line(f"  {state}: {left['step']} {left['url'] or left['id']}")


def print_liveness(out: Output, channel: str, liveness: Liveness) -> None:
    """When a live post was last seen, or since when it is not, with the network's word for it."""
    verdict, word = liveness["verdict"], f" ({liveness['word']})" if liveness["word"] else ""
    if verdict == "live":
        out.line(f"{channel}: last seen {clock_time(liveness['lookedAt'])}{word}")
    else:
        out.line(f"{channel}: {VERDICTS.get(verdict, verdict)} since {clock_time(liveness['since'])}{word}")


def print_posts(out: Output, publications: Sequence[Publication]) -> None:
    """A table with a line for each publication: network, status, lateness, address."""
    rows: list[list[Cell | None]] = [
        [
            publication["channel"],
            status(publication["status"]),
            lateness(publication["latenessMs"]),
            publication["providerUrl"] or publication["providerPostId"] or publication["id"],
        ]
        for publication in publications
    ]
    out.table(["channel", "status", "late", "post"], rows)


def print_failure(out: Output, channel: str, failure: Failure) -> None:
    """The reason, whose problem it is, and the next step."""
    out.line()
    out.line((f"{channel}: {failure['reason']}", "red"), f"  {failure['message']}")
    out.line("  what to do: ", failure["remedy"])
    provider = " ".join(part for part in (failure["providerCode"], failure["providerMessage"]) if part)
    if provider:
        out.line("  the network answered: ", provider)


def print_warnings(out: Output, warnings: Sequence[Warning_]) -> None:
    """Warnings, which do not stop the post."""
    for warning in warnings:
        where = f" ({warning['channel']})" if warning.get("channel") else ""
        out.line((f"warning {warning['code']}{where}", "yellow"), f"  {warning['message']}")


def print_event(out: Output, event: Event, note: str | None = None) -> None:
    """One event on one line, followed by `note`."""
    number = f"#{event['sequence']}" if event["sequence"] is not None else ""
    where = event["sns"] or (event["type"].split(".")[0])
    out.line(
        (f"{clock_time(event['timestamp']):>9}  {number:<4}", "dim"),
        f"{where:<10} ",
        *event_words(event),
        (f"  {note}" if note else "", "dim"),
    )


def event_words(event: Event) -> list[Cell]:
    """An event in a few words: the new status, then the reason or the address."""
    data: Any = event["data"]  # of any type of event
    publication: Publication | None = data.get("publication")
    word = WORDS.get(event["type"], event["type"].removeprefix("content."))
    words: list[Cell] = [(word, STYLES.get(word, ""))]
    if event["type"] == "content.completed":
        words.append(f": {event['status']}")
    elif event["type"] == "content.publish.succeeded" and publication:
        words.append(f"  {publication['providerUrl'] or publication['providerPostId'] or ''}")
    elif event["reason"]:
        failure = publication["failure"] if publication else None
        words.append(f"  {event['reason']}" + (f": {failure['message']}" if failure else ""))
    return words


# What looks at a live post showed.
VERDICTS = {
    "limited": "not seen by everybody",
    "rejected": "rejected by the network",
    "gone": "gone from the network",
    "unseen": "not shown by the network",
    "unreadable": "could not be looked at",
}
# Event types that are clearer as the status they lead to.
WORDS = {
    "content.publish.started": "publishing",
    "content.publish.succeeded": "published",
    "content.publish.failed": "failed",
    "content.publish.unconfirmed": "unconfirmed",
    "content.publish.canceled": "canceled",
    "content.publish.withdrawn": "withdrawn",
    "content.publish.edited": "edit ended",
    "content.publish.withdrawal_refused": "not withdrawn",
    "content.publish.withdrawal_unconfirmed": "withdrawal not certain",
    "content.publish.vanished": "gone from the network",
    "content.publish.limited": "not seen by everybody",
    "content.publish.restored": "seen by everybody again",
    "content.publish.held": "held",
    "content.publish.resumed": "queued again",
}


def _first_line(text: str | None) -> str | None:
    if not text:
        return None
    first = text.splitlines()[0]
    return first if first == text and len(first) <= 60 else f"{first[:60]}…"
