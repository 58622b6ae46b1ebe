"""`munadi branding` and `munadi apps`: what a brand shows to owners, and which apps they consent to."""

from pathlib import Path

import httpx

from tests.cli.conftest import FakeApi, Munadi

LOOK = {
    "brandRef": "acme",
    "name": "Acme Stores",
    "logoMediaId": "med_1",
    "logoUrl": "https://munadi.test/brandings/bdg_1/logo",
    "colour": "#0b5fff",
    "textOnColour": "#ffffff",
    "supportUrl": None,
    "createdAt": "2026-12-01T09:00:00Z",
    "updatedAt": "2026-12-01T09:00:00Z",
}
PUT = "PUT /v1/brands/acme/branding"


def test_a_look_is_set_with_an_uploaded_logo_shown_and_removed(munadi: Munadi, api: FakeApi, tmp_path: Path) -> None:
    picture = tmp_path / "logo.png"
    picture.write_bytes(b"\x89PNG...")
    api.on("POST /v1/media", httpx.Response(201, json={"id": "med_1", "bytes": 7}))
    api.on(PUT, LOOK)
    made = munadi("branding", "set", "acme", "--name", "Acme Stores", "--colour", "#0b5fff", "--logo", str(picture))
    assert made.exit_code == 0, made.output
    assert api.bodies(PUT) == [{"name": "Acme Stores", "colour": "#0b5fff", "logoMediaId": "med_1"}]
    assert "https://munadi.test/brandings/bdg_1/logo" in made.stdout
    api.on("GET /v1/brands/acme/branding", LOOK)
    assert "Acme Stores" in munadi("branding", "get", "acme").stdout
    api.on("DELETE /v1/brands/acme/branding", httpx.Response(204))
    assert "removed the look of acme" in munadi("branding", "remove", "acme").stdout


def test_a_look_that_makes_no_sense_is_not_sent(munadi: Munadi, api: FakeApi, tmp_path: Path) -> None:
    missing = ("--logo", str(tmp_path / "none.png"))
    for arguments, said in (
        ((), "name what to change"),
        (missing, "there is no file"),
        ((*missing, "--logo-media-id", "med_1"), "not by both"),
    ):
        refused = munadi("branding", "set", "acme", *arguments)
        assert refused.exit_code == 2
        assert said in refused.output
    assert api.requests == []


def test_an_app_is_set_with_its_secret_from_a_file(munadi: Munadi, api: FakeApi, tmp_path: Path) -> None:
    secret, call = tmp_path / "secret.txt", "PUT /v1/brands/acme/apps/x"
    secret.write_text("s3cret\n")
    addresses = {"redirectUri": "https://munadi.test/v1/oauth/x/callback", "webhookUri": "https://munadi.test/v1/x"}
    none = {"deauthorizeUri": None, "dataDeletionUri": None}
    api.on(call, {"clientId": "8127361", "channel": "x", **addresses, **none})
    arguments = ("--client-id", "8127361", "--secret-file", str(secret), "--review", "approved")
    made = munadi("apps", "set", "acme", "x", *arguments)
    assert made.exit_code == 0, made.output
    assert api.bodies(call) == [{"clientId": "8127361", "clientSecret": "s3cret", "review": "approved"}]
    assert "s3cret" not in made.output
