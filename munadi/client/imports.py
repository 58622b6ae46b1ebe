"""Imports of many posts from a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from munadi.client.answers import Import
from munadi.client.generated import PlainImports
from munadi.client.operations import M, operation, stream
from munadi.client.steps import Call, Emit, Pause, StreamSteps, Upload, key_or_new, segment

# By the end of the file's name, what it is sent as.
TYPES = {
    ".csv": "text/csv",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".zip": "application/zip",
}


class Imports(PlainImports[M]):
    """`munadi.imports`: files of many posts."""

    @operation
    def create(
        self,
        file: Path,
        brand_ref: str | None = None,
        *,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        on_bytes: Callable[[int], None] | None = None,
    ) -> Call[Import]:
        """Send a .csv, .ndjson or .zip file, whose posts are accepted in the background: `follow` waits for its end.

        With `dry_run` each row is checked as it would be accepted. ValueError for a file with another name.
        """
        kind = TYPES.get(file.suffix.lower())
        if kind is None:
            raise ValueError(f"the name of the file ends in one of {', '.join(TYPES)}")
        return Call(
            "POST",
            "/v1/imports",
            {"brandRef": brand_ref, "dryRun": "true" if dry_run else None},
            upload=Upload(file, on_bytes, kind),
            idempotency_key=key_or_new(idempotency_key),
        )

    @stream
    def follow(self, import_id: str, *, interval: float = 0.5) -> StreamSteps[Import]:
        """The import as it is now, and again whenever more of its rows have a result, until it has ended."""
        seen: Import | None = None
        while True:
            now: Import = yield from Call("GET", f"/v1/imports/{segment(import_id)}")
            if now != seen:
                yield Emit(now)
                seen = now
            if now["status"] != "running":
                return
            yield Pause(interval)
