"""Attacks on a whole stack, each measured beside a healthy brand: `python -m tools.attacks`.

`target` starts a checkout, `watch` measures its memory and calls /healthz, `healthy` publishes posts of a brand that
does nothing wrong, the `row_…` modules attack, `report` writes docs/hardening.md. All of it uses HTTP or plain sockets,
so that any version of Munadi can be measured.
"""
