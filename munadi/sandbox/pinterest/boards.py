"""The account, its boards and their sections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.pinterest.model import Board, Section, refuse, refuse_if

if TYPE_CHECKING:
    from munadi.sandbox.pinterest import Pinterest


async def user_account(platform: Pinterest, call: Call) -> Answer:
    profile = platform.caller(call, "user_accounts:read")
    return Answer(200, {"id": profile.id, "username": profile.username, "account_type": "BUSINESS"})


async def listed(platform: Pinterest, call: Call) -> Answer:
    profile = platform.counted(call, "readsPerMinute", "boards:read")
    own = [one for one in platform.boards if one.profile_id == profile.id and _is_shown(platform, call, one)]
    return page(call, [_view(one) for one in own])


async def create(platform: Pinterest, call: Call) -> Answer:
    profile, body = platform.caller(call, "boards:write"), call.json(refuse("invalid"))
    name = body["name"]
    refuse_if(any(one.profile_id == profile.id and one.name == name for one in platform.boards), "name")
    board = Board(platform.next_id(), profile.id, name, body.get("privacy", "PUBLIC"))
    platform.boards.put(board.id, board)
    return Answer(201, _view(board), effect=True)


async def get(platform: Pinterest, call: Call) -> Answer:
    profile = platform.counted(call, "readsPerMinute", "boards:read")
    return Answer(200, _view(owned(platform, call, call.path.split("/")[3], profile.id)))


async def delete(platform: Pinterest, call: Call) -> Answer:
    profile = platform.caller(call, "boards:write")
    platform.boards.remove(owned(platform, call, call.path.split("/")[3], profile.id).id)
    return Answer(204, None, effect=True)


async def sections(platform: Pinterest, call: Call) -> Answer:
    board = owned(platform, call, call.path.split("/")[3], platform.caller(call, "boards:read").id)
    return page(call, [{"id": one.id, "name": one.name} for one in platform.sections if one.board_id == board.id])


async def create_section(platform: Pinterest, call: Call) -> Answer:
    profile, body = platform.caller(call, "boards:write"), call.json(refuse("invalid"))
    board = owned(platform, call, call.path.split("/")[3], profile.id)
    section = Section(platform.next_id(), board.id, profile.id, str(body.get("name")))
    platform.sections.put(section.id, section)
    return Answer(201, {"id": section.id, "name": section.name}, effect=True)


def owned(platform: Pinterest, call: Call, board_id: str, profile_id: str) -> Board:
    """The board of this profile, if the token may see it."""
    board = platform.boards.get(board_id)
    if board is None:
        raise refuse("board")
    refuse_if(board.profile_id != profile_id or not _is_shown(platform, call, board), "scopes")
    return board


def page(call: Call, rows: list[dict[str, Any]]) -> Answer:
    """A page of rows; a bookmark leads to the next."""
    first, count = int(call.query.get("bookmark", 0)), int(call.query.get("page_size", 25))
    bookmark = str(first + count) if first + count < len(rows) else None
    return Answer(200, {"items": rows[first : first + count], "bookmark": bookmark})


def _is_shown(platform: Pinterest, call: Call, board: Board) -> bool:
    return board.privacy != "SECRET" or platform.sees_secret(call)


def _view(board: Board) -> dict[str, Any]:
    return {"id": board.id, "name": board.name, "privacy": board.privacy, "owner": {"username": board.profile_id}}
