"""LinkedIn's "little text", read as LinkedIn reads it: an unescaped reserved character ends the text."""

from __future__ import annotations

import re

RESERVED = r"|{}@[]()<>#\*_~"
_TOKENS = re.compile(
    r"\\(?P<literal>.)"
    r"|@\[(?P<name>(?:\\.|[^\\\]])*+)\]\((?P<urn>urn:li:[\w:-]++)\)"
    r"|\#(?P<tag>[^\W_]++)"
    rf"|(?P<plain>[^{re.escape(RESERVED)}]++)",
    re.DOTALL,
)


def tokens(commentary: str) -> list[re.Match[str]]:
    """What is kept of a text: everything up to the first reserved character that stands alone."""
    found, at = [], 0
    while at < len(commentary) and (token := _TOKENS.match(commentary, at)):
        found.append(token)
        at = token.end()
    return found


def seen(commentary: str) -> str:
    """The text that followers see."""
    return "".join(_seen(token) for token in tokens(commentary))


def read_back(commentary: str) -> str:
    """The text that the API returns: hashtags as templates."""
    return "".join(f"{{hashtag|\\#|{token['tag']}}}" if token["tag"] else token[0] for token in tokens(commentary))


def _seen(token: re.Match[str]) -> str:
    if token["tag"]:
        return f"#{token['tag']}"
    if token["name"] is not None:
        return "@" + re.sub(r"\\(.)", r"\1", token["name"])
    return token["literal"] or token["plain"] or ""
