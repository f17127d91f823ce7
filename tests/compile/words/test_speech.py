import pytest

from tests.compile.owner import verbs


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("I run a bakery. Read a.txt.", ["read"]),
        ("what's the total of column net in a.csv?", ["compute"]),
        ("a digest of my unread mail", ["summarise"]),
        ("from a.csv keep only the open tickets", ["filter"]),
        ("translate a.txt into French, saved under b.txt", ["translate", "write"]),
        ("告诉我 a.txt 里还有什么没做", ["notify"]),
        ("do nothing", []),
        ("帮我做点事", []),
    ],
)
def test_only_what_is_told_to_do_is_done(prose: str, expected: list[str]) -> None:
    assert verbs(prose) == expected
