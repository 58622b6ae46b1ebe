"""Graph API errors of Pages: those that the family lacks or words differently.

Source: docs/networks/facebook.md section 6; messages are Meta's where they are known, close to them otherwise. The code
for a thirty-first reel is not documented; this emulation answers 613.
"""

from __future__ import annotations

from munadi.sandbox.exchange import Answer, Refusal
from munadi.sandbox.graph import errors as family
from munadi.sandbox.graph.errors import APP_REMOVED, PASSWORD_CHANGED, SESSION_INVALID, GraphError

CHECKPOINT = GraphError(190, 459, "Error validating access token: You cannot access the app till you log in "
                        "to www.facebook.com and follow the instructions given.")  # fmt: skip
ROLE_LOST = GraphError(190, 492, "Error validating access token: The user must be an administrator, editor, or "
                       "moderator of the page.")  # fmt: skip
NEEDS_PAGE_TOKEN = GraphError(200, None, "(#200) Publishing to a Page requires the token of the Page", 403)
NO_PERMISSION = GraphError(10, None, "(#10) This endpoint requires a permission that was not granted", 403)
UNKNOWN = GraphError(1, None, "An unknown error occurred", 500, True)
PAGE_LIMIT = GraphError(32, None, "(#32) Page request limit reached")
PAGES_LIMIT = GraphError(80001, None, "(#80001) There have been too many calls to this Page account.")
REELS_QUOTA = GraphError(613, None, "(#613) Calls to this api have exceeded the rate limit.")
RESTRICTED = GraphError(368, None, "(#368) The action attempted has been deemed abusive or is otherwise disallowed")
TOO_FAST = GraphError(368, 1390008, "(#368) It looks like you were misusing this feature by going too fast.")
DUPLICATE = GraphError(506, None, "(#506) Duplicate status message")
IMAGE_INVALID = GraphError(324, None, "(#324) Missing or invalid image file")
IMAGE_TOO_LARGE = GraphError(1366046, None, "Your photos couldn't be uploaded. Photos should be smaller than 4 MB "
                             "and saved as JPG, PNG.")  # fmt: skip
VIDEO_UNFETCHABLE = GraphError(389, None, "(#389) Unable to fetch video file from URL.")
VIDEO_INVALID = GraphError(6000, None, "(#6000) There was a problem uploading your video file.")
WRONG_OFFSET = GraphError(100, 1363037, "The start_offset is not the next one that is expected.", transient=True)
LINK_UNREADABLE = GraphError(1609005, None, "(#1609005) There was a problem scraping data from the provided link.")
OWN_LINK = GraphError(1609008, None, "(#1609008) You can't attach a link to facebook.com.")
REVOCATIONS = {error.subcode: error for error in (
    APP_REMOVED, PASSWORD_CHANGED, CHECKPOINT, SESSION_INVALID, ROLE_LOST)}  # fmt: skip
# Its own words before the family's.
KNOWN = (*vars().copy().values(), *vars(family).values())


def upload_refused(kind: str, message: str) -> Refusal:
    """The upload host has an envelope of its own."""
    return Refusal(Answer(400, {"debug_info": {"retriable": True, "type": kind, "message": message}}))
