"""Doors: routes that answer like other programs' APIs, over the same services as our own (docs/guides/doors.md).

They are another contract than ours: not in our OpenAPI document, and their errors have the other program's form.
"""
