"""The service for batches: many posts in one request, each accepted in a transaction of its own.

    the batch's key → for each post: its own record under `<index> <key>` → a post or a refusal, which is its result

A post that is refused does not stop the others. The batch's key holds the fingerprint of the request, and the records
of its posts hold their results. So a repetition after a crash finds what was accepted, and accepts the rest. A result
is recorded for its own brand, and with a brand its results are erased.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from munadi.db.answers import Answer, Service
from munadi.db.idempotency import IdempotencyKey, IdempotencyRecord, KeyReused, ResponseUnreadable, find_answers
from munadi.db.keys.callers import Principal
from munadi.intake.bodies import read_sent
from munadi.intake.requests import ContentRequest
from munadi.publishing.service import PostService

BATCH, ITEM = "contents.createBatch", "contents.createBatch.item"
ACCEPTED = 202


@dataclass(frozen=True)
class Refusal:
    """Why a post of a batch is not accepted, as the caller's interface says it.

    `is_lasting`: a repetition with the same key gets this result again; otherwise it tries the post again.
    `ends_batch`: the posts that follow are refused for the same reason without a try.
    """

    status: int
    problem: bytes
    is_lasting: bool
    ends_batch: bool = False


@dataclass(frozen=True)
class BatchResult:
    """The result of one post: the post as JSON, or the problem."""

    status: int
    body: bytes

    @property
    def is_accepted(self) -> bool:
        """Whether the post is stored."""
        return self.status == ACCEPTED


@dataclass(frozen=True)
class BatchAnswer:
    """The results in the order of the request. `is_repeated`: all of them are those of an earlier request."""

    results: Sequence[BatchResult]
    is_repeated: bool


@dataclass(frozen=True)
class _BatchPost:
    """A post of the batch as it was sent, and the key of its record."""

    sent: Any
    key: IdempotencyKey
    record: IdempotencyRecord | None

    @property
    def brand_ref(self) -> str | None:
        """The brand that it names, if it is well formed."""
        return _brand_of(self.sent)


Refuse = Callable[[Exception], Refusal]
# Counts a post as a call for the brand that it names. Raises QuotaExceeded.
Count = Callable[[str | None], Awaitable[None]]


@dataclass(frozen=True)
class BatchService(Service):
    """Batches of posts. The posts are those of `posts`."""

    posts: PostService

    async def accept(
        self, sent: Sequence[Any], caller: Principal, key: IdempotencyKey, count: Count, refuse: Refuse
    ) -> BatchAnswer:
        """Store each post, or return its earlier result. Raises KeyReused where the key has another batch.

        A post is counted unless it has an earlier result, so that a batch that met a limit can be repeated to its end.
        """
        posts = [self._post(index, one, caller, key) for index, one in enumerate(sent)]
        earlier = await self._earlier_of(self._unplaced(key, caller, BATCH), posts)
        answers: list[Answer] = []
        lasting: dict[int, IdempotencyRecord] = {}
        ending: Refusal | None = None
        for index, (post, answer) in enumerate(zip(posts, earlier, strict=True)):
            if answer is None and ending is None:
                answer, refusal = await self._accept(post, caller, count, refuse)
                ending = refusal if refusal is not None and refusal.ends_batch else None
                if refusal is not None and refusal.is_lasting and post.record is not None:
                    lasting[index] = post.record
            if answer is None:
                assert ending is not None, "every post was tried, or follows one that ended the batch"
                answer = _refused(ending)
            answers.append(answer)
        if lasting:
            await self._record(lasting, answers)
        results = [BatchResult(answer.identity.get("status", ACCEPTED), answer.body) for answer in answers]
        return BatchAnswer(results, is_repeated=None not in earlier)

    def _post(self, index: int, sent: Any, caller: Principal, key: IdempotencyKey) -> _BatchPost:
        own = replace(key, key=None if key.key is None else f"{index} {key.key}")
        named = _brand_of(sent)
        # A record for a brand that the caller may not see would meet those of that brand.
        if named is None or not caller.may_see(named):
            return _BatchPost(sent, own, self._unplaced(own, caller, ITEM))
        return _BatchPost(sent, own, own.record(self.keyring, named, ITEM))

    def _unplaced(self, key: IdempotencyKey, caller: Principal, operation: str) -> IdempotencyRecord | None:
        """The record of what belongs to no brand that is named: it is the caller's brand's. A key of several brands has
        its own, since another such key may have other brands."""
        only_for = caller.key_id if caller.names_brands else None
        return key.record(self.keyring, caller.only_brand, operation, only_for=only_for)

    async def _earlier_of(self, batch: IdempotencyRecord | None, posts: Sequence[_BatchPost]) -> list[Answer | None]:
        """The result of each post that an earlier request with the key has."""
        records = [post.record for post in posts if post.record is not None]
        if batch is None:  # and no post has a record
            return [None] * len(posts)
        async with self.database.write() as session:
            if await batch.take(session, self.clock.now(), b"") is None:
                return [None] * len(posts)
            found = await find_answers(session, records)
        return [None if recorded is None else Answer.repeated(recorded) for recorded in found]

    async def _accept(
        self, post: _BatchPost, caller: Principal, count: Count, refuse: Refuse
    ) -> tuple[Answer, Refusal | None]:
        try:
            await count(post.brand_ref)
            request, shape = read_sent(post.sent, ContentRequest)
            return await self.posts.accept(request, shape, caller, post.key, operation=ITEM), None
        except Exception as error:  # noqa: BLE001 - the result of this post; the others are still accepted
            refusal = refuse(error)
            return _refused(refusal), refusal

    async def _record(self, lasting: dict[int, IdempotencyRecord], answers: list[Answer]) -> None:
        """Record refusals for a repetition. One that ran at the same time may have recorded another result: that one
        stands."""
        async with self.database.write() as session:
            for index, record in lasting.items():
                try:
                    earlier = await record.take(session, self.clock.now(), answers[index].recorded)
                except (KeyReused, ResponseUnreadable):
                    continue  # the refusal says so itself
                if earlier is not None:
                    answers[index] = Answer.repeated(earlier)


def _refused(refusal: Refusal) -> Answer:
    return Answer(refusal.problem, {"status": refusal.status})


def _brand_of(sent: Any) -> str | None:
    named = sent.get("brandRef") if isinstance(sent, dict) else None
    return named if isinstance(named, str) else None
