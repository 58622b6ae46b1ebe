"""The README's story and a refusal, with the client of openapi-python-client; and values that it does not know."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from munadi_client import AuthenticatedClient
from munadi_client.api.accounts import accounts_import
from munadi_client.api.brands import brands_create
from munadi_client.api.contents import contents_create, contents_get, contents_withdraw
from munadi_client.api.events import events_list
from munadi_client.models import (
    AccountImportRequest,
    AccountView,
    BrandCreate,
    BrandView,
    ChannelName,
    ContentCompletedEvent,
    ContentRequest,
    ContentView,
    CredentialsRequest,
    EventType,
    OtherEvent,
    PageMunadiEvent,
    ProblemDocument,
)
from munadi_client.models.withdrawal import Withdrawal

url, key, service_url, brand_ref, examples = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key)

brand = brands_create.sync(client=client, body=BrandCreate(ref=brand_ref))
assert isinstance(brand, BrandView), brand
credentials = CredentialsRequest(identifier="munadi.bsky.test", password="sand-box2-app3-pass")
profile = AccountImportRequest(channel=ChannelName.BLUESKY, credentials=credentials, service_url=service_url)
account = accounts_import.sync(brand_ref, client=client, body=profile)
assert isinstance(account, AccountView), account

sale = ContentRequest(brand_ref=brand_ref, text=f"Monsoon sale of {brand_ref}", channels=[ChannelName.BLUESKY])
made = contents_create.sync(client=client, body=sale, idempotency_key=f'"{brand_ref}-1"')
assert isinstance(made, ContentView), made
print(made.status)
while True:
    read = contents_get.sync(made.id, client=client)
    assert isinstance(read, ContentView), read
    if read.status in ("published", "failed"):
        break
    time.sleep(0.2)
print(read.status, str((read.publications[0].provider_url or "").startswith("http")).lower())

withdrawn = contents_withdraw.sync(made.id, client=client)
assert isinstance(withdrawn, ContentView), withdrawn
withdrawal = withdrawn.publications[0].withdrawal
assert isinstance(withdrawal, Withdrawal)
print(withdrawal.status)

long = ContentRequest(brand_ref=brand_ref, text="x" * 400, channels=[ChannelName.BLUESKY, ChannelName.THREADS])
refused = contents_create.sync(client=client, body=long)
assert isinstance(refused, ProblemDocument), refused
print(refused.code, " ".join(each.pointer for each in refused.errors or ()))

log = events_list.sync(client=client, brand_ref=brand_ref, type_=[EventType.CONTENT_COMPLETED])
assert isinstance(log, PageMunadiEvent), log
for event in log.data:
    assert isinstance(event, ContentCompletedEvent), event
    print(event.type_, event.data.content.status if event.data.content else None)

# A newer server's: a status, a reason and an event that this client does not know.
post, listed = json.loads(Path(examples).read_text())
newer = ContentView.from_dict(post | {"status": "levitating"})
print(newer.status, type(newer.status).__name__)
for publication in post["publications"]:
    if publication["failure"]:
        publication["failure"]["reason"] = "SOLAR_STORM"
reasons = [each.failure.reason for each in ContentView.from_dict(post).publications if each.failure]
print(*reasons)
page = PageMunadiEvent.from_dict({"data": [listed | {"type": "content.liked"}], "nextCursor": None})
[liked] = page.data
assert isinstance(liked, OtherEvent), liked
print(liked.type_, refused.from_dict(refused.to_dict() | {"code": "TOO_SUNNY"}).code)
