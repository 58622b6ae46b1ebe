"""Describes the state of a post for Temporal's Web UI, and whether it needs a person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from munadi.domain.publication import PublicationStatus
    from munadi.domain.publishing import Plan

S = PublicationStatus


def describe(plans: Collection[Plan]) -> str:
    """One line: `3/4 published; failed: tiktok`."""
    published = sum(1 for plan in plans if plan.status is S.PUBLISHED)
    parts = [f"{published}/{len(plans)} published"]
    for status in (S.QUEUED, S.PUBLISHING, S.UNCONFIRMED, S.FAILED, S.CANCELED):
        channels = [plan.channel.value for plan in plans if plan.status is status]
        if channels:
            parts.append(f"{status}: {', '.join(channels)}")
    return "; ".join(parts)


def details(plans: Collection[Plan], now: datetime, note: str | None) -> str:
    """Markdown for the Web UI: a summary, each publication with its time and hold, the reply to an operator."""
    lines = [f"**{describe(plans)}**", ""]
    for plan in plans:
        held = f", held until {plan.held_until:%Y-%m-%d %H:%M:%SZ}" if is_held(plan, now) else ""
        lines.append(f"- {plan.channel}: {plan.status}, due {plan.due_at:%Y-%m-%d %H:%M:%SZ}{held}")
    if note:
        lines += ["", f"_{note}_"]
    return "\n".join(lines)


def is_held(plan: Plan, now: datetime) -> bool:
    """Whether the publication is held by a condition besides its time."""
    return plan.status is S.QUEUED and plan.held_until is not None and plan.held_until > now


def attention_of(plans: Collection[Plan], now: datetime) -> str | None:
    """The state that needs a person's attention, the worst one; None if there is none."""
    if any(plan.status is S.UNCONFIRMED for plan in plans):
        return "unconfirmed"
    if any(plan.status is S.FAILED for plan in plans):
        return "failed"
    return "held" if any(is_held(plan, now) for plan in plans) else None
