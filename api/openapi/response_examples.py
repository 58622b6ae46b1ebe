"""Examples of responses in the OpenAPI document: one for each success, as they are written, nulls included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi.routing import RouteContext

from api.openapi import content_examples, examples
from api.openapi.event_examples import event_example
from munadi.domain.event import EventType

_JSON = "application/json"


def _post_after(kind: EventType) -> dict[str, Any]:
    """A post as its event shows it."""
    content: dict[str, Any] = event_example(kind)["data"]["content"]
    return content


# What an operation shows, if it is not what every other one with its schema does.
_BY_OPERATION: Mapping[str, dict[str, Any]] = {
    "contents.create": _post_after(EventType.CONTENT_ACCEPTED),
    "contents.update": _post_after(EventType.CONTENT_UPDATED),
    "contents.reschedule": _post_after(EventType.CONTENT_RESCHEDULED),
    "contents.cancel": _post_after(EventType.CONTENT_CANCELED),
    "contents.approve": _post_after(EventType.APPROVAL_GRANTED),
    "contents.decline": _post_after(EventType.APPROVAL_DECLINED),
    "contents.publishNow": _post_after(EventType.CONTENT_QUEUED),
    "contents.retry": _post_after(EventType.CONTENT_QUEUED),
    "contents.withdraw": content_examples.CONTENT_WITHDRAWING,
    "publications.edit": content_examples.EDITING,
    "publications.withdraw": content_examples.WITHDRAWING,
    "drafts.submit": _post_after(EventType.CONTENT_ACCEPTED),
}
_BY_SCHEMA: Mapping[str, dict[str, Any]] = {
    "AccountView": examples.ACCOUNT,
    "ContentView": examples.CONTENT,
    "LoggedEvent": content_examples.LOGGED_EVENT,
    "MediaView": content_examples.MEDIA,
    "PublicationDetail": content_examples.PUBLICATION,
    "Receipt": content_examples.RECEIPT,
    "ReceiptKeySet": content_examples.RECEIPT_KEYS,
    "Validation": content_examples.VALIDATION,
    "ChannelView": content_examples.CHANNEL,
}


def add_examples(document: dict[str, Any]) -> None:
    """Add the examples that no route states."""
    for item in document["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {}).get(_JSON)
                if content and status < "300" and not {"example", "examples"} & content.keys():
                    shown = _BY_OPERATION.get(operation["operationId"]) or _of_schema(content["schema"])
                    if shown is not None:
                        content["example"] = shown


def _of_schema(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """The example of a schema, or of a page of it."""
    name = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
    one = _BY_SCHEMA.get(name.removeprefix("Page_").removesuffix("_"))
    return {"data": [one], "nextCursor": None} if one is not None and name.startswith("Page_") else one


def keep_nulls(document: dict[str, Any], routes: Iterable[RouteContext]) -> None:
    """Put back the nulls of examples, which the framework drops. Responses have every field, so examples do too."""
    for route in routes:
        for method in getattr(route, "methods", None) or ():
            operation = document["paths"].get(route.path, {}).get(method.lower())
            if operation is None:
                continue
            for status, response in route.responses.items():
                _add_nulls(operation["responses"].get(str(status)), response)
            _add_nulls(operation.get("requestBody"), (route.openapi_extra or {}).get("requestBody"))
            for body in route.dependant.body_params:
                content = operation["requestBody"]["content"].get("application/json", {})
                _add_nulls(content.get("examples"), body.field_info.openapi_examples)


def _add_nulls(made: Any, source: Any) -> None:
    if isinstance(made, dict) and isinstance(source, dict):
        for name, value in source.items():
            if value is None:
                made.setdefault(name, None)
            else:
                _add_nulls(made.get(name), value)
    elif isinstance(made, list) and isinstance(source, list | tuple):
        for inner, value in zip(made, source, strict=True):
            _add_nulls(inner, value)
