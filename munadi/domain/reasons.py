"""The one table of failure reasons: class, whether a retry can help, what the operator does next."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from munadi.domain.failure import MAX_MESSAGE, ChannelError, Failure, FailureClass, Reason, Retryable

C, R, W = FailureClass, Reason, Retryable


class NewPost(StrEnum):
    """Whether the same cannot be sent again, because it takes a post that differs, or another account."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


class ReasonFacts(NamedTuple):
    """The facts of one failure reason: its class, whether a retry can help and a new post is needed, its meaning and
    remedy."""

    class_: FailureClass
    retryable: Retryable
    new_post: NewPost
    meaning: str
    remedy: str


# A publication whose token does not work waits. It fails only if nobody reconnects the account in time.
_RECONNECT = "Reconnect the account: posts that wait for it are then published. Retry those that have failed."

N = NewPost
# fmt: off
REASONS: dict[Reason, ReasonFacts] = {
    R.TOKEN_EXPIRED: ReasonFacts(C.TOKEN, W.AFTER_FIX, N.NO, "The account's access token has expired and could not be refreshed.", _RECONNECT),
    R.TOKEN_REVOKED: ReasonFacts(C.TOKEN, W.AFTER_FIX, N.NO, "The account's owner or the network revoked our access.", _RECONNECT),
    R.TOKEN_EXPIRES_BEFORE_SLOT: ReasonFacts(C.TOKEN, W.AFTER_FIX, N.NO, "The account's token ends before the scheduled time and cannot be renewed.", "Reconnect the account or choose an earlier time."),
    R.ACCOUNT_DISCONNECTED: ReasonFacts(C.TOKEN, W.AFTER_FIX, N.YES, "The account was disconnected from Munadi.", "Connect the account again and submit the post again."),
    R.LOGIN_CHECKPOINT: ReasonFacts(C.TOKEN, W.AFTER_FIX, N.NO, "The network asks the account's owner to confirm who they are.", f"Log in to the network in a browser and clear the check. {_RECONNECT}"),
    R.MISSING_SCOPE: ReasonFacts(C.PERMISSION, W.AFTER_FIX, N.NO, "The connection lacks a permission that this post needs.", "Reconnect the account and grant the permission named in the provider's message, then retry."),
    R.CONSENT_DENIED: ReasonFacts(C.PERMISSION, W.AFTER_FIX, N.NO, "The profile's owner declined at the network's consent page.", "Open the connect link again and approve, or ask the owner to."),
    R.CONSENT_EXPIRED: ReasonFacts(C.INVALID_REQUEST, W.AFTER_FIX, N.NO, "The consent was given too late, twice, or for another connection attempt.", "Open the connect link again and finish within ten minutes."),
    R.PROFILE_MISMATCH: ReasonFacts(C.INVALID_REQUEST, W.AFTER_FIX, N.NO, "The chosen profile is not the one of the account being reconnected.", "Open the link again, log in at the network as the account's own profile, or connect the other profile as an account of its own."),
    R.ACCOUNT_LIMIT_REACHED: ReasonFacts(C.CONFIG, W.AFTER_FIX, N.NO, "The brand has reached its limit of connected accounts.", "Disconnect an account or raise the brand's limit, then open the connect link again."),
    R.ROLE_OR_2FA_REQUIRED: ReasonFacts(C.PERMISSION, W.AFTER_FIX, N.NO, "The connected person's role or two-factor setting does not allow publishing.", "Restore the role or switch two-factor authentication on at the network, then retry."),
    R.TARGET_NOT_ACCESSIBLE: ReasonFacts(C.PERMISSION, W.AFTER_FIX, N.NO, "The profile or page cannot be reached with this connection.", "Check that the profile still exists and that the connected person may publish there; reconnect, then retry."),
    R.ACCOUNT_RESTRICTED: ReasonFacts(C.POLICY, W.AFTER_FIX, N.NO, "The network has restricted, suspended or deactivated the account.", "Resolve the restriction in the network's own app, then retry."),
    R.APP_NOT_APPROVED: ReasonFacts(C.CONFIG, W.AFTER_FIX, N.NO, "The app registered at the network is not approved for this.", "Finish the network's app review or switch the app to live, then retry."),
    R.MEDIA_VALIDATION_FAILED: ReasonFacts(C.MEDIA, W.AFTER_FIX, N.YES, "The network refused the media as they are.", "Submit the post again with media that meet the limits of GET /v1/channels/{channel}."),
    R.MEDIA_UNREACHABLE: ReasonFacts(C.MEDIA, W.AFTER_FIX, N.NO, "The media could not be fetched.", "Check that the media URL, or MUNADI_PUBLIC_URL for media we serve, is reachable from the internet, then retry."),
    R.MEDIA_PROCESSING_FAILED: ReasonFacts(C.MEDIA, W.AFTER_FIX, N.MAYBE, "The network accepted the upload but could not process it.", "Re-encode the media and submit the post again; retry once if the message says it is temporary."),
    R.MEDIA_PROCESSING_TIMEOUT: ReasonFacts(C.MEDIA, W.AFTER_WAIT, N.NO, "The network was still processing the media when the time was up.", "Retry; schedule large videos further ahead."),
    R.MEDIA_DOMAIN_UNVERIFIED: ReasonFacts(C.CONFIG, W.AFTER_FIX, N.NO, "The network only pulls media from domains verified for the app.", "Verify the domain of MUNADI_PUBLIC_URL in the network's developer portal, then retry."),
    R.TEXT_TOO_LONG: ReasonFacts(C.INVALID_REQUEST, W.AFTER_FIX, N.YES, "The text is over the network's limit.", "Shorten the text and submit the post again."),
    R.INVALID_FIELD: ReasonFacts(C.INVALID_REQUEST, W.AFTER_FIX, N.YES, "The network refused a field of the post.", "Correct the field named in the provider's message and submit the post again."),
    R.MISSING_FIELD: ReasonFacts(C.INVALID_REQUEST, W.AFTER_FIX, N.YES, "A field that the network requires is missing.", "Add the field named in the provider's message and submit the post again."),
    R.CONTENT_POLICY: ReasonFacts(C.POLICY, W.NEVER, N.YES, "The network refused the content under its rules.", "Change the content; sending the same again will be refused again."),
    R.SPAM_BLOCKED: ReasonFacts(C.POLICY, W.AFTER_WAIT, N.NO, "The network classified the activity as spam.", "Wait some hours, vary the content, then retry."),
    R.FEATURE_NOT_ELIGIBLE: ReasonFacts(C.INVALID_REQUEST, W.AFTER_FIX, N.MAYBE, "The account may not use a feature that the content asks for.", "Remove the option or make the account eligible, then submit the post again."),
    R.RATE_LIMITED: ReasonFacts(C.RATE_LIMIT, W.AFTER_WAIT, N.NO, "The network's rate limit was reached, so the call was delayed.", "Wait until the time in retryAfter, then retry; spread publications over time."),
    R.DAILY_CAP_REACHED: ReasonFacts(C.RATE_LIMIT, W.AFTER_WAIT, N.NO, "The account has used up the network's daily number of posts.", "Retry tomorrow, or reschedule some of the day's posts."),
    R.QUOTA_EXCEEDED: ReasonFacts(C.RATE_LIMIT, W.AFTER_WAIT, N.NO, "The app's quota or credits at the network are used up.", "Wait for the quota to renew, buy credits where the network sells them, or ask it for more, then retry."),
    R.DUPLICATE_CONTENT: ReasonFacts(C.DUPLICATE, W.NEVER, N.YES, "The network reports that this was posted already.", "Check the profile: if the post is missing, change the text and submit it again."),
    R.PROVIDER_OUTAGE: ReasonFacts(C.OUTAGE, W.AFTER_WAIT, N.NO, "The network was unavailable until the publication's window closed.", "Retry when the network's status page is green."),
    R.NETWORK_UNREACHABLE: ReasonFacts(C.OUTAGE, W.AFTER_WAIT, N.NO, "The network could not be reached from here; nothing was sent.", "Check this machine's DNS, firewall and proxy, then retry."),
    R.HOST_SLOW: ReasonFacts(C.OUTAGE, W.AFTER_WAIT, N.NO, "The account's server answers too slowly; nothing was sent.", "Find out why that server is slow. Its waiting posts are published once it is quick; retry those that have failed."),
    R.MEDIA_STORE_UNAVAILABLE: ReasonFacts(C.OUTAGE, W.AFTER_WAIT, N.NO, "Munadi's media store could not be reached; nothing was sent.", "Run munadi doctor where the worker runs, bring the store of MUNADI_MEDIA__URL back, then retry."),
    R.OUTCOME_UNKNOWN: ReasonFacts(C.UNKNOWN, W.RECONCILE, N.NO, "It could not be confirmed whether the post was published; a person resolved it as not published.", "Check the profile once more, then retry if the post is missing."),
    R.WITHDRAWAL_REFUSED: ReasonFacts(C.PERMISSION, W.AFTER_FIX, N.NO, "The network did not remove the post.", "Read the network's own message, fix what it names and withdraw again, or remove the post in the network's own app."),
    R.WITHDRAWAL_UNCONFIRMED: ReasonFacts(C.UNKNOWN, W.RECONCILE, N.NO, "It could not be confirmed whether the post was removed.", "Munadi looks at the network again for a week. Look yourself, and remove what is left in the network's own app."),
    R.EDIT_REFUSED: ReasonFacts(C.PERMISSION, W.AFTER_FIX, N.NO, "The network did not change the post.", "Read the network's own message, fix what it names and edit again, or edit the post in the network's own app."),
    R.EDIT_CONFLICT: ReasonFacts(C.INVALID_REQUEST, W.AFTER_FIX, N.NO, "The post says something else at the network than was published: somebody has changed it there.", "Look at the post. Edit it again to replace what it says now, or leave it."),
    R.EDIT_UNCONFIRMED: ReasonFacts(C.UNKNOWN, W.RECONCILE, N.NO, "It could not be confirmed whether the post was changed.", "Munadi reads the network again for a week. Look yourself, and edit the post again or in the network's own app."),
    R.WINDOW_MISSED: ReasonFacts(C.CONFIG, W.AFTER_WAIT, N.NO, "The time to publish passed before the publication could be sent.", "Retry to publish now; give publishBy more room; check that the worker is running."),
    R.APPROVAL_MISSING: ReasonFacts(C.CONFIG, W.AFTER_FIX, N.NO, "Nobody approved the post before its time to be published ended.", "Retry it, which asks for the approval again, and approve it. Give the next one a later publishBy, or ask sooner."),
    R.UNKNOWN_PROVIDER_ERROR: ReasonFacts(C.UNKNOWN, W.AFTER_FIX, N.NO, "The network refused with a code that Munadi does not know.", "Read the network's own code and message. If they do not explain it, report them to Munadi's maintainers."),
    R.INTERNAL_ERROR: ReasonFacts(C.CONFIG, W.AFTER_FIX, N.NO, "Munadi itself failed before anything was sent.", "Read the worker's log for the attempt, fix the cause, then retry."),
}
# fmt: on


def failure_of(
    reason: Reason,
    message: str | None = None,
    *,
    error: ChannelError | None = None,
    retry_at: datetime | None = None,
    attempt_id: str | None = None,
) -> Failure:
    """The client's view of a reason: the table's advice beside the network's own words (bounded)."""
    facts = REASONS[reason]
    return Failure(
        reason=reason,
        class_=facts.class_,
        retryable=facts.retryable,
        message=(message or facts.meaning)[:MAX_MESSAGE],
        remedy=facts.remedy,
        provider_code=error.provider_code if error else None,
        provider_message=(error.provider_message or "")[:MAX_MESSAGE] or None if error else None,
        retry_after=retry_at,
        attempt_id=attempt_id,
    )
