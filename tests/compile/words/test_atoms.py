import pytest

from tests.compile.owner import copy


@pytest.mark.parametrize(
    ("prose", "kind", "text"),
    [
        ("read https://x.org/feed.xml.", "url", "https://x.org/feed.xml"),
        ("see example.com now", "url", "example.com"),
        ("write to ~/scans/a", "path", "~/scans/a"),
        ("append to ledger.csv;", "path", "ledger.csv"),
        ("把结果追加到账本.csv", "path", "账本.csv"),
        ("监视 ./发票 文件夹", "path", "./发票"),
        ("from bob@example.com", "mail", "bob@example.com"),
        ("anyone @acme.io", "mail", "@acme.io"),
        ("says 'in stock'", "quote", "in stock"),
        ("出现“现货”", "quote", "现货"),
        ("to 'ledger.csv'", "path", "ledger.csv"),
    ],
)
def test_an_address_or_quotation_is_one_atom(prose: str, kind: str, text: str) -> None:
    assert [(one.kind, one.text) for one in copy(prose).atoms.values()] == [(kind, text)]


@pytest.mark.parametrize("prose", ["and/or", "24/7", "don't do it", "5.5 km/h", "he/she"])
def test_what_only_looks_like_an_address_stays_text(prose: str) -> None:
    assert not copy(prose).atoms


def test_the_copy_has_the_length_of_the_prose() -> None:
    prose = "ＡＢＣ “quoted” ﬁ İ 读 https://x.org \u2028 end"
    assert len(copy(prose).text) == len(prose)


def test_a_quotation_mark_without_a_partner_is_told() -> None:
    assert copy('say "hello').lone == (4,)
