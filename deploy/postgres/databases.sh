#!/bin/sh
# Runs once, on an empty volume: one role and its databases for Munadi, another for Temporal.
# MUNADI_DB_PASSWORD_FILE and TEMPORAL_DB_PASSWORD_FILE come from the environment. psql reads them: on its command line every
# user of the machine could see the passwords.
set -eu
test -s "$MUNADI_DB_PASSWORD_FILE"
test -s "$TEMPORAL_DB_PASSWORD_FILE"

psql --set ON_ERROR_STOP=1 --username postgres --dbname postgres <<'SQL'
\set munadi_password `cat "$MUNADI_DB_PASSWORD_FILE"`
\set temporal_password `cat "$TEMPORAL_DB_PASSWORD_FILE"`
CREATE ROLE munadi LOGIN PASSWORD :'munadi_password';
CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE munadi OWNER munadi;
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE CONNECT ON DATABASE munadi, temporal, temporal_visibility FROM PUBLIC;
SQL
