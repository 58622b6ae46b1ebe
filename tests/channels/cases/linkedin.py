"""LinkedIn: files in their ways, and the picture of a card."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Ready
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Net, after, one
from tests.channels.making import document, image, publication, video
from tests.channels.network import answer, ok
from tests.channels.scene_linkedin import MEMBER, PAGE, POSTS, SALE, SETTINGS, SHARE, WHO, made, page, refusal

R, S = Reason, Effect
PIC, VID, DOC = "urn:li:image:1", "urn:li:video:7", "urn:li:document:D4"
HOST, SITE = "https://up.example/li/dms-uploads", "https://site.example/li/feed/update"
OPEN, PUT, READ = "POST /rest/images", "PUT /1", f"GET /rest/images/{PIC}"
VIDEO, PARTS, SEEN = "POST /rest/videos", [f"PUT /part{number}" for number in range(3)], f"GET /rest/videos/{VID}"
SHEETS, SHEET_PUT, SHEET_READ = "POST /rest/documents", "PUT /sheet", f"GET /rest/documents/{DOC}"
POST, LIST, COMMENT = f"POST {POSTS}", f"GET {POSTS}", "POST /comments"
ORGANIZATION, NAMED = f"GET /rest/organizations/{PAGE.rpartition(':')[2]}", f"GET {POSTS}/{SHARE}"
PICTURE = publication("Look", media=(image(0, alt="Teal", bytes=10),))
FILM, SHEET = publication("Film", media=(video(0, bytes=10),)), publication("Read", media=(document(0, bytes=10),))
COMMENTED = SALE.model_copy(update={"first_comment": "More (here)"})
LINK = publication("x", link="https://acme.example")
URN = "urn:li:comment:(urn:li:activity:7,8)"


def asset(number: str = "1", **changes: Any) -> dict[str, Any]:
    times = {"expires_at": (NOW + timedelta(hours=24)).isoformat(), "finalized_at": NOW.isoformat()}
    facts = {"id": f"urn:li:image:{number}", "kind": "images", "parts": [{"url": HOST}], **times}
    return {**facts, "is_ready": True, **changes}


def ready(*numbers: str, **changes: Any) -> dict[str, Any]:
    return {"media": [asset(one, **changes) for one in numbers], "keys": [f"urn:li:image:{one}" for one in numbers]}


def opened(url: str = f"{HOST}/1") -> Any:
    ends = int((NOW + timedelta(hours=1)).timestamp() * 1000)
    return ok({"value": {"image": PIC, "uploadUrl": url, "uploadUrlExpiresAt": ends}})


def parts(*ranges: tuple[int, int]) -> Any:
    rows = [
        {"uploadUrl": f"{HOST}/part{n}", "firstByte": first, "lastByte": last} for n, (first, last) in enumerate(ranges)
    ]
    return ok({"value": {"video": VID, "uploadToken": "tok", "uploadInstructions": rows}})


def status(name: str = "AVAILABLE", **more: Any) -> Any:
    return ok({"status": name, **more})


NET = Net(
    "linkedin",
    WHO,
    {
        OPEN: opened(),
        PUT: answer(201, ""),
        READ: status(),
        VIDEO: [parts((0, 3), (4, 7), (8, 9)), ok()],
        SEEN: status(),
        **{part: ok({}, etag=f"tag{number}") for number, part in enumerate(PARTS)},
        SHEETS: ok({"value": {"document": DOC, "uploadUrl": f"{HOST}/sheet"}}),
        SHEET_PUT: answer(201, ""),
        SHEET_READ: status(),
        POST: made(),
        COMMENT: made(URN),
        LIST: page(),
    },
    SETTINGS,
    {"med_0": b"0123456789"},
)
PREPARATIONS = [(NET, PICTURE, set[int]()), (NET, SHEET, set[int]())]
OWNER = {"owner": PAGE}


def begun(owner: str) -> Any:
    size = {"fileSizeBytes": 10, "uploadCaptions": False, "uploadThumbnail": False}
    return (VIDEO, {"initializeUploadRequest": {"owner": owner, **size}})


FINISHED = (
    VIDEO,
    {"finalizeUploadRequest": {"video": VID, "uploadToken": "tok", "uploadedPartIds": ["tag0", "tag1", "tag2"]}},
)
FEED = {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []}
BODY: dict[str, Any] = {
    "author": PAGE,
    "commentary": "x",
    "visibility": "PUBLIC",
    "distribution": FEED,
    "lifecycleState": "PUBLISHED",
    "isReshareDisabledByAuthor": False,
}
POLL = {"question": "Well?", "options": ["yes", "no"], "duration": "ONE_DAY"}
CARD = {**ready("1"), "card": {"title": "Page", "description": "d"}}
ARTICLE = {"source": "https://acme.example", "title": "Page", "description": "d", "thumbnail": PIC}


GIVEN = timedelta(seconds=5)
# fmt: off
CASES = {
    "an image is read until it is there": Case(NET, PICTURE, [Call("prepare", after(3, "LinkedIn processes a medium"),
                [(OPEN, {"initializeUploadRequest": OWNER}), PUT, READ]), Call("prepare", after(3), [READ]),
            Call("prepare", Ready(expires_at=NOW + timedelta(hours=24)), [READ])],
        replies={READ: [status("PROCESSING"), refusal(404, "NOT_FOUND"), status()]}),
    **{f"a member's {name} is given time and never read": Case(NET, draft,
            [Call("prepare", after(5), calls), Call("prepare", Ready, [], minutes=5 / 60)], account=MEMBER)
        for name, draft, calls in (("image", PICTURE, [OPEN, PUT]), ("document", SHEET, [SHEETS, SHEET_PUT]))},
    **{f"a video of a {who.external_id.split(':')[2]} is sent in parts that are named in order": one("prepare", NET,
            FILM, Ready, account=who, requests=[begun(who.external_id), *PARTS, FINISHED, SEEN])
        for who in (WHO, MEMBER)},
    "a document is sent in one request": one("prepare", NET, SHEET, Ready,
        requests=[(SHEETS, {"initializeUploadRequest": OWNER}), SHEET_PUT, SHEET_READ]),
    "a large video takes several runs": Case(NET, FILM,
        [Call("prepare", after(0, "2 of 3 parts are uploaded")), Call("prepare", Ready, [PARTS[2], VIDEO, SEEN])],
        settings={"parts_per_run": 2}),
    "a file that fails is uploaded again and not endlessly": Case(NET, PICTURE,
        [Call("prepare", Fails(R.MEDIA_PROCESSING_FAILED, effect, "PROCESSING_FAILED", words="BAD"), [OPEN, PUT, READ],
                {"keys": [PIC] * number})
            for number, effect in enumerate((S.NOT_SENT, S.NOT_SENT, S.REJECTED), 1)],
        replies={READ: status("PROCESSING_FAILED", processingFailureReason="BAD")}),
    "an expired address is replaced": Case(NET, PICTURE,
        [Call("prepare", Fails(R.MEDIA_PROCESSING_FAILED, S.NOT_SENT)), Call("prepare", Ready, [OPEN, PUT, READ])],
        replies={PUT: [refusal(400, "EXPIRED_UPLOAD_URL"), answer(201, "")]}),
    "processing has an end": Case(NET, PICTURE,
        [Call("prepare", Pending), Call("prepare", Fails(R.MEDIA_PROCESSING_TIMEOUT, S.REJECTED), minutes=61 / 60)],
        replies={READ: status("PROCESSING")}, settings={"processing_timeout": 60}),
    "files that may be gone soon are uploaded again": one("prepare", NET, PICTURE, Ready, state=ready("9"),
        minutes=23.6 * 60, requests=[OPEN, PUT, READ], saved={"keys": ["urn:li:image:9", PIC]}),
    **{f"a file that the post cannot use: {code}": one("publish", NET, PICTURE, Fails(effect=S.NOT_SENT),
            {POST: refusal(400, code)}, state=ready("1"), saved={"failures": 1, **kept})
        for code, kept in (("MEDIA_ASSET_WAITING_UPLOAD", {}), ("INVALID_IMAGE_ID", {"media": []}))},
    "an address that is not LinkedIn's gets nothing": one("prepare", NET, PICTURE, Fails(code="FOREIGN_URL"),
        {OPEN: opened("https://evil.example/1")}, requests=[OPEN]),
    **{f"an upload without its addresses: {number}": one("prepare", NET, draft,
            Fails(R.PROVIDER_OUTAGE, code="NO_PROOF"), {request: ok(said)})
        for number, (draft, request, said) in enumerate((
                (PICTURE, OPEN, {}),
                (PICTURE, OPEN, {"value": {"image": PIC}}),
                (SHEET, SHEETS, {"value": {"document": DOC}}),
                (FILM, VIDEO, {"value": {"video": VID, "uploadInstructions": []}}),
                (FILM, VIDEO,
                    {"value": {"video": VID, "uploadInstructions": [{"uploadUrl": HOST, "firstByte": True}]}})))},
}
