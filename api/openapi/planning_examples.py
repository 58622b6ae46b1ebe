"""Examples of weekly times and series."""

from __future__ import annotations

from api.openapi import examples

_SLOT = {"id": "slt_01h2xcejqtf2nbrexx3vqjhp41", "accountId": None, "weekday": "monday", "time": "09:00"}
SLOTS = {
    "timezone": "Asia/Kolkata",
    "slots": [_SLOT],
    "queues": [{"accountId": None, "pausedSince": None}],
}
TIMES = {
    "data": [
        {"at": "2027-01-18T03:30:00Z", "slotId": _SLOT["id"], "contentId": "cnt_01h2xcejqtf2nbrexx3vqjhp42"},
        {"at": "2027-01-25T03:30:00Z", "slotId": _SLOT["id"], "contentId": None},
    ]
}

SERIES = {
    "id": "ser_01h2xcejqtf2nbrexx3vqjhp41",
    "brandRef": "acme",
    "status": "active",
    "rrule": "FREQ=WEEKLY;BYDAY=MO,TH",
    "start": "2027-01-18T09:00",
    "timezone": "Asia/Kolkata",
    "content": {"text": "Good morning!", "channels": [{"channel": examples.CONTENT["publications"][0]["channel"]}]},
    "variants": ["Good morning!", "A good start to you!"],
    "upcoming": [{"occurrence": "2027-01-18", "at": "2027-01-18T03:30:00Z", "contentId": None}],
    "missed": 0,
    "problems": [],
    "version": 1,
    "createdAt": "2027-01-01T08:00:00Z",
    "updatedAt": "2027-01-01T08:00:00Z",
    "endedAt": None,
    "endedAs": None,
}
