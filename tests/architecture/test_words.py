"""One word per thing: the vocabulary of docs/glossary.md, and no words that say nothing."""

import ast
from pathlib import PurePosixPath

from tests.architecture.tree import PRODUCT, python_files, report, syntax, words

SAYS_NOTHING = {"item", "job", "manager", "helper", "util", "handler", "processor"}
AVOIDED = SAYS_NOTHING | {f"{word}s" for word in SAYS_NOTHING}
ADVICE = "Name the thing it is: content, publication, attempt, delivery, store, sender, keeper…"


def test_no_class_is_named_with_an_empty_word() -> None:
    found = [
        f"{name}:{node.lineno} class {node.name}"
        for name in python_files(*PRODUCT, "scripts", "tests", "tools", "examples")
        for node in ast.walk(syntax(name))
        if isinstance(node, ast.ClassDef) and words(node.name) & AVOIDED
    ]
    report(found, ADVICE)


def test_no_module_is_named_with_an_empty_word() -> None:
    found = [
        name
        for name in python_files()
        if any(words(part) & AVOIDED for part in PurePosixPath(name).with_suffix("").parts)
    ]
    report(found, ADVICE)
