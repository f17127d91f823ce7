from tests.compile.owner import said, verbs


def test_actions_stand_in_the_order_in_which_they_were_said() -> None:
    assert verbs("read a.txt, translate it into German, save it as b.txt and email it to bob@x.org") == [
        "read",
        "translate",
        "write",
        "send",
    ]
    assert verbs("读 a.txt，翻译成德文，存成 b.txt，发给 bob@x.org") == ["read", "translate", "write", "send"]


def test_a_command_is_no_source() -> None:
    assert not said("run ./a.sh").sources


def test_fields_keep_the_words_of_the_owner() -> None:
    assert said("提取 a.pdf 里的供应商、发票号、日期和总额").actions[0].value.fields == (
        "供应商",
        "发票号",
        "日期",
        "总额",
    )
