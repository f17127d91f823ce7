from tests.compile.owner import said, verbs


def test_what_is_said_in_two_ways_is_one_action() -> None:
    assert verbs("总结 a.txt，写成摘要") == ["summarise"]


def test_a_condition_goes_with_what_follows_in_its_sentence_only() -> None:
    read = said("read a.csv, if birch > 3 notify me. Summarise b.txt.")
    assert [(one.value.verb, one.value.when) for one in read.actions] == [
        ("read", ()),
        ("notify", (("birch", ">", "3"),)),
        ("summarise", ()),
    ]


def test_the_other_case_is_marked() -> None:
    read = said("if total > 5 EUR, delete a.txt, otherwise move it to b/")
    assert [(one.value.verb, one.value.otherwise) for one in read.actions] == [("delete", False), ("move", True)]
