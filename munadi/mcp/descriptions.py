"""The texts that an AI model reads about the server and each tool. They are the interface: change them with care."""

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
draft publishes nothing.

Repeating publish with the same arguments never creates a second post. A content that is "unconfirmed" may be live:
never publish it again.

Times are given with an offset, or as local time together with an IANA timezone; answers are in UTC ("…Z").
""")

_TOOLS = {
    "validate": """
Check a post against every rule of its networks (text length, media, links, options, time, accounts) without storing
or publishing anything. The answer lists every problem with a JSON pointer into the arguments, the limit and the
actual value, and warnings about what would be accepted but would not look as written. Use it before publish.
""",
    "publish": """
Submit a post: it is published now, or at scheduledAt. The answer "accepted" means that Munadi has stored it and will
publish it; it is NOT published yet. Call wait with the returned content id to get the result.

Safe to repeat: the call carries an idempotency key, which is returned. Without idempotencyKey it is derived from the
other arguments, so that the same call again creates no second post for at least 24 hours; the answer then says
REPEATED (replayed: true). To post the same content again on purpose, give an idempotencyKey of your own.

A refusal stores nothing and names every broken rule with a pointer into the arguments; correct these and call again.
DUPLICATE_OF_RECENT means that an account gets the same text, media and link within 24 hours already, by the content
that it names: ask the person whether both are wanted.
ACCOUNT_REAUTH_REQUIRED, MISSING_SCOPE and TOKEN_EXPIRES_BEFORE_SLOT name an account that its owner must connect again:
what goes to it waits for that, everything else is published on time. Tell the person which account.
""",
    "status": """
The current state of a content: its status and, for each network, the publication's status, the post's URL, lateness,
and for each failure the reason, whether a retry can help, what to do, and the network's own message.

accepted and queued: not published yet. publishing: in progress. published: live on every network.
partially_published: live on some networks. failed: live on none. unconfirmed: it may be live, so do not publish it
again. canceled: it will not be published. What was published stays published; its last edit, its withdrawal and when it
was last seen are lines of their own.
""",
    "wait": """
Wait until every publication of a content has ended, then answer as status does. It answers after timeoutSeconds in
any case; then timedOut is true, publishing continues, and wait can be called again. A content that is due only after
that, or that waits for a person, is answered at once with what to do instead.
""",
    "cancel": """
Cancel every publication that has not started; what is already live stays live. Refused with TOO_LATE when publishing
has begun everywhere. A repeated cancel changes nothing.
""",
    "withdraw": """
Remove a live content from every network that lets an app do it, or one of its publications. It cannot be undone: show
the person the post, and ask first. status shows how far it is.
""",
    "edit_live": """
Edit one live publication at its network; what is absent stays. liveEdit of describe_channel says which fields a network
lets an app edit. The same words again change nothing. The answer means asked for, not done: status shows how far it is.
""",
    "receipt": """
A signed statement about one publication: where its post is, when each call was made, a hash of what was sent. It can be
verified without this server.
""",
    "edit": """
Change the text, media, link or a network's overrides of a content that is not being published yet. What is absent
stays. Give the version that status shows; if someone else changed the content since, nothing is changed and you are
told. To change the time use reschedule. Refused with TOO_LATE when publishing has begun; of a live content
only withdrawAt can be changed here, and its words with edit_live.
""",
    "create_post_draft": """
Save a post that is not finished, or that a person shall approve. Nothing is published or scheduled. Anything but the
brand may be missing or wrong; the answer lists what submitting would refuse. Safe to repeat: the same call within 24
hours creates no second draft.
""",
    "update_post_draft": """
Change a draft. What is absent stays, null removes a field, a list replaces the whole list. Give the version that you
read; if someone else changed the draft since, nothing is changed and you are told.
""",
    "get_post_draft": """
A draft as it was written, its version, and what is missing or wrong in it.
""",
    "list_post_drafts": """
Drafts that are not submitted yet, the newest first, with their version and whether they are ready.
""",
    "submit_post_draft": """
Publish a draft, or schedule it for its scheduledAt; this ends the draft. Call it only when a person has agreed to this
version: if the draft was changed since, nothing happens and you are told. The answer "accepted" means stored, not
published: call wait. Safe to repeat: a draft becomes one post at most.
""",
    "upload_media": """
Store an image, a video or a document for a brand. The answer has its id, which publish and edit take as media:
[{"id": …}], and what was found in it (kind, width, height, duration, pages).
""",
    "reschedule": """
Move a content that is not being published yet to another time, given with an offset or as local time with timezone.
Refused with TOO_LATE when publishing has begun. A publishBy that was given explicitly stays unless a new one is
given.
""",
    "retry": """
Retry failed publications with the stored media; what is live is never sent again. First do what the failure's remedy
says: a failure with retryable after_fix fails again until its cause is fixed, after_wait needs time, never needs a
new content (a new publish). The answer means queued, not published: call wait.
""",
    "list_brands": """
The brands: brandRef, name, IANA time zone, what happens to duplicates (warn or refuse), and to posts for accounts
that must be connected again (unusableAccounts). A time that a person says without a zone is in the brand's.
""",
    "list_accounts": """
The connected accounts: brandRef, channel, handle, id, and whether each works (connected, expiring, reauth_required,
disconnected) with what to do if not. Use it to find the brandRef and the channels that publish takes.
""",
    "describe_channel": """
A network's rules for a post as JSON: text limits and how text is counted, kinds and limits of media, how a link is
shown, threads (parts), first comments, and the JSON Schema of its options.
""",
    "list_contents": """
Contents, newest first, by brand, status, network, account, clientRef or time; status=failed is what needs attention.
""",
    "events": """
Events in order: of one content (contentId), or of all (by brandRef and types), after a position. Each is one change
of state; failures carry what to do. Pass nextAfter as `after` to continue.
""",
}
DESCRIPTIONS = {name: _flowing(text) for name, text in _TOOLS.items()}
PREPARING_ONLY = (
    "This server publishes nothing: it has no tools that publish, change or cancel posts. Prepare drafts with "
    "create_post_draft and update_post_draft; a person submits them, in the dashboard or with munadi drafts submit."
)
