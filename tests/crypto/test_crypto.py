"""A sealed value opens only in its own place, undamaged and under one of the keys of the ring."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.crypto import KeyRing, SealBroken, WeakKey, create_key, load_or_create_key

KEY, OTHER = create_key(), create_key()
PLACE = {"table": "accounts", "row": "acc_1", "column": "access_token"}
RING = KeyRing([KEY])
TOKEN = b"EAAB-secret-token"


@given(st.binary(max_size=500), st.text(max_size=20), st.text(max_size=20))
def test_a_sealed_value_can_be_opened(plaintext, row, column):
    sealed = RING.seal(plaintext, table="t", row=row, column=column)
    assert RING.open(sealed, table="t", row=row, column=column) == plaintext


def test_a_value_is_sealed_differently_each_time_and_never_readable():
    sealed = {RING.seal(TOKEN, **PLACE) for _ in range(100)}
    assert len(sealed) == 100
    assert not [value for value in sealed if TOKEN in value]


@pytest.mark.parametrize("change", [{"row": "acc_2"}, {"table": "endpoints"}, {"column": "refresh_token"}])
def test_a_value_moved_to_another_place_is_refused(change):
    with pytest.raises(SealBroken):
        RING.open(RING.seal(TOKEN, **PLACE), **{**PLACE, **change})


def test_places_that_spell_the_same_text_are_different():
    sealed = RING.seal(TOKEN, table="a", row="bc", column="d")
    with pytest.raises(SealBroken):
        RING.open(sealed, table="ab", row="c", column="d")


def test_every_flipped_bit_is_refused():
    sealed = RING.seal(b"token", **PLACE)
    for position in range(len(sealed) * 8):
        damaged = bytearray(sealed)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(SealBroken):
            RING.open(bytes(damaged), **PLACE)


@given(st.binary(max_size=120))
def test_other_bytes_cannot_be_opened(junk):
    with pytest.raises(SealBroken):
        RING.open(junk, **PLACE)


def test_a_cut_or_extended_value_is_refused():
    sealed = RING.seal(TOKEN, **PLACE)
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            RING.open(sealed[:length], **PLACE)
    with pytest.raises(SealBroken):
        RING.open(sealed + b"\0", **PLACE)


def test_an_unknown_key_is_refused():
    with pytest.raises(SealBroken, match="not held"):
        KeyRing([OTHER]).open(RING.seal(TOKEN, **PLACE), **PLACE)


def test_rotation_opens_the_old_and_seals_with_the_new():
    old = RING.seal(TOKEN, **PLACE)
    both = KeyRing([OTHER, KEY])
    assert both.open(old, **PLACE) == TOKEN
    assert both.needs_reseal(old)
    new = both.seal(both.open(old, **PLACE), **PLACE)
    assert not both.needs_reseal(new)
    assert KeyRing([OTHER]).open(new, **PLACE) == TOKEN
    with pytest.raises(SealBroken):
        RING.open(new, **PLACE)


@pytest.mark.parametrize(
    "key", [KEY, "0123456789abcdef" * 4, "correct horse battery staple, and then some"], ids=["base64", "hex", "text"]
)
def test_base64_hex_and_plain_text_are_keys(key):
    ring = KeyRing([f" {key}\n"])
    assert KeyRing([key]).open(ring.seal(TOKEN, **PLACE), **PLACE) == TOKEN


@pytest.mark.parametrize(
    "key", ["", "short", "0123456789abcdef" * 2, "a" * 64, "abcabcabc" * 10, KEY[:31]], ids=[*"abcdef"]
)
def test_a_guessable_key_is_refused_without_being_repeated(key):
    with pytest.raises(WeakKey) as caught:
        KeyRing([key])
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("keys", [[], KEY], ids=["none", "text"])
def test_a_ring_needs_a_list_of_keys(keys):
    with pytest.raises(ValueError, match="list"):
        KeyRing(keys)


def test_no_key_shows_in_a_repr():
    assert KEY not in repr(RING)
    assert "1 keys" in repr(RING)


def test_derived_keys_differ_by_purpose_and_follow_the_rings_order():
    ring = KeyRing([OTHER, KEY])
    assert ring.derive("media")[1] == RING.derive("media")[0]
    assert len({*ring.derive("media"), *ring.derive("cursor")}) == 4
    assert all(len(key) == 32 for key in ring.derive("media"))


def test_the_development_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "keys" / "secret.key"
    key = load_or_create_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)  # a file that others could read is tightened
    assert load_or_create_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    KeyRing([key])


def test_a_damaged_development_key_is_refused_not_replaced(tmp_path):
    path = tmp_path / "secret.key"
    path.write_text("")
    with pytest.raises(WeakKey):
        load_or_create_key(path)
    assert path.read_text() == ""


def test_processes_that_start_together_agree_on_one_key(tmp_path):
    path = tmp_path / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: load_or_create_key(path), range(32)))) == 1
