from ergos.compile.intent import Forbidden, SourceMention
from ergos.compile.words.draft import QUESTIONS_MAX
from tests.compile.owner import draft


def test_what_is_said_twice_stands_once() -> None:
    made = draft("read a.txt")
    for _ in range(2):
        made.source(SourceMention(at="a.txt"), (5, 10))
        made.forbid(Forbidden(verb="send"), (0, 4))
        made.say("C201", (0, 4))
    assert (len(made.sources), len(made.forbidden), len(made.diagnostics)) == (1, 1, 1)


def test_a_text_is_not_asked_about_without_end() -> None:
    made = draft("x" * 1_000)
    for at in range(500):
        made.say("C201", (at, at + 1), at=str(at))
    assert len(made.diagnostics) == QUESTIONS_MAX
