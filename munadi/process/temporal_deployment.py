"""The worker deployment of Temporal: which version of the workers gets work."""

from __future__ import annotations

import asyncio

from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

# A worker that has just started takes some seconds to be known.
PATIENCE, PAUSE = 30.0, 0.5
_NOT_YET = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION)


async def current_build(client: Client, deployment: str) -> str | None:
    """The build that gets work; None if there is none, or no worker of the deployment was ever there."""
    request = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=deployment)
    try:
        found = await client.workflow_service.describe_worker_deployment(request)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return found.worker_deployment_info.routing_config.current_deployment_version.build_id or None


async def set_current_build(client: Client, deployment: str, build: str, seconds: float = PATIENCE) -> str | None:
    """Give all work to this build; the one before, if there was one. Waits until its workers ask for work.

    RPCError (NOT_FOUND, FAILED_PRECONDITION) if they do not.
    """
    before, loop = await current_build(client, deployment), asyncio.get_running_loop()
    deadline = loop.time() + seconds
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace, deployment_name=deployment, build_id=build, identity="munadi temporal set-current"
    )
    while True:
        try:
            await client.workflow_service.set_worker_deployment_current_version(request)
        except RPCError as error:
            if error.status not in _NOT_YET or loop.time() > deadline:
                raise
        else:
            return before
        await asyncio.sleep(PAUSE)
