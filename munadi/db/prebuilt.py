"""Statements that are built once per process: SQLite's own connection runs them, without SQLAlchemy around each.

For every statement SQLAlchemy looks up its SQL, makes a context, a cursor and a result: several times what SQLite takes
for it. A prebuilt statement keeps its SQL and the converters of its columns' types, which are SQLAlchemy's own. On the
connections of PostgreSQL and of SQLite's readers SQLAlchemy runs it as usual, with the same results.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine, Executable, Select, inspect
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

Entity = TypeVar("Entity")
Given = Mapping[str, Any]

_DIALECT = sqlite.dialect(paramstyle="qmark")


class Prebuilt:
    """A statement whose parameters are named, and none of which is a list."""

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        # By the names that it is given: for an INSERT or UPDATE they may be columns.
        self._compiled: dict[frozenset[str], _Compiled] = {}

    def read(self, connection: Connection, given: Given = MappingProxyType({})) -> Sequence[Any]:
        """The rows that a SELECT finds, with its columns as attributes."""
        if (file := file_of(connection)) is None:
            return connection.execute(self.statement, given).all()
        compiled = self.compiled(given)
        return [compiled.row(*values) for values in compiled.found(file, given)]

    def write(self, connection: Connection, given: Given | Sequence[Given]) -> None:
        """Execute a statement that writes: once, or once for each of several rows with the same columns."""
        if (file := file_of(connection)) is None:
            connection.execute(self.statement, given)
        elif isinstance(given, Mapping):
            self.compiled(given).run(file, given)
        else:
            self.compiled(given[0]).run_each(file, given)

    async def rows(self, session: AsyncSession, given: Given) -> Sequence[Any]:
        """As `read`, in a session."""
        if isinstance(connection := session.sync_session.bind, Connection):  # the writer's: it runs in this thread
            return self.read(connection, given)
        return await (await session.connection()).run_sync(self.read, given)

    async def run(self, session: AsyncSession, given: Given | Sequence[Given]) -> None:
        """As `write`, in a session."""
        if isinstance(connection := session.sync_session.bind, Connection):
            self.write(connection, given)
        else:
            await (await session.connection()).run_sync(self.write, given)

    def compiled(self, given: Given) -> _Compiled:
        """Its SQL for SQLite, when it is given these names."""
        names = frozenset(given)
        if names not in self._compiled:
            self._compiled[names] = _Compiled(self.statement, names)
        return self._compiled[names]


class PrebuiltRows(Generic[Entity]):
    """A SELECT of the rows of a table, which the session tracks as if the ORM had loaded them."""

    def __init__(self, statement: SelectOfScalar[Entity]) -> None:
        self.statement = statement
        self._prebuilt = Prebuilt(statement)
        self._entity: type[Entity] = statement.column_descriptions[0]["entity"]

    def find(self, session: Session, given: Given) -> Sequence[Entity]:
        """The rows. If the session has one of them, the ORM decides which of its attributes are read again."""
        if (file := file_of(session.bind)) is None:
            return session.scalars(self.statement, given).all()
        compiled = self._prebuilt.compiled(given)
        found = [self._loaded(compiled.columns, values) for values in compiled.found(file, given)]
        if any(inspect(row).key in session.identity_map for row in found):
            return session.scalars(self.statement, given).all()
        session.add_all(found)
        return found

    def _loaded(self, columns: Sequence[str], values: Sequence[Any]) -> Entity:
        row: Entity = inspect(self._entity).class_manager.new_instance()
        vars(row).update(zip(columns, values, strict=True))
        make_transient_to_detached(row)
        return row


def file_of(bind: Connection | Engine | None) -> sqlite3.Connection | None:
    """SQLite's own connection, where statements run in this thread: at its writer and its lookups; else None."""
    if not isinstance(bind, Connection):
        return None
    connection = bind.connection.dbapi_connection
    return connection if isinstance(connection, sqlite3.Connection) else None


class _Compiled:
    """The SQL of a statement for SQLite, and the converters of its parameters and of the columns that it finds."""

    def __init__(self, statement: Any, names: frozenset[str]) -> None:
        made = statement.compile(dialect=_DIALECT, column_keys=sorted(names))
        if made.post_compile_params or made.literal_execute_params:
            raise ValueError(f"the SQL of a prebuilt statement must not depend on its parameters: {made.string}")
        self._sql: str = made.string
        defaults = {column.key: column.default for column in (*made.insert_prefetch, *made.update_prefetch)}
        self._parameters = [_parameter(made.binds[name], defaults.get(name)) for name in made.positiontup]
        found = list(statement.selected_columns) if isinstance(statement, Select) else []
        self.columns = [str(column.key) for column in found]
        self.row: Callable[..., Any] = namedtuple("Row", self.columns)  # type: ignore[misc]
        converters = [column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None) for column in found]
        self._converters = [(place, convert) for place, convert in enumerate(converters) if convert is not None]

    def run(self, file: sqlite3.Connection, given: Given) -> sqlite3.Cursor:
        """Execute it."""
        return call(file.execute, self._sql, self._converted(given))

    def run_each(self, file: sqlite3.Connection, given: Sequence[Given]) -> None:
        """Execute it for each."""
        call(file.executemany, self._sql, [self._converted(each) for each in given])

    def found(self, file: sqlite3.Connection, given: Given) -> list[list[Any]]:
        """The values of each row that it finds, by `columns`."""
        rows = [list(row) for row in self.run(file, given)]
        for row in rows:
            for place, convert in self._converters:
                row[place] = convert(row[place])
        return rows

    def _converted(self, given: Given) -> list[Any]:
        return [parameter(given) for parameter in self._parameters]


def _parameter(bind: Any, default: Any) -> Callable[[Given], Any]:
    """A function that returns a parameter: what the caller gave, a column's default, or a part of the statement."""
    name: str = bind.key
    convert = bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT) or _unchanged
    if default is not None:
        if default.is_callable:
            return lambda _given: convert(default.arg(None))
        if not default.is_scalar:
            raise ValueError(f"the default of {name} is neither a value nor a function")
        return lambda _given: convert(default.arg)
    if bind.required:
        return lambda given: convert(given[name])
    return lambda _given: convert(bind.effective_value)


def _unchanged(value: Any) -> Any:
    return value


def call(function: Callable[[str, Any], sqlite3.Cursor], sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
    """Call a function of SQLite's connection. It raises SQLAlchemy's errors, which never show the parameters."""
    try:
        return function(sql, parameters)
    except sqlite3.Error as error:
        raise _reported(error, sql) from error


@contextmanager
def reported(sql: str | None = None) -> Iterator[None]:
    """Raise SQLAlchemy's errors for those of SQLite."""
    try:
        yield
    except sqlite3.Error as error:
        raise _reported(error, sql) from error


def _reported(error: sqlite3.Error, sql: str | None) -> Exception:
    return DBAPIError.instance(sql, None, error, sqlite3.Error, hide_parameters=True, dialect=_DIALECT)
