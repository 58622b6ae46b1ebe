"""Examples of problems for the OpenAPI document, from the catalogue of problems."""

from __future__ import annotations

from typing import Any

from api.http.problems import MEDIA_TYPE, ProblemDocument
from api.known_problems import CATALOGUE, KNOWN, problem_type
from api.known_problems.model import BODY, KnownProblem
from api.openapi.problem_examples import ERRORS, EXTRA

SHOWN = (*((known.code, known) for known in CATALOGUE if not known.is_hidden), *EXTRA.items())


def add_problem_examples(document: dict[str, Any]) -> None:
    """Give each problem status of each operation the examples that it can have, by reference."""
    document["components"]["examples"] = {name: _example(name, known) for name, known in SHOWN}
    for item in document["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                if MEDIA_TYPE in response.get("content", {}):
                    response["content"][MEDIA_TYPE]["examples"] = {
                        name: {"$ref": f"#/components/examples/{name}"}
                        for name, known in SHOWN
                        if status == str(known.status) and _can_have(operation, known)
                    }


def list_codes(schemas: dict[str, Any]) -> None:
    """List the codes of problems, as a schema of its own."""
    description = "Why a request was refused, for programs. docs/reference/problems.md and reasons.md explain each."
    schemas["ProblemCode"] = {"type": "string", "enum": sorted(KNOWN), "description": description}
    code = schemas[ProblemDocument.__name__]["properties"]["code"]
    del code["type"]
    code["$ref"] = "#/components/schemas/ProblemCode"


def _can_have(operation: dict[str, Any], known: KnownProblem) -> bool:
    of_tag = not known.tags or not known.tags.isdisjoint(operation["tags"])
    given = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "header"}
    if "requestBody" in operation:
        given.add(BODY)
    return of_tag and (known.needs is None or known.needs in given)


def _example(name: str, known: KnownProblem) -> dict[str, Any]:
    """An example object: the whole problem document."""
    value = {
        "type": problem_type(known.code),
        "title": known.title,
        "status": known.status,
        "detail": known.detail,
        "instance": "/v1/contents",
        "code": known.code,
        "requestId": "req_01kf2v6s3tf0d8m7s0a3x9y5hq",
        "errors": ERRORS.get(name, []),
    }
    return {"summary": known.remedy, "value": value}
