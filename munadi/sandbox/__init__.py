"""Munadi's test mode: the networks emulated over real HTTP, with a page to look at the result.

Networks are path prefixes of one port: `/bluesky/{pds,entryway,plc,appview,video}`,
`/facebook/{graph,upload,video,www}`, `/instagram/{graph,token,www}`, `/threads/{graph,token,www}`,
`/tiktok/{api,upload,www}`, `/youtube/{api,auth,token}`.
The control API is described in `munadi.sandbox.control`. Nothing here is secret, and nothing from here imports the
rest of munadi.

Seeded profiles, the same after every reset:

| channel   | name               | id                                 | credential                       |
|-----------|--------------------|------------------------------------|----------------------------------|
| bluesky   | `munadi.bsky.test` | `did:plc:munadisandboxdefaultprof` | password `sand-box2-app3-pass`   |
| facebook  | `munadi.sandbox`   | `100000000000001`                  | token `EAAsandboxMunadiPageToken` |
| instagram | `munadi.sandbox`   | `17841400000000001`                | token `IGsandboxMunadiAccessToken` |
| threads   | `munadi.sandbox`   | `26750000000000001`                | token `THsandboxMunadiAccessToken` |
| tiktok    | `munadi.sandbox`   | `-000MunadiSandboxOpenId`          | token `act.sandboxMunadiAccessToken` |
| youtube   | `@munadi.sandbox`  | `UCmunadisandboxdefault00`         | token `ya29.sandboxMunadiAccessToken` |
"""

from munadi.sandbox.app import create_app
from munadi.sandbox.server import serve
from munadi.sandbox.state import SandboxState

__all__ = ["SandboxState", "create_app", "serve"]
