import pytest

from tests.compile.owner import codes, said, verbs


@pytest.mark.parametrize(
    ("prose", "before"),
    [
        ("publish a.md; ask me before publishing", "publish"),
        ("发布 a.md，发布前问我", "publish"),
        ("send a.md to bob@x.org; check with me first", "send"),
        ("把 a.md 发给 bob@x.org，每次发送前都要我确认", "send"),
        ("publish a.md, but only after my OK", "publish"),
        ("run a.sh, and let me approve it first", "run"),
        ("ask before anything", "anything"),
        ("动任何东西之前都要问我", "anything"),
    ],
)
def test_a_wish_to_be_asked_names_what_it_is_about(prose: str, before: str) -> None:
    assert [one.value.before for one in said(prose).approvals] == [before]


@pytest.mark.parametrize(
    ("prose", "when"),
    [
        ("append it to a.csv; ask me above 1,000 EUR", ("", ">", "1000 EUR")),
        ("append it to a.csv; anything over 500 dollars needs my sign-off", ("", ">", "500 USD")),
        ("追加到 a.csv，金额超过一千欧元先问我", ("金额", ">", "1000 EUR")),
        ("append it to a.csv. If the total is above 5 EUR, ask me first.", ("total", ">", "5 EUR")),
    ],
)
def test_a_wish_to_be_asked_may_have_a_limit(prose: str, when: tuple[str, str, str]) -> None:
    assert [one.value.when for one in said(prose).approvals] == [(when,)]


@pytest.mark.parametrize(
    "prose",
    ["delete ./tmp/a.txt, no approvals needed", "删除 ./tmp/a.txt，不用问我", "don't ask me, delete ./tmp/a.txt"],
)
def test_no_approval_is_read_where_none_is_wanted(prose: str) -> None:
    assert not said(prose).approvals


def test_a_limit_without_a_unit_is_a_question() -> None:
    assert "C204" in codes("append it to a.csv; ask me above 1000")


def test_what_is_asked_about_is_wanted_unless_it_is_ruled_out() -> None:
    assert verbs("read a.txt; ask me before publishing") == ["read", "publish"]
    assert verbs("read a.txt. Don't send anything without my permission.") == ["read"]
