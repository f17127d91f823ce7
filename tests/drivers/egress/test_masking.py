"""A secret is taken out in every usual spelling, in whatever pieces it comes, and nothing else is."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.egress.masking import MASK, MaskedStream, Masker, spellings

SECRETS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=24)
PLAIN = st.text('ABC abc/+="\\%', min_size=1, max_size=16)


def streamed(masker: Masker, pieces: list[bytes]) -> bytes:
    stream = MaskedStream(masker)
    return b"".join([*(stream.feed(piece) for piece in pieces), stream.feed(b"", last=True)])


@given(PLAIN | SECRETS, st.data())
def test_a_stream_is_masked_as_the_whole_is_wherever_it_is_cut(secret: str, data: st.DataObject) -> None:
    known = sorted(spellings(secret))
    bits = st.sampled_from(known) | st.sampled_from(known).map(lambda one: one[:-1]) | st.binary(max_size=3)
    text = b"".join(data.draw(st.lists(bits, max_size=8)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    masker = Masker([secret])
    whole = masker.whole(text)
    assert streamed(masker, pieces) == whole
    if MASK not in known:
        assert not any(one in part for one in known for part in whole.split(MASK))


@given(SECRETS, st.binary(max_size=40))
def test_what_holds_no_secret_is_left_alone(secret: str, text: bytes) -> None:
    masker = Masker([secret])
    if not any(one in text for one in spellings(secret)):
        assert masker.whole(text) == text == streamed(masker, [text[at : at + 1] for at in range(len(text))])


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=8, max_size=40),
    st.binary(max_size=5),
    st.binary(max_size=5),
)
def test_a_secret_in_base64_is_found_at_every_offset(secret: str, before: bytes, after: bytes) -> None:
    masked = Masker([secret]).whole(base64.b64encode(before + secret.encode() + after))
    assert MASK in masked
    left = max(masked.split(MASK), key=len)
    assert len(left) <= 4 + 4 * 2  # of the neighbours, and the characters a neighbour has a part in


@pytest.mark.parametrize(
    "spell",
    [
        lambda s: s.encode().hex(),
        lambda s: s.encode().hex().upper(),
        lambda s: quote(s, safe=""),
        quote_plus,
        json.dumps,
        lambda s: json.dumps(s, ensure_ascii=False),
        lambda s: json.dumps({"a": json.dumps(s)}),
        lambda s: s[::-1],
        lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
        lambda s: base64.b32encode(s.encode()).decode(),
        lambda s: "".join(f"%{b:02x}" for b in s.encode()),
        lambda s: "".join(f"&#{ord(c)};" for c in s),
        repr,
    ],
)
@pytest.mark.parametrize("secret", ["sk-ant-0123456789", "p/w+ =\"'<&>\\x", "密码-ßé-12345", "a" * 12])
def test_each_spelling_is_masked(spell, secret: str) -> None:
    told = Masker([secret]).whole(b"<<" + spell(secret).encode() + b">>")
    assert MASK in told
    assert secret.encode() not in told
    assert len(told) <= len(MASK) + 4 + 20


def test_a_short_secret_is_masked_as_it_is_only() -> None:
    masker = Masker(["ab"])
    assert masker.whole(b"ab ba 6162 YWI=") == MASK + b" ba 6162 YWI="


def test_secrets_that_overlap_are_masked_together() -> None:
    masker = Masker(["abcabcab", "cabcabx"])
    assert masker.whole(b"-abcabcabcabx-") == b"-" + MASK + b"-"
    assert streamed(masker, [b"-abcabcab", b"cabx-"]) == b"-" + MASK + b"-"


def test_only_what_may_begin_a_secret_is_held_back() -> None:
    stream = MaskedStream(Masker(["sesame-open-123"]))
    assert stream.feed(b"data: hello\n\n") == b"data: hello\n\n"
    assert stream.feed(b"data: sesame") == b"data: "
    assert stream.feed(b"-oil\n\n") == b"sesame-oil\n\n"


def test_headers_are_masked_in_value_and_left_out_by_name() -> None:
    masker = Masker(["abc-secret-é"])
    found = masker.headers({"x": "1 abc-secret-\xc3\xa9 2", "x-abc": "y", "abc-secret-\xc3\xa9": "z"})
    assert found == {"x": "1 [secret] 2", "x-abc": "y"}


def test_nothing_shows_what_is_looked_for() -> None:
    masker = Masker(["abc-secret"])
    assert "abc" not in repr(masker) + str(masker)
    assert Masker([""]).whole(b"abc") == b"abc"


def test_text_that_is_no_utf8_survives() -> None:
    assert Masker(["abc-secret"]).text("\udcff abc-secret 你") == "\udcff [secret] 你"
