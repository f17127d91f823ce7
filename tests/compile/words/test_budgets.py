import pytest

from ergos.compile.words.budgets import read_budgets
from tests.compile.owner import copy


@pytest.mark.parametrize(
    ("prose", "ceilings"),
    [
        ("spend at most $5 a month", ["5 USD month"]),
        ("no more than 20 cents per run", ["0.2 USD process"]),
        ("每天不超过 10 元，每月不超过 200 元", ["10 CNY day", "200 CNY month"]),
        ("100k tokens a day", ["100000 tokens day"]),
        ("keep it under $2 per run and under $30 a month", ["2 USD process", "30 USD month"]),
        ("Per run, spend at most 20 cents", ["0.2 USD process"]),
        ("Stop when it has cost $20", ["20 USD total"]),
        ("每次运行花费控制在五毛以内", ["0.5 CNY process"]),
        ("One dollar max.", ["1 USD total"]),
    ],
)
def test_a_ceiling_has_an_amount_and_a_period(prose: str, ceilings: list[str]) -> None:
    found = read_budgets(copy(prose)).found
    assert [f"{one.value.amount.normalize():f} {one.value.unit} {one.value.period}" for one in found] == ceilings


@pytest.mark.parametrize(
    "prose",
    [
        "ask me above 1,000 EUR",
        "if the total is above 100 EUR, ask me",
        "summarise invoices under 100 EUR",
        "compare today's price with 120 EUR every day",
        "write at most 2 pages a day",
        "金额超过一万元先问我",
    ],
)
def test_an_amount_in_a_question_or_condition_is_no_ceiling(prose: str) -> None:
    assert not read_budgets(copy(prose)).found


@pytest.mark.parametrize("prose", ["spend nothing", "don't spend any money", "不花一分钱", "free of charge please"])
def test_nothing_may_be_spent_where_it_is_said(prose: str) -> None:
    assert read_budgets(copy(prose)).nothing


@pytest.mark.parametrize("prose", ["spend at most 5 a month", "Budget 5.", "每月预算20"])
def test_a_number_without_a_unit_is_asked_about(prose: str) -> None:
    read = read_budgets(copy(prose))
    assert not read.found
    assert [one.code for one in read.diagnostics] == ["C204"]
