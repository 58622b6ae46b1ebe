"""The forms that edit live posts on the page of a post: filled in with what is live, and what each version changes."""

from __future__ import annotations

import pytest

from api.dashboard.live_edits import differences
from munadi.domain.edits import EditRule, EditStatus, PostEdit
from munadi.domain.failure import Reason
from munadi.domain.live_edit import LiveEdit, Stop
from munadi.domain.reasons import failure_of
from munadi.publishing import live_editing
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.test_dashboard_posts import expect_words
from tests.api.test_editing_live import allow, edit, settled
from tests.api.test_withdrawing import live
from tests.db.seeding import START

pytestmark = [pytest.mark.each_database, pytest.mark.usefixtures("editable")]
FIELDS = ("text", "title", "link", "altTexts", "options.langs")


async def test_the_form_is_filled_in_with_what_is_live(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    allow(api, EditRule(fields=FIELDS, because="The rest stays."), link_with_media=None)
    media = [{"url": api.site.url("/a.jpg"), "alt": "An <umbrella>"}]
    channels = [{"channel": "bluesky", "options": {"langs": ["hi", "en"]}}]
    content = await live(api, text="\nAs it is", link="https://acme.example/a", media=media, channels=channels)
    page = await dashboard.page(f"/contents/{content['id']}")
    assert faults(page) == []
    expect_words(page, "The rest stays.", "Langs", "Alt text of file 1")
    assert ">\n\nAs it is</textarea>" in page, "the first line feed is not part of the field"
    for filled in (">\nhi\nen</textarea>", 'value="https://acme.example/a"', 'value="An &lt;umbrella&gt;"'):
        assert filled in page
    for named in ('name="text"', 'name="title"', 'name="link"', 'name="altTexts"', 'data-option="langs"'):
        assert named in page


async def test_there_is_no_form_for_what_cannot_be_edited(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    content = await live(api)
    allow(api, EditRule(fields=("text",)))
    page = await dashboard.page(f"/contents/{content['id']}")
    fields = page.partition("data-live-edit")[2].partition("</form>")[0]
    assert 'name="text"' in fields
    assert not any(each in fields for each in ('name="title"', 'name="link"', 'name="altTexts"', "data-option"))
    allow(api, EditRule(because="Do it at the network."))
    page = await dashboard.page(f"/contents/{content['id']}")
    expect_words(page, "It cannot be edited from here. Do it at the network.")
    assert "data-live-edit" not in page


async def test_the_form_keeps_the_words_of_an_edit_that_was_not_made(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    content = await live(api, text="Open on Sunday")
    await edit(api, content, text="Open on Monday")
    page = await dashboard.page(f"/contents/{content['id']}")
    expect_words(page, ">\nOpen on Monday</textarea>", "Version 2 is still being edited.")
    await settled(api, content, Stop.REFUSED)
    page = await dashboard.page(f"/contents/{content['id']}")
    assert faults(page) == []
    expect_words(page, ">\nOpen on Monday</textarea>", "These are the words of version 2.")
    assert "&#34;text&#34;: &#34;Open on Sunday&#34;" in page.partition('data-live="')[2].partition('"')[0]


async def test_what_a_version_changes_is_marked(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    channels = [{"channel": "bluesky", "options": {"langs": ["en"]}}]
    content = await live(api, text="Open on Sunday, come by", channels=channels)
    versions = [
        (EditStatus.EDITED, "Open on Monday, come by", {"langs": ["en"]}),
        (EditStatus.REFUSED, "Open <daily>", {"langs": ["en"]}),
        (EditStatus.EDITED, "Open on Monday, come", {"langs": ["hi"]}),
    ]
    async with api.locked(content["id"]) as post:
        for version, (status, text, options) in enumerate(versions, start=2):
            failure = failure_of(Reason.EDIT_CONFLICT) if status is EditStatus.REFUSED else None
            shown = PostEdit(version=version, at=START, status=status, text=text, failure=failure)
            live_editing.keep(post.publications[0], LiveEdit(shown=shown, options=options))
    page = await dashboard.page(f"/contents/{content['id']}")
    assert faults(page) == []
    removed = [one.partition("</span>")[2].partition("</del>")[0] for one in page.split("<del>")[1:]]
    added = [one.partition("</span>")[2].partition("</ins>")[0] for one in page.split("<ins>")[1:]]
    assert removed == ["Sunday,", "Open on Monday, come by", " by", "[&#34;en&#34;]"]
    assert added == ["Monday,", "Open &lt;daily&gt;", "[&#34;hi&#34;]"]
    assert page.index("2 earlier versions") < page.index("Version 2:") < page.index("Version 4:")


@pytest.mark.parametrize(("before", "after"), [("", ""), ("a", ""), ("", "a b"), ("a  b\nc", "a c\n\nb"), ("é", "e")])
def test_the_pieces_of_a_difference_make_both_texts(before: str, after: str) -> None:
    pieces = list(differences(before, after))
    assert "".join(piece for kind, piece in pieces if kind != "removed") == after
    assert "".join(piece for kind, piece in pieces if kind != "added") == before
