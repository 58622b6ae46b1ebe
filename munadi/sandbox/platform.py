"""What every emulated network has: settings, tables, profiles, tokens, routes, and what the control API asks of it.

A new network is one folder with a subclass of `Platform` and one line in `state.NETWORKS`. Its operations are
functions `run(platform, call)`, which `routes` finds by method and path.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from string import ascii_lowercase, digits
from typing import Any, ClassVar, Generic, TypeVar

from munadi.sandbox.changes import Changeable, Happened
from munadi.sandbox.clock import SandboxClock
from munadi.sandbox.exchange import Answer, Call, Operation, Problems
from munadi.sandbox.media import BlobStore, StoredMedia
from munadi.sandbox.model import Account, Comment, PostView, ProfileView, UnknownProfileError, UnsupportedError
from munadi.sandbox.oauth import TokenIssuer
from munadi.sandbox.storage import Store, Table

Run = Callable[[Any, Call], Awaitable[Answer]]


Profile = TypeVar("Profile", bound=Account)


class Platform(Changeable, ABC, Generic[Profile]):
    channel: ClassVar[str]
    title: ClassVar[str]  # the network's name as it writes it
    hosts: ClassVar[dict[str, str]] = {}  # MUNADI_CHANNELS__<CHANNEL>__HOSTS__<key>: its path below the channel's
    # The settings that identify an app: MUNADI_CHANNELS__<CHANNEL>__<NAME>. The sandbox accepts any value.
    app_credentials: ClassVar[tuple[str, ...]] = ("client_id", "client_secret")
    default_delays: ClassVar[dict[str, float]] = {}  # seconds
    default_limits: ClassVar[dict[str, int]] = {}
    default_switches: ClassVar[dict[str, bool]] = {}
    statuses: ClassVar[set[str]] = {"active"}
    default_profile: ClassVar[Any]  # a row of the dataclass of profiles
    # Errors for a fault's `error`, such as a person meets: the network does not let the account publish (until someone
    # does something about it, so that a retry helps), or asks to wait with a post.
    problems: ClassVar[Problems]
    rate_problem: ClassVar[str] = "rate"
    refusal: ClassVar[dict[str, Any]]
    throttling: ClassVar[dict[str, Any]]
    has_persons: ClassVar[bool] = False  # a person can own several profiles
    # "METHOD host/path" → the operation's name and function; `*` is one part, `**` at the end is any number of them.
    routes: ClassVar[Mapping[str, tuple[str, Run]]] = {}
    variants: ClassVar[Mapping[str, Run]] = {}  # operations that `variant` chooses
    visible: ClassVar[frozenset[str]] = frozenset()  # operations whose effect followers see

    def __init__(self, clock: SandboxClock, store: Store, blob_store: BlobStore) -> None:
        self.clock, self.store, self.blob_store = clock, store, blob_store
        self.delays: dict[str, float] = {}
        self.limits: dict[str, int] = {}
        self.switches: dict[str, bool] = {}
        self.addresses: dict[str, str] = {}  # from the start of a public address to where it is really served
        self.received: dict[str, bytearray] = {}  # the bytes of unfinished uploads, in memory only
        self._moments: defaultdict[str, deque[float]] = defaultdict(deque)
        self.tables: list[Table[Any]] = []
        self._routes = [(tuple(path.replace(" ", "/").split("/")), *found) for path, found in self.routes.items()]
        self._runs = {**dict(self.routes.values()), **self.variants}
        self.accounts: Table[Profile] = self.table("profile", type(self.default_profile))
        self.comments: Table[Comment] = self.table("comment", Comment)
        self.happened: Table[Happened] = self.table("happened", Happened)
        self.issuer = TokenIssuer(clock, self.table)
        self.restore_settings()

    def table(self, name: str, kind: type[Any]) -> Table[Any]:
        """A table of this network, which `clear` empties."""
        self.tables.append(Table(self.store, f"{self.channel}_{name}", kind))
        return self.tables[-1]

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        return {"delays": self.delays, "limits": self.limits, "switches": self.switches}

    def restore_settings(self) -> None:
        self.delays.update(self.default_delays)
        self.limits.update(self.default_limits)
        self.switches.update(self.default_switches)

    # --- what the gate asks
    def operation(self, call: Call) -> Operation:
        """The operation of this call; an unknown path gets one that answers as the network would."""
        name = self.variant(self._routed(call), call)
        run = self._runs.get(name)
        if run is None:
            return Operation("unknown", partial(self.play, "unknown", type(self).not_served))
        return Operation(name, partial(self.play, name, run), self.is_visible_operation(name, call))

    async def play(self, name: str, run: Run, call: Call) -> Answer:
        """Run the operation; a network adds here what all its operations share."""
        return await run(self, call)

    def variant(self, name: str, call: Call) -> str:
        """The operation's final name where the path alone does not decide it."""
        return name

    def is_visible_operation(self, name: str, call: Call) -> bool:
        return name in self.visible

    def logged_path(self, call: Call) -> str:
        """The path of a call for the log, which has no tokens."""
        return f"/{self.channel}/{call.path}"

    def path_parts(self, call: Call) -> list[str]:
        return [part for part in call.path.split("/") if part]

    def operation_names(self) -> set[str]:
        return set(self._runs)

    async def not_served(self, call: Call) -> Answer:
        """The network's answer to a path that it does not have."""
        return self.problems.answer("missing")

    def profile_of(self, call: Call) -> str | None:
        """The id of the profile whose credentials the call has, valid or not."""
        token = self.issuer.tokens.get(call.bearer or "")
        return token.profile_id if token else None

    def failure(self, error: dict[str, Any], status: int | None) -> Answer:
        """An error in this network's own envelope, with the defaults filled in."""
        return self.problems.planned(error, status)

    def recent(self, key: str, seconds: float) -> deque[float]:
        """The moments of a key's uses within this time; the caller appends its own."""
        moments, since = self._moments[key], self.clock.now() - seconds
        while moments and moments[0] <= since:
            moments.popleft()
        return moments

    def limited(self, who: str, limit: str, seconds: float, count: int = 1) -> None:
        """Count further uses within this time, or refuse them by a setting of `limits`."""
        recent, most, now = self.recent(f"{limit} {who}", seconds), self.limits[limit], self.clock.now()
        if len(recent) + count > most:
            ends = (recent[0] if recent else now) + seconds
            raise self.problems.refuse(self.rate_problem, **self.rate_facts(most, seconds, ends))
        recent.extend([now] * count)

    def collected(self, upload_id: str) -> bytes:
        """The received parts `<upload_id>/<part>` in the order of their names, which are forgotten."""
        names = sorted(name for name in self.received if name.startswith(f"{upload_id}/"))
        return b"".join(self.received.pop(name) for name in names)

    def rate_facts(self, most: int, seconds: float, ends: float) -> dict[str, Any]:
        """What the refusal of too many calls has: `headers`, or parts of its body."""
        return {}

    # --- what the control API asks
    def seed(self) -> None:
        """Create the default profile and its tokens unless they exist."""
        if self.default_profile.id not in self.accounts:
            self.seed_tokens(self.accounts.put(self.default_profile.id, replace(self.default_profile)))

    @abstractmethod
    def seed_tokens(self, profile: Profile) -> None: ...

    @abstractmethod
    def new_profile(self, name: str | None, beside: Profile | None) -> Profile:
        """A new row, not stored yet. `beside`: a profile of the same person, where persons own profiles."""

    def credentials(self, profile: Profile, base_url: str) -> dict[str, Any]:
        """New credentials, as a client imports them."""
        named = {"channel": self.channel, "externalId": profile.id, "username": profile.name}
        return named | self.new_tokens(profile)

    def new_tokens(self, profile: Profile) -> dict[str, Any]:
        """The secret part of `credentials`."""
        return {}

    @abstractmethod
    def posts(self, base_url: str) -> list[PostView]:
        """Everything that followers see, oldest first."""

    def expire_tokens(self, profile_id: str, which: str) -> None:
        self.issuer.expire(profile_id, *([] if which == "all" else [which]))

    def revoke_tokens(self, profile_id: str, subcode: int | None) -> None:
        """The owner disconnected the app."""
        self.issuer.forget(profile_id)

    def create_profile(self, name: str | None, base_url: str, beside: str | None = None) -> dict[str, Any]:
        """A new profile; the answer contains what a client imports. `beside`: a profile of the same person."""
        if beside is not None and not self.has_persons:
            raise UnsupportedError(f"at {self.channel} no person owns profiles")
        profile = self.new_profile(name, self.profile(beside) if beside is not None else None)
        return self.credentials(self.accounts.put(profile.id, profile), base_url)

    def renew_credentials(self, profile_id: str, base_url: str) -> dict[str, Any]:
        """New credentials for a profile, as after its owner connected it again."""
        return self.credentials(self.profile(profile_id), base_url)

    def set_status(self, profile_id: str, status: str) -> None:
        profile = self.profile(profile_id)
        profile.status = status
        self.accounts.put(profile_id, profile)

    def clear(self) -> None:
        """Forget everything, including changed settings."""
        for table in self.tables:
            table.clear()
        self.received.clear()
        self._moments.clear()
        self.restore_settings()

    def profile(self, profile_id: str) -> Profile:
        profile = self.accounts.get(profile_id)
        if profile is None:
            raise UnknownProfileError(f"{self.channel} has no profile {profile_id!r}")
        return profile

    def profiles(self) -> list[ProfileView]:
        return [ProfileView(self.channel, row.id, row.name, row.status, row.url) for row in self.accounts]

    def profile_id(self, reference: str) -> str:
        """The id for an id or a name; raises UnknownProfileError."""
        for profile in self.accounts:
            if reference in (profile.id, profile.name):
                return profile.id
        raise UnknownProfileError(f"{self.channel} has no profile {reference!r}")

    def profile_names(self, profile_id: str | None) -> set[str]:
        """Every name that a fault may use for this profile."""
        profile = self.accounts.get(profile_id or "")
        return {profile.id, profile.name} if profile else set()

    # --- what operations share
    def new_username(
        self, name: str | None, *, signs: str = "._", kind: str = "user", joint: str = ".", longest: int = 24
    ) -> str:
        """A name close to the requested one and not taken. It has ASCII letters, digits and `signs` only."""
        taken = {self.short_name(account) for account in self.accounts}
        allowed = ascii_lowercase + digits + signs
        words = "".join(each if each in allowed else " " for each in (name or "").lower()).split()
        slug = joint.join(words).strip(joint)[:longest]
        slug = slug or f"{kind}{joint}{secrets.token_hex(3)}"
        return f"{slug[: longest - 7]}{joint}{secrets.token_hex(3)}" if slug in taken else slug

    def short_name(self, profile: Profile) -> str:
        """The part of a profile's name that must be unique."""
        return profile.username

    def add_comment(self, comment_id: str, post_id: str, profile: Profile, text: str) -> Comment:
        return self.comments.put(comment_id, Comment(comment_id, post_id, profile.id, text, self.clock.now()))

    def comments_on(self, post_id: str) -> list[Comment]:
        return [comment for comment in self.comments if comment.post_id == post_id]

    @abstractmethod
    def permalink(self, row: Any, base_url: str) -> str: ...

    def view(self, row: Any, base_url: str, **facts: Any) -> PostView:
        """A visible post; `facts` are what its row does not have under the names of `PostView`."""
        profile, own = self.profile(row.profile_id), asdict(row)
        shown: dict[str, Any] = {"profile": profile.id, "profile_name": profile.name, "raw": own}
        shown |= {name: own[name] for name in ("id", "text", "kind", "received_at", "link") if name in own}
        shown["comments"] = [comment.text for comment in self.comments_on(own.get("id", ""))]
        return PostView(**{"channel": self.channel, "url": self.permalink(row, base_url), **shown, **facts})

    def shown_media(self, digests: Sequence[str | None], alts: Sequence[str]) -> list[tuple[StoredMedia, str]]:
        """The stored media of these digests with their alt texts; a missing alt text is empty."""
        padded = [*alts, *[""] * len(digests)]
        found = [(self.blob_store.facts(digest), alt) for digest, alt in zip(digests, padded, strict=False) if digest]
        return [(facts, alt) for facts, alt in found if facts is not None]

    def _routed(self, call: Call) -> str:
        parts = [call.method, *self.path_parts(call)]
        return next((name for pattern, name, _ in self._routes if _matches(pattern, parts)), "unknown")


def names(text: str) -> set[str]:
    """The words of a text, as a set: for long lists of fields."""
    return set(text.split())


async def site(platform: Platform[Any], call: Call) -> Answer:
    """The network's own site, which answers a permalink: 302 to the post on the sandbox's page."""
    for post in platform.posts(call.base_url):
        if post.url.rstrip("/") == call.url:
            return Answer(302, None, {"location": f"{call.base_url}/?post={post.id}"})
    return Answer(404, "Sorry, this page isn't available.")


def _matches(pattern: tuple[str, ...], parts: list[str]) -> bool:
    if pattern[-1] == "**":
        pattern, parts = pattern[:-1], parts[: len(pattern) - 1]
    return len(pattern) == len(parts) and all(
        wanted in ("*", part) for wanted, part in zip(pattern, parts, strict=True)
    )
