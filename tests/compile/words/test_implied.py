import pytest

from tests.compile.owner import said


@pytest.mark.parametrize(
    "prose",
    [
        "Guests' comments land in ./feedback. Summarise them.",
        "grades.csv got changed? Tell me.",
        "newsroom done? Tell me.",
        "./罚单 里每来一张 jpg，就告诉我",
        "contracts/*.docx: anything new there should end up in German in out/",
    ],
)
def test_an_event_needs_no_conjunction(prose: str) -> None:
    assert len(said(prose).triggers) == 1


def test_what_is_said_beside_a_schedule_is_no_event() -> None:
    found = said("Homework lands in ./in. Every Friday at 17:00 summarise ./in.")
    assert [one.value.name for one in found.triggers] == ["schedule"]
