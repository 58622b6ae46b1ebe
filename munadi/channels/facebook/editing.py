"""Edits the text of a Page's live posts. Source: docs/networks/facebook.md, section 9."""

from __future__ import annotations

from munadi.channels.answers import text_in
from munadi.channels.editing import says
from munadi.channels.facebook.removing import PageObjects
from munadi.channels.facebook.spec import Kind, Options
from munadi.channels.facebook.wire import kind_of, same_text
from munadi.channels.http import Request, given_id, no_proof
from munadi.channels.meta.graph import Graph, succeeded
from munadi.channels.meta.looking import MISSING
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.edits import EditRule
from munadi.domain.failure import ChannelError
from munadi.domain.live_edit import Says, Shown, Version
from munadi.domain.withdrawal import Verdict
from munadi.ports import Attempt

NOT_TEXT = EditRule(because="Facebook lets an app edit the text of posts only. Open the video on the Page, then Edit.")


def rule_of(draft: Draft, rule: EditRule) -> EditRule:
    """Only of a feed post: a reel, video or story is none."""
    return rule if kind_of(draft, Options.model_validate(draft.options)) is Kind.POST else NOT_TEXT


async def edit(graph: Graph, version: Version, account: ConnectedAccount, attempt: Attempt) -> None:
    """POST /{post} with the text. Raises ChannelError."""
    url, form = f"{graph.base}/{version.object.id}", {"message": version.new.text}
    await graph.http.send(Request("POST", url, token=account.token, form=form, proof=succeeded), attempt.gate)


async def read(graph: Graph, version: Version, account: ConnectedAccount) -> Shown:
    """The text as the Page sees it. GONE as for a look. Raises ChannelError."""
    try:
        answer = await graph.get(version.object.id, account.token, {"fields": "id,message"})
    except ChannelError as error:
        if error.provider_code not in MISSING:
            raise
        [seen] = await PageObjects(graph, account).look([version.object])
        return Shown(says=Says.GONE if seen.verdict is Verdict.GONE else Says.NOTHING, word=seen.word)
    if given_id(answer.field("id")) != version.object.id:
        raise no_proof(answer)
    text = text_in(answer.body, "message") or ""
    return Shown(
        says=says(version, lambda draft: draft.text.strip() == text.strip(), lambda draft: same_text(draft.text, text))
    )
