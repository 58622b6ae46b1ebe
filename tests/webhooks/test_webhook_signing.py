"""Our signatures are accepted by independent libraries and theirs by us; nothing else is."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
import svix.webhooks
from hypothesis import assume, given
from hypothesis import strategies as st

from munadi.webhooks.signing import (
    WebhookVerificationError,
    generate_key_pair,
    generate_secret,
    headers,
    sign,
    verify,
)

# The vectors that the Standard Webhooks reference implementations share.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PRIVATE = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
SENT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
SIGNED_ASYMMETRIC = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
LIBRARIES = [standardwebhooks.Webhook, svix.webhooks.Webhook]
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()


def test_known_answer_symmetric():
    assert sign(SECRET, MESSAGE, SENT, BODY) == SIGNED


def test_known_answer_ed25519():
    assert sign(PRIVATE, MESSAGE, SENT, BODY) == SIGNED_ASYMMETRIC
    assert verify(BODY, headers(PRIVATE, MESSAGE, SENT, BODY), PUBLIC, now=SENT) == json.loads(BODY)


def test_every_active_secret_signs_and_a_receiver_may_have_several():
    sent = headers([OTHER, SECRET], MESSAGE, SENT, BODY)
    assert sent["webhook-signature"].endswith(" " + SIGNED)
    in_any_case = {name.title(): value for name, value in sent.items()}
    for secret in (SECRET, [OTHER], [OTHER, SECRET], [generate_secret(), SECRET]):
        assert verify(BODY, in_any_case, secret, now=SENT) == json.loads(BODY)


def test_generated_secrets_and_pairs_differ_and_sign_for_their_own_key_only():
    one, two = generate_secret(), generate_secret()
    assert one != two
    assert len(base64.b64decode(one.removeprefix("whsec_"))) == 32
    pair, stranger = generate_key_pair(), generate_key_pair()
    sent = headers([pair.private, SECRET], MESSAGE, SENT, BODY)
    assert verify(BODY, sent, pair.public, now=SENT)
    with pytest.raises(WebhookVerificationError):
        verify(BODY, sent, stranger.public, now=SENT)


@pytest.mark.parametrize("library", LIBRARIES)
@given(content=st.dictionaries(st.text(st.characters(codec="utf-8")), st.integers() | st.text(max_size=50)))
def test_libraries_accept_ours_and_we_accept_theirs(library, content):
    secret, now = generate_secret(), datetime.now(UTC)
    body = json.dumps(content, ensure_ascii=False).encode()
    library(secret).verify(body, headers([OTHER, secret], "evt_1", now, body))
    theirs = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": library(secret).sign("evt_1", now, body.decode()),
    }
    assert verify(body, theirs, secret) == content


@pytest.mark.parametrize("library", LIBRARIES)
def test_libraries_refuse_our_signature_under_another_secret(library):
    now = datetime.now(UTC)
    with pytest.raises(standardwebhooks.webhooks.WebhookVerificationError):
        library(OTHER).verify(BODY, headers(SECRET, "evt_1", now, BODY))


@pytest.mark.parametrize(("offset", "fresh"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
def test_tolerance_is_five_minutes_each_way(offset, fresh):
    sent = headers(SECRET, MESSAGE, SENT, BODY)
    now = SENT - timedelta(seconds=offset)
    if fresh:
        assert verify(BODY, sent, SECRET, now=now)
    else:
        with pytest.raises(WebhookVerificationError, match=r"old|future"):
            verify(BODY, sent, SECRET, now=now)


BAD = {
    "webhook-id": [None, "", "evt_1.2", "evt\n1", "évt", b"evt_1"],
    "webhook-timestamp": [
        None, "", "now", "-1614265330", "1614265330.5", " 1614265330", "١٦١٤٢٦٥٣٣٠", "1" * 5000, "1e9", "nan",
    ],
    "webhook-signature": [
        None, "", " ", "v1", "v1,", ",,,", "v1,%%%", "v1,é", "v1,\ud800", "v1," + SIGNED, (SIGNED + "x ") * 200,
        SIGNED.replace("v1,", "v2,"), SIGNED.replace("v1,", "v1a,"), SIGNED.rstrip("="),
        SIGNED.replace("E=", "F="),  # the same bytes in another spelling
    ],
}  # fmt: skip
EACH_BAD = [(name, value) for name, values in BAD.items() for value in values]


@pytest.mark.parametrize(("name", "value"), EACH_BAD, ids=lambda each: ascii(each)[:60])
@pytest.mark.parametrize("secret", [SECRET, PUBLIC])
def test_anything_wrong_is_one_exception_type(name, value, secret):
    sent = {**headers(SECRET, MESSAGE, SENT, BODY), name: value}
    if value is None:
        del sent[name]
    with pytest.raises(WebhookVerificationError):
        verify(BODY, sent, secret, now=SENT)


def test_a_header_given_twice_is_refused():
    sent = headers(SECRET, MESSAGE, SENT, BODY)
    with pytest.raises(WebhookVerificationError, match="found 2"):
        verify(BODY, {**sent, "Webhook-Id": "evt_2"}, SECRET, now=SENT)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%", "whpk_AAAA", "whpk_", "whsk_AA==", "é", []])
def test_an_unusable_secret_is_the_same_exception_when_verifying(secret):
    with pytest.raises(WebhookVerificationError):
        verify(BODY, headers(SECRET, MESSAGE, SENT, BODY), secret, now=SENT)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b"", b"[" * 100_000, '{"a":"é"}'.encode("latin-1")])
def test_a_signed_body_that_is_no_json_is_the_same_exception(body):
    with pytest.raises(WebhookVerificationError):
        verify(body, headers(SECRET, MESSAGE, SENT, body), SECRET, now=SENT)


@given(position=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_no_flipped_bit_of_the_body_is_accepted(position, bit):
    mutated = bytearray(BODY)
    mutated[position] ^= 1 << bit
    with pytest.raises(WebhookVerificationError):
        verify(bytes(mutated), headers([SECRET, PRIVATE], MESSAGE, SENT, BODY), [SECRET, PUBLIC], now=SENT)


@given(signature=st.text(max_size=200))
def test_no_other_text_is_accepted_as_a_signature(signature):
    assume(SIGNED not in signature)
    sent = {**headers(SECRET, MESSAGE, SENT, BODY), "webhook-signature": signature}
    with pytest.raises(WebhookVerificationError):
        verify(BODY, sent, [SECRET, PUBLIC], now=SENT)


def test_moving_the_dot_between_id_and_body_is_refused():
    body = b'1614265331.{"a":1}'
    signature = sign(SECRET, "evt", SENT, body)
    moved = {"webhook-id": "evt.1614265330", "webhook-timestamp": "1614265331", "webhook-signature": signature}
    with pytest.raises(WebhookVerificationError):
        verify(b'{"a":1}', moved, SECRET, now=SENT)


@pytest.mark.parametrize(
    ("secrets", "message_id", "sent"),
    [
        ([], MESSAGE, SENT),
        (["whsec_"], MESSAGE, SENT),
        ([SECRET, "whsec_%"], MESSAGE, SENT),
        ([SECRET], "evt.1", SENT),
        ([SECRET], "evt\r\nx: y", SENT),
        ([SECRET], MESSAGE, SENT.replace(tzinfo=None)),
    ],
)
def test_signing_refuses_what_could_not_be_verified(secrets, message_id, sent):
    with pytest.raises(ValueError, match=r"secret|key|id|zone"):
        sign(secrets, message_id, sent, BODY)


def test_errors_never_repeat_the_key():
    with pytest.raises(ValueError) as caught:
        sign("whsec_topsecret%%", MESSAGE, SENT, BODY)
    assert "topsecret" not in str(caught.value)
