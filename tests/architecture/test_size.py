"""Nothing grows so long that it hides what it does."""

from tests.architecture.tree import files, functions, python_files, report, syntax, text

MAX_FILE = 300
MAX_FUNCTION = 60
SOURCES = (".py", ".mjs", ".js", ".css", ".html", ".jinja", ".sh")


def test_no_file_is_over_300_lines() -> None:
    found = [
        f"{name}: {lines} lines"
        for name in files()
        if name.endswith(SOURCES)
        and "/migrations/versions/" not in name
        and (lines := len(text(name).splitlines())) > MAX_FILE
    ]
    report(found, f"Split it by subject: a file has at most {MAX_FILE} lines, a good one around 120.")


def test_no_function_is_over_60_lines() -> None:
    found = []
    for name in python_files():
        if name.startswith("tests/") or "/migrations/" in name:
            continue
        for function in functions(syntax(name)):
            lines = (function.end_lineno or function.lineno) - function.lineno + 1
            if lines > MAX_FUNCTION:
                found.append(f"{name}:{function.lineno} {function.name}: {lines} lines")
    report(found, f"Give its steps names of their own: a function has at most {MAX_FUNCTION} lines.")
