"""Sends one HTTP request to a subscriber: guarded, signed, bounded in time and memory.

Rule: whatever the remote side does is returned as a `SendResult`, never an exception, and never causes a
second request. The schedule decides on retries.
"""

import asyncio
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import httpx

from munadi.domain.delivery import SendResult as SendResult
from munadi.domain.delivery import SentRequest
from munadi.domain.webhook_headers import masked
from munadi.domain.webhook_schedule import parse_retry_after
from munadi.outbound.guard import Guard, GuardRefused
from munadi.outbound.transport import guarded_client
from munadi.telemetry import metrics
from munadi.webhooks import signing

TOTAL_TIMEOUT = timedelta(seconds=15)
RESPONSE_HEAD_LIMIT = 16 * 1024
USER_AGENT = "Munadi/0.1"


class WebhookSender:
    """Signs and posts events. Use one per event loop and close it; `timeout` is for the whole attempt."""

    def __init__(
        self,
        guard: Guard,
        *,
        timeout: timedelta = TOTAL_TIMEOUT,
        verify: ssl.SSLContext | None = None,
        proxy: str | None = None,
    ) -> None:
        self._timeout = timeout.total_seconds()
        self._guard = guard
        # The connect timeout is shorter than the whole one, so that the error can name the phase.
        timeouts = httpx.Timeout(self._timeout, connect=self._timeout / 3)
        self._client = guarded_client(guard, timeout=timeouts, verify=verify, proxy=proxy)

    async def send(
        self,
        *,
        url: str,
        message_id: str,
        body: bytes,
        secrets: Sequence[str],
        timestamp: datetime,
        headers: Mapping[str, str] | None = None,
    ) -> SendResult:
        """POST `body` once. `timestamp` is the time of this attempt; `message_id` is the same for every attempt;
        `headers` are the endpoint's own.

        Raises ValueError for what is wrong on our side (no usable secret, naive timestamp, bad id).
        """
        ours = {
            **signing.headers(secrets, message_id, timestamp, body),
            "content-type": "application/json",
            "user-agent": USER_AGENT,
            # A compressed response could expand to more than the limit.
            "accept-encoding": "identity",
        }
        started = time.monotonic()
        answer = _Answer()
        error = await self._post(url, {**(headers or {}), **ours}, body, answer)
        status = answer.status
        failed = error if status is None else _status_error(status)
        seconds = time.monotonic() - started
        metrics.ATTEMPTS.labels("delivered" if failed is None else failed.partition(":")[0]).inc()
        metrics.ATTEMPT_SECONDS.observe(seconds)
        return SendResult(
            # Once a 2xx has arrived the delivery has succeeded, even if the body never ends.
            ok=status is not None and 200 <= status < 300,
            status_code=status,
            duration_ms=round(seconds * 1000),
            error=failed,
            response_head=bytes(answer.head).decode("utf-8", "replace"),
            retry_after=answer.retry_after,
            gone=status == 410,
            request=SentRequest(url=url, headers={**masked(headers or {}), **ours}),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _post(self, url: str, headers: dict[str, str], body: bytes, answer: "_Answer") -> str | None:
        """Read the response into `answer`; returns the error that cut it short, if any."""
        try:
            # The URL is checked as given: the client would interpret a relative or partial URL differently.
            self._guard.check_form(url)
            async with asyncio.timeout(self._timeout):
                async with self._client.stream("POST", url, headers=headers, content=body) as response:
                    await answer.read(response)
        except TimeoutError:
            return f"TIMEOUT: no complete answer within {self._timeout:g} s"
        except GuardRefused as refused:
            return f"{refused.code}: {refused.message}"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
            return _transport_error(error)
        return None


class _Answer:
    """The part of the response that has arrived so far, stored here so that a timeout does not lose it."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.retry_after: timedelta | None = None
        self.head = bytearray()

    async def read(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.retry_after = parse_retry_after(response.headers.get("retry-after"), datetime.now(UTC))
        async for chunk in response.aiter_raw():
            self.head += chunk[: RESPONSE_HEAD_LIMIT - len(self.head)]
            if len(self.head) >= RESPONSE_HEAD_LIMIT:
                return


def _status_error(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"REDIRECT_REFUSED: the endpoint answered {status}; redirects are not followed"
    return f"HTTP_STATUS: the endpoint answered {status}"


def _transport_error(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"TIMEOUT: {_brief(error)}"
    if isinstance(error, httpx.ConnectError):
        code = "TLS_FAILED" if any(map(_is_tls, _causes(error))) else "CONNECT_FAILED"
        return f"{code}: {_brief(error)}"
    if isinstance(error, httpx.NetworkError) or "disconnected" in str(error):
        return f"CONNECTION_LOST: {_brief(error)}"
    return f"PROTOCOL_ERROR: {_brief(error)}"


def _is_tls(error: BaseException) -> bool:
    # "Want read" is how ssl waits; it stands in the chain of every failure behind TLS.
    return isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLWantReadError)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _brief(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:300]
