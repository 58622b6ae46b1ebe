"""Makes the namespace and the search attributes that Munadi needs, or says who has to make them, and how."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from munadi.process.temporal_namespace import (
    Attributes,
    lasting_problem,
    missing_attributes,
    once_known,
    type_name,
    type_of,
    worded,
)

# A new namespace takes some seconds to reach every part of a server.
PATIENCE = 60.0
CLOUD = (".tmprl.cloud", ".api.temporal.io")
_FORBIDDEN = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED)


class NotAllowed(Exception):
    """These credentials may not make what is missing. `advice`: the commands for an administrator."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


class Unsuitable(Exception):
    """The namespace has something else under a name that Munadi needs, or still lacks something afterwards."""


@dataclass(frozen=True)
class SetUp:
    """What was missing, and has been made."""

    created: bool
    added: Sequence[str]


async def set_up(client: Client, attributes: Attributes, retention: timedelta) -> SetUp:
    """Make what is missing; may be repeated. NotAllowed, Unsuitable; RPCError for what the server says beside that.

    `retention`: how long a new namespace keeps ended workflows.
    """
    created = await _create(client, retention, attributes)
    missing = await once_known(lambda: missing_attributes(client, attributes), PATIENCE)
    if missing:
        await _add(client, missing)
    if problem := await lasting_problem(client, attributes, PATIENCE):
        raise Unsuitable(problem)
    return SetUp(created, [worded(each) for each in missing])


async def _exists(client: Client) -> bool:
    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        if error.status is not RPCStatusCode.PERMISSION_DENIED:
            raise
        # It may exist, and what follows shows whether it is there for this client.
    return True


async def _create(client: Client, retention: timedelta, attributes: Attributes) -> bool:
    if await _exists(client):
        return False
    period = Duration()
    period.FromTimedelta(retention)
    request = RegisterNamespaceRequest(namespace=client.namespace, workflow_execution_retention_period=period)
    try:
        await client.workflow_service.register_namespace(request)
    except RPCError as error:
        if error.status is RPCStatusCode.ALREADY_EXISTS:
            return False
        if error.status in _FORBIDDEN:
            message = f"there is no namespace {client.namespace}, and these credentials may not make one"
            raise NotAllowed(message, _how(client, attributes, retention)) from error
        raise
    return True


async def _add(client: Client, missing: Attributes) -> None:
    await _refuse_other_types(client, missing)
    wanted = {each.name: type_of(each) for each in missing}
    request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=wanted)
    try:
        await once_known(lambda: client.operator_service.add_search_attributes(request), PATIENCE)
    except RPCError as error:
        if error.status in _FORBIDDEN:
            names = ", ".join(map(worded, missing))
            message = f"the namespace {client.namespace} has no search attribute {names}, and these credentials may not"
            raise NotAllowed(f"{message} make them", _how(client, missing)) from error
        if error.status is not RPCStatusCode.ALREADY_EXISTS:  # another one makes them at the same time
            raise


async def _refuse_other_types(client: Client, missing: Attributes) -> None:
    try:
        request = ListSearchAttributesRequest(namespace=client.namespace)
        found = (await client.operator_service.list_search_attributes(request)).custom_attributes
    except RPCError as error:
        if error.status in _FORBIDDEN:
            return
        raise
    if others := [each for each in missing if each.name in found]:
        names = ", ".join(each.name for each in others)
        raise Unsuitable(
            f"the namespace {client.namespace} has {names} with another type than {', '.join(map(worded, others))}: "
            f"take a namespace of its own for Munadi, or, if nothing uses them, "
            f"temporal operator search-attribute remove --namespace {shlex.quote(client.namespace)} "
            + " ".join(f"--name {each.name}" for each in others)
        )


def _how(client: Client, attributes: Attributes, retention: timedelta | None = None) -> str:
    """The commands for an administrator."""
    address, name = client.service_client.config.target_host, shlex.quote(client.namespace)
    if address.rpartition(":")[0].endswith(CLOUD):
        given = " ".join(f'--search-attribute "{each.name}={type_name(each)}"' for each in attributes)
        add = f"tcld namespace search-attributes add --namespace {name} {given}"
        first = "" if retention is None else "make the namespace in Temporal Cloud (its name ends with the account's), "
        return f"A namespace admin of Temporal Cloud can {first}run {add}"
    given = " ".join(f"--name {each.name} --type {type_name(each)}" for each in attributes)
    add = f"temporal operator search-attribute create --address {address} --namespace {name} {given}"
    if retention is None:
        return f"An operator of the server can run {add}"
    hours = int(retention.total_seconds() // 3600)
    create = f"temporal operator namespace create --address {address} --namespace {name} --retention {hours}h"
    return f"An operator of the server can run {create} && {add}"
