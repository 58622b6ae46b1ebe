"""Every regular expression of the product takes linear time on any text.

Expressions are found in the source, so that a new one is tested automatically. Each runs, by the methods that the code
calls on it, over texts that repeat its own parts. The time for twice the text is compared.
"""

from __future__ import annotations

import ast
import gc
import importlib
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from typing import Any

import pytest
import regex

from tests.architecture.tree import PRODUCT, python_files, report, syntax, text

CALLS = frozenset({"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"})
ENGINES = {"re": re, "regex": regex}
LENGTH = 3_000
# An expression that needs less for 3 000 characters is not quadratic.
QUICK = 0.0008
# Twice the text takes a linear expression twice the time, a quadratic one four times.
MOST = 2.9
ENDLESS = 1.0


@dataclass(frozen=True)
class Expression:
    """`methods` are those that the code calls on it."""

    where: str
    pattern: Any
    methods: tuple[str, ...]

    def __str__(self) -> str:
        return self.where


def _imported(name: str) -> Any:
    return importlib.import_module(name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))


def _name_of(tree: ast.Module, call: ast.Call) -> str | None:
    """The module's constant that the expression is assigned to."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.value is call and isinstance(node.targets[0], ast.Name):
            return node.targets[0].id
    return None


def _methods(file: str, name: str | None) -> tuple[str, ...]:
    """The methods that its module, and those that import it, call on the constant. The usual ones if there is none."""
    known = set[str]()
    if name is not None:
        module = file.removesuffix(".py").replace("/", ".")
        for other in python_files(*PRODUCT):
            if other == file or f"from {module} import" in text(other):
                known |= set(
                    re.findall(rf"\b{name}\.(match|fullmatch|search|sub|split|findall|finditer)\(", text(other))
                )
    return tuple(sorted(known)) or ("fullmatch", "match", "search")


def _expressions_in(file: str) -> Iterator[Expression | str]:
    tree = syntax(file)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        engine = node.func.value
        if not (isinstance(engine, ast.Name) and engine.id in ENGINES and node.func.attr in CALLS):
            continue
        where = f"{file}:{node.lineno}"
        try:
            pattern = eval(compile(ast.Expression(node.args[0]), file, "eval"), vars(_imported(file)))
            flags = [one.value for one in node.keywords if one.arg == "flags"]
            flags += node.args[1:2] if node.func.attr == "compile" else []
            value = eval(compile(ast.Expression(flags[0]), file, "eval"), vars(_imported(file))) if flags else 0
        except NameError:
            yield f"{where} builds its expression from variables"
            continue
        if not isinstance(pattern, str | bytes):
            pattern, value = pattern.pattern, pattern.flags
        method = node.func.attr
        used = _methods(file, _name_of(tree, node)) if method == "compile" else (method,)
        yield Expression(where, ENGINES[engine.id].compile(pattern, value), used)


@cache
def found() -> tuple[list[Expression], list[str]]:
    """The expressions, and the places whose expression is only known when it runs."""
    with_some = [file for file in python_files(*PRODUCT) if re.search(rf"\b(?:{'|'.join(ENGINES)})\.", text(file))]
    everything = [one for file in with_some for one in _expressions_in(file)]
    known = [one for one in everything if isinstance(one, Expression)]
    return known, [one for one in everything if isinstance(one, str)]


def _pieces(pattern: str | bytes) -> list[str]:
    """The parts that texts repeat: the words and signs in the expression, and a character of every class."""
    source = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    literal = re.sub(r"\\[dDsSwWbBAZXpPuN](?:\{[^}]*\})?|\(\?[a-zA-Z<!=:]*|[\[\]|]", " ", source).replace("\\", "")
    named = re.findall(r"[A-Za-z0-9_@#:/-]{2,}", literal)
    signs = sorted({one for one in source if not one.isalnum() and not one.isspace()})
    return list(dict.fromkeys(["a", "A", "0", "-", ".", " ", "\n", "é", "\u0301", "😀", *named[:16], *signs]))


def _texts(pattern: str | bytes) -> Iterator[tuple[str, str, str]]:
    """(beginning, repeated part, end). The end prevents most expressions from matching."""
    pieces = _pieces(pattern)
    for one in pieces:
        yield "", one, ""
    for one, other in product(pieces, pieces):
        if one != other:
            yield one, other, "\0"
            yield "", one + other, "\0"


@contextmanager
def _no_longer_than(seconds: float) -> Iterator[None]:
    """Ends what uses more processor time: time on the clock passes while other processes run, too."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _seconds(expression: Expression, method: str, subject: str) -> float:
    """The processor time of one call. The collector of garbage would count every object of the other tests in it."""
    given: Any = subject.encode("utf-8") if isinstance(expression.pattern.pattern, bytes) else subject
    call = getattr(expression.pattern, method)
    gc.disable()
    try:
        begun = time.thread_time()
        made = call("", given) if method in ("sub", "subn") else call(given)
        if method == "finditer":
            for _found in made:
                pass
        return time.thread_time() - begun
    finally:
        gc.enable()


def _is_slow(seconds: Callable[[int], float]) -> bool:
    """Whether twice the text takes much more than twice the time, each time that the two are measured in turn."""
    return seconds(1) >= QUICK and all(seconds(2 * times) > MOST * seconds(times) for times in (1, 2, 4, 4, 4))


def slow_text(expression: Expression) -> str | None:
    """A description of a text that takes more than linear time. None when there seems to be none."""

    def seconds(method: str, given: tuple[str, str, str], times: int) -> float:
        begin, piece, end = given
        return _seconds(expression, method, begin + piece * (LENGTH // len(piece) * times) + end)

    for method, given in product(expression.methods, _texts(expression.pattern.pattern)):
        described = f"{method} of {given[0]!r} + n * {given[1]!r} + {given[2]!r}"
        try:
            with _no_longer_than(ENDLESS):
                slow = _is_slow(partial(seconds, method, given))
        except TimeoutError:
            return f"{described} does not end"
        if slow:
            return f"{described} takes much more than twice the time for twice the n"
    return None


def test_every_expression_can_be_tested() -> None:
    report(found()[1], "Compile it once as a constant of the module; match other texts without an expression.")
    assert len(found()[0]) > 80


def test_no_part_of_the_product_is_left_out() -> None:
    parts = {"/".join(expression.where.split("/")[:2]) for expression in found()[0]}
    assert {"munadi/cli", "munadi/sandbox", "munadi/channels", "munadi/intake", "munadi/media"} <= parts


@pytest.mark.parametrize("expression", found()[0], ids=str)
def test_an_expression_takes_linear_time(expression: Expression) -> None:
    slow = slow_text(expression)
    assert slow is None, f"{expression.where} {expression.pattern.pattern!r}: {slow}"


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"(a+)+b", "fullmatch"),
        (r"\s*,", "search"),
    ],
)
def test_an_expression_that_is_not_linear_is_found(pattern: str, method: str) -> None:
    assert slow_text(Expression("", re.compile(pattern), (method,))) is not None


def test_pydantic_uses_its_linear_engine() -> None:
    """Patterns of fields run on pydantic's own engine, which is linear. Python's is an option of a model."""
    used = [name for name in python_files(*PRODUCT) if "regex_engine" in text(name)]
    report(used, "Leave regex_engine alone.")
