#!/bin/sh
# Makes the secrets of docker-compose.yml in ./secrets, where each is missing. What is there stays as it is.
# Only this user may open the folder. A container sees single files of it, which its own user must be able to read.
set -eu
umask 022
cd "$(dirname "$0")/../.."
mkdir -p secrets/channels
chmod 700 secrets

make_secret() {
    [ -s "secrets/$1" ] && return
    openssl rand "$2" "$3" >"secrets/$1.part"
    chmod 444 "secrets/$1.part"
    mv "secrets/$1.part" "secrets/$1"
    echo "made secrets/$1"
}

make_secret munadi-keys -base64 32 # keep a copy elsewhere: without it every account has to be connected again
make_secret munadi-metrics-token -hex 32
make_secret postgres-password -hex 24
make_secret munadi-db-password -hex 24
make_secret temporal-db-password -hex 24
