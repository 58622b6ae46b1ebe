"""`munadi logout`: forget a stored key. The key itself is the installation's, and stays valid until it is revoked."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from munadi.cli.credentials import current_profile, note_overriding
from munadi.cli.output import Output
from munadi.cli.profile_store import DEFAULT, Credentials, load, missing_profile, save
from munadi.cli.session import Session

Remove = Annotated[bool, typer.Option("--remove", help="Forget the profile's name and address too.")]


def logout(session: Session, remove: Remove = False) -> None:
    """Forget the stored key of the profile in use, or of --profile.

    The address stays, for the next munadi login. Afterwards the API is asked whether the key is still valid, because
    forgetting a key does not revoke it.
    """
    stored = load()
    name = current_profile(stored, session.profile)
    if (profile := stored.profiles.get(name)) is None:
        raise missing_profile(name, stored)
    if remove:
        del stored.profiles[name]
        stored.in_use = DEFAULT if name == stored.in_use else stored.in_use
    else:
        stored.profiles[name] = Credentials(profile.url, None)
    save(stored)
    valid = _is_valid(session, profile) if profile.api_key else False
    done = {"profile": name, "url": profile.url, "keyEndsIn": profile.key_ends_in, "keyIsValid": valid}
    session.show(done, _print_done)
    note_overriding(session.out)


def _is_valid(session: Session, profile: Credentials) -> bool | None:
    """Whether the API still takes the key; None if it gave no answer to that."""
    from munadi.client import ClientError, ProblemError

    asking = Session(profile.url, profile.api_key, transport=session.transport, pause=session.pause, out=session.out)
    try:
        asking.client.channels.list()
    except ProblemError as refused:
        return False if refused.status == 401 else None
    except ClientError:
        return None
    return True


def _print_done(out: Output, done: Any) -> None:
    if done["keyEndsIn"] is None:
        out.line(f"profile {done['profile']} had no key")
        return
    out.line(f"forgot the key of profile {done['profile']} ({done['url']})")
    if done["keyIsValid"] is False:
        out.note("the key itself is not valid any more")
        return
    state = "stays valid" if done["keyIsValid"] else "may still be valid: the API could not be asked"
    out.note(
        f"the key itself, which ends in {done['keyEndsIn']}, {state}. To revoke it, an administrator finds its id with "
        "munadi keys list and runs munadi keys revoke KEY_ID"
    )
