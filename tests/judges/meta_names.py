"""Checks that the nodes, edges, parameters and fields of requests to Meta's Graphs exist.

The names are those of Meta's Business SDK for Python, whose classes are generated from the Graph. They include the
types of parameters and the values of enumerations.
"""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import httpx

from tests.judges.requests import Recorder, Sent, sent_to

# Parameters of every call, and of every list (Graph API overview; "Paginated results").
EVERYWHERE = frozenset({"access_token", "fields"})
OF_LISTS = frozenset({"limit", "after"})


class Edge(Protocol):
    """A call that a network has."""

    def takes(self, name: str) -> bool:
        """Whether the call has the parameter."""

    def admits(self, name: str, value: str) -> bool:
        """Whether a parameter may have the value."""

    def has(self, field: str) -> bool:
        """Whether the answer has the field."""


class Names(Protocol):
    """The calls that a network has."""

    def edge(self, method: str, node: str, edge: str) -> Edge | None:
        """The call, or None. An empty `edge` is the node."""

    def made(self, node: str, edge: str, method: str) -> Mapping[str, str]:
        """The node of each id in the answer, by the id's field. For a GET of a list they are the fields of its rows."""


@dataclass
class Judge:
    """Checks calls in their order, and learns the nodes of ids from their answers.

    `nodes` are the ids known before, `me` the node of each token.
    """

    names: Names
    bases: list[str]
    nodes: dict[str, str]
    me: dict[str, str]

    def complaints(self, recorder: Recorder) -> set[str]:
        """Every unknown name in the recorded requests."""
        found: set[str] = set()
        for request, answer in recorder.seen:
            found |= self.judge(request, answer)
        return found

    def judge(self, request: httpx.Request, answer: Any = None) -> set[str]:
        """The faults of one request: `POST Page/feed: no parameter 'mesage'`."""
        sent = sent_to(self.bases, request)
        if sent is None:
            return {f"{request.method} outside the Graph"}
        node = self._node(sent)
        call = f"{sent.method} {'/'.join(filter(None, (node, sent.edge)))}"
        edge = self.names.edge(sent.method, node, sent.edge)
        if edge is None:
            found = {f"{call}: unknown"}
        else:
            found = {f"{call}: {what}" for what in (*_parameters(edge, sent), *_fields(edge, sent.fields.items()))}
        for name, made in self.names.made(node, sent.edge, sent.method).items():
            for row in _rows(answer):
                if row.get(name):
                    self.nodes[str(row[name])] = made
        return found

    def _node(self, sent: Sent) -> str:
        if sent.node == "me":
            return self.me.get(sent.token, "me")
        return self.nodes.get(sent.node, sent.node)


def _parameters(edge: Edge, sent: Sent) -> Iterable[str]:
    general = EVERYWHERE | OF_LISTS if sent.method == "GET" and sent.edge else EVERYWHERE
    for name in sorted({*sent.params, *sent.files} - general):
        if not edge.takes(name):
            yield f"no parameter {name!r}"
        elif name in sent.params and not edge.admits(name, sent.params[name]):
            yield f"parameter {name!r} is not {sent.params[name]!r}"


def _fields(edge: Edge, fields: Iterable[tuple[str, str]]) -> Iterable[str]:
    for name, inside in fields:
        if not edge.has(name):
            yield f"no field {name!r}"
        elif inside not in ("", "id"):  # everything has an id, and no list of names says more of an expanded field
            yield f"nothing known in field {name!r}"


def _rows(answer: Any) -> list[dict[str, Any]]:
    if not isinstance(answer, dict):
        return []
    data = answer.get("data")
    return [row for row in data if isinstance(row, dict)] if isinstance(data, list) else [answer]


# The classes of the log-in at Instagram itself are a second set, which does not tell what its lists are of.
DIRECT = "ForIGOnlyAPI"
# Of which node a new id is; the classes do not always say, or say the one that it was made on.
MADE = {
    ("feed", "id"): "PagePost",
    ("photos", "id"): "Photo",
    ("videos", "video_id"): "AdVideo",
    ("video_reels", "video_id"): "AdVideo",
    ("video_stories", "video_id"): "AdVideo",
    ("media", "id"): "IGMedia",
    ("media_publish", "id"): "IGMedia",
}


class Sdk:
    """The names in the SDK's classes."""

    def edge(self, method: str, node: str, edge: str) -> Edge | None:
        """The call as the SDK would make it."""
        found = _calls(node).get((method, edge))
        return SdkEdge(found, _target(method, node, edge)) if found else None

    def made(self, node: str, edge: str, method: str) -> Mapping[str, str]:
        """The nodes by the classes that the SDK makes of the rows."""
        suffix = DIRECT if node.endswith(DIRECT) else ""
        if method == "POST":
            return {name: made + suffix for (at, name), made in MADE.items() if at == edge}
        return {"id": _target(method, node, edge).__name__} if edge and (method, edge) in _calls(node) else {}


@dataclass(frozen=True)
class SdkEdge:
    """A request of the SDK with its checker, and the class of its answer."""

    request: Any
    target: Any

    def takes(self, name: str) -> bool:
        """Whether its checker knows the parameter."""
        return bool(self.request._param_checker.is_valid_key(name))

    def admits(self, name: str, value: str) -> bool:
        """Whether its checker accepts the text, or the list or object that a form writes as a text."""
        checker = self.request._param_checker
        kind = checker.get_type(name)
        if kind in ("Object", "file"):  # of any shape, often an id
            return True
        if kind.startswith(("list", "map")):
            return bool(checker.is_valid_pair(name, json.loads(value) if value[:1] in "[{" else value.split(",")))
        return bool(checker.is_valid_pair(name, value))

    def has(self, field: str) -> bool:
        """A field of the class, or an edge of it."""
        edges = (edge for method, edge in _calls(self.target.__name__) if method == "GET")
        return field in vars(self.target.Field).values() or field in edges


@cache
def _class(name: str) -> Any:
    try:
        module = importlib.import_module(f"facebook_business.adobjects.{name.lower()}")
    except ModuleNotFoundError:
        return None
    return getattr(module, name, None)


@cache
def _calls(name: str) -> dict[tuple[str, str], Any]:
    """Every call of a class, as a request of the SDK."""
    known = _class(name)
    if known is None:
        return {}
    calls = {}
    for method_name, method in inspect.getmembers(known, inspect.isfunction):
        wanted = inspect.signature(method).parameters
        # One module of the package (of the creators' marketplace) has a name that Python cannot read.
        if "pending" in wanted and "parent_id" not in wanted and "market_place" not in method_name:
            request = method(known("1"), pending=True)
            calls[request._method, request._endpoint] = request
    return calls


def _target(method: str, node: str, edge: str) -> Any:
    """The class of a call's answer.

    The SDK has none, or for comments that of a Page, for a list of the direct log-in. That list has the class of the
    same list at the other log-in, in the direct version if there is one.
    """
    twin = _calls(node.removesuffix(DIRECT)).get((method, edge))
    if not (edge and twin and node.endswith(DIRECT)):
        return _calls(node)[method, edge]._target_class
    return _class(twin._target_class.__name__ + DIRECT) or twin._target_class
