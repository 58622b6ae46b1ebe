"""Every name that the adapters of Meta's networks send is a name of Meta.

`KNOWN_OTHERWISE` has the names that are in Meta's documentation only, each with its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.channels.servers import MediaSite, Oracle
from tests.judges import meta_runs
from tests.judges.meta_names import Judge, Names, Sdk
from tests.judges.meta_runs import Run
from tests.judges.threads_names import ThreadsNames

BASE = "https://graph.example"
POSTS_GUIDE = "pages-api/posts; Paginated results: since and until of every list by time"
STORIES_GUIDE = "video-api/page-stories-api"
LOGIN_GUIDE = "facebook-login/guides/advanced/manual-flow"
CONTAINERS = "instagram-platform/instagram-graph-api/reference/ig-container"
KNOWN_OTHERWISE: Mapping[str, Mapping[str, str]] = {
    "facebook": {
        "GET Page/published_posts: no parameter 'since'": POSTS_GUIDE,
        "GET Page/published_posts: nothing known in field 'attachments'": "graph-api/reference/story-attachment",
        "GET debug_token: unknown": "facebook-login/guides/access-tokens/debugging",
        "GET oauth/access_token: unknown": LOGIN_GUIDE,
        "POST URL: no parameter 'id'": "sharing/webmasters: POST /?id=<url>&scrape=true reads a page again",
        "POST URL: no parameter 'scrape'": "sharing/webmasters: the same",
        "POST Page/video_stories: parameter 'upload_phase' is not 'start'": f"{STORIES_GUIDE}: in small letters",
        "POST Page/video_stories: parameter 'upload_phase' is not 'finish'": f"{STORIES_GUIDE}: in small letters",
        "POST outside the Graph": "video-api/guides/reels-publishing: the bytes go to rupload",
    },
    "instagram": {
        "GET IGMediaForIGOnlyAPI: no field 'status'": CONTAINERS,
        "GET IGMediaForIGOnlyAPI: no field 'status_code'": CONTAINERS,
        "GET IGUserForIGOnlyAPI/stories: no parameter 'since'": POSTS_GUIDE,
        "POST IGUserForIGOnlyAPI/media_publish: unknown": "ig-user/media_publish; the SDK writes mediapublish",
    },
    "instagram by a page": {
        "GET IGMedia: no field 'status'": CONTAINERS,
        "GET IGMedia: no field 'status_code'": CONTAINERS,
        "GET IGUser/stories: no parameter 'since'": POSTS_GUIDE,
        "GET User/accounts: no field 'tasks'": "graph-api/reference/user/accounts",
        "GET Page/accounts: unknown": "none: the refusal tells a Page's token from a person's",
    },
    "threads": {},
}


def found_in(oracle: Oracle, name: str, run: Run) -> set[str]:
    """The unknown names in a run."""
    profile, (channel, _, by_page) = run.profile, name.partition(" by ")
    hosts = [f"{oracle.url}/{channel}/{host}" for host in ("graph", "fbgraph", "video", "token")]
    account, token = profile["externalId"], profile["accessToken"]
    if channel == "facebook":
        judge = Judge(Sdk(), hosts, {account: "Page", "": "URL"}, {token: "Page"})
    elif channel == "threads":
        judge = Judge(ThreadsNames(), hosts, {account: "User"}, {token: "User"})
    elif by_page:
        people = {profile["personToken"]: "User", profile["pageToken"]: "Page"}
        judge = Judge(Sdk(), hosts, {account: "IGUser"}, people)
    else:
        nodes = {account: "IGUserForIGOnlyAPI", "refresh_access_token": "IGRefreshAccessTokenForIGOnlyAPI"}
        judge = Judge(Sdk(), hosts, nodes, {token: "IGUserForIGOnlyAPI"})
    return judge.complaints(run.recorder)


@pytest.mark.parametrize("name", KNOWN_OTHERWISE)
async def test_everything_sent_is_known_to_meta(oracle: Oracle, site: MediaSite, name: str) -> None:
    if name == "facebook":
        run = await meta_runs.facebook(oracle, site)
    elif name == "threads":
        run = await meta_runs.threads(oracle, site)
    else:
        run = await meta_runs.instagram(oracle, site, "facebook" if " by " in name else None)
    found, known = found_in(oracle, name, run), set(KNOWN_OTHERWISE[name])
    assert found - known == set()
    assert known - found == set(), "these need no exception"


def complaints(judge: Judge, method: str, path: str, names: dict[str, str]) -> set[str]:
    shape: dict[str, Any] = {"params": names} if method == "GET" else {"data": names}
    return judge.judge(httpx.Request(method, f"{BASE}/v26.0/{path}", **shape))


NODES = {"1": "Page", "2": "PagePost", "3": "IGUser", "4": "IGUserForIGOnlyAPI"}
UNKNOWN: list[tuple[Names, str, str, dict[str, str], str]] = [
    (Sdk(), "POST", "1/feed", {"mesage": "x"}, "POST Page/feed: no parameter 'mesage'"),
    (Sdk(), "POST", "1/feeds", {"message": "x"}, "POST Page/feeds: unknown"),
    (Sdk(), "POST", "1/photos", {"published": "no"}, "POST Page/photos: parameter 'published' is not 'no'"),
    (Sdk(), "POST", "1/video_reels", {"video_state": "X"}, "POST Page/video_reels: parameter 'video_state' is not 'X'"),
    (Sdk(), "POST", "1/feed", {"attached_media": "5"}, "POST Page/feed: parameter 'attached_media' is not '5'"),
    (Sdk(), "POST", "1/feed", {"limit": "5"}, "POST Page/feed: no parameter 'limit'"),
    (Sdk(), "GET", "1/published_posts", {"fields": "id,mesage"}, "GET Page/published_posts: no field 'mesage'"),
    (Sdk(), "GET", "2", {"fields": "id,text"}, "GET PagePost: no field 'text'"),
    (Sdk(), "GET", "3/media", {"fields": "captions"}, "GET IGUser/media: no field 'captions'"),
    (Sdk(), "GET", "4/media", {"fields": "captions"}, "GET IGUserForIGOnlyAPI/media: no field 'captions'"),
    (Sdk(), "POST", "3/media", {"image": "x"}, "POST IGUser/media: no parameter 'image'"),
    (Sdk(), "GET", "9", {"fields": "id"}, "GET 9: unknown"),
    (ThreadsNames(), "POST", "1/threads", {"txt": "x"}, "POST User/threads: no parameter 'txt'"),
    (ThreadsNames(), "POST", "1/threads", {"media_type": "X"}, "POST User/threads: parameter 'media_type' is not 'X'"),
    (ThreadsNames(), "POST", "1/media", {}, "POST User/media: unknown"),
    (ThreadsNames(), "GET", "1/threads", {"fields": "caption"}, "GET User/threads: no field 'caption'"),
]


@pytest.mark.parametrize(("known", "method", "path", "names", "complaint"), UNKNOWN)
def test_an_unknown_name_is_reported(
    known: Names, method: str, path: str, names: dict[str, str], complaint: str
) -> None:
    nodes = {"1": "User"} if isinstance(known, ThreadsNames) else NODES
    assert complaints(Judge(known, [BASE], nodes, {}), method, path, names) == {complaint}


def test_a_file_is_a_parameter_too() -> None:
    files = {"sauce": ("sauce", b"x", "image/png")}
    request = httpx.Request("POST", f"{BASE}/1/thumbnails", data={"is_preferred": "true"}, files=files)
    request.read()
    judge = Judge(Sdk(), [BASE], {"1": "AdVideo"}, {})
    assert judge.judge(request) == {"POST AdVideo/thumbnails: no parameter 'sauce'"}


def test_the_node_of_an_id_is_learned_from_the_answer_that_created_it() -> None:
    judge = Judge(Sdk(), [BASE], {"1": "Page"}, {})
    made = httpx.Request("POST", f"{BASE}/1/video_reels", data={"upload_phase": "start"})
    assert judge.judge(made, {"video_id": "7"}) == set()
    assert complaints(judge, "GET", "7", {"fields": "status,length,caption"}) == {"GET AdVideo: no field 'caption'"}
