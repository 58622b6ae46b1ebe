"""What to do about a failure, for people. A remedy of the API is for programs, too: it may name a call or a setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.languages.catalogue import N_
from munadi.domain.failure import Reason

R = Reason
# Those that people act on in another way than programs do.
REMEDIES: dict[str, str] = {
    R.ACCOUNT_DISCONNECTED: N_("Connect the account again, then copy what you still need to a new post."),
    R.MEDIA_VALIDATION_FAILED: N_(
        "Copy it to a new post, with media that the network takes. Compose says what is wrong."
    ),
    R.MEDIA_UNREACHABLE: N_(
        "Check that the file's address can be opened from the internet. For files that were uploaded "
        "here, an operator checks that this installation's public address can. Then retry."
    ),
    R.MEDIA_DOMAIN_UNVERIFIED: N_(
        "An operator verifies the domain of this installation's public address in the network's "
        "developer portal. Then retry."
    ),
    R.TEXT_TOO_LONG: N_("Shorten the text in a new post."),
    R.INVALID_FIELD: N_("Correct what the network's message names in a new post."),
    R.MISSING_FIELD: N_("Add what the network's message names in a new post."),
    R.RATE_LIMITED: N_("Wait until the time that the network asked for, then retry. Spread posts over time."),
    R.MEDIA_STORE_UNAVAILABLE: N_(
        "An operator brings the store of the files back: munadi doctor says what is wrong with it. Then retry."
    ),
    R.APPROVAL_MISSING: N_("Retry it, which asks for the approval again, and have it approved in time."),
    R.WINDOW_MISSED: N_(
        "Retry to publish it now. Give posts more time before we stop trying, and ask an operator whether "
        "the worker is running."
    ),
}


def remedy(failure: Mapping[str, Any]) -> str:
    """What a person does about a failure, as the API returned it: a message of the catalogue."""
    return REMEDIES.get(failure["reason"]) or str(failure["remedy"])
