"""Connect an account as its owner's browser does, without a browser: our page, the network's consent page, and back."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import httpx


async def connect_bluesky(api: httpx.AsyncClient, ref: str, did: str, public: str) -> dict[str, Any]:
    """The account that the owner of `did` connects. `public` is the address in our links; the calls go to `api`."""
    made = (await api.post(f"/v1/brands/{ref}/accounts/connect", json={"channel": "bluesky"})).json()
    assert made["connectUrl"].startswith(public)
    path = urlsplit(made["connectUrl"]).path
    page = await api.get(path)
    form = re.search(r'name="token" value="([0-9a-f]{64})"', page.text)
    assert form is not None, page.text
    # A client drops a cookie that is for https alone, so the cookies are sent by hand.
    cookies = _cookies(page)
    sent = {"cookie": "; ".join(cookies), "origin": public, "sec-fetch-site": "same-origin"}
    left = await api.post(path, data={"token": form[1]}, headers=sent)
    assert left.status_code == 303, left.text
    cookie = "; ".join([*cookies, *_cookies(left)])
    async with httpx.AsyncClient() as browser:
        decided = await browser.get(httpx.URL(left.headers["location"]).copy_merge_params({"approve": did}))
    target = urlsplit(decided.headers["location"])
    assert f"{target.scheme}://{target.netloc}" == public
    back = await api.get(f"{target.path}?{target.query}", headers={"cookie": cookie})
    assert back.status_code == 303, back.text
    found = (await api.get(f"/v1/connections/{made['id']}")).json()
    assert found["status"] == "connected", found
    account: dict[str, Any] = (await api.get(f"/v1/accounts/{found['accountIds'][0]}")).json()
    return account


def _cookies(answer: httpx.Response) -> list[str]:
    return [cookie.partition(";")[0] for cookie in answer.headers.get_list("set-cookie")]
