from tests.compile.owner import codes, said


def test_words_that_are_not_understood_are_told_with_their_place() -> None:
    prose = "read a.txt. Flurb the wozzle gently."
    read = said(prose)
    assert [prose[a:b] for a, b in read.unread] == ["Flurb the wozzle gently"]
    assert "C201" in codes(prose)


def test_courtesies_are_no_riddle() -> None:
    assert said("Hello! Please read a.txt. Thank you!").unread == ()


def test_a_clause_of_thousands_of_words_makes_no_actions() -> None:
    assert not said("把" + "读" * 5_000).actions


def test_more_fields_may_follow_a_semicolon() -> None:
    assert said("extract title; author; year from a.pdf").actions[0].value.fields[:2] == ("title", "author")
