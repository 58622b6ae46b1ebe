"""The scenes of Facebook (a text), Instagram (an image) and Threads (a text with a finished container)."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from munadi.ports import AccountImport, PublicationDraft
from tests.channels import containers
from tests.channels.containers import CONTAINER, POST, ContainerNetwork, at, graph_error, known
from tests.channels.contract import Scene
from tests.channels.making import NOW, TOKEN, account, image, publication
from tests.channels.network import ok

WORDS = "The monsoon sale has begun"
CREDENTIALS = AccountImport(access_token=SecretStr(TOKEN))
PAGE = "100000000000001"
READ = {
    "id": f"{PAGE}_122000000000001",
    "message": WORDS,
    "created_time": at(NOW),
    "permalink_url": f"https://www.facebook.com/{PAGE}/posts/pfbid02",
    "is_published": True,
}
LIST = f"/{PAGE}/published_posts"
FACEBOOK = Scene(
    name="facebook",
    draft=publication(WORDS),
    account=account("facebook", PAGE),
    handle=None,
    visible=f"/{PAGE}/feed",
    accepted=ok({"id": READ["id"]}),
    live=lambda network: network.on("GET", LIST, ok({"data": [READ]})).on("GET", f"/{READ['id']}", ok(READ)),
    absent=lambda network: network.on("GET", LIST, ok({"data": []})),
    credentials=CREDENTIALS,
    identity=("GET", "/me", ok({"id": PAGE, "name": "Acme", "username": "acme", "category": "Shop"})),
    expired=graph_error(190, 463),
    settings={"hosts": {"graph": "https://graph.example/facebook"}, "version": "v99.0"},
)


def of_container(
    on: ContainerNetwork, draft: PublicationDraft, owner: Any, status: int, settings: dict[str, Any], **listed: Any
) -> Scene:
    """`owner` is the answer of /me, `status` that of a dead token."""
    who, read = on.account.external_id, on.listed(text=WORDS, **listed)
    return Scene(
        name=on.name,
        draft=draft,
        account=on.account,
        handle=known(),
        visible=f"/{who}/{on.publish_edge}",
        accepted=ok({"id": POST}),
        live=lambda network: (
            network.on("GET", f"/{CONTAINER}", on.state("PUBLISHED"))
            .on("GET", f"/{who}/{on.edge}", ok({"data": [read]}))
            .on("GET", f"/{POST}", ok(read))
        ),
        absent=lambda network: network.on("GET", f"/{CONTAINER}", on.state("FINISHED")),
        credentials=CREDENTIALS,
        identity=("GET", "/me", ok(owner)),
        expired=graph_error(190, 463, status),
        settings={"read_quota": False, **settings},
    )


INSTAGRAM = of_container(
    containers.INSTAGRAM,
    publication(WORDS, media=(image(),)),
    {"user_id": containers.INSTAGRAM.account.external_id, "id": "99", "username": "acme", "account_type": "BUSINESS"},
    400,
    {"hosts": {"graph": "https://graph.example/instagram"}, "version": "v99.0"},
)
HOSTS = {"graph": "https://graph.example/threads", "token": "https://token.example/threads"}
THREADS = of_container(
    containers.THREADS,
    publication(WORDS),
    {"id": int(containers.THREADS.account.external_id), "username": "acme", "name": "Acme", "is_verified": False},
    401,
    {"hosts": HOSTS, "version": "v9.0", "inspect_tokens": False},
    media_type="TEXT_POST",
)
