#!/bin/sh
# Runs a program with a password from a file: the images of Temporal read passwords from their environment alone.
#   with-password.sh POSTGRES_PWD program arguments…     reads the file that POSTGRES_PWD_FILE names
set -eu
name=$1
shift
eval "file=\$${name}_FILE"
value=$(cat "$file")
[ -n "$value" ] || { echo "$file is empty" >&2; exit 1; }
export "$name=$value"
exec "$@"
