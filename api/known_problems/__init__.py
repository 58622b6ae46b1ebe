"""Every problem that the API answers: its code, its status, and what to do. Pure.

The reference page of problems, the `type` of each problem and the examples of the OpenAPI document are made from it. A
test compares it with the code.
"""

from __future__ import annotations

from api.known_problems.deletions import DELETIONS
from api.known_problems.model import KnownProblem
from api.known_problems.planning import PLANNING
from api.known_problems.requests import REQUESTS
from api.known_problems.service import SERVICE
from api.known_problems.states import STATES
from munadi.domain.reasons import REASONS

PAGE = "/docs/reference/problems"
CATALOGUE: tuple[KnownProblem, ...] = tuple(
    sorted((*REQUESTS, *STATES, *PLANNING, *DELETIONS, *SERVICE), key=lambda known: (known.status, known.code))
)
_BY_CODE = {known.code: known for known in CATALOGUE}
# A network's refusal of an account has its reason as its code.
KNOWN = frozenset(known.code for known in CATALOGUE) | {reason.value for reason in REASONS}


def problem_type(code: str) -> str:
    """The `type` of a problem: its place on the reference page, relative to the installation.

    `about:blank` for one whose status says everything (RFC 9457, 4.2.1).
    """
    return f"{PAGE}#{code.lower()}" if code in KNOWN else "about:blank"


def of_code(code: str) -> KnownProblem:
    """The problem with this code. KeyError if there is none."""
    return _BY_CODE[code]
