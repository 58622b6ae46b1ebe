"""Servers on loopback, with their certificates."""

from functools import partial

import pytest

from tests.harness.pages import serving
from tests.support.certificates import self_signed


@pytest.fixture
async def server():
    async with serving() as web:
        yield web


@pytest.fixture
async def canary():
    """A second server, which must get no connection."""
    async with serving() as web:
        yield web


@pytest.fixture
def certificate(tmp_path):
    """A self-signed certificate for some names: what the server shows, and what trusts it."""
    return partial(self_signed, tmp_path)


@pytest.fixture
def serve_tls():
    """`async with serve_tls(certificate) as server`: a server behind TLS."""
    return lambda certificate: serving(certificate.server)
