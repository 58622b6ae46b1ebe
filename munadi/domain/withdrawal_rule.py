"""How a network takes a live post back, as data. Source: docs/networks, section 9 of each network."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from munadi.domain.model import WireModel


class Removal(StrEnum):
    """What a network lets an app do to a live post."""

    DELETE = "delete"
    HIDE = "hide"
    NONE = "none"


class WithdrawalException(WireModel):
    """Posts that cannot be withdrawn, though others of the network can: by the option `kind`, by log-in."""

    kinds: tuple[str, ...] = Field((), description="Values of the option `kind`; empty: all.")
    logins: tuple[str, ...] = Field((), description="The log-ins it is about; empty: all.")
    because: str = Field(description="Why not, and what a person can do; a whole sentence.")


class WithdrawalRule(WireModel):
    """How a network takes a live post back."""

    kind: Removal = Field(Removal.NONE, description="Whether a live post can be deleted, hidden, or neither.")
    scopes: tuple[str, ...] = Field((), description="All of them are needed beside those for posting.")
    by_hand: str = Field("Remove the post in the network's own app.", description="How a person does it.")
    takes_comments: bool = Field(False, description="Whether the first comment goes with the post.")
    leaves: str = Field("", description="What stays behind; empty: nothing that is known.")
    exceptions: tuple[WithdrawalException, ...] = Field((), description="What cannot be withdrawn.")

    def of(self, kind: str | None, login: str | None) -> WithdrawalRule:
        """The rule for a post of this kind (its option), by this log-in: this one, or why it cannot be withdrawn."""
        for one in self.exceptions:
            if (not one.kinds or kind in one.kinds) and (not one.logins or login in one.logins):
                return WithdrawalRule(by_hand=one.because)
        return self
