"""The service for imports: it stores the rows of a file, and reads what became of them.

    file → rows, a few at a time → import_lines → the import is `running`, in the transaction of its answer

From the answer on the import needs neither the file nor the client: `running.py` accepts its rows. The files of a ZIP
are stored as media before, and a row names them by their ids.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Answer, Conflict, NotVisible, Service
from munadi.db.audit import record
from munadi.db.brands.service import BrandService
from munadi.db.idempotency import IdempotencyKey
from munadi.db.ids import new_id
from munadi.db.keys.callers import Principal
from munadi.db.tables import ImportLineRow, ImportRow
from munadi.domain.audit import Action
from munadi.domain.ids import Prefix, is_id
from munadi.domain.imports import ImportProblem, ImportRowStatus, ImportRowView, ImportStatus, ImportView
from munadi.domain.problem import MAX_PROBLEMS, Problem
from munadi.domain.problem_collector import ProblemCollector
from munadi.imports import store
from munadi.imports.archive import Archive
from munadi.imports.columns import column_of
from munadi.imports.files import ImportedFiles
from munadi.imports.rows import ImportFormat, ReadRow, read_rows
from munadi.process.background import to_the_end
from munadi.publishing.media_service import MediaService

CREATE = "imports.create"
AT_ONCE = 200
MAX_RUNNING = 5


@dataclass(frozen=True)
class ImportFile:
    """A file as it was uploaded. `kind` None: a ZIP."""

    path: Path
    sha256: str
    kind: ImportFormat | None


@dataclass
class _Receiving:
    """An import whose rows are being stored."""

    row: ImportRow
    files: ImportedFiles
    total: int = 0
    refused: int = 0


@dataclass(frozen=True)
class ImportService(Service):
    """Imports. One object per process."""

    brands: BrandService
    media: MediaService
    max_media: int

    async def receive(
        self, file: ImportFile, brand_ref: str | None, caller: Principal, key: IdempotencyKey, *, dry_run: bool
    ) -> Answer:
        """Store the rows of a file. Raises ProblemsFound where the whole file is refused, Conflict where too many
        imports of the brand are under way. The file stays the caller's."""
        problems = ProblemCollector()
        brand = await self.brands.named(brand_ref, caller, problems)
        if brand is None and not problems.all:
            problems.add("?brandRef", "MISSING_FIELD", "an import is for one brand; name it")
        problems.raise_if_any()
        assert brand is not None
        identified = IdempotencyKey(key.key, tuple(_marked(each, file.sha256) for each in key.fingerprints))
        kept = identified.record(self.keyring, brand, CREATE)
        if (earlier := await self._earlier(kept)) is not None:
            return earlier
        row = ImportRow(
            id=new_id(Prefix.IMPORT),
            brand_ref=brand,
            key_id=caller.key_id,
            status=store.RECEIVING,
            dry_run=dry_run,
            created_at=self.clock.now(),
        )
        archive = None if file.kind else await asyncio.to_thread(Archive.open, file.path)
        try:
            files = ImportedFiles(archive, self.media, caller, brand, self.max_media)
            if archive is None or file.kind:
                rows = read_rows(file.path, file.kind or ImportFormat.NDJSON, brand)
                return await self._receive(_Receiving(row, files), rows, identified)
            path = await asyncio.to_thread(archive.unpack_rows, self.media.media_store.incoming)
            try:
                return await self._receive(_Receiving(row, files), read_rows(path, archive.kind, brand), identified)
            finally:
                path.unlink(missing_ok=True)
        finally:
            if archive is not None:
                archive.close()

    async def list(self, brand_ref: str | None, *, limit: int, before: str | None) -> list[ImportView]:
        """Imports, the newest first: of a brand, or of all."""
        query = select(ImportRow).where(col(ImportRow.status) != store.RECEIVING)
        if brand_ref is not None:
            query = query.where(ImportRow.brand_ref == brand_ref)
        if before is not None:
            query = query.where(ImportRow.id < before)
        async with self.database.read() as session:
            rows = (await session.exec(query.order_by(col(ImportRow.id).desc()).limit(limit))).all()
        return [store.view_of(row) for row in rows]

    async def get(self, import_id: str, caller: Principal) -> ImportView:
        """An import. Raises NotVisible."""
        async with self.database.read() as session:
            row = await session.get(ImportRow, import_id) if is_id(import_id, Prefix.IMPORT) else None
        if row is None or row.status == store.RECEIVING or not caller.may_see(row.brand_ref):
            raise NotVisible("import", import_id)
        return store.view_of(row)

    async def rows(
        self, import_id: str, caller: Principal, *, status: ImportRowStatus | None, limit: int, after: int
    ) -> Sequence[ImportRowView]:
        """Rows of an import after a line, in the order of the file. Raises NotVisible."""
        await self.get(import_id, caller)
        query = select(ImportLineRow).where(ImportLineRow.import_id == import_id, ImportLineRow.line > after)
        if status is not None:
            query = query.where(ImportLineRow.status == status.value)
        async with self.database.read() as session:
            rows = (await session.exec(query.order_by(col(ImportLineRow.line)).limit(limit))).all()
        return [store.row_view(row) for row in rows]

    async def _receive(self, receiving: _Receiving, rows: Iterator[ReadRow], key: IdempotencyKey) -> Answer:
        row, is_kept = receiving.row, False
        try:
            async with self.database.write() as session:
                if await store.running_of(session, row.brand_ref) >= MAX_RUNNING:
                    text = f"the brand has {MAX_RUNNING} imports under way; wait until one has ended"
                    raise Conflict("TOO_MANY_IMPORTS", "Too many imports", text)
                session.add(row)
            while some := await asyncio.to_thread(lambda: list(islice(rows, AT_ONCE))):
                lines = [await self._line(receiving, each) for each in some]
                async with self.database.write() as session:
                    await store.add_lines(session, lines)
            answer = await to_the_end(self._begin(receiving, key))
            is_kept = not answer.is_repeated
            return answer
        finally:
            if not is_kept:
                await to_the_end(self._forget(receiving))

    async def _begin(self, receiving: _Receiving, key: IdempotencyKey) -> Answer:
        row = receiving.row

        async def work(session: AsyncSession) -> Answer:
            stored = await session.get_one(ImportRow, row.id, with_for_update=True)
            stored.status = ImportStatus.RUNNING.value
            stored.total, stored.refused = receiving.total, receiving.refused
            if stored.dry_run:
                stored.media = receiving.files.new
            record(session, Action.IMPORT_CREATED, target=row.id, brand_ref=row.brand_ref, now=self.clock.now())
            return Answer.of(store.view_of(stored))

        return await self._once(key.record(self.keyring, row.brand_ref, CREATE), work)

    async def _forget(self, receiving: _Receiving) -> None:
        async with self.database.write() as session:
            await store.remove(session, [receiving.row.id])

    async def _line(self, receiving: _Receiving, read: ReadRow) -> dict[str, Any]:
        """The values of a row's line."""
        receiving.total += 1
        problems, fingerprint = list(read.problems), None
        if read.sent is not None and not problems:
            fingerprint, problems = await receiving.files.place(read.sent, receiving.row.created_at)
        receiving.refused += bool(problems)
        status = ImportRowStatus.REFUSED if problems else ImportRowStatus.PENDING
        return {
            "import_id": receiving.row.id,
            "line": read.line,
            "row_key": read.row_key,
            "status": status.value,
            "sent": None if problems else read.sent,
            "columns": None if problems else read.columns,
            "fingerprint": fingerprint,
            "content_id": None,
            "result": refusal_of(problems, read.columns) if problems else None,
        }


def refusal_of(problems: Sequence[Problem], columns: Mapping[str, str] | None) -> dict[str, Any]:
    """The result of a row with these problems, as it is stored."""
    detail = problems[0].message if len(problems) == 1 else f"{len(problems)} rules are broken; nothing was stored"
    return {
        "statusCode": 422,
        "code": "INVALID_REQUEST",
        "detail": detail,
        "problems": placed(problems[:MAX_PROBLEMS], columns),
    }


def placed(problems: Sequence[Problem], columns: Mapping[str, str] | None) -> list[dict[str, Any]]:
    """Problems with their columns, as they are stored."""
    return [
        ImportProblem(**each.model_dump(), column=column_of(each.pointer, columns)).model_dump(by_alias=False)
        for each in problems
    ]


def _marked(fingerprint: str, sha256: str) -> str:
    """The fingerprint of a request whose body is a file."""
    return hashlib.sha256(f"{fingerprint} {sha256}".encode()).hexdigest()
