import pytest

from tests.compile.owner import said


@pytest.mark.parametrize(
    ("prose", "verbs"),
    [
        ("never send mail", ["send"]),
        ("don't publish anything", ["publish"]),
        ("do not send, publish or delete anything", ["send", "publish", "delete"]),
        ("不要发布", ["publish"]),
        ("绝不能删除任何文件", ["delete"]),
        ("no internet please", ["reach"]),
        ("不要联网", ["reach"]),
        ("you're not allowed to delete files", ["delete"]),
        ("只读，不写", ["write"]),
        ("do not spend any money", ["spend"]),
    ],
)
def test_what_must_not_be_done_is_forbidden_and_not_done(prose: str, verbs: list[str]) -> None:
    read = said(prose)
    assert [one.value.verb for one in read.forbidden] == verbs
    assert not read.actions


def test_not_to_forget_is_no_prohibition() -> None:
    read = said("don't forget to summarise a.txt")
    assert not read.forbidden
    assert [one.value.verb for one in read.actions] == ["summarise"]


@pytest.mark.parametrize(
    ("prose", "verb"),
    [
        ("read ./a.md. Remove nothing.", "delete"),
        ("read ./a.md. Nothing in ./photos may get deleted.", "delete"),
        ("读 ./a.md，哪儿都别发布", "publish"),
        ("读 ./a.md，全程不许连外网", "reach"),
        ("读 ./a.md，除了我谁也别联系", "send"),
    ],
)
def test_a_prohibition_may_stand_behind_what_it_is_about(prose: str, verb: str) -> None:
    assert verb in {one.value.verb for one in said(prose).forbidden}
