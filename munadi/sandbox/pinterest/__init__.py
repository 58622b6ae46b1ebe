"""Pinterest emulated: API v5 under `/pinterest/api`, consent and the site under `/pinterest/www`, uploads at `s3`.

Source: docs/networks/pinterest.md, section 8. Not emulated: Pinterest's own sandbox, ad accounts, videos with a
cover of their own, repins.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.model import PostView
from munadi.sandbox.pinterest import boards, login, media, pins
from munadi.sandbox.pinterest.errors import answer, planned, refuse, refuse_if
from munadi.sandbox.pinterest.model import SCOPES, Account, Board, Medium, Pin, Section, board_of
from munadi.sandbox.platform import Platform, site
from munadi.sandbox.storage import Table

DEFAULT = Account("549755885175000000", "munadi_sandbox")
# Published on purpose: they open nothing real.
DEFAULT_TOKEN, DEFAULT_REFRESH = "pina_sandboxMunadiAccessToken", "pinr_sandboxMunadiRefreshToken"
# The default token outlives Pinterest's 30 days, so that a sandbox that is left running keeps working without an app.
DEFAULT_SECONDS = 180 * 86_400
# Between the ids of two profiles; the ids of a profile's things come after its own.
STEP = 1000


class Pinterest(Platform[Account]):
    channel = "pinterest"
    title = "Pinterest"
    refusal, throttling = {"error": "scopes"}, {"error": "rate"}
    hosts = {"API": "api", "AUTH": "www", "UPLOAD": "s3"}
    default_delays = {"video": 2.0, "index": 0.0}
    default_limits = {"writesPerMinute": 100, "readsPerMinute": 1000, "accessTokenSeconds": 30 * 86_400}
    default_switches = {
        "trialAccess": False,
        "takesCarousels": True,
        "randomOrder": False,
        "failProcessing": False,
        "mayEdit": False,
    }
    default_profile = DEFAULT
    visible = frozenset({"create_pin"})
    routes = {
        "GET www/oauth": ("authorize", login.authorize),
        "GET www/**": ("site", site),
        "POST api/v5/oauth/token": ("token", login.token),
        "POST api/v5/oauth/token/revoke": ("revoke", login.revoke),
        "GET api/v5/user_account": ("user_account", boards.user_account),
        "GET api/v5/boards": ("list_boards", boards.listed),
        "POST api/v5/boards": ("create_board", boards.create),
        "GET api/v5/boards/*": ("get_board", boards.get),
        "DELETE api/v5/boards/*": ("delete_board", boards.delete),
        "GET api/v5/boards/*/sections": ("list_sections", boards.sections),
        "POST api/v5/boards/*/sections": ("create_section", boards.create_section),
        "GET api/v5/boards/*/pins": ("board_pins", pins.listed),
        "GET api/v5/boards/*/sections/*/pins": ("section_pins", pins.listed),
        "GET api/v5/pins": ("account_pins", pins.listed),
        "POST api/v5/pins": ("create_pin", pins.create),
        "GET api/v5/pins/*": ("get_pin", pins.get),
        "PATCH api/v5/pins/*": ("edit_pin", pins.edit),
        "DELETE api/v5/pins/*": ("delete_pin", pins.delete),
        "POST api/v5/media": ("register_media", media.register),
        "GET api/v5/media/*": ("media_status", media.status),
        "POST s3": ("upload_media", media.upload),
    }

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.boards: Table[Board] = self.table("board", Board)
        self.sections: Table[Section] = self.table("section", Section)
        self.media: Table[Medium] = self.table("medium", Medium)
        self.pins: Table[Pin] = self.table("pin", Pin)
        self._last_id = 0

    def next_id(self) -> str:
        self._last_id = max(int(self.clock.now() * 1_000_000), self._last_id + 1)
        return str(self._last_id)

    async def not_served(self, call: Call) -> Answer:
        return answer("missing")

    def failure(self, error: dict[str, Any], status: int | None) -> Answer:
        return planned(error, status)

    def caller(self, call: Call, *scopes: str) -> Account:
        """The profile of the call's token, which must have the scopes."""
        token = self.issuer.live(call.bearer or "")
        if token is None:
            raise refuse("token")
        refuse_if(not set(scopes) <= set(token.scopes), "scopes")
        return self.profile(token.profile_id)

    def sees_secret(self, call: Call) -> bool:
        """Whether the call's token may see secret boards."""
        token = self.issuer.live(call.bearer or "")
        return token is not None and "boards:read_secret" in token.scopes

    def limited(self, profile: Account, limit: str) -> None:
        """One more use within a minute, or 429 with the windowed headers and the seconds until the next."""
        recent, most = self.recent(f"{limit} {profile.id}", 60), self.limits[limit]
        if len(recent) >= most:
            left = int((recent[0] if recent else self.clock.now()) + 60 - self.clock.now()) + 1
            known = {"limit": f"{most}, {most};w=60", "remaining": "0", "reset": str(left)}
            raise Refusal(answer("rate", {f"x-ratelimit-{name}": value for name, value in known.items()}))
        recent.append(self.clock.now())

    def seed_tokens(self, profile: Account) -> None:
        self._give_board(profile)
        self.issuer.issue("", profile.id, SCOPES, DEFAULT_SECONDS, value=DEFAULT_TOKEN)
        self.issuer.issue("", profile.id, SCOPES, None, value=DEFAULT_REFRESH, kind="refresh")

    def new_profile(self, name: str | None, beside: Account | None) -> Account:
        last = max(int(each.id) for each in [DEFAULT, *self.accounts])
        profile = Account(str(last + STEP), self.new_username(name, signs="_", joint="_", longest=30))
        self._give_board(profile)
        return profile

    def _give_board(self, profile: Account) -> None:
        self.boards.put(board_of(profile.id), Board(board_of(profile.id), profile.id, "Umbrellas"))

    def new_tokens(self, profile: Account) -> dict[str, Any]:
        access, refresh = login.issue_pair(self, profile.id, SCOPES)
        return {"accessToken": access.value, "refreshToken": refresh.value}

    def permalink(self, pin: Pin, base_url: str) -> str:
        return f"{base_url}/pinterest/www/pin/{pin.id}/"

    def posts(self, base_url: str) -> list[PostView]:
        return [self._view(pin, base_url) for pin in self.pins]

    def _view(self, pin: Pin, base_url: str) -> PostView:
        board = self.boards.get(pin.board_id)
        notes = [f"Board: {board.name if board else pin.board_id}"]
        notes += [f"Title: {pin.title}"] if pin.title else []
        return self.view(
            pin.profile_id,
            id=pin.id,
            url=self.permalink(pin, base_url),
            text=pin.description,
            kind="pin",
            received_at=pin.received_at,
            media=self.shown_media(pin.digests, [pin.alt_text]),
            raw=asdict(pin),
            link=pin.link or None,
            notes=notes,
        )
