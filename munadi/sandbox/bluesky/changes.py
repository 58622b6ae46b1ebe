"""What can happen to a post of the emulated Bluesky. Source: docs/networks/bluesky.md, section 9."""

from __future__ import annotations

from munadi.sandbox.changes import ACCOUNT, COPYRIGHT, DELETE, HIDE, MODERATE, VANISH, Change, Changes, deleted

LABELLED = "getPosts has the label; the record is at the account's server as before"


def _label(title: str, value: str, on: str = "post") -> Change:
    return Change(title, LABELLED, {"labels": [value]}, on=on)


TAKEN_DOWN = Change("Take the record down", "getRecord: RecordNotFound, as after a deletion", hides="all")
CHANGES: Changes = {
    DELETE: deleted("getRecord: RecordNotFound; getPosts leaves it out"),
    HIDE: {"logged_out": _label("Hide the account from who is not logged in", "!no-unauthenticated", ACCOUNT)},
    MODERATE: {
        "hide": _label("Label it !hide", "!hide"),
        "warn": _label("Label it !warn", "!warn"),
        "adult": _label("Label it as adult", "porn"),
        "unseen": Change("Take it out of the app", "getPosts leaves it out; the record is there", hides="lists"),
        "taken_down": TAKEN_DOWN,
    },
    COPYRIGHT: {"taken_down": TAKEN_DOWN},
    VANISH: {
        "takendown": Change(
            "Take the account down", "getRecord: Could not locate record", on=ACCOUNT, status="takendown"
        ),
        "deactivated": Change(
            "Deactivate the account", "getRecord: Could not locate record", on=ACCOUNT, status="deactivated"
        ),
    },
}
