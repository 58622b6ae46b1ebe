"""Read this process's settings; on error name each wrong variable and the rule it breaks."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from munadi.process.exits import CommandFailed, Exit

if TYPE_CHECKING:
    from munadi.config import Settings
    from munadi.crypto import KeyRing

TABLE = "Every setting: docs/reference/settings.md"
PORTS = range(65_536)


def read_settings(**overrides: Any) -> Settings:
    """The settings. Raises CommandFailed (USAGE) with a line per wrong variable; shows no value."""
    from munadi.config import load_settings

    try:
        settings = load_settings(**overrides)
    except ValueError as error:
        raise _refused(*_rules(error, "MUNADI_")) from error
    if settings.api.port not in PORTS:
        raise _refused(f"MUNADI_API__PORT must be from 0 to {PORTS[-1]}")
    return settings


def database_url() -> str:
    """The database's URL, for commands that need nothing else. Raises CommandFailed (USAGE)."""
    settings = read_settings()
    if wrong := [*_database(settings)]:
        raise _refused(*wrong)
    return settings.database


def database_and_keys() -> tuple[str, KeyRing]:
    """The database's URL and the keys that encrypt its secrets. Raises CommandFailed (USAGE).

    Unlike a starting process, this never makes a new key: nothing is encrypted with it yet.
    """
    settings = read_settings()
    if wrong := [*_keys(settings), *_database(settings)]:
        raise _refused(*wrong)
    from munadi.process.runtime import key_file, keyring_of

    if settings.secret_keys is None and not (path := key_file(settings)).exists():
        raise _refused(f"MUNADI_SECRET_KEYS is not set, and there is no key in {path}")
    try:
        return settings.database, keyring_of(settings)
    except (ValueError, OSError) as error:
        raise CommandFailed(f"the development key cannot be read: {error}") from error


def check_temporal(settings: Settings) -> None:
    """Check the settings of Temporal alone. Raises CommandFailed (USAGE)."""
    wrong = [*_temporal(settings), *_no_address(settings)]
    if wrong:
        raise _refused(*wrong)


def check_start(settings: Settings, *, needs_temporal: bool = False) -> None:
    """Check the settings that API and worker need to run. Raises CommandFailed (USAGE)."""
    parts = (
        _keys,
        _level,
        _database,
        _slots,
        _temporal,
        _media,
        _channels,
        _sandbox,
        _webhooks,
        _dns,
        _doors,
        _listen,
        _traces,
        _failpoints,
        _exposure,
    )
    wrong = [rule for part in parts for rule in part(settings)]
    if needs_temporal:
        wrong += _no_address(settings)
    if wrong := wrong or [*_media_store(settings)]:
        raise _refused(*wrong)


def _refused(*rules: str) -> CommandFailed:
    return CommandFailed("\n".join(rules), Exit.USAGE, TABLE)


def _rules(error: ValueError, prefix: str) -> Iterator[str]:
    """Pydantic's errors by variable. Values may be secrets, so they are not repeated."""
    from pydantic import ValidationError

    from munadi.secret_files import SecretFilesWrong

    if isinstance(error, SecretFilesWrong):
        yield from error.rules
        return
    if not isinstance(error, ValidationError):
        # A group of settings in one variable that is not JSON; the text names the group.
        yield f"{error} (a group is set by variables of its own, such as MUNADI_API__PORT)"
        return
    for found in error.errors(include_url=False, include_input=False, include_context=False):
        name = "__".join(str(part).upper() for part in found["loc"])
        rule = found["msg"].split(", unable to parse")[0].replace("Input should be", "must be")
        yield f"{prefix}{name} {rule}" if rule.startswith("must") else f"{prefix}{name}: {rule}"


def _keys(settings: Settings) -> Iterator[str]:
    from munadi.crypto import KeyRing

    if settings.secret_keys is None:
        if not settings.is_development:
            yield "MUNADI_SECRET_KEYS must be set outside development; make one: openssl rand -base64 32"
        return
    given = [key.strip() for key in settings.secret_keys.get_secret_value().split(",")]
    try:
        KeyRing([key for key in given if key])
    except ValueError as error:
        yield f"MUNADI_SECRET_KEYS: {error}; make one: openssl rand -base64 32"


def _failpoints(settings: Settings) -> Iterator[str]:
    if settings.failpoints is not None and not settings.is_development:
        yield "MUNADI_FAILPOINTS makes processes crash on purpose, for fault tests: unset it in production"


def _exposure(settings: Settings) -> Iterator[str]:
    from munadi.process.exposure import exposures

    yield from exposures(settings)


def _webhooks(settings: Settings) -> Iterator[str]:
    from munadi.outbound.egress import EgressProxy
    from munadi.outbound.private_targets import PrivateTargets

    for name, networks, hosts in (
        ("PRIVATE_NETWORKS", settings.webhooks.private_networks, ""),
        ("PRIVATE_HOSTS", "", settings.webhooks.private_hosts),
    ):
        try:
            PrivateTargets.parse(networks, hosts)
        except ValueError as error:
            yield f"MUNADI_WEBHOOKS__{name}: {error}"
    if settings.webhooks.proxy is not None:
        try:
            EgressProxy.of(settings.webhooks.proxy.get_secret_value())
        except ValueError as error:
            yield f"MUNADI_WEBHOOKS__PROXY: {error}"


def _dns(settings: Settings) -> Iterator[str]:
    from munadi.outbound.resolver import servers_in

    try:
        servers_in(settings.dns_servers)
    except ValueError as error:
        yield f"MUNADI_DNS_SERVERS: {error}"


def _doors(settings: Settings) -> Iterator[str]:
    try:
        settings.open_doors  # noqa: B018 - it raises
    except ValueError as error:
        yield f"MUNADI_DOORS: {error}"


def _listen(settings: Settings) -> Iterator[str]:
    from munadi.process.listening import ListenAddress

    if settings.metrics_listen is not None:
        try:
            is_private = ListenAddress.parse(settings.metrics_listen).is_loopback
        except ValueError as error:
            yield f"MUNADI_METRICS_LISTEN {error}"
            return
        if settings.is_development and not is_private and not settings.allow_public_development:
            yield "MUNADI_METRICS_LISTEN is reachable from other machines, and this is development mode: use 127.0.0.1"


def _traces(_settings: Settings) -> Iterator[str]:
    from munadi.process.traces import wrong

    yield from wrong(os.environ)


def _level(settings: Settings) -> Iterator[str]:
    if settings.log_level.upper() not in logging.getLevelNamesMapping():
        yield "MUNADI_LOG_LEVEL must be debug, info, warning or error"


def _database(settings: Settings) -> Iterator[str]:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError

    given = settings.database_url
    try:
        if given and given.get_secret_value():
            make_url(given.get_secret_value())
    except (SQLAlchemyError, ValueError):
        yield "MUNADI_DATABASE_URL must be sqlite+aiosqlite:///… or postgresql+psycopg://…"
        return
    try:
        make_url(settings.database)
    except ValueError as error:
        yield f"MUNADI_DATABASE_PASSWORD {error}"


def _slots(settings: Settings) -> Iterator[str]:
    least, most = settings.worker.slots, settings.worker.most_slots
    if most < least:
        yield f"MUNADI_WORKER__MOST_SLOTS is {most}: it must be at least MUNADI_WORKER__SLOTS, which is {least}"


def _temporal(settings: Settings) -> Iterator[str]:
    given = settings.temporal
    if any((given.api_key, given.tls_ca, given.tls_cert, given.tls_key, given.tls_server_name)):
        from munadi.process.temporal_tls import wrong_tls

        yield from wrong_tls(given)


def _no_address(settings: Settings) -> Iterator[str]:
    if settings.temporal.address is None:
        yield "MUNADI_TEMPORAL__ADDRESS must be set: host:port of a Temporal server (munadi dev runs one)"


def _media(settings: Settings) -> Iterator[str]:
    from munadi.media.opening import check_place

    try:
        check_place(settings.media)
    except ValueError as error:
        yield str(error)


def _media_store(settings: Settings) -> Iterator[str]:
    """Check the bucket. An unreachable bucket is logged and does not prevent the start: it may come back."""
    if settings.media.url is None or settings.media.url.startswith("file://"):
        return
    from munadi.media.opening import open_store, try_store
    from munadi.media.store import StoreRefused, StoreUnavailable

    try:
        try_store(open_store(settings))
    except StoreRefused as error:
        yield str(error)
    except StoreUnavailable as error:
        logging.getLogger("munadi.media").warning("%s; starting anyway", error)


def _sandbox(settings: Settings) -> Iterator[str]:
    """Where test brands publish: a server, without a path."""
    if settings.sandbox_url is None:
        return
    try:
        parts = urlsplit(settings.sandbox_url)
        is_server = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_server = False
    if not is_server or parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        yield "MUNADI_SANDBOX_URL must be the address of a server, such as http://127.0.0.1:8090, without a path"


def _channels(settings: Settings) -> Iterator[str]:
    """The settings of each network, read by its own model."""
    from importlib import import_module

    from munadi.channels.registry import REGISTRY

    for name, module in REGISTRY.items():
        try:
            import_module(f"{module}.spec").Settings.model_validate(settings.channels.get(name.value, {}))
        except ValueError as error:
            yield from _rules(error, f"MUNADI_CHANNELS__{name.value.upper()}__")
