"""What a server says about an account is believed only as far as the DID and the handle say the same."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.channels.bluesky.proving import is_same_server
from munadi.channels.http import ChannelTools
from munadi.channels.registry import build_channels
from munadi.domain.failure import ChannelError, FieldRefused, Reason
from munadi.domain.redaction import redact
from munadi.outbound.guard import Guard, guarded_client
from munadi.ports import AccountImport, Connection
from tests.channels.making import Cards, FixedClock, StoredMedia, error_of
from tests.channels.network import Network, answer, ok

DID, OTHER = "did:plc:abcdefghijklmnopqrstuvwx", "did:plc:zzzzzzzzzzzzzzzzzzzzzzzz"
PDS, LIAR, HERE = "https://pds.example", "https://liar.example", "http://127.0.0.1:2583"
CREATE = "/xrpc/com.atproto.server.createSession"
RESOLVE, AT_DOMAIN = "/xrpc/com.atproto.identity.resolveHandle", "/.well-known/atproto-did"
AWAY = httpx.ConnectError("no route")


def document(pds: str = PDS, **changes: Any) -> httpx.Response:
    service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": pds}
    return ok({"id": DID, "alsoKnownAs": ["at://Acme.Example"], "service": [service], **changes})


def session(**changes: Any) -> httpx.Response:
    body = {"did": DID, "handle": "acme.example", "accessJwt": "a", "refreshJwt": "r", "active": True}
    return ok(body | changes)


class Scene:
    """Directory, handles and servers that all say the same, until a test says otherwise."""

    def __init__(self, *, development: bool = False) -> None:
        self.network = Network()
        client = httpx.AsyncClient(transport=self.network)
        tools = ChannelTools(
            client, client, StoredMedia(), Cards(), FixedClock(), lambda _: [b"k" * 32], is_development=development
        )
        self.channel = build_channels({}, tools)["bluesky"]
        self.network.on("GET", f"/{DID}", document()).on("GET", RESOLVE, ok({"did": DID}))
        self.network.on("POST", CREATE, session()).on("GET", AT_DOMAIN, answer(404))
        self.network.on("GET", "/xrpc/com.atproto.server.getSession", session())

    async def imported(self, server: str | None = PDS) -> Connection:
        given = AccountImport(service_url=server, identifier="acme.example", password=SecretStr("abcd-abcd-abcd-abcd"))
        return await self.channel.verify(given)

    async def refused(self, server: str | None = PDS) -> ChannelError:
        error = await error_of(self.imported(server))
        assert "abcd-abcd" not in redact(str(error))
        return error

    async def checked(self, server: str = PDS, did: str = DID) -> Connection:
        """As `check` asks about an account that is stored."""
        return await self.channel.verify(
            AccountImport(external_id=did, service_url=server, access_token=SecretStr("t"), handle="known.example")
        )


async def test_the_server_that_the_did_document_names_is_believed() -> None:
    profile = (await Scene().imported()).profile
    assert (profile.external_id, profile.handle, profile.service_url) == (DID, "acme.example", PDS)


@pytest.mark.parametrize("development", [True, False])
async def test_a_server_that_claims_the_did_of_another_server_is_refused(development: bool) -> None:
    for liar in (LIAR, *([HERE] if development else [])):
        error = await Scene(development=development).refused(liar)
        assert isinstance(error, FieldRefused)
        assert (error.pointer, error.rule) == ("/serviceUrl", "service_url_of_did")
        assert (error.limit, error.actual) == (PDS, liar)
        assert PDS in error.message


@pytest.mark.parametrize(
    "given", [answer(404), ok({"id": OTHER}), document(service=[]), document("ftp://x"), ok("<html>")]
)
async def test_a_did_without_a_document_is_refused(given: httpx.Response) -> None:
    scene = Scene()
    scene.network.on("GET", f"/{DID}", given)
    error = await scene.refused(LIAR)
    assert isinstance(error, FieldRefused)
    assert (error.pointer, error.rule, error.actual) == ("/serviceUrl", "did_document", DID)


async def test_without_a_service_url_it_is_the_credentials_that_are_refused() -> None:
    scene = Scene()
    scene.network.on("GET", f"/{DID}", answer(404))
    error = await scene.refused(None)
    assert isinstance(error, FieldRefused)
    assert error.pointer == "/credentials"


@pytest.mark.parametrize("did", ["did:web:127.0.0.1", "did:web:localhost%3A8080", "did:web:10.0.0.1"])
async def test_no_did_sends_us_into_our_own_network(did: str) -> None:
    scene = Scene()
    async with guarded_client(Guard()) as guarded:
        client = httpx.AsyncClient(transport=scene.network)
        tools = ChannelTools(client, guarded, StoredMedia(), Cards(), FixedClock())
        scene.channel = build_channels({}, tools)["bluesky"]
        scene.network.on("POST", CREATE, session(did=did))
        assert isinstance(await scene.refused(None), FieldRefused)
    assert [request.url.path for request in scene.network.requests] == [CREATE]


@pytest.mark.parametrize("given", [AWAY, answer(503), answer(429)])
async def test_a_directory_that_is_away_is_an_outage_in_production(given: Any) -> None:
    for server in (PDS, HERE, None):
        scene = Scene()
        scene.network.on("GET", f"/{DID}", given)
        error = await scene.refused(server)
        assert error.reason in (Reason.NETWORK_UNREACHABLE, Reason.PROVIDER_OUTAGE, Reason.RATE_LIMITED)
        assert not isinstance(error, FieldRefused)


@pytest.mark.parametrize("given", [AWAY, answer(503), answer(404)])
async def test_in_development_a_server_on_this_machine_needs_no_directory(
    given: Any, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene(development=True)
    scene.network.on("GET", f"/{DID}", given)
    with caplog.at_level(logging.WARNING):
        profile = (await scene.imported(HERE)).profile
    assert (profile.external_id, profile.handle, profile.service_url) == (DID, "acme.example", HERE)
    assert "without a DID document" in caplog.text
    assert (await scene.refused(PDS)).reason is not None


@pytest.mark.parametrize(
    ("resolved", "at_domain"),
    [
        (ok({"did": OTHER}), answer(404)),
        (answer(400, {"error": "HandleNotFound"}), answer(404)),
        (answer(400, {"error": "HandleNotFound"}), httpx.Response(200, text=OTHER)),
        (AWAY, httpx.Response(200, text=DID)),
        (answer(502), answer(404)),
    ],
)
async def test_a_handle_that_does_not_lead_back_is_not_shown(resolved: Any, at_domain: httpx.Response) -> None:
    for development in (True, False):
        scene = Scene(development=development)
        scene.network.on("GET", RESOLVE, resolved).on("GET", AT_DOMAIN, at_domain)
        assert (await scene.imported()).profile.handle == DID


async def test_a_handle_is_the_documents_and_not_the_servers() -> None:
    scene = Scene()
    scene.network.on("POST", CREATE, session(handle="somebody.famous"))
    assert (await scene.imported()).profile.handle == "acme.example"
    scene.network.on("GET", f"/{DID}", document(alsoKnownAs=[]))
    assert (await scene.imported()).profile.handle == DID


async def test_a_handle_may_be_proven_at_its_own_domain() -> None:
    scene = Scene()
    scene.network.on("GET", RESOLVE, answer(400, {"error": "HandleNotFound"}))
    scene.network.on("GET", AT_DOMAIN, httpx.Response(200, text=f"{DID}\n"))
    assert (await scene.imported()).profile.handle == "acme.example"


async def test_a_check_never_moves_an_account_to_another_did() -> None:
    scene = Scene()
    scene.network.on("GET", "/xrpc/com.atproto.server.getSession", session(did=OTHER))
    with pytest.raises(FieldRefused) as caught:
        await scene.checked()
    assert (caught.value.rule, caught.value.limit, caught.value.actual) == ("credentials_of_external_id", DID, OTHER)
    assert [request.url.path for request in scene.network.requests] == ["/xrpc/com.atproto.server.getSession"]


async def test_a_check_sees_that_an_account_has_moved() -> None:
    error = await error_of(Scene().checked("https://before.example"))
    assert (error.reason, error.provider_code) == (Reason.TARGET_NOT_ACCESSIBLE, "MOVED")


async def test_a_check_keeps_what_is_known_while_no_server_answers() -> None:
    scene = Scene()
    assert (await scene.checked()).profile.handle == "acme.example"
    scene.network.on("GET", RESOLVE, AWAY)
    assert (await scene.checked()).profile.handle == "known.example"
    scene.network.on("GET", f"/{DID}", AWAY)
    profile = (await scene.checked()).profile
    assert (profile.handle, profile.service_url) == ("known.example", PDS)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://pds.example", "https://PDS.example:443/", True),
        ("http://127.0.0.1:2583", "http://localhost:2583/x", True),
        ("http://[::1]:2583", "http://localhost:2583", True),
        ("http://127.0.0.1:2583", "http://127.0.0.1:2584", False),
        ("https://pds.example", "http://pds.example", False),
        ("https://pds.example", "https://pds.example.evil", False),
        ("https://pds.example", "https://pds.example:8443", False),
    ],
)
def test_servers_are_the_same_by_host_and_port(one: str, other: str, same: bool) -> None:
    assert is_same_server(one, other) is same


@pytest.mark.parametrize("did", ["", "did:plc:" + "a" * 500_000, "did:plc:\0x", "did:web:127.0.0.1/x", "nobody"])
async def test_what_is_no_did_is_refused(did: str) -> None:
    scene = Scene(development=True)
    scene.network.on("POST", CREATE, session(did=did))
    error = await scene.refused(HERE)
    assert error.reason in (Reason.INVALID_FIELD, Reason.UNKNOWN_PROVIDER_ERROR)
    assert len(str(error)) < 1_000


async def test_without_a_directory_a_handle_must_have_the_form_of_one() -> None:
    for handle in ("<script>alert(1)</script>", "x" * 900_000):
        scene = Scene(development=True)
        scene.network.on("POST", CREATE, session(handle=handle)).on("GET", f"/{DID}", answer(404))
        found = await scene.imported(HERE)
        assert found.profile.handle == DID
