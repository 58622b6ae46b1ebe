"""A seventh network, as small as one can be: it keeps the last text it was given. Copied into a tree by its test."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from munadi.channels.channel import Accounts, ComposedChannel, Post, Publisher, Rules
from munadi.channels.http import ChannelTools
from munadi.channels.seventh.spec import SPEC, Options
from munadi.domain.account import Credentials, Profile
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Published, Ready, Unknown
from munadi.ports import AccountImport, Answer, Connection, SaveHandle, Stage


class SeventhPublisher(Publisher[Options]):
    shown: str | None = None

    async def publish(self, post: Post[Options], save: SaveHandle, stage: Stage) -> Published:
        stage.gate()
        self.shown = post.draft.text
        return Published(post_id="1", url="https://seventh.example/1")

    async def check(self, post: Post[Options]) -> Ready:
        return Ready()

    async def find(self, post: Post[Options], since: datetime, stage: str) -> Published | Absent | Unknown:
        return Published(post_id="1") if self.shown == post.draft.text else Absent()


class SeventhAccounts(Accounts):
    async def verify(self, given: AccountImport) -> Connection:
        assert given.access_token is not None
        return Connection(Profile(external_id="7", handle="seven"), Credentials(access_token=given.access_token))


def explain(answer: Answer) -> ChannelError:
    return ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN, answer.text)


def build(settings: Mapping[str, Any], tools: ChannelTools) -> ComposedChannel[Options]:
    return ComposedChannel(SPEC, Options, Rules(SPEC), SeventhPublisher(), SeventhAccounts(), explain)
