import pytest

from tests.compile.owner import verbs


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("write a summary of a.md to b.md", ["summarise", "write"]),
        ("write a brief about a.md", ["brief"]),
        ("save the sender, amount and due date of a.eml to b.csv", ["extract", "append"]),
        ("write the result to b.md", ["write"]),
        ("compare a.csv and b.csv and list the differences", ["compare"]),
        ("做一份总结保存到 b.md", ["summarise", "write"]),
        ("提取 a.pdf 里的姓名、电话，写入 b.xlsx", ["extract", "append"]),
        ("put it into my calendar", ["schedule"]),
        ("save a backup copy of a.csv to backups/", ["copy"]),
        ("每天写一篇本周总结", ["summarise"]),
    ],
)
def test_a_verb_of_making_is_what_stands_around_it(prose: str, expected: list[str]) -> None:
    assert verbs(prose) == expected
