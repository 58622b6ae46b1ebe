"""Writes the reference of the `munadi` command from its Typer application: commands, arguments, options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from typer.main import get_command

from munadi.cli.app import app
from scripts.markdown import table

# Options of every command are described once; completion is Typer's own.
EVERYWHERE = {"as_json", "url_", "api_key_", "profile_", "help"}
COMPLETION = {"install_completion", "show_completion"}
HEAD = """# The command line

`munadi` exits with 0 done, 1 refused or failed, 2 usage, 3 not reachable, 4 not permitted. Every command has `--json`
(JSON for machines on standard output, nothing else) and `--help`. Those that call the API have `--url`, `--api-key` and
`--profile` as well (else `MUNADI_URL`, `MUNADI_API_KEY` and `MUNADI_PROFILE`, else what `munadi login` stored); they
are marked *API*. How they are used: [docs/cli.md](../cli.md).
"""


def cli_reference() -> str:
    """The whole page."""
    root: Any = get_command(app)
    options = [option for option in root.params if option.name not in EVERYWHERE | COMPLETION]
    parts = [HEAD, "\n", table(("option of `munadi`", "what it does"), _options(options))]
    for name, command in root.commands.items():
        parts += _chapter(name, command)
    return "".join(parts)


def _chapter(name: str, command: Any) -> Iterator[str]:
    if not hasattr(command, "commands"):
        yield from _section(f"munadi {name}", command, "##")
        return
    if command.invoke_without_command:
        yield from _section(f"munadi {name}", command, "##")
    else:
        yield f"\n## munadi {name}\n\n{_words(command.help)}\n"
    for each, inner in command.commands.items():
        if inner.hidden:
            continue
        yield from _section(f"munadi {name} {each}", inner, "###")


def _section(path: str, command: Any, level: str) -> Iterator[str]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option" and each.name not in EVERYWHERE]
    usage = " ".join([path, *(_shown(argument) for argument in arguments)])
    calls = " *API*" if any(each.name == "url_" for each in command.params) else ""
    yield f"\n{level} {path}\n\n`{usage}`{calls}\n\n{_words(command.help)}\n"
    if arguments:
        rows = [(f"`{argument.metavar or argument.name.upper()}`", _words(argument.help)) for argument in arguments]
        yield "\n" + table(("argument", "what it is"), rows)
    if options:
        yield "\n" + table(("option", "what it does"), _options(options))


def _options(options: Iterable[Any]) -> list[tuple[str, str]]:
    return [(_names(option), _about(option)) for option in options]


def _names(option: Any) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    value = "" if option.is_flag else f" {option.metavar or _kind(option)}"
    return f"`{names}{value}`"


def _kind(option: Any) -> str:
    return "NUMBER" if option.min is not None or isinstance(option.default, int) else "TEXT"


def _about(option: Any) -> str:
    words = [_words(option.help)]
    if option.required:
        words.append("Required.")
    elif not option.is_flag and option.default not in (None, (), []):
        words.append(f"By default `{option.default}`.")
    return " ".join(word for word in words if word)


def _shown(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return name if argument.required else f"[{name}]"


def _words(text: str | None) -> str:
    return (text or "").replace("\f", "").strip()
