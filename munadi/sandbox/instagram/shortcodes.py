"""Shortcodes and permalinks. www.instagram.com is `/instagram/www` here, so that a link opens the post."""

from __future__ import annotations

from munadi.sandbox.instagram.model import Media, Profile

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def shortcode(media_id: str) -> str:
    """The id in base 64, as Instagram derives it."""
    number, code = int(media_id), ""
    while number:
        number, digit = divmod(number, 64)
        code = ALPHABET[digit] + code
    return code


def permalink(media: Media, profile: Profile, base_url: str) -> str:
    site = f"{base_url}/instagram/www"
    if media.product_type == "STORY":
        return f"{site}/stories/{profile.username}/{media.id}"
    return f"{site}/{'reel' if media.product_type == 'REELS' else 'p'}/{media.shortcode}/"
