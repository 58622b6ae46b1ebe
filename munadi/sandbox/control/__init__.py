"""The control API: what a test sets up, and the oracle it asks afterwards. JSON under `/control`.

Looking
    GET  /health                    `{"status": "ok"}`
    GET  /posts?channel=&profile=   everything visible, oldest first: `{channel, profile, profileName, id, url,
                                    text, createdAt, media: [{url, mimeType, width, height, alt}], kind, link,
                                    comments, raw}`; `createdAt` is the instant of receipt in real time
    GET  /calls?channel=            the last 10 000 calls: `{at, channel, operation, method, path, status, profile,
                                    visible, effect, fault}`. `visible`: the operation is one that followers would
                                    see; `effect`: this call changed the network; `status` null: no complete
                                    answer was sent. So "it went out" is `visible and effect`
Profiles (`{profile}` is an id or a name)
    GET   /profiles                 `[{channel, id, name, status, url}]`
    POST  /profiles                 `{channel, name?, beside?}` → 201; `beside`: at Facebook and Instagram, a profile
                                    whose person owns the new one too. What a client imports: bluesky `{did, handle,
                                    serviceUrl, identifier, password}`, instagram and threads `{externalId, username,
                                    accessToken}`, youtube the same with `refreshToken`, `expiresAt`,
                                    facebook the same with `refreshToken`, the person's token
                                    tiktok `{externalId, username, accessToken, refreshToken}`
    PATCH /profiles/{channel}/{profile}   `{status}`: tiktok `active private banned`,
                                    bluesky `active takendown suspended deactivated`,
                                    instagram and threads `active restricted checkpoint`,
                                    youtube `active suspended no_channel unverified`,
                                    facebook `active restricted checkpoint`
    POST  /profiles/{channel}/{profile}/credentials   fresh ones, as after the owner connected again
    POST  /tokens/expire            `{channel, profile, which?: access | refresh | all}`
    POST  /tokens/revoke            `{channel, profile, subcode?}`; bluesky: the app password is gone, what was
                                    issued lives on until it expires; instagram, threads: 190 with the subcode (458);
                                    threads also 4279019: 452;
                                    youtube: the grant and all its tokens end at once;
                                    facebook: the Page's and its person's tokens answer 190 with the subcode
Planting
    POST   /faults                  see below → 201 with its `id`
    GET    /faults, DELETE /faults, DELETE /faults/{id}
    GET    /clock, POST /clock      `{advanceSeconds}`: shifts the networks' clock
    GET    /settings                delays, limits and switches of each network
    PUT    /addresses               `{public, local}`: where a public address is really served; Bluesky reads a
                                    client's metadata and keys there
    PUT    /delays                  `{channel, kind, seconds}`
    PUT    /limits                  `{channel, kind, value}`
    PUT    /switches                `{channel, kind, enabled}`
    POST   /reset                   forgets everything, faults, settings and clock included; seeds the defaults

A fault: `{channel, operation, mode, times, profile?, status?, body?, headers?, error?, delaySeconds?}`; `times`
is 1 by default and null for "until removed". `operation` is an NSID at Bluesky; at Instagram one of
`create_container container_status media_publish list_media get_media list_stories comments list_comments
content_publishing_limit me refresh_token exchange_token exchange_code authorize`, and at Facebook's
hosts `page_me page_account list_pages list_permissions person_token authorize_person`; at Threads one of
`create_container auto_publish_text container_status threads_publish threads_publishing_limit list_threads
list_replies get_post delete_post me debug_token refresh_token exchange_token exchange_code app_token`; `*` is any.
At TikTok one of
`creator_info init_file init_pull init_photo init_inbox upload_chunk upload_last_chunk status cancel user_info
video_list token revoke authorize site`; a post whose text has `[fail:<fail_reason>]` fails so.
At YouTube one of
`start_upload upload_chunk probe_upload list_videos update_video delete_video list_uploads list_channels
set_thumbnail token revoke_token inspect_token authorize`. At Facebook one of
`feed upload_photo publish_photo photo_story start_reel upload_reel finish_reel start_story finish_story thumbnail
start_video transfer_video finish_video publish_video video_status get_post published_posts list_feed scheduled_posts
list_videos list_stories comments list_comments scrape update_post delete_post delete_photo delete_video node accounts
permissions debug_token access_token authorize`. Modes:

    error                   this answer, without effect
    reset, hang             nothing comes back and nothing happened: the connection is cut, or held
    delay                   waits, then acts as usual, even when the client has left
    accept_then_reset       it happened, and the connection is cut (RST) with nothing sent
    accept_then_hang        it happened, and the connection is held until the client leaves
    accept_then_502, _504   it happened, and a proxy's HTML page comes back
    accept_then_half_body   it happened, and the answer ends halfway
    live_but_error          it happened, and this error comes back

Consent: every network but Bluesky has its consent page where an app sends the browser. It is a form; a test decides
by adding to its query `approve=<profile>` or `deny=1`, with `grant=` or `untick=` a part of the scopes, and with
`page=` a part of a person's Pages (`munadi.sandbox.consent`).

The modes that accept are spent only by a call that the network accepted. An answer is given as `status`,
`body` and `headers`, or as `error` in the network's own words: bluesky `{error, message?}`, instagram,
threads and facebook `{code, subcode?, message?}`, tiktok `{code, message?}`,
youtube `{reason, message?}` or, its token endpoint,
`{error}`, with the status and message that usually go with it.
"""

from __future__ import annotations

from fastapi import APIRouter

from munadi.sandbox.control import looking, planting, profiles
from munadi.sandbox.state import SandboxState


def control_router(state: SandboxState, base_url: str | None) -> APIRouter:
    router = APIRouter(prefix="/control")
    looking.add_routes(router, state, base_url)
    planting.add_routes(router, state)
    profiles.add_routes(router, state, base_url)
    return router
