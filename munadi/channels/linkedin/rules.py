"""What LinkedIn takes and how a post is planned, before anything is sent. Pure."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.files import check_alone
from munadi.channels.linkedin.spec import BOUNDS, COMMENT, LEADS, POLL, Options, is_page
from munadi.channels.linkedin.wire import title_of, wants_card
from munadi.channels.rules import POLL_WITHOUT_MEDIA, Alone, Rules, check_poll
from munadi.channels.text import Problems, is_blank
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft


class LinkedInRules(Rules[Options]):
    """One post, and a first comment."""

    comment_limits, needs, bounds, leads = (COMMENT,), ("text", "media"), BOUNDS, LEADS
    alone = (
        POLL_WITHOUT_MEDIA,
        Alone("poll", "link", "poll_link", "takes a poll without a link"),
    )

    def check(self, found: Problems, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> None:
        """Report media beside a video or a document."""
        for kind in (MediaKind.VIDEO, MediaKind.DOCUMENT):
            has_one = any(asset.kind is kind for asset in draft.media)
            check_alone(found, len(draft.media), has_one, f"one_{kind}", f"one {kind}")

    def check_options(self, found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
        """Report a poll, a title and names that do not fit the post, and an audience that a page does not have."""
        if options.poll:
            check_poll(found, POLL, options.poll.options)
            if is_blank(options.poll.question):
                pointer, message = "/options/poll/question", "needs a text in the question of a poll"
                found.add(pointer, "INVALID_OPTION", "poll_question", message, 1, 0)
        _titles(found, draft, options)
        if options.visibility == "CONNECTIONS" and account is not None and is_page(account):
            message = "takes CONNECTIONS from members only: a page has none"
            found.add("/options/visibility", "FEATURE_NOT_ELIGIBLE", "visibility_page", message)

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """The picture of a card is uploaded too."""
        return LEADS.media if wants_card(draft) else super().lead(draft, options)


def _titles(found: Problems, draft: Draft, options: Options) -> None:
    if options.title and not (len(draft.media) == 1 or wants_card(draft)):
        message = "takes a title for one image, one video, one document or the card of a link"
        found.add("/options/title", "OPTION_NOT_FOR_KIND", "title", message)
    if [asset.kind for asset in draft.media] == [MediaKind.DOCUMENT] and not title_of(draft, options):
        message = "needs a title for a document whose file has no name"
        found.add("/options/title", "MISSING_FIELD", "document_title", message)
    for name in options.mentions:
        if f"@{name}" not in draft.text:
            pointer = f"/options/mentions/{name.replace('~', '~0').replace('/', '~1')}"
            found.add(
                pointer, "INVALID_OPTION", "mention", "finds no such name after an @ in the text", f"@{name}"[:100]
            )
