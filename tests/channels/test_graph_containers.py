"""What a handle says of containers and posts, whenever it was saved."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.meta.state import Container, Prepared
from munadi.domain.publication import Handle
from tests.channels.making import NOW

POST = Container(id="c1", created_at=NOW, code="FINISHED")


def test_a_handle_from_before_the_posts_had_one_place() -> None:
    older = {
        "containers": {"post": {"id": "c1", "created_at": NOW.isoformat(), "code": "FINISHED"}},
        "renewals": 1,
        "misses": 2,
        "media_id": "180",
        "comment_id": None,
    }
    read = Prepared.of(Handle(draft_version=1, state=older))
    assert read == Prepared(containers={"post": POST}, posts={"post": "180"}, renewals=1, misses=2)
    both = older | {"comment_id": "178"}
    assert Prepared.of(Handle(draft_version=1, state=both)).posts == {"post": "180", "comment": "178"}


def test_a_handle_is_read_as_it_was_saved() -> None:
    kept = Prepared(containers={"post": POST}, posts={"post": "180"}, misses=1)
    assert Prepared.of(Handle(draft_version=1, state=kept.model_dump(mode="json"))) == kept
    assert Prepared.of(None) == Prepared()


def test_a_post_lapses_with_its_first_container_and_a_reply_does_not_count() -> None:
    later = Container(id="c2", created_at=NOW + timedelta(hours=1))
    reply = Container(id="c3", created_at=NOW - timedelta(hours=9))
    known = Prepared(containers={"0": POST, "post": later, "comment": reply})
    assert known.expires_at == NOW + timedelta(hours=24)
    assert Prepared(containers={"comment": reply}).expires_at is None
    assert known.without("post") == Prepared()
    assert set(known.without("comment").containers) == {"0", "post"}
