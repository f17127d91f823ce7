"""What is packed comes back; what grows by one message costs one message."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.canonical import Plain, decode, digest
from ergos.base.errors import ValueShapeError
from ergos.base.ids import Digest
from ergos.base.limits import INLINE_BYTES_MAX
from ergos.kernel.values import Packed, links, pack, references, unpack

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["$ref", "$list", "x" * 600]),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.sampled_from(["$ref", "$list", "count", "a", "b"]), inner, max_size=3)
    ),
    max_leaves=12,
)


def stored(value: object, disk: dict[Digest, bytes]) -> Packed:
    packed, blobs = pack(value, disk)
    disk.update({blob.digest: blob.body for blob in blobs})
    return packed


@given(PLAIN)
def test_what_is_packed_comes_back(value: Plain) -> None:
    disk: dict[Digest, bytes] = {}
    packed = stored(value, disk)
    assert unpack(packed, disk.__getitem__) == value
    assert all(digest(body) == name for name, body in disk.items())
    assert stored(value, disk) == packed


@given(st.lists(PLAIN, min_size=4, max_size=8), st.integers(0, 99))
def test_a_list_that_grew_by_one_item_costs_one_node(items: list[Plain], more: int) -> None:
    disk: dict[Digest, bytes] = {}
    items = ["x" * 600, *items]
    stored(items, disk)
    _, fresh = pack([*items, more], disk)
    assert len(fresh) <= 1


def test_a_conversation_of_ten_times_the_length_takes_at_most_eleven_times_the_bytes() -> None:
    def grown(calls: int) -> int:
        disk: dict[Digest, bytes] = {}
        inline = 0
        conversation: list[Plain] = []
        for n in range(calls):
            conversation.append({"role": "user", "content": f"message {n} " + "words " * 30})
            inline += len(bytes(stored(conversation, disk)))
        return inline + sum(map(len, disk.values()))

    assert grown(1_000) <= 11 * grown(100)


@pytest.mark.parametrize(
    "forged", [{"$ref": "0" * 64}, {"$list": "0" * 64, "count": 3}, [{"$ref": "0" * 64}], {"$": 1}]
)
def test_a_value_that_looks_like_a_reference_is_not_one(forged: Plain) -> None:
    disk: dict[Digest, bytes] = {}
    packed = stored(forged, disk)
    assert unpack(packed, disk.__getitem__) == forged
    assert set(references(packed)) <= disk.keys()


def test_small_values_stay_inline_and_large_ones_do_not() -> None:
    assert pack("x" * (INLINE_BYTES_MAX - 2))[1] == ()
    assert len(pack("x" * (INLINE_BYTES_MAX - 1))[1]) == 1


@given(st.binary(max_size=80) | PLAIN.map(msgspec.json.encode))
def test_any_bytes_have_links_or_none(body: bytes) -> None:
    for name in links(body):
        assert len(name) == 64
        assert int(name, 16) >= 0


def test_a_users_list_that_looks_like_a_node_names_nothing_that_is_no_digest() -> None:
    assert links(msgspec.json.encode(["z" * 64, 1])) == ()
    assert links(msgspec.json.encode(["é" * 64, 1])) == ()
    assert links(msgspec.json.encode(["ab" * 32, {"$ref": "no digest"}])) == ("ab" * 32,)


@pytest.mark.parametrize("raw", [b'{"$ref":5}', b'{"$list":"' + b"ab" * 32 + b'","count":9}', b'{"$', b"nonsense"])
def test_bytes_that_pack_did_not_make_are_a_clear_error(raw: bytes) -> None:
    with pytest.raises(ValueShapeError):
        unpack(msgspec.Raw(raw), lambda _: b"[null,1]")


def test_unpacking_a_very_long_chain_needs_no_deep_stack() -> None:
    disk: dict[Digest, bytes] = {}
    value: list[Plain] = [f"item {n}" for n in range(20_000)]
    assert unpack(stored(value, disk), disk.__getitem__) == value
    assert decode(b"[1]") == [1]


def test_a_conversation_inside_a_tasks_inputs_grows_linearly() -> None:
    known: set[Digest] = set()
    messages: list[dict[str, str]] = []
    total = 0
    sizes: dict[int, int] = {}
    for number in range(1, 1001):
        messages.append({"role": "user", "content": f"message {number} " + "x" * 200})
        packed, blobs = pack({"goal": "talk", "messages": messages}, known)
        known |= {blob.digest for blob in blobs}
        total += len(bytes(packed)) + sum(len(blob.body) for blob in blobs)
        sizes[number] = total
    assert sizes[1000] <= 11 * sizes[100]
