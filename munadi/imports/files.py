"""The files of a ZIP that rows name: each is stored as media when the first row names it, and rows get its id."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.domain.imports import MAX_FILES
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.problem_collector import ProblemCollector
from munadi.imports.archive import Archive
from munadi.intake.media import Upload
from munadi.intake.strict_json import canonical
from munadi.publishing.media_service import MediaService

_NO_KEY = IdempotencyKey(None, ())


class ImportedFiles:
    """The files of one import. `new`: the media that were not stored before."""

    def __init__(
        self, archive: Archive | None, media: MediaService, caller: Principal, brand_ref: str, most: int
    ) -> None:
        """`most`: the bytes that a file may have."""
        self._archive, self._media, self._caller, self._brand_ref, self._most = (
            archive,
            media,
            caller,
            brand_ref,
            most,
        )
        self._known: dict[str, tuple[str, str] | Sequence[Problem]] = {}
        self.new: list[str] = []

    async def place(self, sent: dict[str, Any], now: datetime) -> tuple[str, list[Problem]]:
        """Replace the names of files in a post by the ids of their media. The fingerprint of the post, which has the
        bytes of its files in it, and what is wrong with the files."""
        problems: list[Problem] = []
        identity = copy.deepcopy(sent)
        for (pointer, file), (_, same) in zip(_files(sent), _files(identity), strict=True):
            name = file.pop("file")
            found = await self._stored(name, now)
            if isinstance(found, tuple):
                file["id"], same["file"] = found
            else:
                problems += [each.model_copy(update={"pointer": f"{pointer}/file"}) for each in found]
        return hashlib.sha256(canonical(identity)).hexdigest(), problems

    async def _stored(self, name: Any, now: datetime) -> tuple[str, str] | Sequence[Problem]:
        """The media of a file and its SHA-256, or what is wrong with it."""
        if not isinstance(name, str):
            return [_problem("INVALID_FIELD", "must be the path of a file in the ZIP")]
        if name not in self._known:
            self._known[name] = await self._store(name, now)
        return self._known[name]

    async def _store(self, name: str, now: datetime) -> tuple[str, str] | Sequence[Problem]:
        entry = None if self._archive is None else self._archive.files.get(name)
        if self._archive is None or entry is None:
            return [_problem("FILE_MISSING", f"there is no file {name[:100]!r} in a ZIP with this import")]
        if len(self._known) >= MAX_FILES:
            return [_problem("FILES_TOO_MANY", f"the rows of an import name at most {MAX_FILES} files of its ZIP")]
        folder = self._media.media_store.incoming
        path, sha256 = await asyncio.to_thread(self._archive.unpack, entry, folder, self._most)
        upload = Upload(path, sha256, None, Path(name).name, self._brand_ref)
        try:
            answer = await self._media.keep(upload, self._caller, _NO_KEY, ProblemCollector())
        except ProblemsFound as error:
            return error.problems
        view = json.loads(answer.body)
        if datetime.fromisoformat(view["createdAt"]) >= now:
            self.new.append(view["id"])
        return view["id"], sha256


def _files(sent: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The media of a post that name a file, each with its pointer."""
    places = [("", sent)]
    channels = sent.get("channels")
    if isinstance(channels, list):
        places += [(f"/channels/{index}", each) for index, each in enumerate(channels) if isinstance(each, dict)]
    for place, holder in places:
        media = holder.get("media")
        for index, each in enumerate(media if isinstance(media, list) else ()):
            if isinstance(each, dict) and "file" in each:
                yield f"{place}/media/{index}", each


def _problem(code: str, message: str) -> Problem:
    return Problem(pointer="", code=code, message=message, rule=code.lower())
