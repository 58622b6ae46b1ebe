"""`munadi temporal setup`: the namespace and the search attributes, made or explained."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, RemoveSearchAttributesRequest

from tests.cli.conftest import Certificates, Munadi, Setting
from tests.support.temporal import TemporalDevServer
from tests.support.temporal_front import Front, Role

KEY, OPERATOR = "the-key-of-munadi", "a-key-of-an-operator"
KEYS = {KEY: Role.WRITE, OPERATOR: Role.OPERATOR}


class TestSetup:
    """`munadi temporal setup`."""

    def test_makes_what_is_missing_and_can_be_repeated(
        self, own_temporal: TemporalDevServer, given: Setting, munadi: Munadi
    ) -> None:
        given(address=own_temporal.address, namespace="fresh")
        first = munadi("temporal", "setup", "--retention-days", "3")
        assert first.exit_code == 0, first.output
        words = "made the namespace fresh and the search attributes BrandRef (Keyword), Channels (KeywordList), "
        assert words + "Attention (Keyword)" in first.output.replace("\n", " ")
        again = munadi("temporal", "setup", "--json")
        assert again.exit_code == 0, again.output
        assert json.loads(again.output) == {"namespace": "fresh", "created": False, "added": []}

    def test_says_who_must_do_what_it_may_not(
        self, own_temporal: TemporalDevServer, certificates: Certificates, given: Setting, munadi: Munadi
    ) -> None:
        with Front(own_temporal.address, certificates.server, keys=dict(KEYS), namespace="closed") as front:
            given(address=front.address, namespace="closed", tls_ca=certificates.authority.file, api_key=KEY)
            refused = munadi("temporal", "setup")
            assert refused.exit_code == 4
            text = " ".join(refused.output.split())
            assert "there is no namespace closed, and these credentials may not make one" in text
            assert f"temporal operator namespace create --address {front.address} --namespace closed" in text
            assert "--name BrandRef --type Keyword --name Channels --type KeywordList" in text
            given(api_key=OPERATOR)
            assert munadi("temporal", "setup").exit_code == 0
            given(api_key=KEY)
            done = munadi("temporal", "setup")
            assert (done.exit_code, "has all that Munadi needs" in done.output) == (0, True), done.output
            given(api_key="wrong")
            refused = munadi("temporal", "setup")
            assert (refused.exit_code, "refuses the API key" in refused.output) == (3, True), refused.output

    async def test_refuses_an_attribute_of_another_type(
        self, own_temporal: TemporalDevServer, given: Setting, munadi: Munadi
    ) -> None:
        given(address=own_temporal.address)
        client = await own_temporal.connect()
        await _replace_type(client, "Attention")
        refused = await asyncio.to_thread(munadi, "temporal", "setup")
        assert refused.exit_code == 1
        assert "has Attention with another type than Attention (Keyword)" in " ".join(refused.output.split())


async def _replace_type(client: Any, name: str) -> None:
    remove = RemoveSearchAttributesRequest(search_attributes=[name], namespace=client.namespace)
    await client.operator_service.remove_search_attributes(remove)
    add = AddSearchAttributesRequest(search_attributes={name: 1}, namespace=client.namespace)
    await client.operator_service.add_search_attributes(add)
