"""What the consent page shows about the app and what it asks for, in words: each network has its own for its scopes."""

from __future__ import annotations

from urllib.parse import urlsplit

_YOUTUBE = "https://www.googleapis.com/auth/"
_PROFILE, _PUBLISH, _ARRIVED = "See your profile and its name", "Publish posts for you", "See your posts"
WORDS = {
    "atproto": "Know who you are",
    "transition:generic": "Publish posts and upload media for you",
    "pages_show_list": "See which Pages you manage",
    "pages_read_engagement": "See the posts of your Pages",
    "pages_manage_posts": "Publish posts for your Pages",
    "pages_manage_engagement": "Write comments for your Pages",
    "instagram_business_basic": _PROFILE,
    "instagram_business_content_publish": _PUBLISH,
    "instagram_business_manage_comments": "Write comments for you",
    "instagram_basic": _PROFILE,
    "instagram_content_publish": _PUBLISH,
    "instagram_manage_comments": "Write comments for you",
    "openid": "Know who you are",
    "profile": _PROFILE,
    "w_member_social": "Publish posts and comments in your name",
    "w_organization_social": "Publish posts and comments for your pages",
    "r_organization_social": "See the posts of your pages",
    "rw_organization_admin": "See which pages you manage",
    "read:accounts": _PROFILE,
    "read:statuses": _ARRIVED,
    "write:statuses": _PUBLISH,
    "write:media": "Upload pictures and videos",
    "user_accounts:read": _PROFILE,
    "boards:read": "See your boards",
    "boards:write": "Save Pins to your boards",
    "pins:read": "See your Pins",
    "pins:write": "Publish Pins for you",
    "threads_basic": _PROFILE,
    "threads_content_publish": _PUBLISH,
    "threads_manage_replies": "Write replies for you",
    "threads_read_replies": "See replies to your posts",
    "user.info.basic": _PROFILE,
    "video.publish": "Publish pictures and videos for you",
    "video.upload": "Upload videos as drafts",
    "tweet.read": _ARRIVED,
    "users.read": _PROFILE,
    "tweet.write": _PUBLISH,
    "media.write": "Upload pictures and videos",
    "offline.access": "Stay connected while you are away",
    f"{_YOUTUBE}youtube.upload": "Upload videos to your channel",
    f"{_YOUTUBE}youtube.readonly": "See your channel and its videos",
    f"{_YOUTUBE}youtube.force-ssl": "Manage your videos and comments",
    f"{_YOUTUBE}youtube": "Manage your channel",
}


def words_of(scope: str) -> str:
    """What the scope allows; empty for one that is not known here."""
    return WORDS.get(scope, "")


# The app id that `munadi dev` uses at networks for which no app is registered.
MUNADI_DEV = "sandbox"


def app_of(client_id: str) -> str:
    """What an owner calls the app: its name or id, and the server of an app whose id is an address."""
    if client_id == MUNADI_DEV:
        return "Munadi"
    address = urlsplit(client_id)
    if address.scheme not in ("http", "https"):
        return client_id or "An app without a name"
    return "An app on this machine" if address.hostname == "localhost" else f"The app at {address.netloc}"
