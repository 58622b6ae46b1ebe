"""The group of settings about Temporal. `munadi/config.py` has the others."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field, SecretStr

from munadi import __version__


class TemporalSettings(BaseModel):
    """How to reach Temporal."""

    address: str | None = Field(None, description="host:port of a Temporal server; unset: `munadi dev` starts one")
    namespace: str = Field("default", description="Temporal namespace")
    api_key: SecretStr | None = Field(None, description="API key, for Temporal Cloud")
    tls: bool | None = Field(
        None, description="use TLS to reach Temporal; unset: if an API key, a certificate, a CA or a server name is set"
    )
    tls_ca: Path | None = Field(None, description="file of the server's CA certificate (PEM)")
    tls_cert: Path | None = Field(None, description="file of the client certificate (PEM), for mTLS")
    tls_key: Path | None = Field(None, description="file of the client's private key (PEM), for mTLS")
    tls_server_name: str | None = Field(
        None, description="name in the server's certificate, where it is another one than that of the address"
    )
    ui_url: str | None = Field(None, description="address of Temporal's Web UI, for the dashboard's links to workflows")
    task_queue: str = Field("munadi", description="task queue of the workflows and activities")
    deployment: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-]{1,200}$",
        description="name of the worker deployment at Temporal: its current version alone gets work; unset: every "
        "worker does",
    )
    build_id: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9._+-]{1,200}$",
        description="version of these workers in the deployment; unset: that of Munadi",
    )

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is encrypted. An API key and certificates imply it: they are of no use without."""
        implied = any((self.api_key, self.tls_ca, self.tls_cert, self.tls_key, self.tls_server_name))
        return implied if self.tls is None else self.tls

    @property
    def build(self) -> str:
        """The version of these workers."""
        return self.build_id or __version__
