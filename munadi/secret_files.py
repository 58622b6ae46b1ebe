"""Reads secret settings from files: `MUNADI_SECRET_KEYS_FILE` names a file with the value of `MUNADI_SECRET_KEYS`.

Every setting that is a `SecretStr` has such a variable, and every setting of a channel. pydantic-settings' own
`secrets_dir` is not enough: it takes what is wrong with a file as a warning, and starts without the secret.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

SUFFIX = "_FILE"
MAX_BYTES = 65_536


class SecretFilesWrong(ValueError):
    """Variables that name files which cannot be used. `rules` has a line for each, without what they say."""

    def __init__(self, rules: tuple[str, ...]) -> None:
        super().__init__("; ".join(rules))
        self.rules = rules


class SecretFiles(PydanticBaseSettingsSource):
    """The settings whose values are in files. Raises SecretFilesWrong, with a rule for each wrong variable."""

    def __init__(self, settings: type[BaseSettings], environment: PydanticBaseSettingsSource, prefix: str) -> None:
        super().__init__(settings)
        self._environment = environment
        self._prefix = prefix

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Nothing: the values are found by their variables, not by their fields."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """The values, nested as the settings are."""
        found = [*_variables(os.environ, self._prefix)]
        if not found:
            return {}
        by_variable, values, wrong = self._environment(), dict[str, Any](), list[str]()
        for name, target, keys in found:
            try:
                if (readable := _is_readable(self.settings_cls, keys)) is None:
                    continue  # no such setting: a warning, as for every unknown variable
                if not readable:
                    raise ValueError(f"is not read: only secrets come from files; set {name.removesuffix(SUFFIX)}")
                if _at(by_variable, keys):
                    raise ValueError(f"and {name.removesuffix(SUFFIX)} are both set: unset one of them")
                _put(values, keys, read_secret(Path(target)))
            except ValueError as error:
                wrong.append(f"{name} {error}")
        if wrong:
            raise SecretFilesWrong(tuple(wrong))
        return values


class SettingsWithSecretFiles(BaseSettings):
    """Settings that come from the code, then from files with secrets, then from variables."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources, the first one wins. No file of variables, and no folder of secrets, is read unasked."""
        prefix = cls.model_config.get("env_prefix") or ""
        return init_settings, SecretFiles(settings_cls, env_settings, prefix), env_settings


def file_of(variable: str) -> Path | None:
    """The file that a process's environment names for a secret, such as that of `MUNADI_SECRET_KEYS`."""
    names = {name.upper(): target for name, target in os.environ.items()}
    target = names.get(variable + SUFFIX)
    return Path(target) if target else None


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting may come from a file."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


def read_secret(path: Path) -> str:
    """The one line of a file, without the newlines at its end. ValueError shows no path: it may be a secret."""
    try:
        # A pipe without a writer would keep the process from its start.
        if not stat.S_ISREG(path.stat().st_mode):
            raise ValueError("must name a file, not a folder, a pipe or a device")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ValueError("names a file that does not exist: it takes a path, not the value") from error
    except OSError as error:
        raise ValueError(f"names a file that cannot be read: {error.strerror}") from error
    return _line(content)


def with_password(url: str | None, password: str) -> str:
    """A URL of PostgreSQL with the password in it, escaped. ValueError where it has one, or can have none."""
    from sqlalchemy.engine import make_url

    parts = make_url(url) if url is not None else None
    if parts is None or parts.get_backend_name() != "postgresql" or not parts.username:
        raise ValueError("needs a MUNADI_DATABASE_URL of PostgreSQL with a user: postgresql+psycopg://user@host/name")
    if parts.password is not None:
        raise ValueError("is set, and MUNADI_DATABASE_URL has a password too: remove one of them")
    return parts.set(password=password).render_as_string(hide_password=False)


def _line(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise ValueError(f"names a file of more than {MAX_BYTES} bytes")
    try:
        value = content.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ValueError("names a file that is not UTF-8 text") from error
    if not value.strip():
        raise ValueError("names a file that is empty")
    if not value.isprintable():
        raise ValueError("names a file with more than one line, or with control characters")
    return value


def _variables(environ: Mapping[str, str], prefix: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each variable that names a file: its name, the file, and where its value belongs. An empty one is not set."""
    for given, target in environ.items():
        name = given.upper()
        if target and name.startswith(prefix) and name.endswith(SUFFIX):
            yield name, target, tuple(name.removeprefix(prefix).removesuffix(SUFFIX).lower().split("__"))


def _is_readable(model: type[BaseModel], keys: tuple[str, ...]) -> bool | None:
    """Whether the setting of these keys may come from a file; None if there is no such setting."""
    head, *rest = keys
    if (field := model.model_fields.get(head)) is None:
        return None
    kind = field.annotation
    if rest and isinstance(kind, type) and issubclass(kind, BaseModel):
        return _is_readable(kind, tuple(rest))
    # The settings of channels have models of their own, which read them later.
    return is_secret(field) if not rest else len(rest) == 2


def _at(values: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    found: Any = values
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _put(values: dict[str, Any], keys: tuple[str, ...], value: str) -> None:
    *groups, last = keys
    for key in groups:
        values = values.setdefault(key, {})
    values[last] = value
