"""Edits of live posts: the calls of the service. What is not possible is refused before anything is done."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic.alias_generators import to_camel

from munadi.db.answers import Answer
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.db.tables import PublicationRow
from munadi.domain.account import ConnectedAccount
from munadi.domain.audit import Action
from munadi.domain.content import Draft
from munadi.domain.edits import EditRule, EditStatus
from munadi.domain.key import Scope
from munadi.domain.live_edit import with_alts
from munadi.domain.problem import MAX_PROBLEMS, Problem, shortened
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.publication import PublicationStatus
from munadi.domain.shape import pointer_of
from munadi.domain.withdrawal import WithdrawalStatus
from munadi.intake.ending import lacking
from munadi.intake.requests import LiveEditRequest
from munadi.publishing import changes, live_editing
from munadi.publishing.content import LockedContent
from munadi.publishing.live_store import account_of
from munadi.publishing.old_texts import require_texts
from munadi.publishing.post_withdrawals import PostWithdrawals
from munadi.publishing.states import ChangeRefused

# So many characters of the name of an option are repeated.
_SHOWN = 60
# The alt text of a file, as the rules of acceptance point at it.
_ALT = re.compile(r"/media/(\d+)/alt")


class NotEditable(Exception):
    """The network has no way to edit this post so. `permalink`: where a person finds it; `because`: only the reason.

    `problems`: the fields of the edit that it cannot edit.
    """

    def __init__(self, text: str, permalink: str | None, because: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(text)
        self.permalink, self.problems = permalink, tuple(problems)
        self.because = because or text


@dataclass(frozen=True)
class EditWay:
    """How a live publication could be edited now: the `fields`, and `because`: what stays, and why; or, without fields,
    why nothing can be edited.

    `live` is what it says as far as it is known, `wanted` what was last asked for, or else what is live. `versions` has
    for each edit what it was to change: before and after.
    """

    live: Draft
    wanted: Draft
    versions: Mapping[int, tuple[Draft, Draft]]
    fields: tuple[str, ...] = ()
    because: str = ""


@dataclass(frozen=True)
class PostEdits(PostWithdrawals):
    """Edits of what is live."""

    async def ways_to_edit(self, content_id: str, caller: Principal) -> dict[str, EditWay]:
        """How each live publication of a post could be edited now, by its id. Nothing is changed."""
        return await self._of_each_live(content_id, caller, self._way_to_edit)

    async def _way_to_edit(self, post: LockedContent, row: PublicationRow) -> EditWay:
        versions = live_editing.versions_of(post, row)
        live = live_editing.current_draft(post, row)
        found = EditWay(live, next((after for _, after in reversed(versions.values())), live), versions)
        try:
            _require_editable(post, row)
            rule = self._rule(post, row, await account_of(post, row, "edit"), LiveEditRequest())
        except NotEditable as error:
            return replace(found, because=error.because)
        except ChangeRefused as error:
            return replace(found, because=str(error))
        return replace(found, fields=rule.fields, because=rule.because)

    async def edit_live(
        self, publication_id: str, caller: Principal, key: IdempotencyKey, sent: LiveEditRequest
    ) -> Answer:
        """Edit a live publication at its network. Raises ChangeRefused, NotEditable, ProblemsFound, ScopeMissing.

        What it says already, or is being made to say, is not asked for again.
        """
        _require_something(sent)

        async def change(post: LockedContent, row: PublicationRow) -> None:
            if post.content.approved_draft is not None:
                caller.require(Scope.CONTENTS_APPROVE)  # what was approved says nothing else without an approver
            _require_editable(post, row)
            account = await account_of(post, row, "edit")
            rule = self._rule(post, row, account, sent)
            known = live_editing.edits_of(row)
            under_way = known[-1] if known and known[-1].shown.status is EditStatus.EDITING else None
            before = _camel(live_editing.current_draft(post, row))
            _require_alts(before, sent)
            wanted = _edited(before, sent)
            if under_way is not None:
                if under_way.draft(live_editing.published_draft(post, row)) == wanted:
                    return
                text = "another edit of this publication is under way; edit it again when that has ended"
                raise ChangeRefused("STILL_EDITING", text)
            if wanted == before and not (known and known[-1].is_open):
                return
            self._check(row, wanted, account, sent)
            changes.begin(post, Action.PUBLICATION_EDITED, row.id)
            await live_editing.begin(post, row, wanted, rule.fields)
            await changes.changed(post)

        return await self._change_publication(publication_id, caller, key, "publications.edit", change)

    def _rule(
        self, post: LockedContent, row: PublicationRow, account: ConnectedAccount, sent: LiveEditRequest
    ) -> EditRule:
        channel = self.channels[row.channel]
        rule = channel.live_edit(live_editing.published_draft(post, row), account)
        title = channel.spec.title
        if not rule.fields:
            text = f"this post cannot be edited at {title} from here. {rule.because}"
            raise NotEditable(text.strip(), row.provider_url, rule.because)
        named = _named(sent)
        if beyond := [name for name in named if name not in rule.fields][:MAX_PROBLEMS]:
            them = ", ".join(shortened(name, _SHOWN) for name in beyond)
            text = f"{title} lets an app edit only {', '.join(rule.fields)}, not {them}. {rule.because}"
            problems = [_not_edited(name, named[name], rule, row.channel) for name in beyond]
            raise NotEditable(text.strip(), row.provider_url, problems=problems)
        if rule.until is not None and row.published_at is not None and post.now >= row.published_at + rule.until:
            minutes = round(rule.until.total_seconds() / 60)
            text = f"{title} lets no app edit a post after {minutes} minutes. {rule.because}".strip()
            raise NotEditable(text, row.provider_url)
        if (without := lacking(rule.scopes, account.scopes)) is not None:
            raise ChangeRefused("MISSING_SCOPE", without)
        return rule

    def _check(self, row: PublicationRow, wanted: Draft, account: ConnectedAccount, sent: LiveEditRequest) -> None:
        """ProblemsFound where the network would not have taken the post so: the rules of acceptance."""
        problems = ProblemCollector()
        for problem in self.channels[row.channel].validate(wanted, account):
            problems.extend([_pointing(problem, sent)])
        problems.raise_if_any()


def _require_something(sent: LiveEditRequest) -> None:
    problems = ProblemCollector()
    if not _named(sent):
        problems.add("", "MISSING_FIELD", "give text, title, description, link, altTexts or options")
    if sent.text is not None and sent.description is not None and sent.text != sent.description:
        problems.add("/description", "FIELD_NOT_ALLOWED", "the description is the text here: give one of the two")
    title = (sent.options or {}).get("title")
    if sent.title is not None and title is not None and title != sent.title:
        problems.add("/title", "FIELD_NOT_ALLOWED", "title and options.title differ: give one of the two")
    if len(_by_camel(sent.options or {})) < len(sent.options or {}):
        problems.add(
            "/options", "FIELD_NOT_ALLOWED", "an option is given twice: write its name as the network's page does"
        )
    problems.raise_if_any()


def _require_alts(before: Draft, sent: LiveEditRequest) -> None:
    """ProblemsFound where there is not one alt text for each file."""
    if sent.alt_texts is not None and len(sent.alt_texts) != len(before.media):
        problems, number = ProblemCollector(), len(before.media)
        message = "give one alt text for each file of the post, in their order"
        problems.add("/altTexts", "INVALID_FIELD", message, limit=number, actual=len(sent.alt_texts))
        problems.raise_if_any()


def _require_editable(post: LockedContent, row: PublicationRow) -> None:
    """ChangeRefused for what is not live, or not yet, or is being withdrawn, and without the texts it was made from."""
    if row.status != PublicationStatus.PUBLISHED:
        raise ChangeRefused("NOT_LIVE", f"the publication is {row.status}; only a published one can be edited so")
    if row.withdrawal is not None and row.withdrawal["status"] != WithdrawalStatus.REFUSED:
        raise ChangeRefused("BEING_WITHDRAWN", f"the publication is {row.withdrawal['status']}; it cannot be edited")
    if not row.posted:
        text = "the network has not named the post's id yet, so it cannot be edited; try again later, or by hand"
        raise ChangeRefused("POST_ID_PENDING", text)
    if row.steps_left:
        text = f"the step {row.steps_left[0]} is not published yet; edit again when it is"
        raise ChangeRefused("STILL_PUBLISHING", text)
    require_texts(post.content)


def _named(sent: LiveEditRequest) -> dict[str, tuple[str, ...]]:
    """The fields of an edit, by the names that a rule has, and where they are in the request."""
    names = ("text", "title", "description", "link", "alt_texts")
    options = {
        "title" if name == "title" else f"options.{to_camel(name)}": ("options", name) for name in sent.options or {}
    }
    return options | {to_camel(name): (to_camel(name),) for name in names if getattr(sent, name) is not None}


def _camel(draft: Draft) -> Draft:
    """The post with its options by their documented names. The networks' models also read them as `content_warning`."""
    return draft.model_copy(update={"options": _by_camel(draft.options)})


def _by_camel(options: Mapping[str, Any]) -> dict[str, Any]:
    return {to_camel(name): value for name, value in options.items()}


def _not_edited(name: str, place: tuple[str, ...], rule: EditRule, channel: str) -> Problem:
    return Problem(
        pointer=pointer_of(place),
        code="EDIT_NOT_SUPPORTED",
        message="the network lets no app edit this of the post; leave it out",
        channel=channel,
        rule="live_edit",
        limit=", ".join(rule.fields),
        actual=name,
    )


def _edited(before: Draft, sent: LiveEditRequest) -> Draft:
    """The post with the changes. An option that is null is as if it had not been given."""
    text = sent.text if sent.text is not None else sent.description
    options = {**before.options, **_by_camel(sent.options or {})}
    if sent.title is not None:
        options["title"] = sent.title
    kept = {name: value for name, value in options.items() if value is not None}
    changes: dict[str, Any] = {"text": before.text if text is None else text, "options": kept}
    if sent.link is not None:
        changes["link"] = sent.link or None
    if sent.alt_texts is not None:
        changes["media"] = with_alts(before.media, sent.alt_texts)
    return before.model_copy(update=changes)


def _pointing(problem: Problem, sent: LiveEditRequest) -> Problem:
    """The problem, at the field of the request that it is about."""
    pointer = problem.pointer
    if pointer == "/text" and sent.text is None and sent.description is not None:
        pointer = "/description"
    if pointer == "/options/title" and sent.title is not None:
        pointer = "/title"
    if sent.alt_texts is not None and (at := _ALT.fullmatch(pointer)):
        pointer = f"/altTexts/{at[1]}"
    return problem.model_copy(update={"pointer": pointer})
