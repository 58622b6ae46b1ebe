"""What mypy --strict accepts with the Python client, and what it does not: it reports an ignored line that is right."""

from collections.abc import AsyncIterator, Iterator, Mapping

from munadi.client import AsyncClient, Client, Content, ContentRequest, MunadiEvent, ProblemError, response_of
from munadi.webhooks import verify


def publish(munadi: Client) -> str:
    made: Content = munadi.contents.create({"brandRef": "acme", "text": "x", "channels": ["bluesky"]}, "key")
    for failed in munadi.publications.list_all(status=["failed"]):
        if failed["failure"]:
            print(failed["failure"]["remedy"], failed["contentId"])
    if metadata := response_of(made):
        print(metadata.request_id, metadata.replayed, metadata.limits["apiCallsPerMinute"].remaining)
    print(made["publicatoins"])  # type: ignore[typeddict-item]
    print(made["stauts"])  # type: ignore[typeddict-item]
    print(made["publications"][0]["providerURL"])  # type: ignore[typeddict-item]
    munadi.contents.obliterate(made["id"])  # type: ignore[attr-defined]
    munadi.contents.reschedule(made["id"], 17)  # type: ignore[arg-type]
    munadi.contents.list(brandref="acme")  # type: ignore[call-arg]
    munadi.brands.create("acme", timezon="Asia/Kolkata")  # type: ignore[call-arg]
    wrong: ContentRequest = {"brandref": "acme", "channels": []}  # type: ignore[typeddict-unknown-key, typeddict-item]
    munadi.contents.create({"brandRef": "acme"})  # type: ignore[typeddict-item]
    munadi.contents.create({**wrong, "channels": [{"chanel": "x"}]})  # type: ignore[list-item]
    return munadi.contents.wait(made["id"])["status"]


def read(body: bytes, headers: Mapping[str, str]) -> str | None:
    event: MunadiEvent = verify(body, headers, ["whsec_a", "whsec_b"])
    if event["type"] == "content.publish.failed":
        publication = event["data"]["publication"]
        return publication["failure"]["remedy"] if publication and publication["failure"] else None
    if event["type"] == "account.reauth_required":
        print(event["data"]["content"])  # type: ignore[typeddict-item]
        return event["data"]["account"]["handle"]
    return None


def texts(munadi: Client) -> Iterator[str | None]:
    for event in munadi.events.list_all(types=["content.completed"]):
        if event["type"] == "content.completed" and event["data"]["content"]:
            yield event["data"]["content"]["text"]


async def statuses(munadi: AsyncClient) -> AsyncIterator[str]:
    async for content in munadi.contents.list_all(brandRef="acme"):
        yield content["status"]
        number: int = content["status"]  # type: ignore[assignment]
        print(number)


def is_stale(error: Exception) -> bool:
    return isinstance(error, ProblemError) and error.code == "STALE"
