"""LinkedIn's "little text": what is escaped in a post's text, and the text that is read back as it was written.

Unescaped, LinkedIn cuts the text at the first reserved character. Source: docs/networks/linkedin.md, section 4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from munadi.channels.text import collapsed

RESERVED = r"|{}@[]()<>#\*_~"
_RESERVED = re.compile(f"[{re.escape(RESERVED)}]")
# A hashtag stays one: letters and digits, with a letter among them, and not inside a word.
_PIECES = re.compile(rf"(?<![\w#])#[^\W_]++(?!_)|[{re.escape(RESERVED)}]")
_SHOWN = re.compile(
    r"\{hashtag\|\\?#\|(?P<tag>(?:[^\\{}|]|\\.)*+)\}"
    r"|@\[(?P<name>(?:[^\\\[\]]|\\.)*+)\]\(urn:li:[\w:-]*+\)"
    r"|\\(?P<literal>.)",
    re.DOTALL,
)


def little_text(text: str, mentions: Mapping[str, str]) -> str:
    """`text` as LinkedIn takes it; a name of `mentions` after an `@` becomes a link to its URN."""
    names = sorted(mentions, key=len, reverse=True)
    before, *pieces = text.split("@")
    made = [_PIECES.sub(_escaped, before)]
    for piece in pieces:
        name = next((one for one in names if piece.startswith(one)), "")
        made.append(f"@[{_literal(name)}]({mentions[name]})" if name else r"\@")
        made.append(_PIECES.sub(_escaped, piece[len(name) :]))
    return "".join(made)


def plain(shown: str) -> str:
    """The text that a person reads, of little text."""
    return _SHOWN.sub(_read, shown)


def same_text(shown: str, sent: str) -> bool:
    """Whether a post's text is the draft's."""
    return collapsed(plain(shown)) == collapsed(sent)


def _literal(text: str) -> str:
    return _RESERVED.sub(lambda found: f"\\{found[0]}", text)


def _escaped(found: re.Match[str]) -> str:
    piece = found[0]
    return piece if len(piece) > 1 and any(each.isalpha() for each in piece) else f"\\{piece}"


def _read(found: re.Match[str]) -> str:
    if found["tag"] is not None:
        return f"#{plain(found['tag'])}"
    return found["literal"] if found["name"] is None else f"@{plain(found['name'])}"
