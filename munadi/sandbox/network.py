"""The interface of networks that are not on `Platform` yet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from munadi.sandbox.clock import SandboxClock
from munadi.sandbox.exchange import Answer, Call, Operation
from munadi.sandbox.media import MediaShelf
from munadi.sandbox.platform import PostView as PostView
from munadi.sandbox.platform import ProfileView as ProfileView
from munadi.sandbox.platform import UnknownProfileError as UnknownProfileError
from munadi.sandbox.platform import UnsupportedError as UnsupportedError
from munadi.sandbox.storage import Store


class EmulatedNetwork(ABC):
    channel: ClassVar[str]
    title: ClassVar[str | None] = None  # how the network writes itself, where that is not its name with a capital
    hosts: ClassVar[dict[str, str]] = {}  # MUNADI_CHANNELS__<CHANNEL>__HOSTS__<key>: its path below the channel's
    # What an app is known by: MUNADI_CHANNELS__<CHANNEL>__<NAME>. Here any value will do.
    app_credentials: ClassVar[tuple[str, ...]] = ("client_id", "client_secret")
    default_delays: ClassVar[dict[str, float]] = {}  # seconds
    default_limits: ClassVar[dict[str, int]] = {}
    default_switches: ClassVar[dict[str, bool]] = {}
    statuses: ClassVar[set[str]] = {"active"}

    def __init__(self, clock: SandboxClock, store: Store, media: MediaShelf) -> None:
        self.clock = clock
        self.store = store
        self.media = media
        self.delays: dict[str, float] = {}
        self.limits: dict[str, int] = {}
        self.switches: dict[str, bool] = {}
        self.addresses: dict[str, str] = {}  # from the start of a public address to where it is really served
        self.restore_settings()

    def restore_settings(self) -> None:
        """In place: parts of a network hold these dicts."""
        self.delays.update(self.default_delays)
        self.limits.update(self.default_limits)
        self.switches.update(self.default_switches)

    # --- what the gate asks
    @abstractmethod
    def operation(self, call: Call) -> Operation:
        """The operation that this call means; unknown paths get one that answers as the network would."""

    @abstractmethod
    def operation_names(self) -> set[str]: ...

    @abstractmethod
    def profile_of(self, call: Call) -> str | None:
        """The id of the profile that calls, as far as its credentials tell; they may be void."""

    @abstractmethod
    def failure(self, error: dict[str, Any], status: int | None) -> Answer:
        """An error in this network's own envelope, its defaults filled in."""

    # --- what the control API asks
    @abstractmethod
    def seed(self) -> None:
        """Create the default profile unless it is there."""

    @abstractmethod
    def create_profile(self, name: str | None, base_url: str) -> dict[str, Any]:
        """A new profile; the answer holds what a client imports."""

    def create_beside(self, profile_id: str, name: str | None, base_url: str) -> dict[str, Any]:
        """A new profile of the person whom that one belongs to; UnsupportedError where profiles belong to nobody."""
        raise UnsupportedError(f"at {self.channel} no person owns profiles")

    @abstractmethod
    def renew_credentials(self, profile_id: str, base_url: str) -> dict[str, Any]:
        """Fresh credentials for a profile, as after the owner connected it again."""

    @abstractmethod
    def profiles(self) -> list[ProfileView]: ...

    @abstractmethod
    def posts(self, base_url: str) -> list[PostView]:
        """Everything visible, oldest first."""

    @abstractmethod
    def set_status(self, profile_id: str, status: str) -> None: ...

    @abstractmethod
    def expire_tokens(self, profile_id: str, which: str) -> None: ...

    @abstractmethod
    def revoke_tokens(self, profile_id: str, subcode: int | None) -> None: ...

    @abstractmethod
    def clear(self) -> None:
        """Forget everything, settings included."""

    def profile_id(self, reference: str) -> str:
        """The id for an id or a name; raises UnknownProfileError."""
        for profile in self.profiles():
            if reference in (profile.id, profile.name):
                return profile.id
        raise UnknownProfileError(f"{self.channel} has no profile {reference!r}")

    def profile_names(self, profile_id: str | None) -> set[str]:
        """Every word that a fault may use for this profile."""
        for profile in self.profiles():
            if profile.id == profile_id:
                return {profile.id, profile.name}
        return set()
