"""Links: an address that a browser reads differently, or not at all, is refused."""

from __future__ import annotations

import pytest

from munadi.intake.links import is_web_address


@pytest.mark.parametrize(
    "link",
    [
        "https://acme.example",
        "http://acme.example:8080/a?b=c&d=%20#e",
        "https://k\u00f6ln.example/stra\u00dfe",
        "https://\u0938\u093f\u0932.example/\u0938",
        "https://acme.example/\u06cc\u200c\u06cc",
        "https://sub_domain.acme.example./",
        "https://[2001:db8::1]:8443/",
        "HTTPS://ACME.EXAMPLE/",
    ],
)
def test_a_web_address_is_a_link(link: str) -> None:
    assert is_web_address(link)


@pytest.mark.parametrize(
    "link",
    [
        "",
        "acme.example",
        "javascript:alert(1)",
        "ftp://acme.example/",
        "https://exa mple.com",
        "https://acme.example/a b",
        "https://acme.example/\u00a0",
        "https://acme.example/\n",
        "https://acme.example/\x07",
        "http://a@b:c/",
        "http://acme.example:c/",
        "http://acme.example:99999/",
        "http://acme.example:0/",
        "https://user@acme.example/",
        "https://user:word@acme.example/",
        "https://@acme.example/",
        "https:///path",
        "https://",
        "https:acme.example",
        "https://:443/",
        "https://acme..example/",
        "https://.../",
        "https://[::1/",
        "https://[nothing]/",
        "https://acme%20.example/",
        "https://acme.example\\@evil.example/",
        "https://acme.example/<b>",
    ],
)
def test_any_other_text_is_not_a_link(link: str) -> None:
    assert not is_web_address(link)
