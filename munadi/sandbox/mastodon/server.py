"""The server: apps and their log-ins, the account, and what the server is."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.mastodon.model import LOGIN, URL_LENGTH, Account, App, key_of, server_of

if TYPE_CHECKING:
    from munadi.sandbox.mastodon import Mastodon

VIDEO_TYPES = ["video/mp4", "video/webm", "video/quicktime"]
IMAGE_TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"]


async def register(platform: Mastodon, call: Call) -> Answer:
    form = call.form
    if not form.get("client_name") or not form.get("redirect_uris"):
        return Answer(422, {"error": "Validation failed: Application name can't be blank"})
    scopes = form.get("scopes", "read").split()
    app = App(secrets.token_urlsafe(32), secrets.token_urlsafe(32), form["redirect_uris"], scopes, form["client_name"])
    platform.apps.put(app.client_id, app)
    body = {"id": str(len(list(platform.apps))), "name": form["client_name"], "client_id": app.client_id}
    return Answer(200, {**body, "client_secret": app.client_secret, "redirect_uri": app.redirect_uri}, effect=True)


async def authorize(platform: Mastodon, call: Call) -> Answer:
    app = platform.apps.get(call.query.get("client_id", ""))
    asked = call.query.get("scope", "").split()
    if app is None or app.redirect_uri != call.query.get("redirect_uri") or not set(asked) <= set(app.scopes):
        return Answer(400, LOGIN.wrong)
    choices = [
        Choice(one.id, one.username, also=frozenset({key_of(one.id, call.base_url)})) for one in platform.accounts
    ]
    return platform.issuer.consent(call, platform.title, choices, LOGIN.consent, app=app.name)


async def revoke(platform: Mastodon, call: Call) -> Answer:
    platform.issuer.tokens.remove(platform.app_of(call).get("token", ""))
    return Answer(200, {}, effect=True)


def account_view(profile: Account) -> dict[str, Any]:
    return {
        "id": profile.id,
        "username": profile.username,
        "acct": profile.username,
        "display_name": profile.username,
        "url": profile.url,
    }


async def verify_credentials(platform: Mastodon, call: Call) -> Answer:
    profile = platform.caller(call, "read:accounts")
    source = {"privacy": "public", "language": "en", "sensitive": False}
    return Answer(200, {**account_view(profile), "source": source})


async def instance(platform: Mastodon, call: Call) -> Answer:
    limits = platform.limits
    media = {
        "supported_mime_types": IMAGE_TYPES + VIDEO_TYPES,
        "description_limit": limits["descriptionCharacters"],
        "image_size_limit": limits["imageBytes"],
        "image_matrix_limit": 33_177_600,
        "video_size_limit": limits["videoBytes"],
        "video_matrix_limit": 8_294_400,
        "video_frame_rate_limit": 120,
    }
    configuration = {
        "statuses": {
            "max_characters": limits["characters"],
            "max_media_attachments": limits["mediaPerPost"],
            "characters_reserved_per_url": URL_LENGTH,
        },
        "media_attachments": media,
        "polls": {
            "max_options": limits["pollOptions"],
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2_629_746,
        },
    }
    body = {"domain": "mastodon.example", "version": "4.7.2", "configuration": configuration}
    return Answer(200, {**body, "api_versions": {"mastodon": 11}})


async def nodeinfo_links(platform: Mastodon, call: Call) -> Answer:
    rel = "http://nodeinfo.diaspora.software/ns/schema/2.0"
    return Answer(200, {"links": [{"rel": rel, "href": f"{server_of(call)}/nodeinfo/2.0"}]})


async def nodeinfo(platform: Mastodon, call: Call) -> Answer:
    name = "plain" if platform.switches["plain"] else "mastodon"
    return Answer(200, {"version": "2.0", "software": {"name": name, "version": "4.7.2"}})
