"""Encodings are believed in the order of their evidence, and binary data is not text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import ErgosError, SourceError
from ergos.drivers.sources.decode import decode, known_charset

ZH = "人工智能公司周三宣布，第三季度营业收入增长百分之二十六，达到三千八百亿元。"


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("Ibope: simulações de 2º turno. Promotoria abre inquérito. Últimas Notícias não são", "cp1252"),
        ("It’s the company’s “best” quarter – revenue rose 26% to £3 million.", "cp1252"),
        ("Größere Änderungen für Österreich: Straßenbahn fährt später, Gäste warten länger.", "cp1252"),
        ("Zażółć gęślą jaźń. W Łodzi odbyło się spotkanie, które przyciągnęło wielu gości.", "cp1250"),
        ("В Бузулуке главные стройплощадки, детсад и Ледовый дворец. Губернатор посетил город.", "cp1251"),
        ("В Бузулуке главные стройплощадки, детсад и Ледовый дворец. Губернатор посетил город.", "koi8-r"),
        (ZH, "gb18030"),
        ("人工智慧公司週三宣布，第三季營業收入成長百分之二十六，達到三千八百億元。", "big5"),
        ("人工知能の会社は水曜日、第三四半期の売上高が二十六パーセント増えたと発表した。", "cp932"),
        ("인공지능 회사는 수요일에 3분기 매출이 26퍼센트 증가했다고 발표했다.", "cp949"),
    ],
)
def test_an_undeclared_encoding_is_detected(text: str, charset: str) -> None:
    found = decode(text.encode(charset))
    assert found.text == text
    assert found.notes


@given(st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc")), max_size=200))
def test_every_text_in_utf_8_comes_back(text: str) -> None:
    body = text.encode()
    if any(
        body.startswith(magic) for magic in (b"RIFF", b"PK", b"GIF8", b"MZ", b"OggS", b"wOF", b"fLaC", b"Rar!", b"%PDF")
    ):
        return
    assert decode(body).text == text.removeprefix("\ufeff")


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides(charset: str) -> None:
    assert decode(ZH.encode(charset), charset="iso-8859-1").text == ZH


def test_utf_16_without_a_mark_is_recognised() -> None:
    text = "<rss><title>news</title></rss>"
    assert decode(text.encode("utf-16-le")).text == text
    assert decode(text.encode("utf-16-be")).text == text


def test_the_transport_decides_before_the_document() -> None:
    body = '<?xml version="1.0" encoding="koi8-r"?><a>Новости города</a>'.encode("cp1251")
    found = decode(body, charset="windows-1251")
    assert "Новости города" in found.text
    assert "koi8-r" in found.notes[0]


@pytest.mark.parametrize(
    "head",
    [
        '<?xml version="1.0" encoding="{}"?>',
        '<html><meta charset="{}">',
        '<meta http-equiv="x" content="text/html; charset={}">',
    ],
)
def test_the_document_declares_its_own_charset(head: str) -> None:
    body = (head.format("gb2312") + ZH).encode("gb18030")
    found = decode(body)
    assert found.text.endswith(ZH)
    assert found.notes == ()


@pytest.mark.parametrize("declared", ["iso-8859-1", "gb2312", "windows-1251", "shift_jis", "x-nonsense", "utf-7"])
def test_utf_8_under_a_wrong_name_is_still_read(declared: str) -> None:
    assert decode(f"<p>{ZH}</p>".encode(), charset=declared).text == f"<p>{ZH}</p>"


def test_utf_8_declared_but_not_used_is_survived_with_a_note() -> None:
    text = "Últimas Notícias: simulações de eleição, não há inquérito, São Paulo"
    found = decode(text.encode("cp1252"), charset="utf-8")
    assert found.text == text
    assert "declared as utf-8" in found.notes[0]


def test_a_few_broken_places_do_not_cost_the_rest() -> None:
    found = decode((ZH * 20).encode() + b"\xff\xfe ok", charset="utf-8")
    assert ZH in found.text
    assert found.notes


def test_a_text_cut_inside_a_character_keeps_all_before_it() -> None:
    assert decode(ZH.encode()[:-1]).text == ZH[:-1]


@pytest.mark.parametrize(
    "body",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        b"PK\x03\x04 words words",
        b"\x7fELF" + bytes(100),
        b"MZ\x90\x00" + bytes(100),
        b"GIF89a words",
        b"\x00\x00\x00\x18ftypmp42",
        b"words \x00 words",
        bytes(range(256)) * 20,
        bytes(1000),
        b"\x01\x02\x03\x04\x05\x06" * 30,
    ],
)
def test_binary_data_is_not_text(body: bytes) -> None:
    with pytest.raises(SourceError, match=r"not text|binary"):
        decode(body, charset="utf-8")


@given(st.binary(max_size=400), st.sampled_from([None, "utf-8", "gbk", "utf-16", "idna", "rot13", "base64", "é", ""]))
def test_random_bytes_are_text_or_a_reason(body: bytes, charset: str | None) -> None:
    try:
        assert isinstance(decode(body, charset=charset).text, str)
    except ErgosError:
        pass


def test_only_charsets_are_charsets() -> None:
    assert known_charset("GB2312") == "gb18030"
    assert known_charset(" 'Latin1' ") == "cp1252"
    assert [known_charset(name) for name in ("utf-7", "rot13", "base64", "nope", "", None, "a\x00b")] == [None] * 7
