#!/bin/sh
# The namespace and the search attributes Munadi's workflows set. Safe to repeat.
# TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE come from the environment.
set -eu

if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "${RETENTION:-168h}"
fi

# A new namespace takes a moment to reach every part of the server.
attempt=1
until temporal operator search-attribute create \
    --name BrandRef --type Keyword \
    --name Channels --type KeywordList \
    --name Attention --type Keyword; do
    [ "$attempt" -lt 15 ] || exit 1
    attempt=$((attempt + 1))
    sleep 2
done
