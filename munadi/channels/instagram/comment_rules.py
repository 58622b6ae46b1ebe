"""The rules of a first comment. Pure. Source: facts, section 4 (Meta's old rules; nothing newer replaces them)."""

from __future__ import annotations

import re

from munadi.channels.instagram.spec import (
    COMMENT_SCOPES,
    MAX_COMMENT,
    MAX_COMMENT_HASHTAGS,
    MAX_COMMENT_LINKS,
    login_of,
)
from munadi.channels.text import measure, problem
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec, TextLimit, TextUnit
from munadi.domain.content import Draft
from munadi.domain.problem import Problem

HASHTAG = re.compile(r"(?<![\w/&])#\w+")
_LINK = re.compile(r"https?://|(?<![\w/.])www\.", re.IGNORECASE)
POINTER = "/firstComment"
# What a character is, Meta does not say, so the stricter reading counts.
COMMENT_LENGTH = TextLimit(rule="comment_length", unit=TextUnit.UTF16_UNITS, maximum=MAX_COMMENT)


def check_comment(spec: ChannelSpec, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
    """Every rule that the first comment breaks, and the permission that the connection lacks for it."""
    text = draft.first_comment
    if not text:
        return []
    if not text.strip():
        return [problem(spec, POINTER, "MISSING_FIELD", "not_empty", "needs a text in the first comment")]
    found = _counts(spec, text)
    if text.isupper():
        message = "takes no comment in capital letters only"
        found.append(problem(spec, POINTER, "COMMENT_CAPITALS", "comment_capitals", message))
    return found + _permission(spec, account)


def _counts(spec: ChannelSpec, text: str) -> list[Problem]:
    found = []
    length = measure(text, COMMENT_LENGTH.unit)
    for code, rule, unit, limit, actual in (
        ("TEXT_TOO_LONG", COMMENT_LENGTH.rule, "UTF-16 units", MAX_COMMENT, length),
        ("TOO_MANY_HASHTAGS", "comment_hashtags", "hashtags", MAX_COMMENT_HASHTAGS, len(HASHTAG.findall(text))),
        ("TOO_MANY_LINKS", "comment_links", "links", MAX_COMMENT_LINKS, len(_LINK.findall(text))),
    ):
        if actual > limit:
            message = f"takes at most {limit} {unit} in a comment; this one has {actual}"
            found.append(problem(spec, POINTER, code, rule, message, limit, actual))
    return found


def _permission(spec: ChannelSpec, account: ConnectedAccount | None) -> list[Problem]:
    if account is None or not account.scopes:
        return []
    scope = COMMENT_SCOPES[login_of(account)]
    if scope in account.scopes:
        return []
    message = f"takes comments only with the permission {scope}: connect the account again"
    return [problem(spec, POINTER, "MISSING_SCOPE", "comment_scope", message, scope, " ".join(account.scopes))]
