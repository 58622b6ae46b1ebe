#!/bin/sh
# Brings Temporal's two databases to the schema of this version. Safe to repeat.
# SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD come from the environment.
set -eu

for store in temporal visibility; do
    if [ "$store" = temporal ]; then database=temporal; else database=temporal_visibility; fi
    temporal-sql-tool --db "$database" setup-schema -v 0.0
    temporal-sql-tool --db "$database" update-schema -d "/etc/temporal/schema/postgresql/v12/$store/versioned"
done
