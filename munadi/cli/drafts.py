"""`munadi drafts`: posts that are not finished, kept on the server until they are submitted."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Argument, Option

from munadi.cli.command import command, group, plain
from munadi.cli.contents import BrandRef
from munadi.cli.output import Output
from munadi.cli.paging import listing
from munadi.cli.post_output import print_accepted
from munadi.cli.session import Session

app = group("drafts", "Keep unfinished posts, and submit them.")

DraftId = Annotated[str, Argument(metavar="DRAFT_ID", help="The draft's id, drf_…")]
File = Annotated[str, Option("--file", "-f", metavar="FILE", help="JSON; - reads standard input.")]
SHOWN = 60


@command(app, "create")
def create(session: Session, file: File, brand_ref: BrandRef = None) -> None:
    """Save a draft. The file holds a post of which anything may be missing but the brand."""
    from munadi.cli.payload import prepare_payload

    session.show(session.client.drafts.create(prepare_payload(session, file, brand_ref)), _print_draft)


@command(app, "edit")
def edit(session: Session, draft_id: DraftId, file: File) -> None:
    """Change a draft. Fields missing in the file stay; null removes one."""
    from munadi.cli.payload import prepare_changes

    draft = session.client.drafts.get(draft_id)
    changes = prepare_changes(session, file, draft["brandRef"])
    session.show(session.client.drafts.update(draft_id, changes, draft["version"]), _print_draft)


@command(app, "submit")
def submit(session: Session, draft_id: DraftId) -> None:
    """Submit a draft as a post, which ends the draft. Exit code 0 means accepted: it will be published at its time."""
    session.show(session.client.drafts.submit(draft_id), print_accepted)


def _print_draft(out: Output, draft: Any) -> None:
    from munadi.cli.post_output import print_warnings
    from munadi.cli.problems import print_violations

    out.line("draft ", (draft["id"], "bold"), f"  {draft['brandRef']}  version {draft['version']}")
    out.line(("ready to submit", "green") if draft["valid"] else ("not ready to submit", "yellow"))
    print_violations(out, draft["problems"])
    print_warnings(out, draft["warnings"])


_print_page = listing(
    {
        "id": "id",
        "brand": "brandRef",
        "state": lambda draft: "ready" if draft["valid"] else "not ready",
        "text": lambda draft: _text_of(draft["content"]),
    },
    empty="no drafts; save one: munadi drafts create --file FILE",
)


def _text_of(content: Any) -> str:
    text = " ".join(str(content.get("text") or "").split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


plain(app, "list", "drafts.list", _print_page, "List drafts, the newest first.")
plain(app, "get", "drafts.get", _print_draft, "Show a draft, and what is missing or wrong in it.", of=DraftId)
plain(app, "delete", "drafts.delete", "deleted", "Delete a draft.", of=DraftId)
