"""What each permission of a network is for, in words that an account's owner understands.

A log-in asks for all of its permissions, and an owner may leave some out. Each channel's `spec` has its own, as
PERMISSIONS: by log-in, with "" for the only or the default one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

READ, PUBLISH = "see the profile and its name", "publish posts"
COMMENT, ARRIVED = "write first comments", "see whether a post arrived"
UPLOAD = "upload pictures and videos"


class Permission(NamedTuple):
    """`scope` is the network's name of it, `purpose` completes "Without it we cannot …". The scopes in `within` include
    it."""

    scope: str
    purpose: str
    within: tuple[str, ...] = ()

    def is_in(self, granted: Collection[str]) -> bool:
        """Whether these scopes include it. A scope such as `write` stands for all that begin with `write:`."""
        return any(each in granted for each in (self.scope, self.scope.partition(":")[0], *self.within))


Permissions = Mapping[str, tuple[Permission, ...]]
