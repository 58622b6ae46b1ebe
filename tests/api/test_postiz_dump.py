"""Moving from Postiz: what waits in a dump of its database is accepted here, and what has no equivalent is named.

The database has the tables of Postiz's own Prisma schema, as far as posts need them, in a real PostgreSQL, and the dump
is what `pg_dump` writes.
"""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from munadi.channels.registry import spec_of
from munadi.domain.channel import ChannelName
from munadi.imports.postgres_dump import NoDump
from munadi.imports.postiz import LEFT_OUT, PostizDump, write_lines
from tests.api.harness import ApiHarness, later
from tests.api.test_imports import ended, ndjson, rows_of, send
from tests.harness.stack import MUNADI
from tests.support.postgres import find_binaries

TABLES = """
CREATE TYPE "State" AS ENUM ('QUEUE', 'PUBLISHED', 'ERROR', 'DRAFT');
CREATE TABLE "Integration" (
    "id" TEXT PRIMARY KEY, "internalId" TEXT NOT NULL, "organizationId" TEXT NOT NULL, "name" TEXT NOT NULL,
    "picture" TEXT, "providerIdentifier" TEXT NOT NULL, "type" TEXT NOT NULL, "token" TEXT NOT NULL,
    "disabled" BOOLEAN NOT NULL DEFAULT false, "profile" TEXT, "deletedAt" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE "Post" (
    "id" TEXT PRIMARY KEY, "state" "State" NOT NULL DEFAULT 'QUEUE', "publishDate" TIMESTAMP(3) NOT NULL,
    "organizationId" TEXT NOT NULL, "integrationId" TEXT NOT NULL REFERENCES "Integration" ("id"),
    "content" TEXT NOT NULL, "group" TEXT NOT NULL, "title" TEXT, "parentPostId" TEXT REFERENCES "Post" ("id"),
    "releaseURL" TEXT, "settings" TEXT, "image" TEXT, "delay" INTEGER NOT NULL DEFAULT 0, "intervalInDays" INTEGER,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "deletedAt" TIMESTAMP(3)
);
"""
STRANGE = "Tab\tand\nline, a \\ backslash, \\N, “quotes” & <angle> 🌧"
SKY, PAGE = "clx-sky", "clx-page"


def add_post(connection: psycopg.Connection[Any], post_id: str, content: str, **columns: Any) -> None:
    values = {
        "id": post_id,
        "publishDate": later(days=3)[:19],
        "organizationId": "org",
        "integrationId": SKY,
        "content": content,
        "group": post_id,
        "settings": json.dumps({"__type": "bluesky"}),
        "image": "[]",
        **columns,
    }
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("%s" for _ in values)
    connection.execute(f'INSERT INTO "Post" ({names}) VALUES ({marks})', list(values.values()))


@pytest.fixture
def url(create_database: Any) -> str:
    """A database of Postiz's, with two integrations."""
    made = str(create_database()).replace("postgresql+psycopg:", "postgresql:")
    with psycopg.connect(made) as connection:
        connection.execute(TABLES)
        for each, network, name in ((SKY, "bluesky", "Acme"), (PAGE, "linkedin-page", "Acme, Inc.")):
            connection.execute(
                'INSERT INTO "Integration" ("id", "internalId", "organizationId", "name", "providerIdentifier", "type",'
                " \"token\") VALUES (%s, %s, 'org', %s, %s, 'social', 'secret')",
                [each, each, name, network],
            )
    return made


def dump_of(url: str, folder: Path, *options: str) -> Path:
    file = folder / "postiz.sql"
    subprocess.run([find_binaries() / "pg_dump", *options, "--file", file, url], check=True, capture_output=True)
    return file


def table_of(folder: Path, **accounts: str) -> Path:
    file = folder / "accounts.csv"
    lines = "".join(f"{each},,,,{account}\n" for each, account in accounts.items())
    file.write_text("integration,network,name,waiting,account\n" + lines)
    return file


async def test_what_waits_in_a_dump_is_accepted_once(api: ApiHarness, url: str, tmp_path: Path) -> None:
    sky = (await api.read_list("/v1/accounts?brandRef=acme&channel=bluesky"))[0]["id"]
    with psycopg.connect(url) as connection:
        picture = [{"id": "m1", "path": api.site.url("/a.jpg"), "alt": "Umbrellas"}]
        add_post(connection, "one", STRANGE, image=json.dumps(picture))
        add_post(connection, "thread", "<p>First</p><p>line &amp; more</p>")
        add_post(connection, "thread-2", "Second", parentPostId="thread")
        add_post(connection, "thread-3", "Third", parentPostId="thread-2")
        add_post(connection, "published", "Long ago", state="PUBLISHED")
        add_post(connection, "deleted", "Not any more", deletedAt=later(days=-1)[:19])
        add_post(connection, "draft", "Unfinished", state="DRAFT")
        add_post(connection, "weekly", "Each week", intervalInDays=7)
        add_post(connection, "page", "For the page", integrationId=PAGE)
    for options in (("--data-only",), ()):  # a whole dump will do, too
        found = PostizDump.read(dump_of(url, tmp_path, *options))
        assert list(found.table())[1:] == [
            (SKY, "bluesky", "Acme", "4", ""), (PAGE, "linkedin-page", "Acme, Inc.", "1", ""),
        ]  # fmt: skip
        moved = found.moved(found.targets(table_of(tmp_path, **{SKY: sky, PAGE: LEFT_OUT})), "acme", spec_of)
        assert [each["rowKey"] for each in moved.rows] == ["postiz-one", "postiz-thread"]
        assert [each["text"] for each in moved.drafts] == ["Unfinished"]
        assert (list(moved.refused), moved.left_out) == (["weekly"], 1)
        assert "inter" in moved.refused["weekly"]
    first, again = [await ended(api, await send(api, ndjson(*moved.rows))) for _ in range(2)]
    assert (first["counts"]["accepted"], again["counts"]["repeated"]) == (2, 2), await rows_of(api, first)
    one, thread = [await api.read_content(each["contentId"]) for each in await rows_of(api, first)]
    assert (one["text"], one["scheduledAt"]) == (STRANGE, later(days=3)[:19] + "Z")
    assert [each["alt"] for each in one["media"]] == ["Umbrellas"]
    assert thread["text"] == "First\nline & more"
    assert moved.rows[1]["channels"][0]["parts"] == ["Second", "Third"]
    draft = await api.create("/v1/drafts", moved.drafts[0])
    assert draft["valid"], draft["problems"]


def test_an_integration_without_an_account_and_a_file_that_is_no_dump_are_named(url: str, tmp_path: Path) -> None:
    with psycopg.connect(url) as connection:
        add_post(connection, "one", "Hello", integrationId=PAGE)
    found = PostizDump.read(dump_of(url, tmp_path, "--data-only"))
    with pytest.raises(NoDump, match=r"says no account for clx-page \(linkedin-page, Acme, Inc\.\)"):
        found.targets(table_of(tmp_path, **{SKY: "acc_1"}))
    with pytest.raises(NoDump, match="pg_dump --data-only"):
        PostizDump.read(dump_of(url, tmp_path, "--data-only", "--inserts"))
    whole = dump_of(url, tmp_path, "--data-only").read_bytes()
    (tmp_path / "cut.sql").write_bytes(whole[: whole.index(b"Hello")])
    with pytest.raises(NoDump, match="is cut off"):
        PostizDump.read(tmp_path / "cut.sql")


def test_the_command_prints_the_table_and_then_writes_the_rows(url: str, tmp_path: Path) -> None:
    with psycopg.connect(url) as connection:
        add_post(connection, "one", "Hello")
        add_post(connection, "weekly", "Each week", intervalInDays=7)
    dump = dump_of(url, tmp_path, "--data-only")

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = [str(MUNADI), "imports", "postiz", str(dump), *options]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    printed = run()
    assert printed.returncode == 0, printed.stderr
    [line] = csv.DictReader(printed.stdout.splitlines())
    assert (line["integration"], line["network"], line["waiting"], line["account"]) == (SKY, "bluesky", "2", "")
    assert run("--accounts", "absent.csv", "--brand-ref", "acme").returncode == 2
    table = str(table_of(tmp_path, **{SKY: "acc_1"}))
    done = run("--accounts", table, "--brand-ref", "acme", "--rows", "rows.ndjson")
    assert done.returncode == 1
    assert "Postiz's post weekly: refused" in done.stdout
    [row] = [json.loads(each) for each in (tmp_path / "rows.ndjson").read_text().splitlines()]
    assert (row["rowKey"], row["brandRef"], row["channels"]) == (
        "postiz-one", "acme", [{"channel": ChannelName.BLUESKY.value, "accountId": "acc_1"}],
    )  # fmt: skip


def test_lines_are_written_as_they_are(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.ndjson", [{"text": STRANGE}])
    assert json.loads((tmp_path / "a.ndjson").read_text()) == {"text": STRANGE}
