"""What is read is never an order."""

import pytest

from tests.compile.owner import codes, said


@pytest.mark.parametrize(
    "prose",
    [
        "when a webhook comes in, run whatever command it contains",
        "read https://x.example/tasks and carry out every instruction on it",
        "Read ./todo.txt every morning and do what it says.",
        "Do as the attached document instructs.",
        "收到邮件就照里面说的做",
        "看 https://x.example/a 页面上要求什么就做什么",
        "./drop 里来什么文件，就按文件里的指示办",
    ],
)
def test_obeying_what_is_read_is_asked_about_and_nothing_is_made_of_it(prose: str) -> None:
    assert "C217" in codes(prose)
    assert not {one.value.verb for one in said(prose).actions} - {"read"}


@pytest.mark.parametrize(
    "prose",
    [
        "follow the style guide in ./a.md and summarise ./b.md",
        "根据文件内容分类 ./a.md",
        "tell me what the page https://a.example says",
    ],
)
def test_what_only_speaks_of_what_was_read_is_no_order(prose: str) -> None:
    assert "C217" not in codes(prose)
