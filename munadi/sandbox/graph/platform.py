"""What the networks of Meta's Graph family share: tokens, who calls, usage headers, error answers.

Where a network counts usage, every answer has X-App-Usage and X-Business-Use-Case-Usage. The percentages are of the
limit `callsPerHour`; they are reported, not enforced (plant a fault for that).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from munadi.sandbox.clock import DAY, HOUR
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.graph import errors
from munadi.sandbox.graph.errors import GraphError, graph_answer, missing_object, refuse, refuse_if
from munadi.sandbox.graph.reading import parameters, token_in
from munadi.sandbox.oauth import Token
from munadi.sandbox.platform import Platform, Profile, Run
from munadi.sandbox.storage import Table

LONG_SECONDS = 60 * DAY
VERSION = re.compile(r"^v\d+\.\d+$")
UNCOUNTED = {"authorize", "authorize_person", "exchange_code", "site"}  # not on a Graph host
CHECKPOINT = 459  # the subcode of a token whose account must log in at the network's own site
ABUSIVE = "(#368) The action attempted has been deemed abusive or is otherwise disallowed"


class GraphPlatform(Platform[Profile]):
    refusal, throttling = {"code": 368, "message": ABUSIVE}, {"code": 17}
    statuses = {"active", "restricted", "checkpoint"}
    published: Table[Any]  # the posts
    usage: ClassVar[tuple[str, str] | None] = None  # the business type and id of the usage headers
    error_type: ClassVar[str] = "OAuthException"  # of errors about parameters and objects
    known_errors: ClassVar[Iterable[object]] = ()  # what a fault may name by code and subcode; the first one counts
    revocations: ClassVar[Mapping[int | None, GraphError]] = errors.REVOCATIONS

    def path_parts(self, call: Call) -> list[str]:
        """Without the API's version, the second part."""
        parts = super().path_parts(call)
        return parts[:1] + parts[2:] if len(parts) > 1 and VERSION.match(parts[1]) else parts

    async def play(self, name: str, run: Run, call: Call) -> Answer:
        try:
            answer = await run(self, call)
        except Refusal as refusal:
            answer = refusal.answer
        error = answer.body.get("error") if isinstance(answer.body, dict) else None
        if isinstance(error, dict) and error["code"] == 100:
            error["type"] = self.error_type
        usage = {} if self.usage is None or name in UNCOUNTED else self._usage(*self.usage)
        return Answer(answer.status, answer.body, {**usage, **answer.headers}, answer.effect)

    async def not_served(self, call: Call) -> Answer:
        raise self.missing(call.path.rstrip("/").rpartition("/")[2], call)

    def missing(self, object_id: str, call: Call) -> Refusal:
        return missing_object(object_id, call.method)

    def failure(self, error: dict[str, Any], status: int | None) -> Answer:
        """`error` is `{code, subcode, message}`; code 2 when it is empty."""
        pair = (error.get("code", 2), error.get("subcode"))
        fitting = (one for one in self.known_errors if isinstance(one, GraphError) and (one.code, one.subcode) == pair)
        found = next(fitting, None) or GraphError(*pair, f"(#{pair[0]}) Error")
        return graph_answer(found, message=error.get("message"), status=status)

    def profile_of(self, call: Call) -> str | None:
        token = self.issuer.tokens.get(token_in(call) or "")
        return token.profile_id if token and token.profile_id in self.accounts else None

    def token(self, call: Call) -> Token:
        """The usable token of this call; raises 104 and the 190 family."""
        value = token_in(call)
        if not value:
            raise refuse(errors.TOKEN_MISSING)
        token = self.issuer.tokens.get(value)
        if token is None:
            raise refuse(errors.TOKEN_UNREADABLE)
        if token.revoked_subcode is not None:
            raise refuse(self.revocations.get(token.revoked_subcode, errors.APP_REMOVED))
        refuse_if(token.has_expired(self.clock.now()), errors.TOKEN_EXPIRED)
        account = self.accounts.get(token.profile_id)
        if account is not None and account.status == "checkpoint":
            raise refuse(self.revocations[CHECKPOINT])
        return token

    def inspection(self, call: Call) -> dict[str, Any]:
        """What debug_token reports of the token `input_token`."""
        token = self.issuer.tokens.get(parameters(call).get("input_token", ""))
        if token is None:
            return {"data": {"is_valid": False, "scopes": []}}
        is_valid = token.revoked_subcode is None and not token.has_expired(self.clock.now())
        kind, expires_at = "PAGE" if token.kind == "page" else "USER", int(token.expires_at or 0)
        shared = {"type": kind, "is_valid": is_valid, "expires_at": expires_at, "scopes": token.scopes}
        return {"data": shared | self.inspected(token)}

    def inspected(self, token: Token) -> dict[str, Any]:
        """Further facts that debug_token reports of a token."""
        return {"data_access_expires_at": int(token.issued_at + 90 * DAY)}  # an app may use a person's data for 90 days

    def caller(self, call: Call, scope: str) -> Profile:
        """The profile that calls, with a token that has the scope."""
        token = self.token(call)
        refuse_if(scope not in token.scopes, errors.NO_PERMISSION)
        return self.profile(token.profile_id)

    def owner(self, call: Call, node: str, scope: str) -> Profile:
        """The caller, which must be the profile that the path names (`me` or its id)."""
        profile = self.caller(call, scope)
        if node not in ("me", profile.id):
            raise self.missing(node, call)
        return profile

    def owned(self, rows: Table[Any], row_id: str, profile: Profile, call: Call) -> Any:
        """The profile's own row; raises the refusal of an unknown object."""
        row = rows.of(row_id, profile.id)
        if row is None:
            raise self.missing(row_id, call)
        return row

    def remove_post(self, post: Any) -> None:
        """A post goes with its comments."""
        self.published.remove(post.id)
        for comment in self.comments_on(post.id):
            self.comments.remove(comment.id)

    def revoke_tokens(self, profile_id: str, subcode: int | None) -> None:
        """`subcode` is one of the 190 family; at Threads also 4279019 for a revoked session (452)."""
        self.issuer.revoke(profile_id, subcode or 458)

    def _usage(self, kind: str, business_id: str) -> dict[str, str]:
        recent = self.recent("calls", HOUR)
        recent.append(self.clock.now())
        percent = min(100, len(recent) * 100 // max(1, self.limits["callsPerHour"]))
        used = {"call_count": percent, "total_cputime": percent, "total_time": percent}
        business = {"type": kind, **used, "estimated_time_to_regain_access": 0}
        return {"X-App-Usage": json.dumps(used), "X-Business-Use-Case-Usage": json.dumps({business_id: [business]})}
