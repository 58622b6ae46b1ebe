"""The workflows that the trial imports: the package's examples, and others made of their nodes."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from tools.n8n.installation import NODES


def example(name: str) -> dict[str, Any]:
    """An example workflow of the package."""
    found: dict[str, Any] = json.loads((NODES / "examples" / f"{name}.json").read_text())
    return found


def several() -> dict[str, Any]:
    """Publishes each text of `posts` that its webhook gets, and does not try again by itself."""
    split = _node("Split", "n8n-nodes-base.splitOut", {"fieldToSplitOut": "body.posts", "options": {}})
    return _published("munadiSeveral", "munadi-several", split, text="={{ $json.text }}")


def file() -> dict[str, Any]:
    """Publishes the `picture` (base64) that its webhook gets, as binary data of an item."""
    options = {"fileName": "a.jpg", "mimeType": "image/jpeg"}
    given = {"operation": "toBinary", "sourceProperty": "body.picture", "options": options}
    convert = _node("Convert", "n8n-nodes-base.convertToFile", given, 1.1)
    media = {"values": [{"source": "binary", "binaryPropertyName": "data", "alt": "Teal"}]}
    return _published("munadiFile", "munadi-file", convert, text="With a file", media=media)


def _published(name: str, path: str, between: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    made = example("wait") | {"id": name, "name": name}
    start, munadi = (node for node in made["nodes"] if node["name"] in ("Start", "Munadi"))
    start["parameters"]["path"] = start["webhookId"] = path
    munadi["parameters"] |= {"additionalFields": {}, **parameters}
    munadi["retryOnFail"] = False
    nodes = [start, between, munadi]
    following = pairwise(nodes)
    arrows = {one["name"]: {"main": [[{"type": "main", "index": 0, "node": two["name"]}]]} for one, two in following}
    return made | {"nodes": nodes, "connections": arrows}


def _node(name: str, kind: str, parameters: dict[str, Any], version: float = 1) -> dict[str, Any]:
    given = {"id": name.lower(), "name": name, "type": kind, "typeVersion": version}
    return given | {"position": [0, 0], "parameters": parameters}
