import pytest

from ergos.compile.words.phrases import listed
from tests.compile.owner import draft, said


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("the supplier, number, date and total", ("supplier", "number", "date", "total")),
        ("all Email addresses and phone numbers from it", ("email addresses", "phone numbers")),
        ("it", ()),
    ],
)
def test_names_of_a_list_have_no_articles(text: str, names: tuple[str, ...]) -> None:
    assert listed(draft(text), 0, len(text), han=False) == names


def test_chinese_names_of_a_list_are_kept_as_they_were_said() -> None:
    text = "供应商、发票号、日期和总额"
    assert listed(draft(text), 0, len(text), han=True) == ("供应商", "发票号", "日期", "总额")


def test_what_is_read_is_told_from_where_it_goes() -> None:
    read = said("copy ./data to ./backup")
    assert [one.value.at for one in read.sources] == ["./data"]
    assert read.actions[0].value.target == "./backup"
