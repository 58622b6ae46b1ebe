"""A small CMS: a published article becomes a post; edits, and the end of the article, follow it to the networks.

    python cms.py BRAND PORT       with MUNADI_URL, MUNADI_API_KEY and WEBHOOK_SECRET; its articles are in cms.json

PUT    /articles/NAME  {"text": "…", "channels": ["mastodon"]}   publishes the article, or edits what is published
DELETE /articles/NAME                                            withdraws it
GET    /articles                                                 where each is live, and what an editor has to do
POST   /                                                         is Munadi's webhook
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TypedDict

from munadi.client import Client, ClientError, Content, ContentRequest, MunadiEvent, ProblemError, Publication
from munadi.webhooks import WebhookVerificationError, verify

BRAND, PORT, SECRET, FILE = sys.argv[1], int(sys.argv[2]), os.environ["WEBHOOK_SECRET"], Path("cms.json")
OVER = ("refused", "failed", "canceled", "withdrawn")  # published again, the article becomes another post


class Article(TypedDict):
    post: ContentRequest
    key: str  # the same key has one effect, however often the post is sent
    id: str | None
    status: str
    live: list[str]
    todo: list[str]  # what needs a person
    refused: list[str]  # why the editor's last change was not made


munadi = Client(os.environ["MUNADI_URL"], os.environ["MUNADI_API_KEY"])
articles: dict[str, Article] = json.loads(FILE.read_text()) if FILE.exists() else {}


def store() -> None:
    FILE.with_suffix(".new").write_text(json.dumps(articles))
    FILE.with_suffix(".new").replace(FILE)  # whole or not at all


def publish(name: str, text: str, channels: list[str]) -> None:
    article = articles.get(name)
    if article and article["status"] not in OVER:
        return edit(article, text)
    key = f"{BRAND}-{name}-{int(article['key'].rpartition('-')[2]) + 1 if article else 1}"
    post = ContentRequest(brandRef=BRAND, text=text, channels=channels, clientRef=key)
    articles[name] = Article(post=post, key=key, id=None, status="sending", live=[], todo=[], refused=[])
    store()  # before the call, so that it can be repeated after a restart
    return send(articles[name])


def send(article: Article) -> None:
    with refusing(article):
        show(article, munadi.contents.create(article["post"], idempotency_key=article["key"]))
    if article["id"] is None:
        article["status"] = "refused"


def edit(article: Article, text: str) -> None:
    with refusing(article):
        content = munadi.contents.get(article["id"] or "")
        if is_waiting(content):
            show(article, munadi.contents.update(content["id"], {"text": text}, content["version"]))
            return
        for publication in content["publications"]:
            with refusing(article):
                munadi.publications.edit(publication["id"], text)


def unpublish(article: Article) -> None:
    with refusing(article):
        content = munadi.contents.get(article["id"] or "")
        end = munadi.contents.cancel if is_waiting(content) else munadi.contents.withdraw
        show(article, end(content["id"]))


def hear(event: MunadiEvent) -> None:
    if event["type"] == "account.reauth_required":
        print(f"connect {event['data']['account']['handle']} again: {event['reason']}", file=sys.stderr)
    if event["contentId"]:
        content = munadi.contents.get(event["contentId"])  # an event may be late; this is the newest state
        for article in articles.values():
            if article["key"] == content["clientRef"]:
                show(article, content)


@contextmanager
def refusing(article: Article) -> Iterator[None]:
    """Keep for the editor why a change is refused. An API that is only away has refused nothing."""
    try:
        yield
    except ProblemError as problem:
        if problem.is_temporary:
            raise
        if problem.code == "INVALID_REQUEST":
            article["refused"] += [f"{each['pointer']}: {each['message']}" for each in problem.violations]
        else:
            article["refused"].append(f"{problem} {problem.problem.get('permalink') or ''}".rstrip())


def is_waiting(content: Content) -> bool:
    """Nothing of the post is published, and nothing has begun."""
    return all(each["status"] in ("accepted", "queued") for each in content["publications"])


def show(article: Article, content: Content) -> None:
    publications = content["publications"]
    live = [each for each in publications if each["status"] == "published" and not is_gone(each)]
    article["id"] = content["id"]
    article["status"] = "withdrawn" if any(map(is_gone, publications)) and not live else content["status"]
    article["live"] = [each["providerUrl"] or each["channel"] for each in live]
    article["todo"] = [f"{each['channel']}: {what}" for each in publications for what in remedies(each)]


def is_gone(publication: Publication) -> bool:
    withdrawal = publication.get("withdrawal")
    return withdrawal is not None and withdrawal["status"] == "withdrawn"


def remedies(publication: Publication) -> list[str]:
    """What a person has to do about the publication, its withdrawal or its last edit."""
    withdrawal, edits, hold = publication.get("withdrawal"), publication.get("edits"), publication["hold"]
    failures = [publication["failure"], withdrawal and withdrawal["failure"], edits[-1]["failure"] if edits else None]
    return [each["remedy"] for each in failures if each] + ([f"it waits: {hold['reason']}"] if hold else [])


def handle(method: str, name: str, body: bytes, headers: Message) -> None:
    if method == "POST":
        hear(verify(body, headers, SECRET))
        return
    article = articles.get(name)
    if article:
        article["refused"] = []
        if article["status"] == "sending":
            send(article)  # the answer was lost: the same key finds the post, or makes it now
    if method == "PUT":
        publish(name, **json.loads(body))
    elif article and article["status"] not in OVER:
        unpublish(article)


class Pages(BaseHTTPRequestHandler):
    """One request at a time, so that no two change the same article."""

    def do_GET(self) -> None:
        status, answer = 200, ""
        try:
            if self.command != "GET":
                body = self.rfile.read(int(self.headers["content-length"] or 0))
                handle(self.command, self.path.rpartition("/")[2], body, self.headers)
        except (KeyError, TypeError, ValueError, WebhookVerificationError) as error:
            status, answer = 400, repr(error)
        except ClientError as error:
            status, answer = 503, f"{error}. Try again: nothing is posted twice."
        store()
        self.send_response(status)
        self.end_headers()
        self.wfile.write((answer or json.dumps(articles, ensure_ascii=False, indent=2)).encode())

    do_PUT = do_POST = do_DELETE = do_GET


HTTPServer(("127.0.0.1", PORT), Pages).serve_forever()
