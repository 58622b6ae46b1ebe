"""What the client takes and gives: the API's answers as typed dictionaries, and the shapes that only the client has."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from munadi.client.answers import Content as Content
from munadi.client.answers import Dismissal as Dismissal
from munadi.client.answers import Failure as Failure
from munadi.client.answers import Hold as Hold
from munadi.client.answers import Liveness as Liveness
from munadi.client.answers import MunadiEvent as MunadiEvent
from munadi.client.answers import Page as Page
from munadi.client.answers import PostEdit as PostEdit
from munadi.client.answers import Problem as Problem
from munadi.client.answers import Publication as Publication
from munadi.client.answers import Validation as Validation
from munadi.client.answers import Violation as Violation
from munadi.client.answers import Warning_ as Warning_
from munadi.client.answers import Withdrawal as Withdrawal

Event = MunadiEvent
Json = dict[str, Any]
Fold = Literal["earlier", "later"]
Outcome = Literal["published", "not_published"]
DismissedAs = Literal["not_needed", "sent_elsewhere"]


class Submission(NamedTuple):
    """An accepted post. `replayed`: it is the answer to an earlier call with this key; no second post."""

    content: Content
    idempotency_key: str
    replayed: bool
