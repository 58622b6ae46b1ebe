"""`munadi contents create-batch`: submit the posts of a file, one JSON object a line, 100 in a request."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, cast

from typer import Option

from munadi.cli.command import command
from munadi.cli.contents import BrandRef, app
from munadi.cli.session import Session
from munadi.cli.writing import checked_key
from munadi.process.exits import CommandFailed, Exit

STDIN = "-"
# Of one request: what the API takes, and its body with some room for what is around the posts.
MAX_POSTS, MAX_BYTES = 100, 900_000
Numbered = tuple[int, dict[str, Any]]


@command(app, "create-batch")
def create_batch(
    session: Session,
    file: Annotated[
        str, Option("--file", "-f", metavar="FILE", help="Posts as NDJSON, one a line; - reads standard input.")
    ],
    brand_ref: BrandRef = None,
    idempotency_key: Annotated[
        str | None,
        Option("--idempotency-key", metavar="KEY", help="A repeat with the same key and file accepts no post twice."),
    ] = None,
) -> None:
    """Submit many posts, each as for publish. Exits 0 only if all of them were accepted.

    A post that is refused does not stop the others. Prints a line for each post, with its line in the file.
    """
    from munadi.client import NotReachable, ProblemError
    from munadi.client.steps import key_or_new

    key = key_or_new(checked_key(idempotency_key))
    posts, refused = _posts(session, file, brand_ref), 0
    for number, chunk in enumerate(_chunks(posts)):
        try:
            answer = session.client.contents.create_batch([cast(Any, post) for _, post in chunk], f"{key}-{number}")
        except (NotReachable, ProblemError):
            session.out.note(f"Some may have been accepted. To be sure, repeat with --idempotency-key {key}")
            raise
        for (line, _), result in zip(chunk, answer["results"], strict=True):
            refused += result["status"] != 202
            _print(session, line, result)
    if refused:
        session.out.note((f"{refused} of {len(posts)} posts were not accepted", "red"))
        if not session.out.as_json:
            session.out.note(f"Those that may pass later are tried again with --idempotency-key {key}")
        _end(Exit.REFUSED)


def _print(session: Session, line: int, result: Mapping[str, Any]) -> None:
    from munadi.cli.problems import print_violations

    if session.out.as_json:
        session.out.json({"line": line, **result})
        return
    if (content := result["content"]) is not None:
        session.out.line(f"{line}: ", ("accepted ", "green"), content["id"])
        return
    problem = result["problem"]
    session.out.line(f"{line}: ", (f"{problem['title']} ({problem['status']}, {problem['code']})", "red"))
    session.out.line("  ", problem["detail"])
    print_violations(session.out, problem["errors"])


def _posts(session: Session, source: str, brand_ref: str | None) -> list[Numbered]:
    """The posts with their lines, and their local files uploaded. CommandFailed (USAGE) before anything is sent."""
    from munadi.cli.payload import with_media

    try:
        text = sys.stdin.read() if source == STDIN else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"cannot read {source}: {error}", Exit.USAGE) from error
    found = [
        _read(source, line, part, brand_ref) for line, part in enumerate(text.split("\n"), start=1) if part.strip()
    ]
    if not found:
        raise CommandFailed(f"{source} has no post", Exit.USAGE)
    folder = Path.cwd() if source == STDIN else Path(source).resolve().parent
    return [(line, with_media(session, post, folder)) for line, post in found]


def _read(source: str, line: int, text: str, brand_ref: str | None) -> Numbered:
    try:
        post = json.loads(text)
    except ValueError as error:
        raise CommandFailed(f"{source}, line {line} is not JSON: {error}", Exit.USAGE) from error
    if not isinstance(post, dict):
        raise CommandFailed(f"{source}, line {line} must hold one JSON object", Exit.USAGE)
    named = post.get("brandRef")
    if brand_ref and named and named != brand_ref:
        text = f"--brand-ref {brand_ref} and the brandRef {named} of line {line} disagree"
        raise CommandFailed(text, Exit.USAGE)
    return line, post | ({"brandRef": brand_ref} if brand_ref else {})


def _chunks(posts: Sequence[Numbered]) -> Iterator[list[Numbered]]:
    """The posts in requests that the API takes. A post that is too large alone is refused by the API."""
    chunk: list[Numbered] = []
    size = 0
    for numbered in posts:
        length = len(json.dumps(numbered[1], ensure_ascii=False).encode())
        if chunk and (len(chunk) == MAX_POSTS or size + length > MAX_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(numbered)
        size += length
    if chunk:
        yield chunk


def _end(code: Exit) -> None:
    import typer

    raise typer.Exit(code)
