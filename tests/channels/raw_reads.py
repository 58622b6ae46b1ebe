"""What an emulated network answers of a post: by its id, in a list, and to somebody without the owner's token.

Each read is made as a client of the network makes it, not by the channel.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx
from websockets.sync.client import connect

from tests.channels.sandbox import Acme

MASTODON = "/mastodon/server/api/v1"


@dataclass(frozen=True)
class RawRead:
    """`body` is the answer to the read by its id, `listed` whether a list has the post, `public` what others read."""

    status: int
    body: Any
    listed: bool | None = None
    public: Any = None


def raw_read(acme: Acme, post_id: str) -> RawRead:
    with httpx.Client(base_url=acme.oracle.url, headers={"connection": "close"}) as http:
        found = READS[acme.name](acme, http, post_id)
    return replace(found, body=_without_traces(found.body))


def _without_traces(body: Any) -> Any:
    """An answer without the numbers that each call has of its own."""
    if isinstance(body, list):
        return [_without_traces(one) for one in body]
    if not isinstance(body, dict):
        return body
    return {name: _without_traces(value) for name, value in body.items() if name not in ("fbtrace_id", "log_id")}


def _token(acme: Acme) -> dict[str, str]:
    token = acme.account.credentials.access_token
    return {"authorization": f"Bearer {token.get_secret_value()}"} if token else {}


def _bluesky(acme: Acme, http: httpx.Client, post_id: str) -> RawRead:
    repo, collection, key = post_id.removeprefix("at://").split("/")
    query = {"repo": repo, "collection": collection, "rkey": key}
    record = http.get("/bluesky/pds/xrpc/com.atproto.repo.getRecord", params=query)
    posts = http.get("/bluesky/appview/xrpc/app.bsky.feed.getPosts", params={"uris": post_id}).json()["posts"]
    return RawRead(record.status_code, record.json(), bool(posts), posts[0] if posts else None)


def _graph(acme: Acme, http: httpx.Client, post_id: str, root: str, fields: str, edge: str, names: str) -> RawRead:
    token = acme.account.credentials.access_token
    assert token is not None
    access = {"access_token": token.get_secret_value()}
    one = http.get(f"{root}/{post_id}", params={**access, "fields": fields})
    rows = http.get(f"{root}/{edge}", params={**access, "fields": names}).json().get("data", [])
    return RawRead(one.status_code, one.json(), any(post_id in str(row) for row in rows))


def _facebook(acme: Acme, http: httpx.Client, post_id: str) -> RawRead:
    fields = "id,is_published,is_hidden,is_expired,timeline_visibility,privacy"
    if "_" not in post_id:
        fields = "id,published,status,copyright_check_information"
    root = "/facebook/graph/v26.0"
    edge = f"{acme.account.external_id}/published_posts"
    return _graph(acme, http, post_id, root, fields, edge, "id,attachments")


def _instagram(acme: Acme, http: httpx.Client, post_id: str) -> RawRead:
    edge = f"{acme.account.external_id}/media"
    return _graph(acme, http, post_id, "/instagram/graph/v26.0", "id,media_type,media_url", edge, "id")


def _threads(acme: Acme, http: httpx.Client, post_id: str) -> RawRead:
    return _graph(acme, http, post_id, "/threads/graph/v1.0", "id,permalink", "me/threads", "id")


def _linkedin(acme: Acme, http: httpx.Client, post_id: str) -> RawRead:
    headers = {**_token(acme), "linkedin-version": "202610", "x-restli-protocol-version": "2.0.0"}
    quoted = httpx.URL("", params={"x": post_id}).query.decode().removeprefix("x=")
    one = http.get(f"/linkedin/api/rest/posts/{quoted}", headers=headers)
    author = httpx.URL("", params={"author": acme.account.external_id}).query.decode()
    rows = http.get(f"/linkedin/api/rest/posts?q=author&{author}&count=50", headers=headers).json().get("elements", [])
    return RawRead(one.status_code, one.json(), any(row["id"] == post_id for row in rows))


def _mastodon(acme: Acme, http: httpx.Client, post_id: str) -> RawRead:
    one = http.get(f"{MASTODON}/statuses/{post_id}", headers=_token(acme))
    several = http.get(f"{MASTODON}/statuses", params={"id[]": post_id}, headers=_token(acme))
    rows = several.json() if several.status_code == 200 else []
    return RawRead(one.status_code, one.json(), any(row["id"] == post_id for row in rows))


def _pinterest(acme: Acme, http: httpx.Client, post_id: str) -> RawRead:
    board = str(int(acme.account.external_id) + 1)
    one = http.get(f"/pinterest/api/v5/pins/{post_id}", headers=_token(acme))
    rows = http.get(f"/pinterest/api/v5/boards/{board}/pins", headers=_token(acme)).json().get("items", [])
    around = http.get(f"/pinterest/api/v5/boards/{board}", headers=_token(acme)).json()
    return RawRead(one.status_code, one.json(), any(row["id"] == post_id for row in rows), around)


def _discord(acme: Acme, http: httpx.Client, post_id: str) -> RawRead:
    bot = {"authorization": f"Bot {acme.account.token}", "user-agent": "DiscordBot (https://munadi.invalid, 1)"}
    messages = f"/discord/api/v10/channels/{acme.account.external_id}/messages"
    one = http.get(f"{messages}/{post_id}", headers=bot)
    listed = http.get(messages, headers=bot)
    rows = listed.json() if listed.status_code == 200 else []
    return RawRead(one.status_code, one.json(), any(row["id"] == post_id for row in rows))


def _google_business(acme: Acme, http: httpx.Client, post_id: str) -> RawRead:
    place = f"{acme.account.facts['account']}/locations/{acme.account.external_id}/localPosts"
    one = http.get(f"/google_business/api/v4/{place}/{post_id}", headers=_token(acme))
    listed = http.get(f"/google_business/api/v4/{place}", headers=_token(acme)).json().get("localPosts", [])
    return RawRead(one.status_code, one.json(), any(row["name"].endswith(f"/{post_id}") for row in listed))


def _nostr(acme: Acme, http: httpx.Client, post_id: str) -> RawRead:
    """Over a websocket of another hand. The answer is its frames; none of an event is an absence."""
    relay = f"ws{str(http.base_url).rstrip('/').removeprefix('http')}/nostr/server"
    one, rows = _asked(relay, {"ids": [post_id]}), _asked(relay, {"authors": [acme.account.external_id], "kinds": [1]})
    return RawRead(200, one, any(row[0] == "EVENT" and row[2]["id"] == post_id for row in rows))


def _asked(relay: str, query: Mapping[str, Any]) -> list[Any]:
    with connect(relay) as socket:
        socket.send(json.dumps(["REQ", "raw", query]))
        found = []
        while not found or found[-1][0] not in ("EOSE", "CLOSED"):
            found.append(json.loads(socket.recv(timeout=5)))
    return found


def _telegram(acme: Acme, http: httpx.Client, post_id: str) -> RawRead:
    token = acme.account.credentials.access_token
    assert token is not None
    form = {"chat_id": acme.account.external_id, "message_id": post_id}
    one = http.post(f"/telegram/api/bot{token.get_secret_value()}/stopMessageLiveLocation", data=form)
    return RawRead(one.status_code, one.json())


def _tiktok(acme: Acme, http: httpx.Client, post_id: str) -> RawRead:
    body = {"filters": {"video_ids": [post_id]}}
    one = http.post("/tiktok/api/v2/video/query/?fields=id,share_url", headers=_token(acme), json=body)
    rows = one.json().get("data", {}).get("videos", [])
    return RawRead(one.status_code, one.json(), any(row["id"] == post_id for row in rows))


def _x(acme: Acme, http: httpx.Client, post_id: str) -> RawRead:
    query = {"ids": post_id, "tweet.fields": "withheld,possibly_sensitive"}
    one = http.get("/x/api/2/tweets", params=query, headers=_token(acme))
    listed = http.get(f"/x/api/2/users/{acme.account.external_id}/tweets", headers=_token(acme)).json()
    me = http.get("/x/api/2/users/me", params={"user.fields": "protected"}, headers=_token(acme)).json()
    return RawRead(one.status_code, one.json(), any(row["id"] == post_id for row in listed.get("data", [])), me["data"])


def _youtube(acme: Acme, http: httpx.Client, post_id: str) -> RawRead:
    query = {"part": "status,contentDetails", "id": post_id}
    one = http.get("/youtube/api/youtube/v3/videos", params=query, headers=_token(acme))
    other = acme.oracle.call("POST", "/profiles", channel="youtube", name="reader")
    reader = {"authorization": f"Bearer {other['accessToken']}"}
    public = http.get("/youtube/api/youtube/v3/videos", params=query, headers=reader).json()["items"]
    items = one.json().get("items", [])
    return RawRead(one.status_code, one.json() if not items else items[0], bool(items), bool(public))


READS: Mapping[str, Callable[[Acme, httpx.Client, str], RawRead]] = {
    "bluesky": _bluesky,
    "discord": _discord,
    "facebook": _facebook,
    "google_business": _google_business,
    "instagram": _instagram,
    "linkedin": _linkedin,
    "mastodon": _mastodon,
    "nostr": _nostr,
    "pinterest": _pinterest,
    "telegram": _telegram,
    "threads": _threads,
    "tiktok": _tiktok,
    "x": _x,
    "youtube": _youtube,
}
