"""What the sandbox plays of LinkedIn alone: members, two apps, versions, late lists, duplicates, processing files."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Published, Unknown
from munadi.domain.withdrawal import PostedObject, Verdict
from munadi.ports import AccountImport, LinkCard
from tests.channels.calls import Saved, visible_step
from tests.channels.connected import jpeg, new
from tests.channels.consent import Login, decide, missing_of
from tests.channels.consent import at as logins
from tests.channels.making import error_of
from tests.channels.sandbox import Acme, at, draft

R, S = Reason, Effect
page = at("linkedin")


@pytest.fixture
async def member(acme: Acme) -> Acme:
    """The person who administers the page, as an account of their own."""
    token = SecretStr(acme.made["memberToken"])
    await acme.connect(AccountImport(external_id=acme.made["memberId"], access_token=token))
    return acme


@page
async def test_a_member_posts_everything_a_page_does(member: Acme) -> None:
    for kind in ("text", "photo", "photos", "video", "document"):
        await member.post(draft(member, kind, f"Hello {kind}"))
    assert [(one["text"], len(one["media"])) for one in member.posts] == [
        ("Hello text", 0),
        ("Hello photo", 1),
        ("Hello photos", 2),
        ("Hello video", 1),
        ("Hello document", 1),
    ]
    given, saved = new("One", first_comment="Sale: #monsoon (now)"), Saved()
    await member.post(given, saved)
    await member.finish(given, saved, "comment")
    assert member.posts[-1]["comments"] == ["Sale: #monsoon (now)"]


@page
@pytest.mark.parametrize("mode", ["accept_then_reset", "reset"])
async def test_a_members_lost_answer_is_unknown_whatever_happened(member: Acme, mode: str) -> None:
    member.plant("create_post", mode)
    given, saved = new("Lost"), Saved()
    await member.failure(given, saved, effect=S.UNKNOWN)
    assert isinstance(await member.find(given, saved), Unknown)


@page
async def test_a_copy_is_refused_and_names_the_post(member: Acme) -> None:
    member.plant("create_post", "accept_then_reset")
    given, saved = new("Lost"), Saved()
    await member.failure(given, saved)
    error = await error_of(member.send(given, saved), R.DUPLICATE_CONTENT, S.REJECTED)
    assert error.may_be_ours
    assert member.posts[0]["id"] in (error.provider_message or "")
    assert len(member.posts) == 1


@page
async def test_a_named_post_that_does_not_exist_is_not_a_pages(acme: Acme) -> None:
    acme.set("switches", True, "ghostDuplicates")
    acme.plant("create_post", "accept_then_reset")
    given, saved = new("Lost"), Saved()
    await acme.failure(given, saved)
    await error_of(acme.send(given, saved, doubtful=True), R.DUPLICATE_CONTENT)
    assert (await acme.find(given, saved)).post_id == acme.posts[0]["id"]


@page
async def test_a_page_without_posts_is_absent(acme: Acme) -> None:
    assert isinstance(await acme.find(new("Lost"), Saved()), Absent)


@page
async def test_a_list_that_lags_shows_a_post_later(acme: Acme) -> None:
    acme.set("delays", 30, "index")
    acme.plant("create_post", "accept_then_reset")
    given, saved = new("Late"), Saved()
    await acme.failure(given, saved)
    assert isinstance(await acme.find(given, saved), Absent)
    acme.set("delays", 0, "index")
    assert isinstance(await acme.find(given, saved), Published)


@page
async def test_an_answer_without_an_id_is_completed_for_a_page(acme: Acme) -> None:
    acme.set("switches", True, "dropPostId")
    given, saved = new("Hello"), Saved()
    found = await acme.post(given, saved)
    assert [one.code for one in found.warnings] == ["POST_ID_PENDING"]
    assert (await acme.find(given, saved)).post_id == acme.posts[0]["id"]


@page
async def test_a_version_that_has_ended_holds_the_post_and_names_the_setting(acme: Acme) -> None:
    acme.set("switches", True, "endVersion")
    error = await acme.failure(new("Hello"), reason=R.PROVIDER_OUTAGE, effect=S.NOT_SENT, code="NONEXISTENT_VERSION")
    assert "MUNADI_CHANNELS__LINKEDIN__VERSION" in error.message
    acme.set("switches", False, "endVersion")
    await acme.post(new("Hello"))


@page
async def test_signs_mentions_polls_and_cards_are_seen_as_they_were_written(acme: Acme) -> None:
    text = "#Sale: R&D (new) at @Acme <b> a_b *c* ~d~ {e} [f] | \\ me@acme.example"
    urn = acme.made["externalId"]
    poll = {"question": "Well?", "options": ["yes", "no"]}
    await acme.post(new(text, options={"mentions": {"Acme": urn}, "poll": poll}))
    acme.cards.card_of_page = LinkCard(title="A page", image=jpeg(), image_type="image/jpeg")
    await acme.post(new("Look", link="https://acme.example/page"))
    first, second = acme.posts
    assert (first["text"], first["raw"]["body"]["content"]["poll"]["question"]) == (text, "Well?")
    article = second["raw"]["body"]["content"]["article"]
    assert (article["source"], article["title"], len(second["media"])) == ("https://acme.example/page", "A page", 1)


@page
async def test_a_failed_file_is_told_before_the_post_is_made(acme: Acme) -> None:
    acme.set("switches", True, "failProcessing")
    given, saved = draft(acme, "photo"), Saved()
    for effect in (S.NOT_SENT, S.NOT_SENT, S.REJECTED):
        await acme.failure(given, saved, reason=R.MEDIA_PROCESSING_FAILED, effect=effect)
    assert (acme.posts, acme.calls("create_post")) == ([], [])


@page
async def test_only_pages_are_listed_as_profiles(acme: Acme) -> None:
    """What the demo connects, one account per network."""
    listed = acme.oracle.call("GET", "/profiles")
    ids = [one["id"] for one in listed if one["channel"] == "linkedin"]
    assert acme.made["externalId"] in ids
    assert all(one.startswith("urn:li:organization:") for one in ids)
    path = f"/profiles/linkedin/{acme.made['memberId']}/credentials"
    made = acme.oracle.call("POST", path)
    await acme.connect(AccountImport(external_id=made["externalId"], access_token=SecretStr(made["accessToken"])))


# Removing


async def removal(acme: Acme, text: str) -> PostedObject:
    """A published post, removed."""
    found = PostedObject(id=(await acme.post(new(text))).post_id or "")
    await acme.channel.withdraw(found, acme.account, visible_step())
    return found


@page
async def test_a_members_post_is_removed_and_never_seen(member: Acme) -> None:
    gone = await removal(member, "Taken back")
    assert member.posts == []
    (seen,) = await member.channel.look([gone], member.account)
    assert (seen.verdict, seen.blind) == (Verdict.UNREADABLE, True)
    await member.channel.withdraw(gone, member.account, visible_step())  # the repetition is the look


@page
async def test_the_only_post_of_a_page_is_not_proven_gone(acme: Acme) -> None:
    gone = await removal(acme, "Taken back")
    (seen,) = await acme.channel.look([gone], acme.account)
    assert (seen.verdict, seen.blind) == (Verdict.UNREADABLE, True)
    await acme.post(new("Another"))
    assert (await acme.channel.look([gone], acme.account))[0].verdict is Verdict.GONE


@page
async def test_a_role_that_was_lost_removes_nothing(acme: Acme) -> None:
    there = PostedObject(id=(await acme.post(new("It stays"))).post_id or "")
    acme.oracle.call("PATCH", f"/profiles/linkedin/{acme.account.external_id}", status="no_role")
    await error_of(acme.channel.withdraw(there, acme.account, visible_step()), R.MISSING_SCOPE, S.REJECTED)
    await error_of(acme.channel.look([there], acme.account), R.MISSING_SCOPE)
    assert len(acme.posts) == 1


# Connecting


@at("linkedin")
async def test_an_import_knows_a_page_from_a_member(acme: Acme) -> None:
    made, verify = acme.made, acme.channel.verify
    page_token, member_token = SecretStr(made["accessToken"]), SecretStr(made["memberToken"])
    assert (await verify(AccountImport(access_token=member_token))).profile.external_id == made["memberId"]
    only = await verify(AccountImport(login="page", access_token=page_token))
    assert (only.profile.external_id, only.profile.display_name) == (made["externalId"], "Acme")
    other = acme.oracle.call("POST", "/profiles", channel="linkedin", name="other", beside=made["externalId"])
    error = await error_of(verify(AccountImport(login="page", access_token=page_token)), R.INVALID_FIELD)
    assert other["externalId"] in error.message
    for given in ({"external_id": made["memberId"], "login": "page"}, {"external_id": "4711"}, {"login": "nonsense"}):
        await error_of(verify(AccountImport(access_token=page_token, **given)), R.INVALID_FIELD, S.REJECTED)
    # A token of the other app lacks the scope that says whose it is.
    await error_of(verify(AccountImport(access_token=page_token)), R.MISSING_SCOPE)


@logins("linkedin page")
async def test_every_page_of_a_person_is_a_choice_and_a_lost_role_is_none(login: Login) -> None:
    second = login.another("second")["externalId"]
    assert {one.external_id for one in (await login.granted()).choices} == {login.profile, second}
    login.oracle.call("PATCH", f"/profiles/linkedin/{second}", status="no_role")
    assert [one.external_id for one in (await login.granted()).choices] == [login.profile]
    login.oracle.call("PATCH", f"/profiles/linkedin/{login.profile}", status="no_role")
    await login.failure(await login.agreed(), R.TARGET_NOT_ACCESSIBLE)


async def members(login: Login, **changes: Any) -> Any:
    """A consent of the person, by the other log-in."""
    asked = login.asking(login=None)
    consent = await login.server.begin_consent(asked)
    answered = await decide(login.client, consent.url, approve=login.made["memberId"], **changes)
    return await login.server.exchange(asked, answered, consent.kept)


@logins("linkedin page")
async def test_a_member_connects_by_the_other_app(login: Login) -> None:
    granted = await members(login)
    (choice,) = granted.choices
    assert (granted.scopes, choice.external_id) == (("openid", "profile", "w_member_social"), login.made["memberId"])
    assert (choice.given.login, choice.given.refresh_token) == ("member", None)
    await error_of(members(login, untick="w_member_social"), R.MISSING_SCOPE)
    await error_of(login.server.begin_consent(login.asking(login="myspace")), R.INVALID_FIELD)


@logins("linkedin page")
async def test_a_login_without_its_app_names_the_settings(login: Login) -> None:
    _, server = login.build(page_client_id="", page_client_secret="")
    error = await error_of(server.begin_consent(login.asking()), R.INVALID_FIELD)
    assert "MUNADI_CHANNELS__LINKEDIN__PAGE_CLIENT_ID" in error.message
    assert missing_of(server) == ()
    await server.begin_consent(login.asking(login="member"))


@logins("linkedin page")
async def test_only_partners_get_a_refresh_token(login: Login) -> None:
    one = await login.connected()
    error = await error_of(login.channel.refresh(one), R.TOKEN_EXPIRED)
    assert "connects again" in error.message
    login.oracle.call("PUT", "/switches", channel="linkedin", kind="grantRefreshTokens", enabled=True)
    partner = await login.connected()
    fresh = await login.channel.refresh(partner)
    assert fresh.access_token != partner.credentials.access_token
    assert fresh.grant_expires_at is not None
