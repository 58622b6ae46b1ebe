"""What a model reads about the server and each tool. Words are the interface here: they are changed with care."""

from __future__ import annotations


def _flowing(text: str) -> str:
    """Paragraphs without line ends of their own."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n"))


INSTRUCTIONS = _flowing("""
Munadi publishes prepared posts to social networks at their time, and tells what became of each.

A content is one post for one or several networks; it has one publication per network account. "Accepted" means that
Munadi has stored the work and will do it, also through crashes; it does NOT mean published. Only the status
"published" means that a network published it. Never tell a person that a post is out before that.

The usual way: list_accounts (which brands and networks there are), describe_channel (a network's limits and options),
validate, publish, wait. Every answer about a content and every refusal ends with "Next:", which says what to do;
failures carry "what to do".

Nothing is posted twice by calling publish twice with the same arguments. A content that is "unconfirmed" may be live:
never publish it again.

Times are given with an offset, or as local time together with an IANA timezone; answers are in UTC ("…Z").
""")

_TOOLS = {
    "validate": """
Check a post against every rule of its networks (text length, media, links, options, time, accounts) without storing
or publishing anything. The answer lists every problem with a JSON pointer into the arguments, the limit and the actual
value, and warnings about what would be accepted but would not look as written. Use it before publish.
""",
    "publish": """
Hand a post over to be published: now, or at scheduledAt. The answer "accepted" means that Munadi has stored it and
will publish it; it is NOT published yet. Call wait with the returned content id to learn what became of it.

Safe to repeat: the call carries an idempotency key, which is returned. Without idempotencyKey it is derived from the
other arguments (a SHA-256 of them), so that the very same call again, after a timeout or by mistake, makes no second
post for at least 24 hours; the answer then says REPEATED (replayed: true). To post the very same content again on
purpose, give an idempotencyKey of your own. Under one key only one content is accepted.

A refusal stores nothing and names every broken rule with a pointer into the arguments; correct these and call again.
""",
    "status": """
How a content stands now: its status and, for each network, the publication's status, the post's URL, lateness, and for
each failure the reason, whether a retry can help, what to do, and the network's own words.

accepted and queued: not published yet. publishing: under way. published: out. partially_published: out on some
networks. failed: out on none. unconfirmed: nobody can tell, so do not publish it again. canceled: withdrawn.
""",
    "wait": """
Wait until every publication of a content has ended, then answer as status does. Answers after timeoutSeconds in any
case; timedOut is true then, the work goes on by itself, and wait can be called again. A content that is scheduled for
later does not end before its time: do not wait for that, call status after it.
""",
    "cancel": """
Withdraw what is not being published yet; what is already live stays live. Refused with TOO_LATE when publishing has
begun everywhere. Cancelling again is harmless.
""",
    "reschedule": """
Move what is not being published yet to another time, given with an offset or as local time with timezone. Refused with
TOO_LATE when publishing has begun. A publishBy that was given explicitly stays unless a new one is given.
""",
    "retry": """
Try failed publications again, with the media stored before; what is live is never sent again. First do what the
failure's remedy says: a failure with retryable after_fix fails again until it is mended, after_wait needs time, never
needs another content (a new publish). The answer means queued, not published: call wait. Refused with 409 when nothing
can be retried.
""",
    "list_accounts": """
The connected accounts: brandRef, channel, handle, id, and whether each works (connected, expiring, reauth_required,
disconnected) with what to do if not. Use it to find the brandRef and the channels that publish takes.
""",
    "describe_channel": """
A network's rules as JSON: text limits and how text is counted, kinds and limits of media, what becomes of a link,
threads (parts), first comments, and the JSON Schema of its options.
""",
    "list_contents": """
Contents, newest first, filtered by brand, status, network, account, clientRef or time. For example status=failed for
what needs attention. Each has its id; status tells the rest.
""",
    "events": """
What happened, in order: of one content (contentId), or of everything (filtered by brandRef and types), after a
position. Each event is one change of state; failures carry what to do. Give the returned nextAfter as `after` to go on
later.
""",
}
DESCRIPTIONS = {name: _flowing(text) for name, text in _TOOLS.items()}
