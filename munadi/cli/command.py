"""How a function becomes a command: the options every command has, and exceptions as exit codes.

    @command(app, "get")
    def get(session: Session, content_id: ContentId) -> None: ...

The session is created here; Typer reads the rest of the signature. `takes` adds the options of a method of the client
(`munadi/cli/options.py`).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import Annotated, Any, TypeVar

import typer

from munadi.cli.completing import profiles as profile_names
from munadi.cli.extras import require_for
from munadi.cli.options import fields_of, given_of, parameter_of
from munadi.cli.output import Output
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit, exit_of_status

# Prints an answer for people.
Printed = Callable[[Output, Any], None]
Function = TypeVar("Function", bound=Callable[..., Any])

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines, nothing else.")]
Url = Annotated[str | None, typer.Option("--url", metavar="URL", help="The API's address (else MUNADI_URL).")]
Key = Annotated[str | None, typer.Option("--api-key", metavar="KEY", help="An API key (else MUNADI_API_KEY).")]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile", metavar="NAME", help="The login to use (else MUNADI_PROFILE).", autocompletion=profile_names
    ),
]

_JSON = inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=AsJson)
_URL = inspect.Parameter("url_", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Url)
_KEY = inspect.Parameter("api_key_", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Key)
_PROFILE = inspect.Parameter("profile_", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Profile)
_CONTEXT = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)


def group(name: str, purpose: str) -> typer.Typer:
    """A group of commands, such as `munadi contents`."""
    return typer.Typer(name=name, help=purpose, no_args_is_help=True, add_completion=False)


def command(
    app: typer.Typer,
    name: str,
    *,
    takes: str | None = None,
    remote: bool = True,
    is_group: bool = False,
    **options: Any,
) -> Callable[[Function], Function]:
    """Register a function as `name`. `remote` commands take --url, --api-key and --profile.

    With `is_group` it is what the group itself does, where no command of the group is named.

    `takes` names a method of the client, such as `brands.create`: each field of it that the function does not name
    becomes an option. The function gets those that were given, as the method takes them.
    """
    shared = [_JSON, _URL, _KEY, _PROFILE] if remote else [_JSON]

    def register(function: Function) -> Function:
        named = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        own = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in named
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        by_hand = {parameter.name for parameter in own}
        fields = [field for field in fields_of(takes) if field.parameter not in by_hand] if takes else []

        @functools.wraps(function)
        def run(context: typer.Context, **values: Any) -> None:
            session = context.ensure_object(Session)
            session.out.as_json |= values.pop("as_json")
            session.url = values.pop("url_", None) or session.url
            session.api_key = values.pop("api_key_", None) or session.api_key
            session.profile = values.pop("profile_", None) or session.profile
            if context.invoked_subcommand is not None:
                return
            with failures_as_exit_codes(session):
                require_for(context.command_path)
                given = given_of(fields, values)
                function(session, **values, **given)

        parameters = [_CONTEXT, *own, *map(parameter_of, fields), *shared]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        run.__doc__ = _flowing(function.__doc__)
        # Otherwise inspect would read the wrapped function's signature.
        del run.__wrapped__
        if is_group:
            app.callback(invoke_without_command=True, **options)(run)
        else:
            app.command(name, **options)(run)
        return function

    return register


def plain(
    app: typer.Typer, name: str, calls: str, show: Printed | str, about: str, *, of: Any = None, **options: Any
) -> None:
    """Register a command that is one call of the client: its method `calls`, with its fields as options.

    `of` is the argument that names the object. `show` prints the answer, or is what was done where there is none, such
    as `deleted`. `about` is the command's help.
    """

    def run(session: Session, object_id: str = "", **given: Any) -> None:
        answer = attrgetter(calls)(session.client)(*([object_id] if of else []), **given)
        if isinstance(show, str):
            session.done(show, object_id)
        else:
            session.show(answer, show)

    session, object_id, given = inspect.signature(run).parameters.values()
    named = [session, object_id.replace(annotation=of, default=inspect.Parameter.empty)] if of else [session]
    run.__signature__ = inspect.Signature([*named, given])  # type: ignore[attr-defined]
    run.__doc__ = about
    command(app, name, takes=calls, **options)(run)


def _flowing(text: str | None) -> str | None:
    """Paragraphs on one line each: the terminal wraps them at its own width."""
    if text is None:
        return None
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


@contextmanager
def failures_as_exit_codes(session: Session) -> Iterator[None]:
    """Print what went wrong, for people or as JSON, and exit with its code."""
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except CommandFailed as error:
        print_failure(session.out, error)
        raise typer.Exit(error.code) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except Exception as error:
        code = _print_client_error(session, error)
        if code is None:
            raise
        raise typer.Exit(code) from error


def _print_client_error(session: Session, error: Exception) -> Exit | None:
    # Imported late: only a command that has loaded the client can raise such an error.
    from munadi.cli.problems import print_problem, wrong_filters
    from munadi.client import NotReachable, ProblemError

    if isinstance(error, NotReachable):
        advice = "Is it running? `munadi dev` starts everything; MUNADI_URL or --url says where it is."
        print_failure(session.out, CommandFailed(f"Munadi is not reachable: {error}", Exit.NOT_REACHABLE, advice))
        return Exit.NOT_REACHABLE
    if isinstance(error, ProblemError):
        if (rules := wrong_filters(error)) is not None:
            print_failure(session.out, CommandFailed(rules, Exit.USAGE))
            return Exit.USAGE
        print_problem(session, error)
        return exit_of_status(error.status)
    return None


def print_failure(out: Output, error: CommandFailed) -> None:
    """Print why a command failed, for people or as JSON."""
    message = str(error)
    if out.as_json:
        # Shaped like the API's problems, so that a script parses one shape.
        problem = {"type": "about:blank", "title": message, "status": None, "detail": error.advice}
        out.json({**problem, "code": error.code.name, "errors": []})
        return
    out.note((message, "red"))
    if error.advice:
        out.note(error.advice)
