"""X's own client, xdk, uses the emulated X; and it knows everything that the channel sends and gets."""

from __future__ import annotations

import base64
from datetime import datetime

import httpx
import pytest
import requests
from oauthlib.oauth2 import OAuth2Error
from xdk import Client
from xdk.media.models import AppendUploadRequest, CreateMetadataRequest, InitializeUploadRequest
from xdk.posts.models import CreateRequest
from xdk.schemas import InvalidRequestProblem, NotAuthorizedForResourceProblem

from tests.channels.connected import film, jpeg, moving, new
from tests.channels.consent import APP, BACK, X_SCOPES, decide
from tests.channels.making import image
from tests.channels.sandbox import Acme, draft, imported
from tests.channels.servers import MediaSite, Oracle
from tests.judges.tape import taken_back, taped, through
from tests.judges.xdk_names import KNOWN_OTHERWISE, TIMELINE, Operation, complaints, judged, operations

ROOT = "/x/api"
FIELDS = ["created_at", "entities", "attachments", "note_post", "referenced_posts"]
POST = "POST /2/tweets"


def at(oracle: Oracle, **changes: object) -> Client:
    """The client at the sandbox, with the token that every sandbox has."""
    given: dict[str, object] = {"base_url": f"{oracle.url}{ROOT}", "access_token": "sandboxMunadiXAccessToken"}
    return Client(**given | changes)  # type: ignore[arg-type]


def upload(client: Client, content: bytes, kind: str, category: str, pieces: int) -> str:
    """Send a file in so many pieces, the last one first."""
    opened = client.media.initialize_upload(
        InitializeUploadRequest(media_type=kind, media_category=category, total_bytes=len(content))
    )
    media_id, size = opened.data.id, -(-len(content) // pieces)
    for index in reversed(range(pieces)):
        piece = base64.b64encode(content[index * size : (index + 1) * size]).decode()
        client.media.append_upload(media_id, AppendUploadRequest(media=piece, segment_index=index))
    finished = client.media.finalize_upload(media_id)
    assert (finished.data.media_key, finished.data.size) == (opened.data.media_key, len(content))
    return str(media_id)


async def test_consent_and_renewal(oracle: Oracle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the sandbox has no TLS
    made = oracle.call("POST", "/profiles", channel="x", name="acme")
    client = at(
        oracle, access_token=None, authorization_base_url=f"{oracle.url}/x/www/i", redirect_uri=BACK,
        scope=list(X_SCOPES), **APP,
    )  # fmt: skip
    async with httpx.AsyncClient() as browser:
        answered = await decide(browser, client.get_authorization_url("state-1"), approve=made["externalId"])
    first = client.exchange_code(answered["code"])
    client.access_token = first["access_token"]
    me = client.users.get_me(user_fields=["subscription_type", "verified_type"])
    assert (me.data.id, me.data.username, answered["state"]) == (made["externalId"], "acme", "state-1")
    stale = dict(client.token)
    fresh = client.refresh_token()
    assert fresh["access_token"] != first["access_token"]
    assert fresh["refresh_token"] != first["refresh_token"]
    client.oauth2_auth.token = stale
    client.oauth2_auth.oauth2_session.token = stale
    with pytest.raises(OAuth2Error) as refused:
        client.refresh_token()  # it was used, so X ends the grant
    assert refused.value.error == "invalid_request"
    client.access_token = fresh["access_token"]
    with pytest.raises(requests.HTTPError) as caught:
        client.users.get_me()
    assert caught.value.response.status_code == 401


def test_a_thread_with_a_picture_a_film_and_a_poll(oracle: Oracle) -> None:
    client = at(oracle)
    picture = upload(client, jpeg(), "image/jpeg", "tweet_image", 2)
    described = {"id": picture, "metadata": {"alt_text": {"text": "Teal"}}}
    client.media.create_metadata(CreateMetadataRequest.model_validate(described))
    clip = upload(client, film(320, 180, 3), "video/mp4", "tweet_video", 3)
    assert client.media.get_upload_status(clip, command="STATUS").data.processing_info.state == "in_progress"
    oracle.call("POST", "/clock", advanceSeconds=5)
    assert client.media.get_upload_status(clip, command="STATUS").data.processing_info.state == "succeeded"
    text = "R&D: https://acme.example/sale"
    first = client.posts.create(CreateRequest(text=text, media={"media_ids": [picture]}, made_with_ai=True))
    reply = {"in_reply_to_tweet_id": first.data.id}
    second = client.posts.create(CreateRequest(text="Two", media={"media_ids": [clip]}, reply=reply))
    poll = {"options": ["yes", "no"], "duration_minutes": 60}
    client.posts.create(CreateRequest(text="Well?", poll=poll, reply_settings="following"))
    me = client.users.get_me().data
    pages = list(client.users.get_posts(me.id, max_results=5, post_fields=FIELDS))
    shown = {one.id: one for page in pages for one in page.data}
    assert len(pages) == 1
    (address, _) = shown[first.data.id].entities.urls
    read = shown[first.data.id].text
    assert (read[address.start : address.end], address.expanded_url) == (address.url, "https://acme.example/sale")
    assert shown[first.data.id].attachments.media_keys == [f"3_{picture}"]
    (referenced,) = shown[second.data.id].referenced_posts
    assert (referenced.type, referenced.id) == ("replied_to", first.data.id)
    posts = oracle.posts(me.id)
    assert [one["text"] for one in posts] == [text, "Two", "Well?"]
    assert [(one["mimeType"], one["alt"]) for one in posts[0]["media"]] == [("image/jpeg", "Teal")]
    assert client.posts.delete(second.data.id).data.deleted
    assert len(oracle.posts(me.id)) == 2


def test_a_list_has_pages(oracle: Oracle) -> None:
    client = at(oracle)
    made = [client.posts.create(CreateRequest(text=f"Number {n}")).data.id for n in range(12)]
    pages = list(client.users.get_posts(client.users.get_me().data.id, max_results=5))
    assert [one.id for page in pages for one in page.data] == made[::-1]
    assert [page.meta.result_count for page in pages] == [5, 5, 2]


def test_refusals_are_problems_that_the_client_knows(oracle: Oracle) -> None:
    client = at(oracle)
    client.posts.create(CreateRequest(text="Once"))
    refused = {
        403: (CreateRequest(text="Once"), None),
        400: (CreateRequest(text="With what?", media={"media_ids": ["1"]}), InvalidRequestProblem),
    }
    for status, (body, problem) in refused.items():
        with pytest.raises(requests.HTTPError) as caught:
            client.posts.create(body)
        answer = caught.value.response
        assert answer.status_code == status
        if problem is not None:
            assert list(judged(problem, answer.json())) == []
    stranger = at(oracle, access_token=oracle.call("POST", "/profiles", channel="x", name="other")["accessToken"])
    strange = client.posts.create(CreateRequest(text="Twice")).data.id
    with pytest.raises(requests.HTTPError) as caught:
        stranger.posts.create(CreateRequest(text="Hello", reply={"in_reply_to_tweet_id": strange}))
    assert list(judged(NotAuthorizedForResourceProblem, caught.value.response.json())) == []


def test_a_full_window_says_when_it_ends(oracle: Oracle) -> None:
    oracle.call("PUT", "/limits", channel="x", kind="postsPer15Minutes", value=1)
    client = at(oracle)
    client.posts.create(CreateRequest(text="One"))
    with pytest.raises(requests.HTTPError) as caught:
        client.posts.create(CreateRequest(text="Two"))
    answer = caught.value.response
    now = datetime.fromisoformat(oracle.call("GET", "/clock")["now"]).timestamp()
    assert (answer.status_code, answer.headers["x-rate-limit-remaining"]) == (429, "0")
    assert 0 < int(answer.headers["x-rate-limit-reset"]) - now <= 901


async def every_call(acme: Acme) -> None:
    """Every kind of post with every option, what is refused, and what is lost."""
    said = await acme.post(new("Said before"))
    shown = {"replySettings": "following", "madeWithAi": True, "paidPartnership": True}
    await through(acme, new("Hello https://acme.example", parts=("Two",), first_comment="Three", options=shown))
    await through(acme, new("Well?", options={"poll": {"options": ["yes", "no"], "durationMinutes": 60}}))
    await through(acme, new("As I said", options={"quotePostId": said.post_id}))
    await through(acme, draft(acme, "photos", "Photos"))
    acme.put(med_0=moving())
    await through(acme, new("Look", media=(image(0, mime_type="image/gif", bytes=len(moving()), alt="Teal"),)))
    acme.set("delays", 0.1, "video")
    await through(acme, draft(acme, "video", "Film"))
    acme.set("switches", True, "failProcessing")
    await acme.failure(draft(acme, "video", "Broken"))
    acme.plant("create_post", "accept_then_reset")
    await acme.failure(new("Lost"))
    await acme.failure(new("Lost"))
    acme.oracle.call("PATCH", f"/profiles/x/{acme.account.external_id}", status="premium")
    await acme.connect(imported(acme.made))
    await through(acme, new("Long " * 100))
    await taken_back(acme, new("Taken back", parts=("And its part",)))
    await acme.refresh()
    await acme.channel.verify(imported(acme.made))


async def test_everything_sent_and_answered_is_known_to_xdk(oracle: Oracle, site: MediaSite) -> None:
    oracle.call("PUT", "/switches", channel="x", kind="selfServe", enabled=False)
    async with taped("x", oracle, site, self_serve=False) as (tape, acme):
        await every_call(acme)
    found = {fault for request, response in tape.exchanges for fault in complaints(request, response, ROOT)}
    assert found - set(KNOWN_OTHERWISE) == set()
    assert set(KNOWN_OTHERWISE) - found == set(), "these need no exception"


UNKNOWN: list[tuple[str, str, object, str]] = [
    ("POST", "/2/tweets", {"text": "x", "texts": 1}, "POST /2/tweets: sent unknown texts"),
    ("POST", "/2/tweets", {"poll": {"options": ["a", "b"]}}, f"{POST}: sent poll.duration_minutes: Field required"),
    ("POST", "/2/tweet", {"text": "x"}, "POST /2/tweet: unknown"),
    ("GET", "/2/users/7/tweets?since=1", None, "GET /2/users/{id}/tweets: no parameter 'since'"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "complaint"), UNKNOWN)
def test_an_unknown_name_is_reported(method: str, path: str, body: object, complaint: str) -> None:
    shape = {} if body is None else {"json": body}
    assert complaints(httpx.Request(method, f"https://api.example{path}", **shape), None, "") == {complaint}


def test_the_calls_of_the_client_are_read() -> None:
    names = {one.name: one for one in operations()}
    post: Operation = names["POST /2/tweets"]
    assert post.body is CreateRequest
    assert {"start_time", "max_results", "post.fields", "pagination_token"} <= names[TIMELINE].query
