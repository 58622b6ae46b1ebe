"""What happens to a post after it was published: it is deleted, hidden, moderated or blocked, or its account is closed.

A network's table (`Platform.changes`) has what can happen there, and what its reads answer afterwards. What a network
does not have is refused with a list of what it has.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from munadi.sandbox.model import PostState, PostView
from munadi.sandbox.storage import Table

if TYPE_CHECKING:
    from munadi.sandbox.platform import Platform

DELETE, HIDE, MODERATE, COPYRIGHT, VANISH, RESTORE = "delete", "hide", "moderate", "copyright", "vanish", "restore"
# Each with what a post is then, as the page says it.
CONTROLS = {
    DELETE: "Deleted",
    HIDE: "Hidden",
    MODERATE: "Moderated",
    COPYRIGHT: "Copyright",
    VANISH: "Account closed",
}
POST, ACCOUNT, BOARD = "post", "account", "board"


@dataclass(frozen=True)
class Change:
    """`title` is what its button says, `shows` what the network's reads answer then.

    `facts` replace those that a read returns, and None leaves one out. `hides`: what the post is missing from, which is
    its lists or every read. `on`: a change of the account or of a board reaches all of its posts. `status` is that of
    the account. `kinds`: the kinds of posts that can be changed so; any without them. Nothing undoes a final change.
    """

    title: str
    shows: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    hides: Literal["nothing", "lists", "all"] = "nothing"
    on: str = POST
    status: str | None = None
    kinds: frozenset[str] = frozenset()
    is_final: bool = False


# By the control, then by the way: the network's own word for it. The first way is the one that is meant without a word.
Changes = Mapping[str, Mapping[str, Change]]


@dataclass
class Happened:
    """A change that was made, of a post, an account or a board."""

    control: str
    way: str


class NoSuchChangeError(ValueError):
    """The network has no such change, or not for this post; `field` is the part of the request that is wrong."""

    def __init__(self, message: str, field: str = "control") -> None:
        super().__init__(message)
        self.field = field


def deleted(shows: str, **more: Any) -> dict[str, Change]:
    """The way of every network: nothing undoes it."""
    return {"deleted": Change("Delete it", shows, hides="all", is_final=True, **more)}


def key_of(place: str, name: str) -> str:
    return f"{place}/{name}"


def merged(facts: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with the changed ones, at every depth."""
    found = dict(facts)
    for name, value in changes.items():
        inner = found.get(name)
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            found[name] = merged(inner, value)
        else:
            found[name] = value
    return found


class Changeable(ABC):
    """What a network says of the changes of its posts, and what its reads ask about them."""

    changes: ClassVar[Changes]
    hides_rows: ClassVar[bool] = True  # a deleted post has no row any more
    tables: list[Table[Any]]
    happened: Table[Happened]

    @abstractmethod
    def rows_of(self, post: PostView) -> list[tuple[Table[Any], str]]:
        """The rows that are gone when the post is deleted, by table and key; the first is the post's own."""

    @abstractmethod
    def profile(self, profile_id: str) -> Any:
        """The row of a profile."""

    @abstractmethod
    def profile_id(self, reference: str) -> str:
        """The id of a profile, by its id or name."""

    def places(self, post: PostView) -> dict[str, str]:
        """What can be changed: the post and its account, by their keys."""
        return {POST: self.rows_of(post)[0][1], ACCOUNT: self.profile_id(post.profile)}

    def changes_of(self, post: PostView) -> Changes:
        """What can happen to this post, whatever its kind."""
        return self.changes

    def kinds_of(self, post: PostView) -> set[str]:
        """The kinds of posts that a change may be for: the network's own, and `video` for one with a film."""
        return {post.kind, *(["video"] if any(one.mime_type.startswith("video/") for one, _ in post.media) else [])}

    def change_at(self, place: str, name: str) -> Change | None:
        """What happened to a post, an account or a board. An account whose status was set anew is not changed."""
        happened = self.happened.get(key_of(place, name))
        if happened is None:
            return None
        change = self.changes[happened.control][happened.way]
        return None if change.status is not None and self.profile(name).status != change.status else change

    def changed(self, name: str, facts: dict[str, Any], place: str = POST) -> dict[str, Any]:
        """What a read returns of a post, an account or a board, with what has changed."""
        change = self.change_at(place, name)
        return facts if change is None else merged(facts, change.facts)

    def is_left_out(self, name: str) -> bool:
        """Whether lists leave out a post that a read by its id still finds."""
        change = self.change_at(POST, name)
        return change is not None and change.hides != "nothing"


def possible(network: Platform[Any], post: PostView) -> Changes:
    """What can happen to this post, without what is for posts of other kinds."""
    fitting = {
        control: {way: one for way, one in ways.items() if not one.kinds or network.kinds_of(post) & one.kinds}
        for control, ways in network.changes_of(post).items()
    }
    return {control: ways for control, ways in fitting.items() if ways}


def state_of(network: Platform[Any], post: PostView) -> PostState | None:
    """What happened to a post; of several changes the widest: that of its account. None: it is as it was published."""
    if not any(network.happened):
        return None
    with everything_shown(network):
        found = network.places(post)
    for place in (ACCOUNT, BOARD, POST):
        happened = network.happened.get(key_of(place, found.get(place, "")))
        change = network.change_at(place, found.get(place, ""))
        if happened is not None and change is not None:
            words = CONTROLS[happened.control]
            is_gone = change.hides == "all"
            return PostState(
                happened.control, happened.way, words, change.title, change.shows, is_gone, change.is_final
            )
    return None


def let_change(network: Platform[Any], post: PostView, control: str, way: str | None = None) -> None:
    """Let it happen to a post, or with `restore` undo what happened. Raises NoSuchChangeError."""
    if control == RESTORE:
        _restore(network, post)
        return
    change = _wanted(network, post, control, way)
    with everything_shown(network):
        places, rows = network.places(post), network.rows_of(post)
    key = key_of(change.on, places[change.on])
    before = network.change_at(change.on, places[change.on])
    if before is not None:
        _require_undoable(network, before)
        _undo(network, post, change.on)
    name = next(one for one, each in network.changes[control].items() if each is change)
    network.happened.put(key, Happened(control, name))
    if change.hides == "all" and network.hides_rows:
        for table, row in rows:
            table.hide(row)
    if change.status is not None:
        network.set_status(places[ACCOUNT], change.status)


@contextmanager
def everything_shown(network: Platform[Any]) -> Iterator[None]:
    """Within it, the tables have their hidden rows, too: those of deleted posts."""
    tables = [table for table in network.tables if not table.shows_hidden]
    for table in tables:
        table.shows_hidden = True
    try:
        yield
    finally:
        for table in tables:
            table.shows_hidden = False


def described(changes: Changes) -> str:
    """What there is, as a sentence shows it: `delete, hide (private, unlisted), restore`."""
    rows = [f"{control} ({', '.join(ways)})" if len(ways) > 1 else control for control, ways in changes.items()]
    return ", ".join([*rows, RESTORE])


def _wanted(network: Platform[Any], post: PostView, control: str, way: str | None) -> Change:
    if control not in CONTROLS:
        raise NoSuchChangeError(f"unknown control {control!r}; there are {', '.join([*CONTROLS, RESTORE])}")
    fitting, known = possible(network, post), network.changes_of(post)
    if control not in known:
        raise NoSuchChangeError(f"{network.title} has no {control} for this post; it has {described(fitting)}")
    if control not in fitting:
        kinds = sorted({kind for one in known[control].values() for kind in one.kinds})
        message = f"{network.title} has {control} for {', '.join(kinds)} only; for this {post.kind} it has"
        raise NoSuchChangeError(f"{message} {described(fitting)}")
    ways = fitting[control]
    if way is not None and way not in ways:
        message = f"{network.title} has no {control} {way!r} for this post; it has {', '.join(ways)}"
        raise NoSuchChangeError(message, "way")
    return ways[way] if way is not None else next(iter(ways.values()))


def _restore(network: Platform[Any], post: PostView) -> None:
    """Undo all that can be undone, that of the account, too."""
    with everything_shown(network):
        places = network.places(post)
    found = {place: change for place, name in places.items() if (change := network.change_at(place, name)) is not None}
    if not found:
        raise NoSuchChangeError(f"{network.title}: nothing happened to this post, so there is nothing to restore")
    undoable = [place for place, change in found.items() if not change.is_final]
    if not undoable:
        _require_undoable(network, next(iter(found.values())))
    for place in undoable:
        _undo(network, post, place)


def _undo(network: Platform[Any], post: PostView, place: str) -> None:
    with everything_shown(network):
        places, rows = network.places(post), network.rows_of(post)
    change = network.change_at(place, places[place])
    network.happened.remove(key_of(place, places[place]))
    if change is None:
        return
    if change.hides == "all" and network.hides_rows:
        for table, row in rows:
            table.reveal(row)
    if change.status is not None:
        network.set_status(places[ACCOUNT], "active")


def _require_undoable(network: Platform[Any], change: Change) -> None:
    if change.is_final:
        raise NoSuchChangeError(f"{network.title}: the post was deleted, which nothing undoes. Publish another one")
