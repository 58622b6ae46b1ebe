"""Settings: environment variables with the prefix MUNADI_, nested by two underscores.

`docs/reference/settings.md` is generated from this module. An unknown MUNADI_ variable is only a warning.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from munadi.database_settings import DatabasePool, DatabaseTimeouts
from munadi.domain.channel import ChannelName
from munadi.domain.door import DoorName, read_doors
from munadi.domain.look_ages import AFTER, Ages, Looks
from munadi.domain.retention import RetentionSettings
from munadi.domain.usage import WITH_DEFAULT, Limit
from munadi.secret_files import SUFFIX, SettingsWithSecretFiles, is_secret, with_password
from munadi.temporal_settings import TemporalSettings
from munadi.worker_settings import WorkerSettings

PREFIX = "MUNADI_"


class Environment(StrEnum):
    """The environment of this installation. Development allows loopback targets and makes its own keys."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class ApiSettings(BaseModel):
    """Where the API listens."""

    host: str = Field("127.0.0.1", description="address the API listens on")
    port: int = Field(8080, description="port the API listens on; 0 picks a free one under `munadi dev`")
    wrong_keys_per_minute: int = Field(
        10, ge=1, description="wrong API keys a minute from one address that are answered 401; further ones get 429"
    )
    forms_per_minute: int = Field(
        120,
        ge=1,
        description="forms a minute (sign-in, connect pages) from one address whose bodies are read; further ones get "
        "429",
    )
    trusted_proxies: str = Field(
        "",
        description="addresses or networks of the proxies in front, comma separated: their X-Forwarded-For names the "
        "caller; unset: the peer of the connection is the caller",
    )


class MediaSettings(BaseModel):
    """Where media files are stored, and how large they may be."""

    url: str | None = Field(
        None, description="store of the media: file:///path or s3://bucket/prefix (default: media/ in the data folder)"
    )
    endpoint: str | None = Field(None, description="address of an S3-compatible server; unset: Amazon's")
    region: str | None = Field(None, description="region of the bucket; unset: the cloud's usual environment")
    access_key: str | None = Field(None, description="access key of the bucket; unset: the cloud's usual environment")
    secret_key: SecretStr | None = Field(None, description="secret of the access key")
    max_bytes: int = Field(1 << 30, description="largest media file taken, bytes")
    fetch_timeout: float = Field(60.0, description="seconds a media URL may take to answer whole")
    uploads_max_bytes: int = Field(
        4 << 30,
        description="most bytes on disk that all uploads under way in one API process may have together; those of one "
        "brand may have a quarter, or one whole file",
    )
    request_max_bytes: int = Field(2 << 30, description="most bytes that the media of one request may have together")
    request_timeout: float = Field(60.0, description="seconds that the media of one request may take together")


class LimitSettings(BaseModel):
    """What one brand may have, so that it leaves room for the others. Keys for all brands together may have more."""

    streams: int = Field(
        100, ge=1, description="open pages of the dashboard that are kept up to date, of one brand in one API process"
    )
    waiting: int = Field(
        500, ge=1, description="requests that wait for a change of a post at once, of one brand in one API process"
    )
    uploads: int = Field(4, ge=1, description="uploads under way at once, of one brand in one API process")
    endpoints: int = Field(20, ge=0, description="webhook endpoints of a brand that has no limit of its own")
    keys: int = Field(200, ge=0, description="valid API keys of a brand that has no limit of its own")
    connect_links: int = Field(
        200, ge=0, description="unused links to connect a profile, of a brand that has no limit of its own"
    )
    drafts: int = Field(1_000, ge=0, description="saved drafts of a brand that has no limit of its own")
    media_bytes: int = Field(
        100 << 30, ge=0, description="bytes of stored media files of a brand that has no limit of its own"
    )
    recoveries: int = Field(
        20, ge=0, description="replays and recoveries of webhook events that run, of a brand without its own limit"
    )

    @property
    def of_brand(self) -> dict[Limit, int]:
        """What a brand without limits of its own may have."""
        return {kind: getattr(self, kind.name.lower()) for kind in WITH_DEFAULT}


class MetricsSettings(BaseModel):
    """Who may read `GET /metrics`. An `admin` key for all brands always may."""

    public: bool = Field(False, description="answer `GET /metrics` without a key; `munadi dev` does so on loopback")
    token: SecretStr | None = Field(None, description="a bearer token that may read `GET /metrics` and nothing else")


class WebhookSettings(BaseModel):
    """What webhook receivers may be reached at, beside public addresses."""

    private_networks: str = Field(
        "",
        description="private networks that webhooks may reach, comma separated (10.1.0.0/16), also over plain http and "
        "on any port; unset: public addresses only",
    )
    private_hosts: str = Field(
        "",
        description="hosts of such receivers, comma separated (cms.internal, cms.internal:3000); a host without a port "
        "is reached on any",
    )
    proxy: SecretStr | None = Field(
        None, description="egress proxy of webhooks, http://host:port; it gets addresses, never names; unset: none"
    )


class RelaySettings(BaseModel):
    """The relay: how soon a lost call to a workflow is repeated."""

    interval: float = Field(0.5, description="seconds between the relay's rounds")
    look_grace: float = Field(
        20.0,
        description="seconds after its planned moment at which the relay wakes a post whose workflow has not acted",
    )
    erasure_grace: float = Field(
        60.0,
        ge=0,
        description="seconds from the request for an erasure until it begins to delete: requests that were under way "
        "end, and webhooks about it are sent",
    )
    preflight: float = Field(
        1800.0,
        description="seconds before its due time that a post is checked, unless it was accepted just before; 0: never",
    )


class LookSettings(BaseModel):
    """When Munadi looks whether published posts are still there. A brand may have its own ages."""

    after: Ages = Field(
        AFTER, description="ages of a post at which it is looked at, a JSON list of ISO 8601; []: never"
    )
    channels: dict[ChannelName, Ages] = Field(
        {}, description='ages for single networks, a JSON object such as {"x": ["PT1H", "P1D"], "tiktok": []}'
    )
    interval: float = Field(10.0, gt=0, description="seconds between two rounds of looks")
    apart: float = Field(900.0, gt=0, description="seconds between the two equal answers that a change needs")

    @property
    def wanted(self) -> Looks:
        """The ages, as those of a brand."""
        return Looks(after=self.after, channels=self.channels)


class Settings(SettingsWithSecretFiles):
    """All settings of Munadi."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore")

    environment: Environment = Field(Environment.DEVELOPMENT, description="development or production")
    data_dir: Path = Field(Path(".munadi"), description="folder of the embedded database, Temporal's file, media, keys")
    database_url: SecretStr | None = Field(None, description="sqlite+aiosqlite:///… or postgresql+psycopg://…")
    database_password: SecretStr | None = Field(
        None, description="password of PostgreSQL, for a `MUNADI_DATABASE_URL` that names a user and no password"
    )
    public_url: str | None = Field(None, description="the API's address as networks and browsers reach it")
    operator_name: str | None = Field(
        None,
        min_length=1,
        max_length=80,
        description="who operates this installation, as the pages for owners and reviewers name them; unset: nobody is "
        "named",
    )
    sandbox_url: str | None = Field(
        None,
        description="address of `munadi sandbox`, to which test brands publish, as browsers reach it too; `munadi dev` "
        "sets its own; unset: no test brands",
    )
    mcp_urls: str = Field(
        "",
        description="addresses of MCP servers for which programs may sign in, comma separated, such as "
        "https://mcp.example.com/mcp; always: those under MUNADI_PUBLIC_URL, and on the person's own machine",
    )
    doors: str = Field(
        "",
        description="other programs' APIs to answer like, comma separated: ayrshare (under /api/), postiz (under "
        "/public/v1/); unset: none (docs/guides/doors.md)",
    )
    secret_keys: SecretStr | None = Field(
        None,
        description="key-encryption keys, comma separated, newest first; the newest also gives Bluesky's client key",
    )
    database_pool: DatabasePool = DatabasePool()
    database_timeouts: DatabaseTimeouts = DatabaseTimeouts()
    temporal: TemporalSettings = TemporalSettings()
    api: ApiSettings = ApiSettings()
    media: MediaSettings = MediaSettings()
    worker: WorkerSettings = WorkerSettings()
    relay: RelaySettings = RelaySettings()
    looks: LookSettings = LookSettings()
    retention: RetentionSettings = RetentionSettings()
    webhooks: WebhookSettings = WebhookSettings()
    metrics: MetricsSettings = MetricsSettings()
    metrics_listen: str | None = Field(
        None,
        description="host:port, or a port of 127.0.0.1, at which a worker or an API answers /healthz, /readyz and "
        "/metrics beside its work; each process on a machine needs its own; unset: none",
    )
    limits: LimitSettings = LimitSettings()
    channels: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="per channel: HOSTS__<ROLE>, VERSION, CLIENT_ID, CLIENT_SECRET, …"
    )
    failpoints: str | None = Field(
        None, description="module and argument of a fault test (`module:argument`); refused in production"
    )
    watchdog: float = Field(
        30.0,
        description="seconds after which a hung API or worker writes its stack and exits, to be replaced; 0: never",
    )
    log_level: str = Field("info", description="debug, info, warning or error")
    access_log: bool = Field(
        False, description="log each request to the API: its route, status, duration and ids, never its path or query"
    )
    audit_days: int = Field(400, ge=1, description="days that the audit log is kept")
    dns_servers: str = Field(
        "",
        description="name servers to ask for the names that tenants give, comma separated (10.0.0.53, 10.0.0.54:5353); "
        "unset: those of /etc/resolv.conf",
    )
    allow_public_development: bool = Field(
        False, description="let development mode listen on a network and have a public address; unset: it refuses"
    )
    allow_http: bool = Field(False, description="let production have a public address without https; unset: it refuses")

    @property
    def is_development(self) -> bool:
        """Whether loopback targets and self-made keys are allowed."""
        return self.environment is Environment.DEVELOPMENT

    @property
    def mcp_servers(self) -> tuple[str, ...]:
        """The addresses of MCP servers that the settings name."""
        return tuple(url.strip().rstrip("/") for url in self.mcp_urls.split(",") if url.strip())

    @property
    def open_doors(self) -> tuple[DoorName, ...]:
        """The doors that the settings open. ValueError names one that there is not."""
        return read_doors(self.doors)

    @property
    def database(self) -> str:
        """The database's URL; a file in the data folder unless one is set."""
        url = self.database_url.get_secret_value() if self.database_url else None
        if self.database_password is not None:
            return with_password(url, self.database_password.get_secret_value())
        return url or f"sqlite+aiosqlite:///{(self.data_dir / 'munadi.db').absolute()}"

    @property
    def base_url(self) -> str:
        """The URL under which networks and browsers reach this installation, without a trailing slash."""
        return (self.public_url or f"http://{self.api.host}:{self.api.port}").rstrip("/")


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process's environment."""
    return Settings(**overrides)


def unknown_variables() -> list[str]:
    """MUNADI_ variables that no setting reads: worth a warning, they are usually typos."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {PREFIX + name.upper() + SUFFIX for name, field in Settings.model_fields.items() if is_secret(field)}
    # Variables that only the CLI reads.
    known |= {"MUNADI_URL", "MUNADI_API_KEY", "MUNADI_PROFILE"}
    return sorted(
        name
        for name in os.environ
        if name.startswith(PREFIX) and name not in known and name.split("__")[0] not in known
    )
