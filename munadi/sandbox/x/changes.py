"""What can happen to a post of the emulated X. Source: docs/networks/x.md, section 9.

A post has no visibility of its own: its owner can protect the account, which its own connection still reads.
"""

from __future__ import annotations

from munadi.sandbox.changes import ACCOUNT, COPYRIGHT, DELETE, HIDE, MODERATE, VANISH, Change, Changes, deleted

CHANGES: Changes = {
    DELETE: deleted("errors[] has resource-not-found"),
    HIDE: {"protected": Change("Protect the account", "protected is true", {"protected": True}, on=ACCOUNT)},
    MODERATE: {
        "withheld": Change(
            "Withhold it in Germany",
            "withheld names the countries",
            {"withheld": {"copyright": False, "country_codes": ["DE"], "scope": "tweet"}},
        ),
        "sensitive": Change("Mark it as sensitive", "possibly_sensitive is true", {"possibly_sensitive": True}),
    },
    COPYRIGHT: {
        "withheld": Change(
            "Withhold it everywhere",
            "withheld has copyright and every country",
            {"withheld": {"copyright": True, "country_codes": ["XX"], "scope": "tweet"}},
        )
    },
    VANISH: {
        "suspended": Change(
            "Suspend the account", "errors[] has not-authorized-for-resource", on=ACCOUNT, status="suspended"
        )
    },
}
