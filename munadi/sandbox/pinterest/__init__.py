"""Pinterest emulated: API v5 under `/pinterest/api`, consent and the site under `/pinterest/www`, uploads at `s3`.

Source: docs/networks/pinterest.md, section 8. Not emulated: Pinterest's own sandbox, ad accounts, videos with a
cover of their own, repins, edits of the images of a carousel, boards that several accounts share.
"""

from __future__ import annotations

from typing import Any

from munadi.sandbox import bearer
from munadi.sandbox.bearer import BearerPlatform
from munadi.sandbox.changes import BOARD
from munadi.sandbox.clock import DAY, MINUTE
from munadi.sandbox.exchange import Call, Refusal
from munadi.sandbox.model import PostView
from munadi.sandbox.oauth import Code, Token
from munadi.sandbox.pinterest import pins
from munadi.sandbox.pinterest.changes import CHANGES
from munadi.sandbox.pinterest.model import LOGIN, PROBLEMS, Account, Board, Medium, Pin, Section, board_of
from munadi.sandbox.platform import site
from munadi.sandbox.storage import Table

DEFAULT = Account("549755885175000000", "munadi_sandbox")
# Between the ids of two profiles; the ids of a profile's things come after its own.
STEP = 1000


class Pinterest(BearerPlatform[Account]):
    channel = "pinterest"
    title = "Pinterest"
    problems, login = PROBLEMS, LOGIN
    refusal, throttling = {"error": "scopes"}, {"error": "rate"}
    hosts = {"API": "api", "AUTH": "www", "UPLOAD": "s3"}
    default_delays = {"video": 2.0, "index": 0.0}
    default_limits = {"writesPerMinute": 100, "readsPerMinute": 1000, "accessTokenSeconds": 30 * DAY}
    default_switches = {
        "trialAccess": False,
        "randomOrder": False,
        "failProcessing": False,
        "mayEdit": True,
    }
    default_profile = DEFAULT
    statuses = {"active", "closed"}
    changes = CHANGES
    default_tokens = ("pina_sandboxMunadiAccessToken", "pinr_sandboxMunadiRefreshToken")
    default_seconds = 180 * DAY
    id_bits = 10
    visible = frozenset({"create_pin"})
    routes = {
        "GET www/oauth": ("authorize", bearer.authorize),
        "GET www/**": ("site", site),
        "POST api/v5/oauth/token": ("token", bearer.token),
        "POST api/v5/oauth/token/revoke": ("revoke", bearer.revoke),
        "GET api/v5/user_account": ("user_account", pins.user_account),
        "GET api/v5/boards": ("list_boards", pins.list_boards),
        "POST api/v5/boards": ("create_board", pins.create_board),
        "GET api/v5/boards/*": ("get_board", pins.get_board),
        "DELETE api/v5/boards/*": ("delete_board", pins.delete_board),
        "GET api/v5/boards/*/sections": ("list_sections", pins.list_sections),
        "POST api/v5/boards/*/sections": ("create_section", pins.create_section),
        "GET api/v5/boards/*/pins": ("board_pins", pins.listed),
        "GET api/v5/boards/*/sections/*/pins": ("section_pins", pins.listed),
        "GET api/v5/pins": ("account_pins", pins.listed),
        "POST api/v5/pins": ("create_pin", pins.create),
        "GET api/v5/pins/*": ("get_pin", pins.get),
        "PATCH api/v5/pins/*": ("edit_pin", pins.edit),
        "DELETE api/v5/pins/*": ("delete_pin", pins.delete),
        "POST api/v5/media": ("register_media", pins.register),
        "GET api/v5/media/*": ("media_status", pins.status),
        "POST s3": ("upload_media", pins.upload),
    }

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.boards: Table[Board] = self.table("board", Board)
        self.sections: Table[Section] = self.table("section", Section)
        self.media: Table[Medium] = self.table("medium", Medium)
        self.pins: Table[Pin] = self.table("pin", Pin)

    def counted(self, call: Call, limit: str, *scopes: str) -> Account:
        """The caller, whose call counts for the minute."""
        profile = self.caller(call, *scopes)
        self.limited(profile.id, limit, MINUTE)
        return profile

    def sees_secret(self, call: Call) -> bool:
        """Whether the call's token may see secret boards."""
        token = self.issuer.live(call.bearer or "")
        return token is not None and "boards:read_secret" in token.scopes

    def rate_facts(self, most: int, seconds: float, ends: float) -> dict[str, Any]:
        left = str(int(ends - self.clock.now()) + 1)
        known = {"limit": f"{most}, {most};w={seconds}", "remaining": "0", "reset": left}
        return {"headers": {f"x-ratelimit-{name}": value for name, value in known.items()}}

    def seed_tokens(self, profile: Account) -> None:
        self._give_board(profile)
        super().seed_tokens(profile)

    def new_profile(self, name: str | None, beside: Account | None) -> Account:
        last = max(int(each.id) for each in [DEFAULT, *self.accounts])
        profile = Account(str(last + STEP), self.new_username(name, signs="_", joint="_", longest=30))
        self._give_board(profile)
        return profile

    def _give_board(self, profile: Account) -> None:
        self.boards.put(board_of(profile.id), Board(board_of(profile.id), profile.id, "Umbrellas"))

    def granted(self, source: Code | Token) -> dict[str, Any]:
        access, refresh = self.issue_pair(source.profile_id, source.scopes)
        ends = int(refresh.expires_at or 0)
        return {
            "access_token": access.value,
            "refresh_token": refresh.value,
            "token_type": "bearer",
            "expires_in": self.limits["accessTokenSeconds"],
            "refresh_token_expires_in": ends - int(refresh.issued_at),
            "refresh_token_expires_at": ends,
            "response_type": "authorization_code" if isinstance(source, Code) else "refresh_token",
            "scope": " ".join(source.scopes),
        }

    def token_refusal(self, error: str, description: str = "", status: int = 400) -> Refusal:
        """The token endpoint has the envelope of all others."""
        return PROBLEMS.refuse(error)

    def rows_of(self, post: PostView) -> list[tuple[Table[Any], str]]:
        return [(self.pins, post.id)]

    def places(self, post: PostView) -> dict[str, str]:
        """Its board, too."""
        return {**super().places(post), BOARD: str(post.raw["board_id"])}

    def permalink(self, row: Pin, base_url: str) -> str:
        return f"{base_url}/pinterest/www/pin/{row.id}/"

    def posts(self, base_url: str) -> list[PostView]:
        return [self._view(pin, base_url) for pin in self.pins]

    def _view(self, pin: Pin, base_url: str) -> PostView:
        board = self.boards.get(pin.board_id)
        return self.view(
            pin,
            base_url,
            text=pin.description,
            kind="pin",
            media=self.shown_media(pin.digests, [pin.alt_text]),
            link=pin.link or None,
            notes=[f"Board: {board.name if board else pin.board_id}", *([f"Title: {pin.title}"] if pin.title else [])],
        )
