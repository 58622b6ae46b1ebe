"""A channel's options as form fields, built from the JSON Schema in `GET /v1/channels`; no rules of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]
# Long texts, by the names that the channels give them.
LONG = frozenset({"description"})
# Words that are written in capitals.
SHORT = frozenset({"ai", "aigc", "api", "gif", "id", "ms"})
# What most posts choose. Everything else that need not be given is folded away.
EVERYDAY = frozenset(
    {"kind", "title", "boardId", "privacyLevel", "privacyStatus", "visibility", "description", "contentWarning"}
)
# What a person chooses with an option, where its name does not say it.
CHOICES_IN_WORDS = {"privacyLevel": "who can see this", "madeForKids": "whether it is made for kids"}


@dataclass(frozen=True)
class Field:
    """One option of a channel as a form field. `kind` is the type of the field:

    choice   one of `choices`            choices  any of `choices`
    flag     yes or no, with a default   ternary  yes, no, or not set
    text · long · number · date          lines    a list of texts, one a line
    json     anything else, as JSON
    """

    name: str
    label: str
    kind: str
    required: bool
    choices: tuple[tuple[str, str], ...] = ()
    default: Any = None
    help: str | None = None

    @property
    def rare(self) -> bool:
        """Whether it is folded away."""
        return not self.required and self.name not in EVERYDAY

    @property
    def asks(self) -> bool:
        """Whether a person must choose: an empty choice would be refused, so it is no default."""
        return self.required or self.name in CHOICES_IN_WORDS

    @property
    def need(self) -> str:
        """What a person chooses with it, to complete "Choose …"."""
        return CHOICES_IN_WORDS.get(self.name) or "the " + self.label.lower()


def fields_of(schema: Json) -> list[Field]:
    """The fields of an options schema, in its order; those that must be given come first."""
    needed = schema.get("required", ())
    found = [_field(name, each, schema, name in needed) for name, each in schema.get("properties", {}).items()]
    return sorted(found, key=lambda field: not field.required)


def prose(schema: Json) -> list[list[tuple[bool, str]]]:
    """What the schema says of its options: paragraphs of (is a name, text)."""
    paragraphs = str(schema.get("description", "")).split("\n\n")
    return [list(_marked(" ".join(each.split()))) for each in paragraphs if each.strip()]


def fold_of(channel: Json) -> int:
    """After how many characters the network's feed folds a text; 0 where no number is known."""
    found = [each["maximum"] for each in channel["softLimits"] if each["counted"] == "code_points"]
    return min(found, default=0)


def ratios_of(channel: Json) -> str:
    """The narrowest and the widest picture that the network shows whole, as width divided by height."""
    rules = [each for each in channel["mediaRules"] if each["kind"] == "image"]
    least = max((each["minRatio"] or 0.5 for each in rules), default=0.5)
    return f"{least} {min((each['maxRatio'] or 2.0 for each in rules), default=2.0)}"


def words(name: str) -> str:
    """`shareToFeed` and `SELF_ONLY` as people read them."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").replace("-", " ").strip("! ").lower()
    written = " ".join(word.upper() if word in SHORT else word for word in spaced.split())
    return written[:1].upper() + written[1:]


def _field(name: str, given: Json, schema: Json, required: bool) -> Field:
    found, nullable = _plain(given, schema)
    kind, choices = _kind(name, found, schema)
    if kind == "flag" and (required or nullable):
        kind = "ternary"
    return Field(
        name=name,
        label=words(name),
        kind=kind,
        required=required,
        choices=choices,
        default=given.get("default"),
        help=found.get("description") if found is not given else None,
    )


def _kind(name: str, found: Json, schema: Json) -> tuple[str, tuple[tuple[str, str], ...]]:
    if "enum" in found:
        return "choice", _choices(found)
    match found.get("type"):
        case "boolean":
            return "flag", ()
        case "integer" | "number":
            return "number", ()
        case "string":
            return ("date" if found.get("format") == "date" else "long" if name in LONG else "text"), ()
        case "array":
            inner, _ = _plain(found.get("items", {}), schema)
            if "enum" in inner:
                return "choices", _choices(inner)
            return ("lines" if inner.get("type") == "string" else "json"), ()
    return "json", ()


def _choices(found: Json) -> tuple[tuple[str, str], ...]:
    return tuple((str(value), words(str(value))) for value in found["enum"])


def _plain(given: Json, schema: Json) -> tuple[Json, bool]:
    """A property without its references and its null; whether it had one."""
    if "$ref" in given:
        return schema["$defs"][str(given["$ref"]).rpartition("/")[2]], False
    if "anyOf" in given:
        kept = [each for each in given["anyOf"] if each.get("type") != "null"]
        return _plain(kept[0], schema)[0], len(kept) < len(given["anyOf"])
    return given, False


def _marked(text: str) -> Iterator[tuple[bool, str]]:
    for index, part in enumerate(text.split("`")):
        if part:
            yield index % 2 == 1, part
