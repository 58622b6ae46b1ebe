"""LinkedIn's own client uses the emulated LinkedIn; and the channel's requests are written as this client writes them.

The client knows Rest.li: its encoding, its methods and its headers. It has no models of posts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import pytest
import requests
from linkedin_api.clients.auth.client import AuthClient
from linkedin_api.clients.restli.client import RestliClient
from linkedin_api.clients.restli.utils.encoder import encode
from linkedin_api.clients.restli.utils.restli import encode_query_params_for_get_requests
from linkedin_api.common.constants import RESTLI_METHOD_TO_HTTP_METHOD_MAP
from linkedin_api.common.errors import ResponseFormattingError
from pydantic import SecretStr
from requests.adapters import HTTPAdapter

from munadi.channels.linkedin.wire import DISTRIBUTION, id_in
from munadi.ports import AccountImport, Answer, LinkCard
from tests.channels.connected import film, jpeg, new, padded
from tests.channels.consent import APP, BACK, LINKEDIN_SCOPES, decide
from tests.channels.sandbox import Acme, draft, imported
from tests.channels.servers import MediaSite, Oracle
from tests.judges.tape import taped, through

VERSION = "202609"
ROOT = "/linkedin/api/rest/"
# The client's methods that the channel uses; others than these need no header, by the protocol.
NAMED = {"FINDER"}


class Elsewhere(HTTPAdapter):
    """Brings what is meant for a host of LinkedIn, which the client has as a constant, to the sandbox."""

    def __init__(self, host: str, target: str) -> None:
        super().__init__()
        self._host, self._target = host, target

    def send(self, request: requests.PreparedRequest, *rest: Any, **more: Any) -> requests.Response:
        assert request.url is not None
        request.url = request.url.replace(self._host, self._target, 1)
        return super().send(request, *rest, **more)


class Page:
    """The client with the token of a page, and of the person who administers it."""

    def __init__(self, oracle: Oracle) -> None:
        self.made: dict[str, Any] = oracle.call("POST", "/profiles", channel="linkedin", name="acme")
        self.urn, self.token = self.made["externalId"], self.made["accessToken"]
        self.oracle, self.client = oracle, RestliClient()
        self.client.session.mount("https://", Elsewhere("https://api.linkedin.com", f"{oracle.url}/linkedin/api"))

    @property
    def common(self) -> dict[str, str]:
        return {"access_token": self.token, "version_string": VERSION}

    def create(self, text: str, **content: Any) -> Any:
        """A post of the page."""
        body = {
            "author": self.urn,
            "commentary": text,
            "visibility": "PUBLIC",
            "distribution": dict(DISTRIBUTION),
            "lifecycleState": "PUBLISHED",
            **({"content": content} if content else {}),
        }
        return self.client.create(resource_path="/posts", entity=body, **self.common)

    def begin(self, kind: str, **more: Any) -> dict[str, Any]:
        """A new upload of `images` or `videos`."""
        asked = {"initializeUploadRequest": {"owner": self.urn, **more}}
        made = self.client.action(
            resource_path=f"/{kind}", action_name="initializeUpload", action_params=asked, **self.common
        )
        assert made.status_code == 200
        return dict(made.value)

    def get(self, kind: str, urn: str) -> Any:
        return self.client.get(resource_path=f"/{kind}/{{urn}}", path_keys={"urn": urn}, **self.common)


@pytest.fixture
def page(oracle: Oracle) -> Page:
    return Page(oracle)


async def test_consent_and_renewal(oracle: Oracle) -> None:
    oracle.call("PUT", "/switches", channel="linkedin", kind="grantRefreshTokens", enabled=True)
    page = Page(oracle)
    client = AuthClient(**APP, redirect_url=BACK)
    www = f"{oracle.url}/linkedin/www"
    client.session.mount("https://", Elsewhere("https://www.linkedin.com", www))
    url = client.generate_member_auth_url(scopes=list(LINKEDIN_SCOPES), state="state-1")
    async with httpx.AsyncClient() as browser:
        here = url.replace("https://www.linkedin.com", www, 1)
        answered = await decide(browser, here, approve=page.urn)
    granted = client.exchange_auth_code_for_access_token(answered["code"])
    assert (granted.status_code, answered["state"]) == (200, "state-1")
    assert granted.expires_in == 60 * 86_400
    assert set(granted.scope.split(",")) == set(LINKEDIN_SCOPES)
    renewed = client.exchange_refresh_token_for_access_token(granted.refresh_token)
    assert (renewed.status_code, renewed.refresh_token) == (200, granted.refresh_token)
    assert renewed.access_token != granted.access_token
    page.token = renewed.access_token
    assert page.create("Hello").status_code == 201
    refused = client.exchange_auth_code_for_access_token(answered["code"])
    assert (refused.status_code, refused.access_token, refused.response.json()["error"]) == (
        400,
        None,
        "invalid_request",
    )


def test_the_pages_of_a_person(page: Page) -> None:
    query = {"role": "ADMINISTRATOR", "state": "APPROVED"}
    found = page.client.finder(
        resource_path="/organizationAcls", finder_name="roleAssignee", query_params=query, **page.common
    )
    assert [(one["organization"], one["role"]) for one in found.elements] == [(page.urn, "ADMINISTRATOR")]
    read = page.client.get(
        resource_path="/organizations/{id}", path_keys={"id": page.urn.rpartition(":")[2]}, **page.common
    )
    assert read.entity["vanityName"] == "acme"


def test_a_text_with_a_picture_is_read_back_and_deleted(page: Page) -> None:
    opened = page.begin("images")
    sent = requests.put(opened["uploadUrl"], data=jpeg(), headers={"authorization": f"Bearer {page.token}"}, timeout=5)
    assert sent.status_code == 201
    assert page.get("images", opened["image"]).entity["status"] == "AVAILABLE"
    made = page.create(r"Sale: R\&D \(new\) #monsoon", media={"id": opened["image"], "altText": "Teal"})
    urn = made.decoded_entity_id
    assert (made.status_code, made.entity, made.entity_id) == (201, None, urn)
    read = page.get("posts", urn).entity
    assert (read["id"], read["author"], read["lifecycleState"]) == (urn, page.urn, "PUBLISHED")
    assert read["content"]["media"] == {"id": opened["image"], "altText": "Teal"}
    assert read["commentary"].endswith(r"{hashtag|\#|monsoon}")
    (shown,) = page.oracle.posts(page.urn)
    assert (shown["text"], shown["media"][0]["alt"]) == ("Sale: R&D (new) #monsoon", "Teal")
    for _ in range(2):
        gone = page.client.delete(resource_path="/posts/{urn}", path_keys={"urn": urn}, **page.common)
        assert gone.status_code == 204
    assert page.get("posts", urn).status_code == 404


def test_a_video_in_parts(page: Page) -> None:
    content = padded(film(320, 180, 3))
    page.oracle.call("PUT", "/limits", channel="linkedin", kind="partBytes", value=30_000)
    opened = page.begin("videos", fileSizeBytes=len(content), uploadCaptions=False, uploadThumbnail=False)
    parts = opened["uploadInstructions"]
    assert len(parts) > 1
    tags = []
    for part in parts:
        piece = content[part["firstByte"] : part["lastByte"] + 1]
        tags.append(requests.put(part["uploadUrl"], data=piece, timeout=5).headers["etag"])
    named = {"video": opened["video"], "uploadToken": opened["uploadToken"], "uploadedPartIds": tags}
    finish = {
        "resource_path": "/videos",
        "action_name": "finalizeUpload",
        "action_params": {"finalizeUploadRequest": named},
        **page.common,
    }
    with pytest.raises(ResponseFormattingError):
        page.client.action(**finish)  # 200 without a body, which this client does not take
    assert page.get("videos", opened["video"]).entity["status"] == "PROCESSING"
    page.oracle.call("POST", "/clock", advanceSeconds=5)
    assert page.get("videos", opened["video"]).entity["status"] == "AVAILABLE"
    assert page.create("Film", media={"id": opened["video"], "title": "A film"}).status_code == 201
    assert [one["mimeType"] for one in page.oracle.posts(page.urn)[0]["media"]] == ["video/mp4"]


def test_a_list_of_posts_and_a_comment(page: Page) -> None:
    first, second = (page.create(text).decoded_entity_id for text in ("One", "Two"))
    query = {"author": page.urn, "count": 50, "sortBy": "CREATED", "viewContext": "AUTHOR"}
    listed = page.client.finder(resource_path="/posts", finder_name="author", query_params=query, **page.common)
    assert [one["id"] for one in listed.elements] == [second, first]
    assert (listed.paging.start, listed.paging.count) == (0, 50)
    said = {"actor": page.urn, "object": first, "message": {"text": "More"}}
    path = {"resource_path": "/socialActions/{urn}/comments", "path_keys": {"urn": first}}
    made = page.client.create(entity=said, **path, **page.common)
    assert (made.status_code, made.decoded_entity_id.startswith("urn:li:comment:(")) == (201, True)
    assert page.oracle.posts(page.urn)[0]["comments"] == ["More"]


def test_refusals_have_the_status_and_the_code(page: Page) -> None:
    page.create("Once")
    again = page.create("Once")
    assert (again.status_code, again.entity["code"]) == (422, "DUPLICATE_POST")
    assert "urn:li:share:" in again.entity["message"]
    ended = page.client.get_all(resource_path="/posts", access_token=page.token, version_string="202409")
    assert (ended.status_code, ended.response.json()["code"]) == (426, "NONEXISTENT_VERSION")
    page.token = "wrong"
    assert page.create("Never").status_code == 401


def test_a_day_that_is_used_up(page: Page) -> None:
    page.oracle.call("PUT", "/limits", channel="linkedin", kind="callsPerMemberPerDay", value=1)
    page.create("One")
    refused = page.create("Two")
    assert (refused.status_code, refused.entity["code"]) == (429, "TOO_MANY_REQUESTS")


@pytest.mark.parametrize("path", ["posts/{urn}", "posts?q=author&author={urn}"])
def test_a_urn_that_is_not_encoded_is_refused(page: Page, path: str) -> None:
    headers = {"authorization": f"Bearer {page.token}", "linkedin-version": VERSION}
    url = f"{page.oracle.url}{ROOT}{path.format(urn=page.urn)}"
    refused = requests.get(url, headers=headers, timeout=5)
    assert (refused.status_code, refused.json()["code"]) == (400, "ILLEGAL_ARGUMENT")
    assert requests.get(url.replace(page.urn, encode(page.urn)), headers=headers, timeout=5).status_code != 400


def complaints(request: httpx.Request, root: str = ROOT) -> set[str]:
    """What a request has that the client would write in another way."""
    target = request.url.raw_path.decode()
    path, _, query = target.removeprefix(root).partition("?")
    faults = {f"part {part!r} of the path" for part in path.split("/") if encode(unquote(part)) != part}
    given = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    wanted = encode_query_params_for_get_requests(given) if given else ""
    faults |= {f"{one!r} in the query" for one in set(query.split("&")) ^ set(wanted.split("&"))}
    method = "FINDER" if "q" in given else "ACTION" if "action" in given else _plain(request.method, path)
    if RESTLI_METHOD_TO_HTTP_METHOD_MAP[method] != request.method:
        faults.add(f"{request.method} for {method}")
    sent = request.headers.get("x-restli-method")
    if sent != method and (sent or method in NAMED):
        faults.add(f"x-restli-method {sent} for {method}")
    if request.headers.get("x-restli-protocol-version") != "2.0.0":
        faults.add("no protocol version")
    return {f"{request.method} {path.partition('/')[0]}: {fault}" for fault in faults}


def _plain(method: str, path: str) -> str:
    one = "/" in path and not path.endswith("/comments")
    return {"POST": "CREATE", "DELETE": "DELETE", "GET": "GET" if one else "GET_ALL"}[method]


async def every_call(acme: Acme) -> None:
    """Every kind of post of a page with every option, then what is lost, and the same as a member."""
    for kind in ("text", "photo", "photos", "video"):
        await through(acme, draft(acme, kind, f"Hello {kind}", first_comment="Sale: #monsoon (now)"))
    poll = {"question": "Well?", "options": ["yes", "no"]}
    options = {"mentions": {"Acme": acme.made["externalId"]}, "poll": poll, "reshareDisabled": True}
    await through(acme, new("Hello @Acme", options=options))
    acme.cards.card_of_page = LinkCard(title="A page", image=jpeg(), image_type="image/jpeg")
    await through(acme, new("Look", link="https://acme.example/page"))
    acme.plant("create_post", "accept_then_reset")
    await acme.failure(new("Lost"))
    await acme.failure(new("Lost"))
    await acme.connect(imported(acme.made))
    await acme.connect(
        AccountImport(external_id=acme.made["memberId"], access_token=SecretStr(acme.made["memberToken"]))
    )
    await through(acme, draft(acme, "photo", "A member's"))


async def test_everything_sent_is_written_as_the_client_writes_it(oracle: Oracle, site: MediaSite) -> None:
    async with taped("linkedin", oracle, site) as (tape, acme):
        await every_call(acme)
    versioned = [request for request, _ in tape.exchanges if request.url.path.startswith(ROOT)]
    assert {request.method for request in versioned} == {"GET", "POST"}
    assert any("urn%3Ali%3A" in str(request.url) for request in versioned)
    assert {fault for request in versioned for fault in complaints(request)} == set()


HEADERS = {"x-restli-protocol-version": "2.0.0"}
UNKNOWN: list[tuple[str, str, Mapping[str, str], str]] = [
    ("GET", "posts/urn:li:share:1", HEADERS, "GET posts: part 'urn:li:share:1' of the path"),
    ("POST", "posts", {}, "POST posts: no protocol version"),
    ("GET", "posts?q=author", HEADERS, "GET posts: x-restli-method None for FINDER"),
    ("GET", "images?action=initializeUpload", HEADERS, "GET images: GET for ACTION"),
]


@pytest.mark.parametrize(("method", "path", "headers", "complaint"), UNKNOWN)
def test_another_way_of_writing_is_reported(method: str, path: str, headers: Mapping[str, str], complaint: str) -> None:
    request = httpx.Request(method, f"https://api.example{ROOT}{path}", headers=headers)
    assert complaints(request) == {complaint}


@pytest.mark.parametrize("header", ["urn:li:share:1", "urn%3Ali%3Ashare%3A1"])
def test_an_id_in_either_encoding_of_rest_li_is_read(header: str) -> None:
    assert id_in(Answer(201, {"x-restli-id": header}, None, "")) == "urn:li:share:1"
