"""The profiles and scopes of the emulated Threads."""

from __future__ import annotations

from dataclasses import dataclass

from munadi.sandbox import model

BASIC, PUBLISH = "threads_basic", "threads_content_publish"
MANAGE_REPLIES, READ_REPLIES, DELETE = "threads_manage_replies", "threads_read_replies", "threads_delete"
LOCATION = "threads_location_tagging"


@dataclass
class Account(model.Account):
    """Its id, `{th}` in paths, is above 2^53 on purpose."""

    site = "https://www.threads.com/@{0.username}"
