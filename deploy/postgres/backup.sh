#!/bin/sh
# Writes a dump of Munadi's database to BACKUP_DIR, and a copy of its media: once, or every BACKUP_EVERY seconds.
# PGHOST, PGUSER, PGDATABASE, PGPASSWORD_FILE, MEDIA_DIR and BACKUP_KEEP_DAYS come from the environment.
# A dump's name has the time at which it began, which `munadi db restored --since` asks for.
set -eu
umask 077
trap 'exit 0' TERM INT
if [ -n "${PGPASSWORD_FILE:-}" ]; then
    PGPASSWORD=$(cat "$PGPASSWORD_FILE")
    export PGPASSWORD
fi
keep=${BACKUP_KEEP_DAYS:-14}

dump_database() {
    dump="$BACKUP_DIR/munadi-$(date -u +%Y%m%dT%H%M%SZ).dump"
    pg_dump --format=custom --file "$dump.part"
    pg_restore --list "$dump.part" >/dev/null # it can be read to its end of contents
    sync "$dump.part"
    mv "$dump.part" "$dump"
}

# After the database, so that every file a dump names was there before. A file never changes: its name is its hash. The
# time of a copy is when its original was last seen, so a copy outlives its original as long as a dump is kept.
copy_media() {
    [ -d "$MEDIA_DIR" ] || return 0 # a bucket has its own copies
    mkdir -p "$BACKUP_DIR/media"
    (cd "$MEDIA_DIR" && find . -type f ! -path './incoming/*') | while IFS= read -r file; do
        if [ -e "$BACKUP_DIR/media/$file" ]; then
            touch "$BACKUP_DIR/media/$file"
            continue
        fi
        mkdir -p "$BACKUP_DIR/media/$(dirname "$file")"
        if cp "$MEDIA_DIR/$file" "$BACKUP_DIR/copying.part"; then
            mv "$BACKUP_DIR/copying.part" "$BACKUP_DIR/media/$file"
        else
            [ ! -e "$MEDIA_DIR/$file" ] # deleted meanwhile; anything else ends the backup
        fi
    done
}

remove_old() {
    find "$BACKUP_DIR" -maxdepth 1 -name '*.part' -delete
    find "$BACKUP_DIR" -maxdepth 1 -name 'munadi-*.dump' -mtime "+$keep" -delete
    if [ -d "$BACKUP_DIR/media" ]; then find "$BACKUP_DIR/media" -type f -mtime "+$keep" -delete; fi
}

while :; do
    dump_database
    copy_media
    remove_old
    echo "wrote $dump"
    [ -n "${BACKUP_EVERY:-}" ] || exit 0
    sleep "$BACKUP_EVERY" &
    wait $!
done
