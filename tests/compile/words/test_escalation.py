import pytest

from tests.compile.owner import said


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("run a.sh; if it fails three times, tell me", (3, "notify")),
        ("run a.sh. Stop after the first failure.", (1, "stop")),
        ("运行 a.sh，连续失败三次就通知我", (3, "notify")),
        ("运行 a.sh，失败两次就停止", (2, "stop")),
        ("run a.sh; if it fails ask me what to do", (1, "ask")),
    ],
)
def test_failures_lead_to_what_was_said(prose: str, expected: tuple[int, str]) -> None:
    found = said(prose).escalation
    assert found is not None
    assert (found.value.after, found.value.then) == expected


def test_telling_without_a_number_is_an_action() -> None:
    read = said("run a.sh. If it fails tell me.")
    assert read.escalation is None
    assert [one.value.verb for one in read.actions] == ["run", "notify"]


@pytest.mark.parametrize(
    ("prose", "after", "then"),
    [
        ("copy ./a to ./b. If it can't be reached five times running, shut yourself down.", 5, "stop"),
        ("copy ./a to ./b. Should it break down, drop me a line after the second time.", 2, "notify"),
        ("copy ./a to ./b. Give up after four failed attempts.", 4, "stop"),
        ("把 ./a 备份到 ./b，出一次毛病就来问我咋整", 1, "ask"),
    ],
)
def test_failures_are_counted_in_everyday_words(prose: str, after: int, then: str) -> None:
    found = said(prose).escalation
    assert found is not None
    assert (found.value.after, found.value.then) == (after, then)
