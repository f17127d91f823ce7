import pytest

from tests.compile.owner import codes, said


@pytest.mark.parametrize(
    ("prose", "code"),
    [
        ("publish a.md, but never publish anything", "C207"),
        ("发布 a.md，但是永远不要发布任何东西", "C207"),
        ("summarise a.md, at most $5 a month, at most $9 a month", "C208"),
        ("summarise a.md, at most $0 a month", "C209"),
        ("summarise a.md, at most -5 dollars a month", "C209"),
        ("hello there", "C206"),
        ("", "C206"),
        ('summarise a.md "', "C211"),
    ],
)
def test_what_contradicts_itself_or_is_missing_is_told(prose: str, code: str) -> None:
    assert code in codes(prose)


def test_a_contradiction_points_at_both_sides() -> None:
    found = next(one for one in said("publish a.md, but never publish anything").diagnostics if one.code == "C207")
    assert len(found.spans) == 2


def test_triggers_have_names_of_their_own() -> None:
    read = said("when a file in shared/x is changed or deleted, notify me")
    assert [one.value.name for one in read.triggers] == ["files", "files_2"]
