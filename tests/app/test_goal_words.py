"""How hosted agents stand, in both languages."""

from __future__ import annotations

import msgspec

from ergos.app.goal_words import _WORDS, goal_lines, how_far, next_of, stands
from ergos.app.progress import Blind, Hosting, Standing
from ergos.base.clock import DAY
from ergos.base.ids import Pid
from ergos.kernel.process import State
from ergos.lib.milestones import NS_MAX, Forecast, Rate
from ergos.lib.steps_memory import Note, Past
from ergos.lib.work import Milestone

NOW_NS = 20_000 * DAY
STANDING = Standing(
    pid=Pid(3),
    agent="brief",
    owner="me",
    state=State.WAITING,
    waits="mail",
    began_ns=NOW_NS - 9 * DAY,
    past=Past(
        runs=9, failures=2, failed=2, last_ns=NOW_NS - DAY, last_failure="no\npaper\x1b[31m", milestones={"a": NOW_NS},
        said=[Note(NOW_NS, "done\nit")],
    ),
    work=Hosting(milestones=(Milestone(name="a"), Milestone(name="b", due="2024-10-01"), Milestone(name="c"))),
    spent_microusd=2_000_000,
    reached=(Milestone(name="a"),),
    overdue=(Milestone(name="b", due="2024-10-01"),),
    next_ns=NOW_NS + DAY,
    rate=Rate(per_run_microusd=200_000, per_day_microusd=100_000),
)  # fmt: skip


def test_one_agent_in_detail() -> None:
    shown = "\n".join(goal_lines(STANDING, NOW_NS, "", "en"))
    for said in (
        "brief (3), for me", "9 ended, 2 failed", "2 in a row: no paper", "2024-10-05 00:00", "$2.00", "$0.20 a run",
        "$3.00 in 30 days", "[done] a", "[late] b, due 2024-10-01", "[open] c", "forecast   too early to tell",
        "failed 2 times in a row", "said       2024-10-04 00:00 done it",
    ):  # fmt: skip
        assert said in shown, shown
    assert "\x1b" not in shown


def test_a_forecast_is_told_with_its_bounds() -> None:
    sure = Forecast(
        done_ns=NOW_NS + DAY, early_ns=NOW_NS, late_ns=NOW_NS + 5 * DAY, cost_microusd=5_000_000,
        low_microusd=3_000_000, high_microusd=9_000_000,
    )  # fmt: skip
    shown = "\n".join(goal_lines(msgspec.structs.replace(STANDING, forecast=sure), NOW_NS, "", "en"))
    assert "done about 2024-10-05, four times in five between 2024-10-04 and 2024-10-09; $5.00 in all" in shown
    open_ = msgspec.structs.replace(sure, late_ns=NS_MAX, high_microusd=NS_MAX)
    shown = "\n".join(goal_lines(msgspec.structs.replace(STANDING, forecast=open_), NOW_NS, "", "en"))
    assert "nobody can say when" in shown


def test_what_stands_first_is_what_needs_its_owner() -> None:
    asked = msgspec.structs.replace(STANDING, asked=(7,), stalls_ns=0)
    assert stands(asked, NOW_NS, "en") == "waits for you: item 7"
    assert "STALLED" in stands(msgspec.structs.replace(STANDING, stalls_ns=NOW_NS), NOW_NS, "en")
    fine = msgspec.structs.replace(STANDING, past=Past(), overdue=())
    assert stands(fine, NOW_NS, "en") == "idle"


def test_everything_is_said_in_chinese_too() -> None:
    shown = "\n".join(goal_lines(STANDING, NOW_NS, "Asia/Shanghai", "zh"))
    for said in (
        "完成 9 次，失败 2 次",
        "连续 2 次：no paper",
        "[已逾期] b，期限 2024-10-01",
        "现在判断为时过早",
        "2024-10-05 08:00",
    ):
        assert said in shown, shown
    assert _WORDS["en"].keys() == _WORDS["zh"].keys()


def test_one_line_of_a_list() -> None:
    assert how_far(STANDING, "en") == "1/3"
    plain = msgspec.structs.replace(STANDING, work=Hosting(), next_ns=None)
    assert (how_far(plain, "en"), how_far(plain, "zh")) == ("9 runs", "9 次")
    assert next_of(plain, "", "en") == "when told"


def test_a_trigger_that_sees_nothing_is_told_with_why_and_since_when() -> None:
    blind = msgspec.structs.replace(STANDING, faults=(Blind("mail", "no account\nhere", NOW_NS),))
    assert stands(blind, NOW_NS, "en") == "SEES NOTHING: mail"
    assert "mail sees nothing since 2024-10-04 00:00: no account here" in "\n".join(goal_lines(blind, NOW_NS, "", "en"))
    assert "mail 自 2024-10-04 00:00 起无法查看：no account here" in "\n".join(goal_lines(blind, NOW_NS, "", "zh"))


def test_how_much_waits_behind_a_question_is_told() -> None:
    asked = msgspec.structs.replace(STANDING, asked=(4,), unread=12)
    assert stands(asked, NOW_NS, "en") == "waits for you: item 4; 12 more wait behind it"
    assert stands(asked, NOW_NS, "zh") == "等您处理：第 4 项；其后还有 12 件"
    assert "12 more happenings wait" in "\n".join(goal_lines(asked, NOW_NS, "", "en"))


def test_files_that_are_broken_come_before_a_stall() -> None:
    broken = msgspec.structs.replace(STANDING, broken="AGENT.md, line 3: no", stalls_ns=0)
    assert stands(broken, NOW_NS, "en") == "BROKEN: its files"
    assert "AGENT.md, line 3: no; it goes on when they are mended" in "\n".join(goal_lines(broken, NOW_NS, "", "en"))


def test_one_is_one_and_a_single_failure_is_no_row_of_them() -> None:
    once = msgspec.structs.replace(STANDING, past=Past(runs=1, failed=1, failures=1, last_failure="no"), work=Hosting())
    once = msgspec.structs.replace(once, overdue=(), reached=())
    assert how_far(once, "en") == "1 run"
    assert stands(once, NOW_NS, "en") == "failed"
    assert "failure    no" in "\n".join(goal_lines(once, NOW_NS, "", "en"))
