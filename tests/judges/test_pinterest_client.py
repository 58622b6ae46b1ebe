"""Pinterest's own client uses the emulated Pinterest; and it knows everything that the channel sends and gets."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest
from openapi_generated.pinterest_client import ApiClient, Configuration
from openapi_generated.pinterest_client.api.boards_api import BoardsApi
from openapi_generated.pinterest_client.api.media_api import MediaApi
from openapi_generated.pinterest_client.api.pins_api import PinsApi
from openapi_generated.pinterest_client.api.user_account_api import UserAccountApi
from openapi_generated.pinterest_client.exceptions import ApiException, NotFoundException, UnauthorizedException
from openapi_generated.pinterest_client.exceptions import ForbiddenException as Forbidden
from openapi_generated.pinterest_client.exceptions import ServiceException as Outage
from openapi_generated.pinterest_client.model.board import Board
from openapi_generated.pinterest_client.model.board_section import BoardSection
from openapi_generated.pinterest_client.model.error import Error
from openapi_generated.pinterest_client.model.media_upload_request import MediaUploadRequest
from openapi_generated.pinterest_client.model.oauth_access_token_response import OauthAccessTokenResponse
from openapi_generated.pinterest_client.model.pin_create import PinCreate

from munadi.domain.failure import ChannelError
from munadi.domain.live_edit import Says, Version, with_alts
from munadi.domain.withdrawal import PostedObject
from munadi.sandbox.pinterest.model import board_of
from tests.channels.calls import visible_step
from tests.channels.connected import film, jpeg, new
from tests.channels.consent import APP, BACK, PINTEREST_SCOPES, decide
from tests.channels.making import image
from tests.channels.sandbox import Acme, draft, imported
from tests.channels.servers import MediaSite, Oracle
from tests.judges.pinterest_names import KNOWN_OTHERWISE, complaints, endpoints, judged
from tests.judges.tape import taped, through

ROOT = "/pinterest/api/v5"
TOKEN, PROFILE = "pina_sandboxMunadiAccessToken", "549755885175000000"
BOARD = board_of(PROFILE)


class Client:
    """The generated APIs, with a token."""

    def __init__(self, oracle: Oracle, token: str = TOKEN) -> None:
        given = {"username": APP["client_id"], "password": APP["client_secret"]}
        self.api = ApiClient(Configuration(host=f"{oracle.url}{ROOT}", access_token=token, **given))
        self.pins, self.boards, self.media = PinsApi(self.api), BoardsApi(self.api), MediaApi(self.api)
        self.account = UserAccountApi(self.api)

    def pin(self, source: dict[str, Any], **fields: Any) -> Any:
        return self.pins.pins_create(PinCreate(**{"board_id": BOARD, "media_source": source, **fields}))

    def grant(self, **form: str) -> Any:
        """The token endpoint, by the transport and the model of the client."""
        return self.api.call_api(
            "/oauth/token", "POST", post_params=list(form.items()), auth_settings=["basic"],
            header_params={"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"},
            response_type=(OauthAccessTokenResponse,), _return_http_data_only=True, _check_type=True,
        )  # fmt: skip


@pytest.fixture
def client(oracle: Oracle) -> Client:
    return Client(oracle)


def data(content: bytes) -> dict[str, str]:
    return {"content_type": "image/jpeg", "data": base64.b64encode(content).decode()}


async def test_consent_and_renewal(oracle: Oracle) -> None:
    made = oracle.call("POST", "/profiles", channel="pinterest", name="acme")
    query = {"client_id": APP["client_id"], "redirect_uri": BACK, "response_type": "code", "state": "state-1"}
    page = httpx.URL(f"{oracle.url}/pinterest/www/oauth/", params={**query, "scope": ",".join(PINTEREST_SCOPES)})
    async with httpx.AsyncClient() as browser:
        answered = await decide(browser, str(page), approve=made["externalId"])
    client = Client(oracle)
    first = client.grant(grant_type="authorization_code", code=answered["code"], redirect_uri=BACK)
    assert (first.response_type, first.expires_in, first.token_type) == ("authorization_code", 2_592_000, "bearer")
    assert Client(oracle, first.access_token).account.user_account_get().id == made["externalId"]
    second = client.grant(grant_type="refresh_token", refresh_token=first.refresh_token)
    assert second.response_type == "refresh_token"
    assert second.refresh_token != first.refresh_token
    with pytest.raises(UnauthorizedException) as caught:
        client.grant(grant_type="refresh_token", refresh_token=first.refresh_token)
    assert list(judged(Error, httpx.Response(401, content=caught.value.body).json())) == []


def test_boards_and_their_sections(client: Client) -> None:
    made = client.boards.boards_create(Board(name="Rain", privacy="SECRET"))
    assert [one["name"] for one in client.boards.boards_list()["items"]] == ["Umbrellas"]
    with pytest.raises(Forbidden):
        client.boards.boards_get(made.id)
    section = client.boards.board_sections_create(BOARD, BoardSection(name="Red"))
    listed = client.boards.board_sections_list(BOARD)
    assert [(one["id"], one["name"]) for one in listed["items"]] == [(section.id, "Red")]
    client.pin({"source_type": "image_base64", **data(jpeg())}, board_section_id=section.id)
    assert len(client.boards.board_sections_list_pins(BOARD, section.id)["items"]) == 1


def test_an_image_is_pinned_read_back_and_deleted(client: Client, oracle: Oracle, site: MediaSite) -> None:
    site.files["/teal.jpg"] = jpeg()
    fields = {"title": "Sale", "description": "Now", "link": "https://acme.example/", "alt_text": "Teal"}
    made = client.pin({"source_type": "image_url", "url": f"{site.url}/teal.jpg"}, **fields)
    read = client.pins.pins_get(made.id)
    assert {name: getattr(read, name) for name in fields} == fields
    assert (read.board_id, read.media["media_type"], read.is_owner) == (BOARD, "image", True)
    assert [one["text"] for one in oracle.posts(PROFILE)] == ["Now"]
    client.pins.pins_delete(made.id)
    for call in (client.pins.pins_get, client.pins.pins_delete):
        with pytest.raises(NotFoundException):
            call(made.id)


def test_a_carousel_and_a_list_in_pages(client: Client) -> None:
    items = [data(jpeg()), data(jpeg(400, 400, "red"))]
    made = [client.pin({"source_type": "multiple_image_base64", "items": items, "index": 0}).id for _ in range(3)]
    read = client.pins.pins_get(made[0])
    assert (read.media["media_type"], read.creative_type) == ("multiple_images", "CAROUSEL")
    first = client.boards.boards_list_pins(BOARD, page_size=2)
    rest = client.boards.boards_list_pins(BOARD, page_size=2, bookmark=first["bookmark"])
    assert [one["id"] for one in (*first["items"], *rest["items"])] == made[::-1]
    assert rest["bookmark"] is None


def test_a_video_is_uploaded_by_its_form(client: Client, oracle: Oracle) -> None:
    opened = client.media.media_create(MediaUploadRequest(media_type="video"))
    assert client.media.media_get(opened.media_id).status == "registered"
    form = opened.upload_parameters.to_dict()
    sent = httpx.post(opened.upload_url, data=form, files={"file": ("a.mp4", film(320, 180, 4), "video/mp4")})
    assert sent.status_code == 204
    assert client.media.media_get(opened.media_id).status == "processing"
    oracle.call("POST", "/clock", advanceSeconds=5)
    assert client.media.media_get(opened.media_id).status == "succeeded"
    source = {"source_type": "video_id", "media_id": opened.media_id}
    with pytest.raises(ApiException, match="Exactly one"):
        client.pin(source)
    made = client.pin({**source, "cover_image_key_frame_time": 1})
    assert (made.media["media_type"], made.creative_type) == ("video", "VIDEO")


def test_refusals_are_errors_that_the_client_knows(client: Client, oracle: Oracle, site: MediaSite) -> None:
    cases: list[tuple[type[ApiException], int, dict[str, Any]]] = [
        (ApiException, 400, {"source": {"source_type": "image_url", "url": f"{site.url}/gone.jpg"}}),
        (NotFoundException, 404, {"board_id": "1"}),
    ]
    for kind, status, changes in cases:
        source = changes.pop("source", {"source_type": "image_base64", **data(jpeg())})
        with pytest.raises(kind) as caught:
            client.pin(source, **changes)
        assert caught.value.status == status
        assert list(judged(Error, httpx.Response(status, content=caught.value.body).json())) == []
    with pytest.raises(UnauthorizedException):
        Client(oracle, "pina_wrong").account.user_account_get()
    oracle.call("PUT", "/switches", channel="pinterest", kind="trialAccess", enabled=True)
    with pytest.raises(Forbidden, match="Trial access"):
        client.pin({"source_type": "image_base64", **data(jpeg())})
    oracle.plant("pinterest", "user_account", "error", status=503)
    with pytest.raises(Outage):
        client.account.user_account_get()


def test_a_full_minute_says_when_it_ends(client: Client, oracle: Oracle) -> None:
    oracle.call("PUT", "/limits", channel="pinterest", kind="writesPerMinute", value=1)
    source = {"source_type": "image_base64", **data(jpeg())}
    client.pin(source)
    with pytest.raises(ApiException) as caught:
        client.pin(source)
    headers = caught.value.headers
    assert (caught.value.status, headers["x-ratelimit-remaining"]) == (429, "0")
    assert 0 < int(headers["x-ratelimit-reset"]) <= 61
    oracle.call("POST", "/clock", advanceSeconds=int(headers["x-ratelimit-reset"]))
    client.pin(source)


async def every_call(acme: Acme) -> None:
    """Every kind of pin with every option, and what is lost or refused."""
    board = board_of(acme.account.external_id)
    headers = {"authorization": f"Bearer {acme.made['accessToken']}"}
    url = f"{acme.oracle.url}{ROOT}/boards/{board}/sections"
    async with httpx.AsyncClient() as owner:
        section = (await owner.post(url, json={"name": "Red"}, headers=headers)).json()["id"]
    shown = {"boardSectionId": section, "title": "Sale", "dominantColor": "#00AABB"}
    given = draft(acme, "photo", "Now", options=shown)
    await through(acme, given.model_copy(update={"link": "https://acme.example/"}))
    await every_edit(acme)
    acme.put(med_0=jpeg(), med_1=jpeg(400, 400, "red"))
    await through(acme, new("Two", media=(image(0), image(1)), options={"boardId": board}))
    acme.set("delays", 0.1, "video")
    await through(acme, draft(acme, "video", "Film", options={"coverTime": 1}))
    acme.plant("create_pin", "accept_then_reset")
    await acme.failure(draft(acme, "photo", "Lost"))
    await acme.failure(draft(acme, "photo", "No board", options={"boardId": "1"}))
    await acme.refresh()
    await acme.connect(imported(acme.made))


async def every_edit(acme: Acme) -> None:
    """Every field of a live Pin that an edit can change, set and removed, and an edit of a Pin that is not there."""
    given = draft(acme, "photo", "Later", options={"title": "Sale"})
    changes: dict[str, Any] = {"text": "Corrected", "link": "https://acme.example/new"}
    changes |= {"options": {**given.options, "title": "New"}, "media": with_alts(given.media, ["Blue"])}
    new = given.model_copy(update=changes)
    made = await acme.post(given)
    one = PostedObject(id=made.made[0].id, version=made.made[0].version)
    for version in (Version(object=one, new=new, old=(given,)), Version(object=one, new=given, old=(new,))):
        await acme.channel.edit(version, acme.account, visible_step())
        assert (await acme.channel.read_live(version, acme.account)).says is Says.NEW
    missing = Version(object=PostedObject(id="1", version=one.version), new=new, old=(given,))
    with pytest.raises(ChannelError):
        await acme.channel.edit(missing, acme.account, visible_step())


@pytest.mark.parametrize("reachable", [True, False], ids=["fetched", "sent"])
async def test_everything_sent_and_answered_is_known_to_the_client(
    oracle: Oracle, site: MediaSite, reachable: bool
) -> None:
    changes = {} if reachable else {"send_images": True}
    async with taped("pinterest", oracle, site, **changes) as (tape, acme):
        await every_call(acme)
    calls = [one for one in tape.exchanges if one[0].url.path.startswith(ROOT)]
    found = {fault for request, response in calls for fault in complaints(request, response, ROOT)}
    assert found - set(KNOWN_OTHERWISE) == set()
    assert set(KNOWN_OTHERWISE) - found == set(), "these need no exception"


IMAGE = {"source_type": "image_url", "url": "https://acme.example/a.jpg"}
UNKNOWN: list[tuple[str, str, object, str]] = [
    ("POST", "/pins", {"board_id": "1", "text": "x"}, "POST /pins: sent unknown text"),
    ("POST", "/pins", {"id": "1"}, "POST /pins: sent id, which is only read"),
    ("POST", "/pins", {"media_source": {**IMAGE, "alt": "x"}}, "POST /pins: sent unknown alt"),
    ("POST", "/pin", {}, "POST /pin: unknown"),
    ("GET", "/boards?size=5", None, "GET /boards: no parameter 'size'"),
]


@pytest.mark.parametrize(("method", "path", "body", "complaint"), UNKNOWN)
def test_an_unknown_name_is_reported(method: str, path: str, body: object, complaint: str) -> None:
    shape = {} if body is None else {"json": body}
    assert complaints(httpx.Request(method, f"https://api.example{path}", **shape), None, "") == {complaint}


@pytest.mark.parametrize(
    "body", [{"title": "x" * 101}, {"board_id": "one"}, {"link": 7}, {"media_source": {"source_type": "image"}}]
)
def test_a_value_that_is_not_allowed_is_reported(body: dict[str, Any]) -> None:
    assert complaints(httpx.Request("POST", "https://api.example/pins", json=body), None, "")


def test_the_endpoints_of_the_client_are_read() -> None:
    paths = {(one.settings["http_method"], one.settings["endpoint_path"]) for one in endpoints()}
    assert {("POST", "/pins"), ("GET", "/boards/{board_id}/pins"), ("POST", "/media")} <= paths
