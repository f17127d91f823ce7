from tests.compile.owner import said, verbs


def test_a_part_without_a_comma_ends_where_the_main_clause_begins() -> None:
    assert verbs("when a PDF arrives in ~/in extract name and date") == ["extract"]
    assert verbs("./导出 里的 csv 有变化就算一下合计") == ["compute"]


def test_a_part_may_stand_behind_the_main_clause() -> None:
    read = said("notify me when https://x.org/p changes")
    assert [one.value.name for one in read.triggers] == ["page"]


def test_a_condition_is_not_a_trigger() -> None:
    read = said("read a.csv and warn me if birch is greater than 3")
    assert not read.triggers
    assert read.actions[-1].value.when == (("birch", ">", "3"),)


def test_a_comparison_that_names_nothing_is_of_what_was_looked_at() -> None:
    read = said("看花粉指数 https://p.example/x，大于3就提醒我")
    assert read.actions[-1].value.when == (("花粉指数", ">", "3"),)
