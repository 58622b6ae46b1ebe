"""Every story whose history is kept."""

from __future__ import annotations

from tests.workflows import stories_after_the_post as stories_after_the_post
from tests.workflows import stories_of_accounts as stories_of_accounts
from tests.workflows import stories_of_networks as stories_of_networks
from tests.workflows import stories_of_people as stories_of_people
from tests.workflows.telling import CANARY as CANARY
from tests.workflows.telling import STORIES as STORIES
