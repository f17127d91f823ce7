import pytest

from ergos.compile.words.clauses import clauses, sentences, without_lead
from tests.compile.owner import copy


def parts(prose: str) -> list[str]:
    text = copy(prose).text
    return [prose[a:b] for start, end in sentences(text) for a, b in clauses(text, start, end)]


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("extract name, date and total and append it to a.csv", ["extract name, date and total", "append it to a.csv"]),
        ("read a.csv and b.csv, then compare them", ["read a.csv and b.csv", "compare them"]),
        ("Do not send, publish or delete anything.", ["Do not send, publish or delete anything"]),
        ("读 a.txt，写摘要，然后发给我", ["读 a.txt", "写摘要", "然后发给我"]),
        ("提取姓名、电话和公司", ["提取姓名、电话和公司"]),
        ("1. read a.txt\n2. summarise it", ["read a.txt", "summarise it"]),
    ],
)
def test_a_clause_says_one_thing(prose: str, expected: list[str]) -> None:
    assert parts(prose) == expected


def test_a_polite_beginning_says_nothing() -> None:
    text = "Could you please read a.txt"
    assert text[without_lead(text, 0, len(text)) :] == "read a.txt"
