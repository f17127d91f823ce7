import pytest

from tests.compile.owner import verbs


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("whatever lands in ./in should end up in German in ./out", ["translate", "write"]),
        ("supplier, article and quantity should go into stock.csv", ["extract", "append"]),
        ("sum up a.md: to #ops", ["summarise", "post"]),
        ("sum up a.md -> b.md", ["summarise", "write"]),
        ("姓名、项目、数值 → 化验.csv", ["extract", "append"]),
        ("the board (board@x.example) should get the totals of a.csv", ["compute", "send"]),
        ("我希望 readme.md 有个日文版，放在 readme_ja.md", ["translate", "write"]),
    ],
)
def test_a_destination_says_what_is_done(prose: str, expected: list[str]) -> None:
    assert verbs(prose) == expected


@pytest.mark.parametrize("prose", ["Patients write to lab@x.example", "weights.csv has the hive weights"])
def test_a_plain_statement_moves_nothing(prose: str) -> None:
    assert not verbs(prose)
