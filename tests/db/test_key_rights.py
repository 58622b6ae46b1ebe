"""No key makes a key that may do more than itself, whatever it asks for."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from munadi.db.keys.callers import Principal
from munadi.db.keys.rights import KeyExceedsOwn, child_of
from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from munadi.domain.key import allows as allows_scope
from munadi.domain.key_caps import KeyCaps, strictest
from munadi.domain.key_view import KeyCreate
from munadi.domain.reach import Reach
from tests.db.seeding import START

REFS = ("a", "ab", "ab-1", "ab-2", "b", "ba")
CHANNELS = (ChannelName.X, ChannelName.BLUESKY, ChannelName.THREADS)
TIMES = tuple(START + timedelta(days=days) for days in range(4))

maybe_time = st.none() | st.sampled_from(TIMES)
numbers = st.none() | st.integers(0, 3)
caps = st.builds(
    KeyCaps,
    posts_per_day=numbers,
    channels=st.none() | st.lists(st.sampled_from(CHANNELS), min_size=1, unique=True).map(tuple),
    not_before=maybe_time,
    not_after=maybe_time,
    spend_per_day=numbers.map(lambda number: None if number is None else number / 2),
)
reaches = st.builds(Reach) | st.lists(
    st.sampled_from(REFS) | st.sampled_from(REFS).map(lambda ref: f"{ref}*"), min_size=1, max_size=3
).map(Reach.of)
scopes = st.lists(st.sampled_from(Scope), min_size=1, max_size=3).map(tuple)
lineages = st.lists(caps, max_size=2)


@st.composite
def callers(draw: st.DrawFn) -> Principal:
    """A key, with the caps of those that it descends from."""
    chain = tuple((f"key_{number}", each) for number, each in enumerate(draw(lineages)))
    return Principal("key_0", frozenset(draw(scopes)), draw(reaches), key_ends_at=draw(maybe_time), caps=chain)


def allows(limits: KeyCaps, channel: ChannelName, due: object, posts: int, spent: float) -> bool:
    """Whether caps allow this post, written as a reader of the documentation would check it."""
    return (
        (limits.channels is None or channel in limits.channels)
        and (limits.not_before is None or due >= limits.not_before)  # type: ignore[operator]
        and (limits.not_after is None or due <= limits.not_after)  # type: ignore[operator]
        and (limits.posts_per_day is None or posts <= limits.posts_per_day)
        and (limits.spend_per_day is None or spent <= limits.spend_per_day)
    )


@given(callers(), scopes, reaches, st.none() | caps, maybe_time)
def test_a_key_that_is_made_may_do_nothing_that_its_maker_may_not(
    caller: Principal, wanted: tuple[Scope, ...], reach: Reach, asked: KeyCaps | None, ends: object
) -> None:
    sent = KeyCreate(name="child", scopes=wanted, caps=asked, expires_at=ends)  # type: ignore[arg-type]
    try:
        made = child_of(caller, sent, reach)
    except KeyExceedsOwn:
        return
    assert not [scope for scope in Scope if allows_scope(made.scopes, scope) and not allows_scope(caller.scopes, scope)]
    assert not [ref for ref in (*REFS, "abc", None) if made.reach.includes(ref) and not caller.reach.includes(ref)]
    assert not [ref for ref in (*REFS, "abc") if made.reach.may_create(ref) and not caller.reach.may_create(ref)]
    assert caller.key_ends_at is None or (made.expires_at is not None and made.expires_at <= caller.key_ends_at)
    own = made.caps or KeyCaps()
    for channel in CHANNELS:
        for due in TIMES:
            for posts, spent in ((0, 0.0), (2, 0.5), (4, 9.0)):
                if allows(own, channel, due, posts, spent):
                    assert all(allows(each, channel, due, posts, spent) for _, each in caller.caps)


@given(callers())
def test_a_key_may_make_one_that_may_do_all_that_it_may_do(caller: Principal) -> None:
    sent = KeyCreate(name="child", scopes=tuple(Scope(scope) for scope in caller.scopes))
    made = child_of(caller, sent, caller.reach)
    assert (set(made.scopes), made.reach) == (set(caller.scopes), caller.reach)
    assert (made.caps or KeyCaps()) == caller.own_caps
    assert made.lineage == ("key_0",)


@given(st.lists(caps, min_size=1, max_size=3), st.sampled_from(CHANNELS), st.sampled_from(TIMES), st.integers(0, 4))
def test_caps_together_allow_what_each_of_them_allows(
    several: list[KeyCaps], channel: ChannelName, due: object, posts: int
) -> None:
    each_allows = all(allows(each, channel, due, posts, 0.5) for each in several)
    assert allows(strictest(several), channel, due, posts, 0.5) is each_allows


@given(reaches, reaches, st.sampled_from((*REFS, "abc", "abcd")))
def test_nothing_beyond_a_reach_means_that_it_includes_all_of_the_other(one: Reach, other: Reach, ref: str) -> None:
    if not one.beyond(other):
        assert not (one.includes(ref) and not other.includes(ref))
