"""The rows and scopes of the emulated Threads."""

from __future__ import annotations

from dataclasses import dataclass

BASIC, PUBLISH = "threads_basic", "threads_content_publish"
MANAGE_REPLIES, READ_REPLIES, DELETE = "threads_manage_replies", "threads_read_replies", "threads_delete"
LOCATION = "threads_location_tagging"


@dataclass
class Account:
    id: str  # `{th}` in paths; above 2^53 on purpose
    username: str
    status: str = "active"

    @property
    def name(self) -> str:
        return self.username

    @property
    def url(self) -> str:
        return f"https://www.threads.com/@{self.username}"


@dataclass
class Spent:
    """One use of a daily bucket; deleting a post does not give its use back."""

    id: str
    profile_id: str
    bucket: str  # quota, reply_quota, delete_quota
    at: float
