"""Receipts: what they state, who verifies them with what, and the keys that several APIs share."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
import warnings
from base64 import urlsafe_b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.errors import InvalidKeyIdError, SecurityWarning
from joserfc.jwk import KeySet
from sqlalchemy import func
from sqlmodel import select

from munadi.db.ids import new_id
from munadi.db.keys.receipt_keys import ReceiptKeyStore
from munadi.db.session import Database
from munadi.db.tables import AttemptRow, ReceiptKeyRow
from munadi.domain.channel import ChannelName
from munadi.domain.content import Draft
from munadi.domain.edits import EditStatus, PostEdit
from munadi.domain.failure import Reason
from munadi.domain.ids import Prefix
from munadi.domain.key import Scope
from munadi.domain.live_edit import LiveEdit
from munadi.domain.publication import PostedId, PublicationStatus
from munadi.domain.reasons import failure_of
from munadi.domain.receipt import RECEIPT_KEYS_PATH
from munadi.publishing import withdrawing
from munadi.publishing.receipts import sent_hash
from munadi.publishing.withdrawing import note_objects, objects_of
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.problems import expect_problem
from tests.api.test_withdrawing import live
from tests.db.seeding import START

pytestmark = pytest.mark.each_database
S = PublicationStatus
ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "examples" / "verify-receipt" / "verify.py"


def path_of(content: dict[str, Any]) -> str:
    return f"/v1/publications/{content['publications'][0]['id']}/receipt"


async def receipt_of(api: ApiHarness, content: dict[str, Any]) -> dict[str, Any]:
    answer = await api.get(path_of(content))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def keys_of(api: ApiHarness) -> dict[str, Any]:
    """What everybody gets, without a key of the API."""
    answer = await api.client.get(RECEIPT_KEYS_PATH)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "public, max-age=300"
    found: dict[str, Any] = answer.json()
    return found


def signed_claims(receipt: str, keys: dict[str, Any]) -> dict[str, Any]:
    """By another library than the one that signs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # RFC 9864 prefers the name Ed25519, which few libraries know
        checked = jws.deserialize_compact(receipt, KeySet.import_key_set(keys), algorithms=["EdDSA"])  # type: ignore[arg-type]
    found: dict[str, Any] = json.loads(checked.payload)
    return found


async def test_a_receipt_states_what_was_done(api: ApiHarness) -> None:
    content = await live(api)
    publication = content["publications"][0]
    times = {
        "intent_at": START,
        "first_byte_at": START + timedelta(seconds=1),
        "ended_at": START + timedelta(seconds=2),
    }
    async with api.locked(content["id"]) as post:
        call = {"publication_id": publication["id"], "stage": "post", "number": 1, "epoch": 1, "holder": "test"}
        closed = {"is_open": False, "outcome": "sent", "closed_by": "answer", "deadline_at": START}
        post.session.add(AttemptRow(id=new_id(Prefix.ATTEMPT), **call, **closed, **times))
    found = await receipt_of(api, content)
    claims = signed_claims(found["receipt"], await keys_of(api))
    assert claims == found["claims"]
    account = (await api.get(f"/v1/accounts/{publication['accountId']}")).json()
    assert claims["iss"] == api.services.settings.base_url
    assert claims["iat"] == int(api.clock.now().timestamp())
    assert (claims["publicationId"], claims["contentId"]) == (publication["id"], content["id"])
    assert (claims["brandRef"], claims["channel"]) == ("acme", "bluesky")
    profile = {"accountId": account["id"], "handle": account["handle"], "externalId": account["externalId"]}
    assert claims["profile"] == profile
    assert (claims["acceptedAt"], claims["publishedAt"]) == (content["createdAt"], publication["publishedAt"])
    post_itself = {"step": "post", "id": publication["providerPostId"], "url": publication["providerUrl"]}
    assert claims["objects"] == [post_itself]
    (made,) = claims["calls"]
    assert (made["step"], made["number"], made["outcome"]) == ("post", 1, "sent")
    assert made["intentAt"] < made["firstByteAt"] < made["answeredAt"]
    assert claims["withdrawal"] is None


async def test_what_was_sent_can_be_hashed_again_from_the_publication(api: ApiHarness) -> None:
    content = await live(api, text="Monsoon sale – आज से", media=[{"url": api.site.url("/a.jpg"), "alt": "Umbrellas"}])
    sent = (await receipt_of(api, content))["claims"]["sent"]
    draft = (await api.get(f"/v1/publications/{content['publications'][0]['id']}")).json()["draft"]
    # As the guide describes it. Python's own JSON has the form of RFC 8785 where there are no fractions.
    fields = {name: draft[name] for name in ("text", "link", "firstComment", "parts", "options")}
    fields["media"] = [{"sha256": each["sha256"], "alt": each["alt"]} for each in draft["media"]]
    form = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert sent["sha256"] == hashlib.sha256(f"munadi-sent-1\n{form}".encode()).hexdigest()
    assert sent["files"] == [draft["media"][0]["sha256"]] == [hashlib.sha256(api.site.files["/a.jpg"]).hexdigest()]


def test_each_field_that_is_sent_changes_the_hash() -> None:
    kinds: list[dict[str, Any]] = [{"text": "a"}, {"link": "a"}, {"first_comment": "a"}, {"parts": ("a",)}]
    kinds += [{"options": {"title": "a"}}, {"options": {"title": 1}}, {"options": {"title": 10**99}}, {}]
    hashes = {sent_hash(Draft(**fields)).sha256 for fields in kinds}
    assert len(hashes) == len(kinds)
    whole, fraction = Draft(options={"x": 1}), Draft(options={"x": 1.0})
    assert sent_hash(whole) == sent_hash(fraction), "a database may write one for the other"


async def test_a_withdrawal_is_stated_with_its_outcome(api: ApiHarness) -> None:
    content = await live(api)
    assert (await api.post(path_of(content).replace("receipt", "withdraw"))).status_code == 202
    withdrawal = (await receipt_of(api, content))["claims"]["withdrawal"]
    assert (withdrawal["status"], withdrawal["endedAt"], withdrawal["confirmedBy"]) == ("withdrawing", None, None)
    assert [one["step"] for one in withdrawal["left"]] == ["post"]


async def test_a_comment_that_goes_with_its_post_is_stated_after_the_withdrawal(api: ApiHarness) -> None:
    await api.add_account(ChannelName.FACEBOOK)
    content = await live(api, channels=[{"channel": "facebook", "firstComment": "First"}])
    async with api.locked(content["id"]) as post:
        note_objects(post.publications[0], "comment", [PostedId(id="7_8")])
    assert len(before := (await receipt_of(api, content))["claims"]["objects"]) == 2
    for _ in range(2):  # also when it was refused, and is asked for again
        assert (await api.post(path_of(content).replace("receipt", "withdraw"))).status_code == 202
        claims = (await receipt_of(api, content))["claims"]
        assert claims["objects"] == before
        assert [one["step"] for one in claims["withdrawal"]["left"]] == ["post"], "it needs no request of its own"
        async with api.locked(content["id"]) as post:
            await withdrawing.refuse(post, post.publications[0], failure_of(Reason.WITHDRAWAL_REFUSED))
            assert [one.step for one in objects_of(post.publications[0])] == ["post"]
    assert (await receipt_of(api, content))["claims"]["objects"] == before


async def test_an_edit_is_stated_beside_what_was_published(api: ApiHarness) -> None:
    content = await live(api, text="before")
    published = (await receipt_of(api, content))["claims"]
    assert published["edits"] == []
    shown = PostEdit(version=2, at=START, status=EditStatus.EDITED, text="after", ended_at=START)
    async with api.locked(content["id"]) as post:
        post.publications[0].edits = [LiveEdit(shown=shown).model_dump(mode="json", by_alias=True)]
    claims = (await receipt_of(api, content))["claims"]
    assert claims["sent"] == published["sent"]
    (edit,) = claims["edits"]
    assert (edit["version"], edit["status"], edit["requestedAt"]) == (2, "edited", edit["endedAt"])
    assert edit["sha256"] == sent_hash(Draft(text="after")).sha256


@pytest.mark.parametrize("states", [(), (S.QUEUED,), (S.QUEUED, S.PUBLISHING), (S.QUEUED, S.PUBLISHING, S.UNCONFIRMED)])
async def test_there_is_no_receipt_without_a_post(api: ApiHarness, states: tuple[S, ...]) -> None:
    made = await api.submit()
    await api.move(made["id"], *states)
    problem = expect_problem(await api.get(path_of(made)), 409, "NO_POST_YET")
    assert made["publications"][0]["id"] not in problem["detail"]


async def test_a_published_post_whose_id_is_not_known_has_no_receipt_yet(api: ApiHarness) -> None:
    made = await api.submit()
    await api.move(made["id"], S.QUEUED, S.PUBLISHING, S.PUBLISHED)
    problem = expect_problem(await api.get(path_of(made)), 409, "NO_POST_YET")
    assert "not named the post's id" in problem["detail"]


async def test_who_may_not_read_the_post_gets_no_receipt(api: ApiHarness) -> None:
    content = await live(api)
    expect_problem(await api.get(path_of(content), key=await api.key(Scope.ACCOUNTS_READ)), 403)
    expect_problem(await api.get(path_of(content), key=await api.key(Scope.CONTENTS_READ, brand_ref="rival")), 404)
    allowed = await api.get(path_of(content), key=await api.key(Scope.CONTENTS_READ, brand_ref="acme"))
    assert allowed.status_code == 200


def run_node(folder: Path, receipt: str, keys: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """The same in Node, which needs no package for it."""
    (folder / "receipt.jws").write_text(receipt + "\n")
    (folder / "keys.json").write_text(json.dumps(keys))
    command = ["node", str(PROGRAM.with_suffix(".mjs")), "receipt.jws", "keys.json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def run(folder: Path, receipt: str, keys: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """The program of ten lines, in a process that cannot import anything of ours, and does no network."""
    (folder / "receipt.jws").write_text(receipt + "\n")
    (folder / "keys.json").write_text(json.dumps(keys))
    guard = (
        "import runpy, socket, sys\n"
        f"sys.path[:] = [place for place in sys.path if place not in ('', {str(ROOT)!r})]\n"
        "sys.meta_path[:] = [one for one in sys.meta_path if 'editable' not in repr(one).lower()]\n"
        "sys.addaudithook(lambda event, _: sys.exit('network') if event == 'socket.connect' else None)\n"
        f"runpy.run_path({str(PROGRAM)!r}, run_name='__main__')\n"
        "assert not [name for name in sys.modules if name.partition('.')[0] in ('munadi', 'api', 'workflows')]\n"
    )
    command = [sys.executable, "-P", "-c", guard, "receipt.jws", "keys.json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


async def test_a_program_of_ten_lines_verifies_a_receipt(api: ApiHarness, tmp_path: Path) -> None:
    lines = [line for line in PROGRAM.read_text().splitlines() if line.strip()]
    assert len(lines) <= 10
    assert "munadi" not in "".join(line for line in lines if line.startswith(("import", "from")))
    found, keys = await receipt_of(api, await live(api)), await keys_of(api)
    ran = await asyncio.to_thread(run, tmp_path, found["receipt"], keys)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout) == found["claims"]
    header, _, signature = found["receipt"].split(".")
    changed = await asyncio.to_thread(run, tmp_path, f"{header}.eyJpc3MiOiJtZSJ9.{signature}", keys)
    assert (changed.returncode, changed.stdout) == (1, "")
    assert "Signature verification failed" in changed.stderr


async def test_node_alone_verifies_a_receipt(api: ApiHarness, tmp_path: Path) -> None:
    found, keys = await receipt_of(api, await live(api)), await keys_of(api)
    ran = await asyncio.to_thread(run_node, tmp_path, found["receipt"], keys)
    assert json.loads(ran.stdout) == found["claims"], ran.stderr
    header, _, signature = found["receipt"].split(".")
    kid = keys["keys"][0]["kid"]
    unsigned = urlsafe_b64encode(json.dumps({"alg": "none", "kid": kid}).encode()).rstrip(b"=").decode()
    for changed in (f"{header}.eyJpc3MiOiJtZSJ9.{signature}", f"{unsigned}.eyJpc3MiOiJtZSJ9."):
        refused = await asyncio.to_thread(run_node, tmp_path, changed, keys)
        assert (refused.returncode, refused.stdout) == (1, "")


async def count_keys(database: Database) -> int:
    async with database.read() as session:
        return (await session.exec(select(func.count()).select_from(ReceiptKeyRow))).one()


async def test_several_apis_that_need_the_first_key_at_once_agree_on_one(api: ApiHarness) -> None:
    content, now = await live(api), api.clock.now()
    others = [Database(api.services.database.url.render_as_string(hide_password=False)) for _ in range(4)]
    try:
        stores = [ReceiptKeyStore(each, api.services.keyring) for each in others]
        signers = await asyncio.gather(*(store.signer(now) for store in stores), api.get(path_of(content)))
        assert len({signer.kid for signer in signers[:-1]}) == 1  # type: ignore[union-attr]
        assert await count_keys(api.services.database) == 1
        rotated = await asyncio.gather(*(store.rotate(now) for store in stores))
        assert await count_keys(api.services.database) == 1 + len({row.number for row in rotated})
    finally:
        for each in others:
            await each.close()
    assert signed_claims(signers[-1].json()["receipt"], await keys_of(api))  # type: ignore[union-attr]


async def test_after_a_rotation_old_receipts_verify_and_new_ones_name_the_new_key(api: ApiHarness) -> None:
    content = await live(api)
    before, keys = (await receipt_of(api, content))["receipt"], await keys_of(api)
    row = await ReceiptKeyStore(api.services.database, api.services.keyring).rotate(api.clock.now())
    after, both = (await receipt_of(api, content))["receipt"], await keys_of(api)
    assert [key["kid"] for key in both["keys"]] == [row.kid, keys["keys"][0]["kid"]]
    assert signed_claims(before, both) == signed_claims(after, both)
    with pytest.raises(InvalidKeyIdError, match=row.kid):
        signed_claims(after, keys)


async def test_the_published_keys_are_public_parts_alone(api: ApiHarness) -> None:
    (key,) = (await keys_of(api))["keys"]
    assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("OKP", "Ed25519", "sig", "EdDSA")
    assert (
        key["kid"] == KeySet.import_key_set({"keys": [{k: key[k] for k in ("kty", "crv", "x")}]}).keys[0].thumbprint()
    )
    async with api.services.database.read() as session:
        row = (await session.exec(select(ReceiptKeyRow))).one()
    opened = api.services.keyring.open(row.sealed, table="receipt_keys", row=row.kid, column="sealed")
    assert opened not in row.sealed


async def test_the_page_of_a_post_has_a_receipt_of_what_is_published(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    content, waiting = await live(api), await api.submit(text="later")
    page = await dashboard.page(f"/contents/{content['id']}")
    assert faults(page) == []
    assert f'href="{path_of(content)}" download="receipt-{content["publications"][0]["id"]}.json"' in page
    answer = await dashboard.client.get(path_of(content))
    assert answer.json()["claims"]["publicationId"] == content["publications"][0]["id"], "the session may read it"
    assert "/receipt" not in await dashboard.page(f"/contents/{waiting['id']}")
