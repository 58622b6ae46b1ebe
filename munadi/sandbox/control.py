"""The control API under `/control`: what a test sets up, and what it reads afterwards.

docs/sandbox.md is its reference: every call, the faults and their modes, the operations of each network. A post was
published by a call whose `visible` and `effect` are both true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from munadi.sandbox.changes import NoSuchChangeError, let_change
from munadi.sandbox.clock import called_for, iso
from munadi.sandbox.control_bodies import (
    Address,
    Body,
    ClockShift,
    Expiry,
    NewChange,
    NewFault,
    NewProfile,
    ProfileChange,
    Revocation,
    Setting,
)
from munadi.sandbox.exchange import root_url
from munadi.sandbox.faults import VISIBLE, Fault
from munadi.sandbox.model import PostView, UnknownProfileError, UnsupportedError
from munadi.sandbox.platform import Platform
from munadi.sandbox.state import SandboxState


class Control:
    """Each method is one call: it gets the request and its checked body, and returns what is sent as JSON."""

    def __init__(self, state: SandboxState, base_url: str | None) -> None:
        self.state, self.base_url = state, base_url

    def health(self, request: Request, body: None) -> Any:
        return {"status": "ok"}

    def reset(self, request: Request, body: None) -> Any:
        """Forget everything; with a brand, its faults and its clock alone."""
        brand = request.query_params.get("brand")
        if brand is None:
            self.state.reset()
        else:
            self.state.faults.remove(brand)
            self.state.clock.reset(brand)
        return {"status": "ok"}

    def posts(self, request: Request, body: None) -> Any:
        root, query = root_url(request, self.base_url), request.query_params
        return [post_json(post, root) for post in self.state.posts(root, query.get("channel"), query.get("profile"))]

    def changes(self, request: Request, body: None) -> Any:
        """What can happen to a post after it was published, by network."""
        wanted = request.query_params.get("channel")
        networks = self.state.networks.values() if wanted is None else [self._network(wanted)]
        return {
            network.channel: [
                {"control": control, "way": way, "title": one.title, "shows": one.shows, "kinds": sorted(one.kinds)}
                for control, ways in network.changes.items()
                for way, one in ways.items()
            ]
            for network in networks
        }

    def change_post(self, request: Request, body: NewChange) -> Any:
        """Let something happen to a post, or with the control `restore` undo what happened."""
        network, root = self._network(body.channel), root_url(request, self.base_url)
        post = self.state.post(root, body.channel, body.post, body.profile)
        if post is None:
            raise HTTPException(404, f"post: {body.channel} has no post {body.post!r}; GET /control/posts lists them")
        try:
            let_change(network, post, body.control, body.way)
        except NoSuchChangeError as refused:
            raise HTTPException(422, f"{refused.field}: {refused}") from None
        found = self.state.post(root, body.channel, body.post, body.profile)
        return post_json(found or post, root)

    def calls(self, request: Request, body: None) -> Any:
        channel, brand = request.query_params.get("channel"), request.query_params.get("brand")
        of_channel = (record for record in self.state.calls if channel in (None, record.channel))
        found = (record for record in of_channel if brand in (None, record.brand))
        return [asdict(record) | {"at": iso(record.at)} for record in found]

    def create_profile(self, request: Request, body: NewProfile) -> Any:
        network, url = self._network(body.channel), root_url(request, self.base_url)
        beside = self._profile(network, body.beside) if body.beside is not None else None
        try:
            return network.create_profile(body.name, url, beside)
        except UnsupportedError as error:
            raise HTTPException(422, str(error)) from error

    def profiles(self, request: Request, body: None) -> Any:
        return [camel(profile) for network in self.state.networks.values() for profile in network.profiles()]

    def change_profile(self, request: Request, body: ProfileChange) -> Any:
        network, profile_id = self._named(**request.path_params)
        if body.status not in network.statuses:
            raise HTTPException(422, f"unknown status; there are {', '.join(sorted(network.statuses))}")
        network.set_status(profile_id, body.status)
        return next(camel(view) for view in network.profiles() if view.id == profile_id)

    def renew_credentials(self, request: Request, body: None) -> Any:
        network, profile_id = self._named(**request.path_params)
        return network.renew_credentials(profile_id, root_url(request, self.base_url))

    def expire_tokens(self, request: Request, body: Expiry) -> Any:
        network, profile_id = self._named(body.channel, body.profile)
        network.expire_tokens(profile_id, body.which)
        return {"status": "ok"}

    def revoke_tokens(self, request: Request, body: Revocation) -> Any:
        network, profile_id = self._named(body.channel, body.profile)
        network.revoke_tokens(profile_id, body.subcode)
        return {"status": "ok"}

    def plant_fault(self, request: Request, body: NewFault) -> Any:
        """A fault with a misspelt operation would never act, so the test would pass without reason: it is refused."""
        network = self._network(body.channel)
        names = network.operation_names()
        if body.operation not in ("*", VISIBLE, *names):
            raise HTTPException(422, f"unknown operation {body.operation!r}; there are {', '.join(sorted(names))}")
        if body.profile is not None:
            self._profile(network, body.profile)
        fault = Fault(**body.model_dump())
        self.state.faults[fault.id] = fault
        return camel(fault)

    def faults(self, request: Request, body: None) -> Any:
        return [camel(fault) for fault in self.state.faults.of(request.query_params.get("brand"))]

    def remove_faults(self, request: Request, body: None) -> None:
        self.state.faults.remove(request.query_params.get("brand"))

    def remove_fault(self, request: Request, body: None) -> None:
        if self.state.faults.pop(request.path_params["id"], None) is None:
            raise HTTPException(404, f"no fault {request.path_params['id']}")

    def clock(self, request: Request, body: None) -> Any:
        return self._clock_of(request.query_params.get("brand"))

    def advance_clock(self, request: Request, body: ClockShift) -> Any:
        self.state.clock.advance(body.advance_seconds, body.brand)
        return self._clock_of(body.brand)

    def _clock_of(self, brand: str | None) -> Any:
        with called_for(brand):
            return {"now": iso(self.state.clock.now()), "shiftSeconds": self.state.clock.shift_of(brand)}

    def settings(self, request: Request, body: None) -> Any:
        return {name: network.settings for name, network in self.state.networks.items()}

    def change_setting(self, request: Request, body: Setting) -> Any:
        known = self._network(body.channel).settings[request.url.path.rpartition("/")[2]]
        if body.kind not in known:
            raise HTTPException(422, f"unknown kind {body.kind!r}; there are {', '.join(sorted(known))}")
        known[body.kind] = body.value
        return known

    def change_address(self, request: Request, body: Address) -> Any:
        for network in self.state.networks.values():
            network.addresses[body.public] = body.local
        return {body.public: body.local}

    def _network(self, channel: str) -> Platform[Any]:
        network = self.state.networks.get(channel)
        if network is None:
            raise HTTPException(422, f"unknown channel {channel!r}; there are {', '.join(sorted(self.state.networks))}")
        return network

    def _profile(self, network: Platform[Any], reference: str) -> str:
        """The profile's id, for an id or a name."""
        try:
            return network.profile_id(reference)
        except UnknownProfileError as problem:
            raise HTTPException(404, str(problem)) from None

    def _named(self, channel: str, profile: str) -> tuple[Platform[Any], str]:
        network = self._network(channel)
        return network, self._profile(network, profile)


# Method, path, what runs, the body; calls without an answer return 204.
ROUTES: list[tuple[str, str, Callable[[Control, Request, Any], Any], type[Body] | None]] = [
    ("GET", "/health", Control.health, None),
    ("POST", "/reset", Control.reset, None),
    ("GET", "/posts", Control.posts, None),
    ("GET", "/changes", Control.changes, None),
    ("POST", "/changes", Control.change_post, NewChange),
    ("GET", "/calls", Control.calls, None),
    ("POST", "/profiles", Control.create_profile, NewProfile),
    ("GET", "/profiles", Control.profiles, None),
    ("PATCH", "/profiles/{channel}/{profile}", Control.change_profile, ProfileChange),
    ("POST", "/profiles/{channel}/{profile}/credentials", Control.renew_credentials, None),
    ("POST", "/tokens/expire", Control.expire_tokens, Expiry),
    ("POST", "/tokens/revoke", Control.revoke_tokens, Revocation),
    ("POST", "/faults", Control.plant_fault, NewFault),
    ("GET", "/faults", Control.faults, None),
    ("DELETE", "/faults", Control.remove_faults, None),
    ("DELETE", "/faults/{id}", Control.remove_fault, None),
    ("GET", "/clock", Control.clock, None),
    ("POST", "/clock", Control.advance_clock, ClockShift),
    ("GET", "/settings", Control.settings, None),
    ("PUT", "/delays", Control.change_setting, Setting),
    ("PUT", "/limits", Control.change_setting, Setting),
    ("PUT", "/switches", Control.change_setting, Setting),
    ("PUT", "/addresses", Control.change_address, Address),
]
CREATING = {"/profiles", "/faults"}


def control_router(state: SandboxState, base_url: str | None) -> Mount:
    control, routes = Control(state, base_url), []
    for method, path, run, body in ROUTES:
        route = Route(path, _endpoint(control, path, run, body))
        route.methods = {method}  # without HEAD, which Starlette adds
        routes.append(route)
    return Mount("/control", routes=routes)


def _endpoint(
    control: Control, path: str, run: Callable[[Control, Request, Any], Any], body: type[Body] | None
) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        if body and request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise HTTPException(415, "send JSON with Content-Type: application/json")
        try:
            given = body.model_validate_json(await request.body()) if body else None
        except ValidationError as error:
            raise HTTPException(422, str(error)) from error
        answer = run(control, request, given)
        if answer is None:
            return Response(status_code=204)
        return JSONResponse(answer, 201 if request.method == "POST" and path in CREATING else 200)

    return endpoint


def camel(row: Any) -> dict[str, Any]:
    """A dataclass as the control API shows it."""
    return {to_camel(field.name): getattr(row, field.name) for field in fields(row)}


def post_json(post: PostView, root: str) -> dict[str, Any]:
    body = camel(post) | {"createdAt": iso(post.received_at), "state": camel(post.state) if post.state else None}
    body["media"] = [
        {"url": f"{root}/media/{one.digest}", "mimeType": one.mime_type, "width": one.width, "height": one.height}
        | {"alt": alt}
        for one, alt in post.media
    ]
    return {name: value for name, value in body.items() if name not in ("receivedAt", "notes")}
