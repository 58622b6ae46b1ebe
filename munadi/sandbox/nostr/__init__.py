"""Nostr emulated: relays at `/nostr/server` and `/nostr/second`, a media server at `/nostr/media`, a site of notes.

Source: docs/networks/nostr.md, section 8. A profile is a key. A relay is a websocket, each of whose frames is one call.
Not emulated: log-ins at relays (NIP-42), proof of work, subscriptions that stay open, payments.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import coincurve

from munadi.sandbox.changes import ACCOUNT, POST
from munadi.sandbox.exchange import Call
from munadi.sandbox.model import PostView
from munadi.sandbox.nostr import files, relay
from munadi.sandbox.nostr.changes import CHANGES
from munadi.sandbox.nostr.model import PROBLEMS, Deleted, File, Key, Note, bech32, frame_of
from munadi.sandbox.platform import Platform, site
from munadi.sandbox.sockets import FRAME
from munadi.sandbox.storage import Table

# Published on purpose: they open nothing real.
SECRET = "6d756e6164692d73616e64626f782d6e6f7374722d7365637265742d6b657931"
DEFAULT = Key(
    coincurve.PrivateKey(bytes.fromhex(SECRET)).public_key_xonly.format().hex(), "munadi-sandbox", secret=SECRET
)
HOME, SECOND = "server", "second"


class Nostr(Platform[Key]):
    channel = "nostr"
    title = "Nostr"
    problems = PROBLEMS
    refusal, throttling = {"error": "restricted"}, {"error": "rate"}
    app_credentials = ()  # a key needs no app
    hosts = {"SITE": "site"}
    default_limits = {
        "notesPerMinute": 60,
        "contentCharacters": 65_536,
        "futureSeconds": 900,
        "pastSeconds": 94_608_000,
        "fileBytes": 100 * 1024 * 1024,
    }
    default_switches = {"forgets": False, "secondRelay": False}
    statuses = {"active", "banned", "unpaid", "wants_work"}
    changes = CHANGES
    default_profile = DEFAULT
    visible = frozenset({"publish_note"})
    routes = {
        f"{FRAME} *": ("read_events", relay.read),
        f"GET {HOME}": ("relay_document", relay.document),
        f"GET {SECOND}": ("relay_document", relay.document),
        "PUT media/upload": ("upload_file", files.upload),
        "GET media/*": ("get_file", files.download),
        "GET site/**": ("site", site),
    }
    variants = {"publish_note": relay.publish, "delete_note": relay.delete, "close_query": relay.close}

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.notes: Table[Note] = self.table("note", Note)
        self.deleted: Table[Deleted] = self.table("deleted", Deleted)
        self.files: Table[File] = self.table("file", File)

    @property
    def further_relays(self) -> list[str]:
        """The relays that profiles list beside the one that their clients are given."""
        return [SECOND] if self.switches["secondRelay"] else []

    def variant(self, name: str, call: Call) -> str:
        if call.method != FRAME or name == "unknown":
            return name
        match frame_of(call):
            case ["EVENT", {"kind": relay.DELETION}, *_]:
                return "delete_note"
            case ["EVENT", *_]:
                return "publish_note"
            case ["CLOSE", *_]:
                return "close_query"
        return name

    def profile_of(self, call: Call) -> str | None:
        if call.method != FRAME:
            public = files.event_of(call).get("pubkey")
        else:
            frame = frame_of(call)
            about = frame[-1] if frame and isinstance(frame[-1], dict) else {}
            note = self.notes.get(str((about.get("ids") or [""])[0]))
            public = about.get("pubkey") or (note.profile_id if note else (about.get("authors") or [None])[0])
        return public if isinstance(public, str) and public in self.accounts else None

    def is_admitted(self, profile: Key) -> bool:
        """Whether a relay still takes what the key signs: a key has no end, but a relay may ask for a log-in."""
        return self.issuer.live(profile.secret) is not None

    def shows(self, note: Note) -> bool:
        """Whether a relay still has a note: it drops one, or all of a key that it bans."""
        return self.change_at(POST, note.id) is None and self.change_at(ACCOUNT, note.profile_id) is None

    def seed_tokens(self, profile: Key) -> None:
        self.issuer.issue("", profile.id, [], None, value=profile.secret)

    def new_profile(self, name: str | None, beside: Key | None) -> Key:
        key = coincurve.PrivateKey()
        public = key.public_key_xonly.format().hex()
        return replace(DEFAULT, id=public, username=self.new_username(name), secret=key.secret.hex())

    def new_tokens(self, profile: Key) -> dict[str, Any]:
        self.issuer.issue("", profile.id, [], None, value=profile.secret)
        return {"accessToken": bech32("nsec", bytes.fromhex(profile.secret))}

    def credentials(self, profile: Key, base_url: str) -> dict[str, Any]:
        """With the address of the relay, where the profile and its lists are."""
        return super().credentials(profile, base_url) | {"serviceUrl": f"{base_url}/nostr/{HOME}"}

    def rows_of(self, post: PostView) -> list[tuple[Table[Any], str]]:
        return [(self.notes, post.id)]

    def permalink(self, row: Note, base_url: str) -> str:
        place = f"ws{base_url.removeprefix('http')}/nostr/{row.relays[0]}".encode()
        parts = ((0, bytes.fromhex(row.id)), (1, place), (2, bytes.fromhex(row.profile_id)))
        data = b"".join(bytes((kind, len(value))) + value for kind, value in parts)
        return f"{base_url}/nostr/site/{bech32('nevent', data)}"

    def posts(self, base_url: str) -> list[PostView]:
        """Each note once, however many relays have it."""
        return [self._view(one, base_url) for one in self.notes]

    def _view(self, note: Note, base_url: str) -> PostView:
        tags: list[list[str]] = note.event["tags"]
        shown = [dict(part.split(" ", 1) for part in tag[1:]) for tag in tags if tag[:1] == ["imeta"]]
        known = [self.files.get(one.get("x", "")) for one in shown]
        notes = [f"content warning: {tag[1]}" for tag in tags if tag[:1] == ["content-warning"] and len(tag) > 1]
        notes += [f"at {len(note.relays)} relays"] if len(note.relays) > 1 else []
        media = self.shown_media([one.digest if one else None for one in known], [one.get("alt", "") for one in shown])
        text = "\n".join(line for line in note.text.split("\n") if line not in {one.get("url") for one in shown})
        return self.view(note, base_url, text=text, media=media, notes=notes)
