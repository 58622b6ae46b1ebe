"""The times to come in the examples of the served document. In the sources they are in one January, which will pass.

The served document has them in the next January that comes, so that an example can be sent as it stands. What is
generated from the document keeps the year of the sources: it would else change by itself.
"""

from __future__ import annotations

import json
import re
from datetime import date
from functools import lru_cache
from typing import Any

from fastapi import FastAPI

# The year of the sources, and the day of the month by which their examples are due.
YEAR, DAY = 2027, 15
# But the first, where a month of usage ends.
_TO_COME = re.compile(rf"\b{YEAR}-01-(?!01)(?=\d\d(?!\d))")


def document_on(app: FastAPI, today: date) -> dict[str, Any]:
    """The OpenAPI document as it is served on that day."""
    year = year_on(today)
    return app.openapi() if year <= YEAR else _moved(app, year)


def year_on(today: date) -> int:
    """The year of the next January that comes, whose day `DAY` has not begun."""
    return today.year + (today >= date(today.year, 1, DAY))


@lru_cache(maxsize=2)
def _moved(app: FastAPI, year: int) -> dict[str, Any]:
    moved: dict[str, Any] = json.loads(_TO_COME.sub(f"{year}-01-", json.dumps(app.openapi())))
    return moved
