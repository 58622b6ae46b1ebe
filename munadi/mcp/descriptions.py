"""The texts that an AI model reads about the server and each tool. They are the interface: change them with care.

A model reads all of them before its first call, so each says what cannot be learned from an answer. Details are
resources (`munadi/mcp/resources.py`), and a test limits the whole.
"""

from __future__ import annotations


def _flowing(text: str) -> str:
    """Paragraphs without line ends of their own."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n"))


INSTRUCTIONS = _flowing("""
Munadi publishes prepared posts to social networks at their time, and reports the result of each.

A content is one post for one or several networks; it has one publication per network account. "Accepted" means that
Munadi has stored the post and will publish it, even after a crash; it does NOT mean published. Only the status
"published" means that a network published it. Never tell a person that a post is published before that.

The usual way: list_brands (their time zones), list_accounts (which networks there are), describe_channel (a
network's limits and options),
validate, publish, wait. Every answer about a content and every refusal ends with "Next:", which says what to do;
failures carry "what to do".

To let a person approve a post first: create_post_draft, show it to them, and call submit_post_draft when they agree. A
draft publishes nothing. With a key that may only propose there is the tool propose: the post waits for their approval.

Repeating publish with the same arguments never creates a second post. A content that is "unconfirmed" may be live:
never publish it again.

accepted and queued: not published yet. publishing: in progress. published: live on every network.
partially_published: live on some. failed: live on none. canceled: will not be published.

Times are given with an offset, or as local time together with an IANA timezone; answers are in UTC ("…Z").

Resources have the details: munadi://channels and munadi://channels/{channel} (rules), munadi://failures (reasons with
remedies), munadi://events, munadi://answers. Prompts: failed_today, write_for_channel.
""")

_TOOLS = {
    "validate": """
Check a post against every rule of its networks without storing or publishing anything. The answer lists every problem
with a JSON pointer into the arguments, limit and actual value, and warnings.
""",
    "publish": """
Submit a post: it is published now, or at scheduledAt. "accepted" means stored; it is NOT published yet. Call wait with
its id.

Safe to repeat: without idempotencyKey it is derived from the other arguments, so that the same call creates no
second post for at least 24 hours (REPEATED, replayed: true). To post the same again on purpose, give an
idempotencyKey of your own.

A refusal stores nothing and names every broken rule.
DUPLICATE_OF_RECENT: an account gets the same within 24 hours already; ask the person whether both are wanted.
ACCOUNT_REAUTH_REQUIRED, MISSING_SCOPE and TOKEN_EXPIRES_BEFORE_SLOT name an account that its owner must connect again;
everything else is published on time. Tell the person which.
""",
    "status": """
The state of a content and, for each network, the publication's status, URL, lateness, last edit, withdrawal, and of a
failure the reason, whether a retry can help and what to do. unconfirmed: it may be live, so do not publish it again.
""",
    "wait": """
Wait until every publication of a content has ended, then answer as status does. After timeoutSeconds timedOut is true,
publishing continues, and wait can be called again. A content that is due later, or waits for a person, is answered at
once.
""",
    "cancel": """
Cancel every publication that has not started; what is live stays live. TOO_LATE: publishing has begun everywhere.
""",
    "withdraw": """
Remove a live content from every network that lets an app do it, or one of its publications. It cannot be undone: show
the person the post, and ask first.
""",
    "edit_live": """
Edit one live publication at its network; what is absent stays. liveEdit of describe_channel names the fields that can
be edited. The answer means asked for, not done: call status.
""",
    "receipt": """
A signed statement about one publication: where its post is, when each call was made, a hash of what was sent.
""",
    "edit": """
Change a content that is not being published yet. What is absent stays, null removes a field. If someone else changed
it since, nothing is changed and you are told. TOO_LATE: publishing has begun; then only withdrawAt can be changed here,
and the words with edit_live. For the time use reschedule.
""",
    "create_post_draft": """
Save a post that is not finished, or that a person shall approve. Nothing is published. Anything may be
missing or wrong; the answer lists what submitting would refuse. Safe to repeat within 24 hours.
""",
    "update_post_draft": """
Change a draft. What is absent stays, null removes a field, a list replaces the whole list. If someone else changed it
since, nothing is changed and you are told.
""",
    "get_post_draft": """
A draft, its version, and what is missing or wrong in it.
""",
    "list_post_drafts": """
Drafts that are not submitted yet, newest first.
""",
    "submit_post_draft": """
Publish a draft, or schedule it for its scheduledAt; this ends the draft. Call it only when a person has agreed to this
version: if the draft was changed since, nothing happens. "accepted" means stored, not
published: call wait. Safe to repeat: a draft becomes one post at most.
""",
    "propose": """
Submit a draft as a post that waits until a person approves it; nothing is published before. This ends the draft. Needs
a key that may only propose; one that may publish is refused. Declined, or edited, it waits again: status says why.
""",
    "upload_media": """
Store an image, a video or a document. publish and edit take its id as media: [{"id": …}].
""",
    "reschedule": """
Move a content that is not being published yet. TOO_LATE: publishing has begun.
""",
    "retry": """
Retry failed publications; what is live is never sent again. First do what the failure's remedy
says: after_fix fails again until its cause is fixed, after_wait needs time, never needs a
new content. Queued, not published: call wait.
""",
    "create_series": """
Repeat a post by a rule: each date becomes an ordinary post, which can be edited or canceled by itself. Not with a key
that has caps. Show the person the next dates. list_contents with its seriesId lists its posts. Safe to repeat.
""",
    "list_series": """
List series with their next dates; problems say why the next post cannot be made.
""",
    "list_brands": """
The brands: brandRef, name, time zone. A time that a person says without a zone is in the brand's.
""",
    "list_accounts": """
The connected accounts: brandRef, channel, handle, id, and whether each works, with what to do if not.
""",
    "describe_channel": """
A network's rules for a post: text limits, media, links, threads (parts), first comments, and the JSON Schema of its
options.
""",
    "list_contents": """
Contents, newest first; status=failed is what needs attention.
""",
    "events": """
Events in order: of one content, or of all, after a position. Pass nextAfter as `after` to continue.
""",
}
DESCRIPTIONS = {name: _flowing(text) for name, text in _TOOLS.items()}
PREPARING_ONLY = (
    "This server publishes nothing: it has no tools that publish, change or cancel posts. Prepare drafts with "
    "create_post_draft and update_post_draft; a person submits them, in the dashboard or with munadi drafts submit."
)
