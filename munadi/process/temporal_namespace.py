"""What Munadi needs of its namespace at a Temporal server, and what is missing there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, TypeVar

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeIndexedValueType, SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

# A new namespace or attribute takes some seconds to reach every part of a server.
PATIENCE, PAUSE = 10.0, 0.5
NEW = (RPCStatusCode.NOT_FOUND,)
T = TypeVar("T")
ATTRIBUTES = "the namespace {} has no search attribute {}: munadi temporal setup makes them"
NAMESPACE = "Temporal at {} has no namespace {}: munadi temporal setup makes it, or set MUNADI_TEMPORAL__NAMESPACE"
READ_ONLY = "Temporal at {} lets this client only read the namespace {}: give its API key or certificate write access"
# A signal to it shows whether this client may write: there is no such workflow.
NOBODY = "munadi-access-check"
Attributes = Sequence[SearchAttributeKey[Any]]
_TYPES = {
    SearchAttributeIndexedValueType.KEYWORD: ("Keyword", IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD),
    SearchAttributeIndexedValueType.KEYWORD_LIST: ("KeywordList", IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST),
}


async def once_known(call: Callable[[], Awaitable[T]], seconds: float, not_yet: Collection[RPCStatusCode] = NEW) -> T:
    """The result, once the part of the server that is asked has heard of what was made. RPCError if it has not after so
    many seconds, and at once for what is not in `not_yet`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        try:
            return await call()
        except RPCError as error:
            if error.status not in not_yet or loop.time() > deadline:
                raise
        await asyncio.sleep(PAUSE)


async def lasting_problem(client: Client, attributes: Attributes, seconds: float = PATIENCE) -> str | None:
    """`namespace_problem` as it is after so many seconds, unless it ends before."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while (problem := await namespace_problem(client, attributes)) is not None and loop.time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(PAUSE)
    return problem


async def namespace_problem(client: Client, attributes: Attributes) -> str | None:
    """What the namespace lacks, or what this client may not do there, and how to change that; None if nothing.

    RPCError and RuntimeError when the server does not answer, or refuses this client altogether.
    """
    named, address = client.namespace, client.service_client.config.target_host
    refusal: RPCError | None = None
    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=named))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return NAMESPACE.format(address, named)
        if error.status is not RPCStatusCode.PERMISSION_DENIED:
            raise
        refusal = error
    if not await _may_write(client):
        if refusal is not None:
            raise refusal
        return READ_ONLY.format(address, named)
    missing = await missing_attributes(client, attributes)
    return ATTRIBUTES.format(named, ", ".join(map(worded, missing))) if missing else None


async def missing_attributes(client: Client, attributes: Attributes) -> Attributes:
    """Those that the namespace does not have, or has as another type."""
    try:
        request = ListSearchAttributesRequest(namespace=client.namespace)
        found = (await client.operator_service.list_search_attributes(request)).custom_attributes
    except RPCError as error:
        if error.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED):
            # Temporal Cloud has this service for operators alone.
            return [each for each in attributes if not await _is_searchable(client, each.name)]
        raise
    return [each for each in attributes if found.get(each.name) != type_of(each)]


def worded(attribute: SearchAttributeKey[Any]) -> str:
    """An attribute with its type, for people."""
    return f"{attribute.name} ({type_name(attribute)})"


def type_name(attribute: SearchAttributeKey[Any]) -> str:
    """The type, as Temporal's commands name it."""
    return _TYPES[attribute.indexed_value_type][0]


def type_of(attribute: SearchAttributeKey[Any]) -> IndexedValueType.ValueType:
    """The type, as the server's API names it."""
    return _TYPES[attribute.indexed_value_type][1]


async def _may_write(client: Client) -> bool:
    try:
        await client.get_workflow_handle(NOBODY).signal("wake")
    except RPCError as error:
        if error.status is RPCStatusCode.PERMISSION_DENIED:
            return False
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    return True


async def _is_searchable(client: Client, name: str) -> bool:
    """Whether a query may name the attribute; also where this client may not search at all."""
    try:
        await client.count_workflows(f"{name} IS NOT NULL")
    except RPCError as error:
        if error.status is RPCStatusCode.INVALID_ARGUMENT:
            return False
        if error.status not in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED):
            raise
    return True
