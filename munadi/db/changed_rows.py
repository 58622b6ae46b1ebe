"""Writes the changed rows of a session on SQLite's own connection, as the ORM's flush writes them.

One UPDATE per row, of the columns that changed. In a table with a version column it is a compare-and-set: the row must
still have the version that was read, and gets the next one.
"""

from __future__ import annotations

import sqlite3
from functools import cache
from typing import Any

from sqlalchemy import ClauseElement, Table, bindparam, inspect
from sqlalchemy.orm import InstanceState, Mapper, Session
from sqlalchemy.orm.exc import StaleDataError

from munadi.db.prebuilt import Prebuilt

_BEFORE = "before_"  # and the name of a column: its value when the row was read


def write_changed(session: Session, file: sqlite3.Connection) -> bool:
    """Write what changed. False, and nothing is written, where only a flush is right: for new and deleted rows, for
    changed keys, for values that are SQL, and in a savepoint, because its end must undo changes of the rows too."""
    if session.new or session.deleted or session.in_nested_transaction():
        return False
    rows: list[InstanceState[Any]] = sorted((inspect(row) for row in session.dirty), key=lambda row: str(row.key))
    changed = [(row, _changes(row)) for row in rows]
    if not all(_is_plain(row, changes) for row, changes in changed):
        return False
    for row, changes in changed:
        if changes:
            _update(file, row, changes)
        row._commit_all(row.dict, session.identity_map)  # as a flush does: nothing is left to write
    return True


def _changes(row: InstanceState[Any]) -> dict[str, Any]:
    columns, values = row.mapper.local_table.c, row.dict
    return {
        name: values[name]
        for name, before in row.committed_state.items()
        if not columns[name].type.compare_values(values[name], before)
    }


def _is_plain(row: InstanceState[Any], changes: dict[str, Any]) -> bool:
    return (
        not row.expired_attributes
        and changes.keys().isdisjoint(_found_by(row.mapper))
        and not any(isinstance(value, ClauseElement) for value in changes.values())
    )


def _update(file: sqlite3.Connection, row: InstanceState[Any], changes: dict[str, Any]) -> None:
    table, found_by, version = row.mapper.local_table, _found_by(row.mapper), row.mapper.version_id_col
    if version is not None and version.key is not None:
        changes[version.key] = row.dict[version.key] + 1
    given = changes | {_BEFORE + name: row.dict[name] for name in found_by}
    count = _statement(table, found_by).compiled(given).run(file, given).rowcount
    if count != 1:
        raise StaleDataError(
            f"UPDATE statement on table {str(table)!r} expected to update 1 row(s); {count} were matched."
        )
    row.dict.update(changes)


@cache
def _found_by(mapper: Mapper[Any]) -> tuple[str, ...]:
    """The columns by which an UPDATE finds a row."""
    version = [] if mapper.version_id_col is None else [mapper.version_id_col]
    return tuple(str(column.key) for column in (*mapper.primary_key, *version))


@cache
def _statement(table: Table, found_by: tuple[str, ...]) -> Prebuilt:
    """An UPDATE of the columns that it is given."""
    return Prebuilt(table.update().where(*(table.c[name] == bindparam(_BEFORE + name) for name in found_by)))
