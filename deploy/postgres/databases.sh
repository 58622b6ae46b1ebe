#!/bin/sh
# Runs once, on an empty volume: one role and its databases for Munadi, another for Temporal.
set -eu

psql --set ON_ERROR_STOP=1 --username postgres --dbname postgres \
    --set munadi_password="$MUNADI_DB_PASSWORD" --set temporal_password="$TEMPORAL_DB_PASSWORD" <<'SQL'
CREATE ROLE munadi LOGIN PASSWORD :'munadi_password';
CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE munadi OWNER munadi;
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE CONNECT ON DATABASE munadi, temporal, temporal_visibility FROM PUBLIC;
SQL
