"""The search attributes that Munadi registers, sets and searches. No secrets, no personal data."""

from __future__ import annotations

from temporalio.common import SearchAttributeKey

BRAND_REF = SearchAttributeKey.for_keyword("BrandRef")
CHANNELS = SearchAttributeKey.for_keyword_list("Channels")
# Set only while something needs a person: held, failed or unconfirmed.
ATTENTION = SearchAttributeKey.for_keyword("Attention")

SEARCH_ATTRIBUTES = (BRAND_REF, CHANNELS, ATTENTION)
