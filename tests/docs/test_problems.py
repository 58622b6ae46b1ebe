"""Every problem of the code is in the catalogue, and its `type` leads to its section of the reference page."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from api.documentation.markdown import page_of
from api.known_problems import CATALOGUE, KNOWN, PAGE, of_code, problem_type
from munadi.domain.reasons import REASONS

ROOT = Path(__file__).parents[2]
# What makes a problem, and where its status, code and title stand among the arguments.
MAKERS = {"ProblemError": (0, 1, 2), "WrongKey": (None, 0, None), "_unauthenticated": (None, 0, None)}
MAKERS |= {"ChangeRefused": (None, 0, None), "JsonRefused": (None, 0, None)}
MAKERS |= {"Conflict": (None, 0, 1)}
IMPLIED = {"WrongKey": 401, "_unauthenticated": 401, "ChangeRefused": 409, "JsonRefused": 400, "Conflict": 409}
# Made from the status of a framework's error (`api.http.problems`).
OF_FRAMEWORK = {"BAD_REQUEST", "METHOD_NOT_ALLOWED", "REQUESTED_RANGE_NOT_SATISFIABLE"}


def made() -> Iterator[tuple[str, Any, Any, Any]]:
    """Place, status, code and title of every problem that the code makes; None where it is not written out."""
    for path in [*ROOT.glob("api/**/*.py"), *ROOT.glob("munadi/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if isinstance(node, ast.Call) and name in MAKERS:
                status, code, title = (_literal(node, place) for place in MAKERS[name])
                yield f"{path.relative_to(ROOT)}:{node.lineno}", status or IMPLIED.get(name), code, title
            if isinstance(node, ast.ClassDef) and _is_refusal(node):
                for code, title in _code_and_title(node):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", 403, code, title


def _is_refusal(node: ast.ClassDef) -> bool:
    """Whether its problems are 403: `NotPermitted`, or a kind of it."""
    return "NotPermitted" in (node.name, *(base.id for base in node.bases if isinstance(base, ast.Name)))


def _code_and_title(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """From `code, title = "…", "…"`."""
    for each in node.body:
        if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == "(code, title)":
            code, title = ast.literal_eval(each.value)
            yield code, title


def _literal(call: ast.Call, place: int | None) -> Any:
    argument = call.args[place] if place is not None and place < len(call.args) else None
    return argument.value if isinstance(argument, ast.Constant) else None


def test_every_problem_of_the_code_is_known_as_it_is() -> None:
    written = [each for each in made() if each[2] is not None]
    assert len(written) > 40
    for place, status, code, title in written:
        assert code in KNOWN, f"{place}: describe {code} in api/known_problems"
        known = of_code(code)
        assert status in (known.status, *known.also), f"{place}: {code} has another status in api/known_problems"
        if title is not None and status == known.status:
            assert title == known.title, f"{place}: {code} has another title in api/known_problems"


def test_every_known_problem_is_made_somewhere() -> None:
    codes = {code for _, _, code, _ in made()}
    assert {known.code for known in CATALOGUE} - codes - OF_FRAMEWORK == set()


def test_every_type_is_a_section_of_the_page() -> None:
    anchors = page_of(ROOT / f"{PAGE.removeprefix('/')}.md").anchors
    for code in KNOWN:
        page, _, anchor = problem_type(code).partition("#")
        assert (page, anchor in anchors) == (PAGE, True), code
    assert {reason.value for reason in REASONS} <= KNOWN
    assert problem_type("I_AM_A_TEAPOT") == "about:blank"
