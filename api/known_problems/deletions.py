"""Problems of what is needed and cannot be deleted, and of what was deleted and is needed."""

from __future__ import annotations

from api.known_problems.model import KnownProblem, late

DELETIONS = (
    KnownProblem(
        "MEDIA_IN_USE",
        409,
        "Still needed",
        "the media med_01kf2v6s3tf0d8m7s0a3x9y5hx is needed by cnt_01kf2v6s3tf0d8m7s0a3x9y5hq",
        "Delete the drafts that `errors` names; cancel or edit the posts, or dismiss their failures.",
        frozenset({"media"}),
    ),
    late(
        "MEDIA_DELETED",
        "the media med_01kf2v6s3tf0d8m7s0a3x9y5hx of this post were deleted",
        "Submit the post again with other media.",
        "contents",
    ),
    late(
        "TEXTS_REMOVED",
        "the texts and files of this post were deleted at 2027-03-15T00:00:00+00:00",
        "Submit a new post. The setting `MUNADI_RETENTION__POST_TEXTS_DAYS` says how long texts are kept.",
        "contents",
        "publications",
    ),
)
