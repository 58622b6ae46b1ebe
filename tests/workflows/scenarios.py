"""Every scenario whose histories are recorded."""

from __future__ import annotations

from tests.workflows import scenarios_after_the_post as scenarios_after_the_post
from tests.workflows import scenarios_of_accounts as scenarios_of_accounts
from tests.workflows import scenarios_of_networks as scenarios_of_networks
from tests.workflows import scenarios_of_people as scenarios_of_people
from tests.workflows.scenario import CANARY as CANARY
from tests.workflows.scenario import SCENARIOS as SCENARIOS
