"""The pages of imports: a file of many posts is checked first, then accepted, with a result for each row."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard.frame import TheFrame
from api.dashboard.page_data import TheReader
from api.dashboard.render import HEADERS, PageRoute, render
from api.deps import MAX_PAGE
from munadi.domain.imports import ImportRowStatus

router = APIRouter(route_class=PageRoute)

Json = dict[str, Any]
PER_PAGE = 50
Cursor = Annotated[str | None, Query(max_length=200)]
# A cell that begins with one of these is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = ("line", "rowKey", "column", "code", "message")


@router.get("/imports")
async def show_imports(request: Request, reader: TheReader, frame: TheFrame, cursor: Cursor = None) -> Response:
    """The imports of the last 30 days, and a form for another file."""
    page = await reader.get("/v1/imports", brandRef=frame.choice.filter, limit=PER_PAGE, cursor=cursor)
    return render(request, "imports.html", page=page, cursor=cursor)


@router.get("/imports/{import_id}")
async def show_import(
    request: Request,
    import_id: str,
    reader: TheReader,
    frame: TheFrame,
    status: Annotated[str, Query(max_length=40)] = "",
    cursor: Cursor = None,
) -> Response:
    """One import: how far it is, and the result of each row."""
    found = await reader.get(f"/v1/imports/{quote(import_id, safe='')}")
    rows = await reader.get(f"/v1/imports/{found['id']}/rows", status=status, limit=PER_PAGE, cursor=cursor)
    return render(
        request,
        "import.html",
        found=found,
        page=rows,
        cursor=cursor,
        wanted=status,
        statuses=[each.value for each in ImportRowStatus],
        zone=frame.choice.zone_of(found["brandRef"]),
        about=found["brandRef"],
    )


@router.get("/imports/{import_id}/problems.csv")
async def download_problems(import_id: str, reader: TheReader) -> Response:
    """Every problem of the refused rows, as a table for a spreadsheet."""
    path = f"/v1/imports/{quote(import_id, safe='')}/rows"
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(COLUMNS)
    cursor: str | None = None
    while True:
        page = await reader.get(path, status=ImportRowStatus.REFUSED.value, limit=MAX_PAGE, cursor=cursor)
        for row in page["data"]:
            table.writerows(_cells(row))
        cursor = page["nextCursor"]
        if cursor is None:
            break
    name = f"{quote(import_id, safe='')}-problems.csv"
    own = {"Content-Disposition": f'attachment; filename="{name}"'}
    # With a mark of its encoding, without which spreadsheets read what is not English wrongly.
    return Response("\ufeff" + written.getvalue(), media_type="text/csv; charset=utf-8", headers=HEADERS | own)


def _cells(row: Json) -> list[list[str]]:
    """A line of the table for each problem of a row; one for a row that has none."""
    problems = row["problems"] or [{"column": None, "pointer": "", "code": row["code"], "message": row["detail"]}]
    return [
        [
            str(row["line"]),
            _safe(row["rowKey"] or ""),
            _safe(each["column"] or each["pointer"]),
            each["code"] or "",
            _safe(each["message"] or ""),
        ]
        for each in problems
    ]


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
