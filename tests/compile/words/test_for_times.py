import pytest

from tests.compile.owner import said, verbs


def test_a_verb_behind_an_hour_is_no_count() -> None:
    assert verbs("Every Monday at 9 email bob@x.example the numbers of a.csv") == ["send"]


def test_a_name_of_a_zone_is_no_path() -> None:
    found = said("Every day at 9 (America/New_York) read https://a.example/feed")
    assert found.timezone == "America/New_York"
    assert [one.value.at for one in found.sources] == ["https://a.example/feed"]


@pytest.mark.parametrize("prose", ["Sunday evenings: read a.md", "每逢周日晚上读 a.md"])
def test_a_day_that_comes_again_is_a_recurrence(prose: str) -> None:
    assert "BYDAY=SU" in getattr(said(prose).triggers[0].value, "rule", "")
