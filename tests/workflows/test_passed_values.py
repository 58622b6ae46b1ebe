"""What passes through Temporal is read by processes of the version before, while a new one is rolled out."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from types import ModuleType

import pytest
from temporalio.contrib.pydantic import pydantic_data_converter

from activities import messages
from munadi.domain import publishing, renewal
from munadi.domain.channel import ChannelName
from munadi.domain.model import Model, Passed
from munadi.domain.publication import PublicationStatus
from munadi.domain.publishing import Plan

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


class NewerPlan(Plan):
    """A plan as a later version may have it."""

    new_in_a_later_version: str = "x"


async def test_a_field_that_is_not_known_is_left_out() -> None:
    plan = NewerPlan(
        publication_id="pub_1",
        channel=ChannelName.BLUESKY,
        status=PublicationStatus.QUEUED,
        epoch=1,
        due_at=NOW,
        publish_by=NOW,
    )
    (payload,) = await pydantic_data_converter.encode([plan])
    assert b"new_in_a_later_version" in payload.data
    (found,) = await pydantic_data_converter.decode([payload], [Plan])
    assert found == Plan(**{name: getattr(plan, name) for name in Plan.model_fields})


@pytest.mark.parametrize("module", [messages, publishing, renewal])
def test_every_such_type_leaves_out_what_it_does_not_know(module: ModuleType) -> None:
    kinds = [each for each in vars(module).values() if inspect.isclass(each) and issubclass(each, Model)]
    strict = [each.__name__ for each in kinds if each.__module__ == module.__name__ and not issubclass(each, Passed)]
    assert strict == []
