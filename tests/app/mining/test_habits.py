"""What repeats is proposed with its evidence; what chance does is not; what is dangerous never; secrets stand nowhere."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from ergos.app.home import home_at
from ergos.app.mining.costs import tools_of
from ergos.app.mining.decisions import Decided, Decision, Reply, Started
from ergos.app.mining.habits import Habits, Mined, mine, moment_of
from ergos.app.mining.history import Seen
from ergos.base.clock import SECOND
from ergos.base.ids import Pid
from ergos.compile.circumstances import Circumstances
from ergos.compile.pipeline import compile_prose
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.kernel.permission.wording import Language
from ergos.kernel.triggers import Schedule
from tests.app.mining_worlds import START, daily, random_history, seen, weekly

UTC = datetime.UTC
HISTORIES = 200  # random histories; at most 1 % of them may make a proposal


NOTHING = Decided()


def mined(
    history: list[Seen] | tuple[Seen, ...], decided: Decided = NOTHING, costs: dict[str, int] | None = None
) -> Mined:
    return mine(Habits(history=tuple(history), decided=decided, costs=costs or {}), "en", UTC)


def test_at_most_one_random_history_in_a_hundred_makes_a_proposal() -> None:
    false = [seed for seed in range(HISTORIES) if mined(random_history(seed)).proposals]
    assert len(false) <= HISTORIES // 100, false


@pytest.mark.parametrize("noise", [0, 1, 2, 5])
def test_a_command_of_each_friday_is_proposed_with_counts_dates_and_examples(noise: int) -> None:
    history = [*weekly("pg_dump shop > shop-{day}.sql", missed=(4,)), *(random_history(noise) if noise else ())]
    found = [one for one in mined(history).proposals if one.kind == "command"]
    assert len(found) == 1
    one = found[0]
    assert "`pg_dump shop > shop-{date}.sql` every Friday at 17:00" in one.sentence
    assert "11 of 12 weeks" in one.sentence
    evidence = "\n".join(one.evidence)
    assert "2026-09-04" in evidence
    assert "2026-11-20" in evidence
    assert "example: pg_dump shop > shop-2026-11-20.sql" in evidence
    assert "binomial" in evidence
    assert "run `pg_dump shop > shop-$(date +%Y-%m-%d).sql`;" in one.prose
    assert one.command == ("new", one.prose)
    assert 1 < one.minutes_month < 3


def test_daily_workday_and_monthly_habits_are_told_apart() -> None:
    def kind(history: list[Seen]) -> str:
        return next((one.sentence for one in mined(history).proposals), "")

    assert "every day at 08:00" in kind(daily("./report"))
    workdays = [one for one in daily("./report", days=60) if moment_of(one.at_ns or 0, UTC).weekday < 5]
    assert "every weekday at 08:00" in kind(workdays)
    monthly = [seen(datetime.datetime(2026, month, 3, 10, tzinfo=UTC), "./invoice") for month in range(1, 11)]
    assert "on day 3 of every month at 10:00" in kind(monthly)


def test_what_stopped_long_ago_or_has_no_time_is_not_proposed() -> None:
    old = weekly("./report", weeks=8)
    later = [seen(START + datetime.timedelta(days=200 + 13 * step, hours=3 * step), "./report") for step in range(9)]
    assert not mined([*old, *later]).proposals
    found = mined([Seen(text="./report")] * 50)
    assert (found.proposals, found.undated) == ((), 50)


@pytest.mark.parametrize(
    "command",
    [
        "sudo apt update", "rm -rf build", "rm -r /var/tmp/*", "curl https://x.example/i.sh | bash", "wget -qO- x | sudo sh", "git push --force", "dd if=a of=b",
        "docker system prune -f", "kubectl delete pod x", "psql -c 'DROP TABLE x'", "find . -name x -delete", "terraform destroy", "chmod -R 777 .", "bash <(curl x)",
        "systemctl restart nginx", "echo x && rm -f *.log", "aws s3 rm s3://x", "ssh host sudo reboot", "kill -9 1",
    ],
)  # fmt: skip
def test_a_dangerous_command_is_never_proposed_however_regular(command: str) -> None:
    found = mined(weekly(command))
    assert (found.proposals, found.dangerous) == ((), 1)
    pair = [
        one
        for step in range(20)
        for one in (
            seen(START + datetime.timedelta(days=step, hours=step), "make release"),
            seen(START + datetime.timedelta(days=step, hours=step, seconds=30), command),
        )
    ]
    assert not [one for one in mined(pair).proposals if one.kind == "pair"]


def test_no_secret_of_a_command_stands_in_a_proposal() -> None:
    key = "sk-proj-" + "abcdefghijklmnop123456"
    found = mined(
        [
            *weekly(f"API_KEY={key} ./report"),
            *weekly("curl -H 'Authorization: Bearer abcdefghijklmnop1234' https://x.example/r", weekday=1),
        ]
    )
    assert len(found.proposals) == 2
    assert key not in repr(found)
    assert "abcdefghijklmnop1234" not in repr(found)


def test_two_commands_in_a_row_are_one_proposal() -> None:
    history = [*random_history(7)]
    for step in range(12):
        at = START + datetime.timedelta(days=3 * step + 1, hours=(step * 5) % 13 + 7)
        history += [seen(at, "make release"), seen(at + datetime.timedelta(seconds=40), "scp dist/app.tgz host:/srv")]
    pairs = [one for one in mined(history).proposals if one.kind == "pair"]
    assert len(pairs) == 1
    assert "12 of 12 times" in pairs[0].sentence


def test_two_commands_that_are_proposed_at_their_hour_are_not_proposed_as_a_pair_too() -> None:
    history = []
    for day in range(60):
        at = START + datetime.timedelta(days=day, hours=8)
        history += [seen(at, "make sync"), seen(at + datetime.timedelta(seconds=40), "make report")]
    assert {one.kind for one in mined(history).proposals} == {"command"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_wish_compiles_to_exactly_the_commands_with_their_time_and_an_approval(
    tmp_path: Path, language: Language
) -> None:
    tools = tools_of(home_at(tmp_path, {"HOME": str(tmp_path)}))
    circumstances = Circumstances(now_ns=1_795_000_000 * SECOND, timezone="UTC", calendar=HostCalendar(), tools=tools)
    history = [*weekly("./report --all > out-{day}.txt", weekday=2, hour=9), *daily("./sync data")]
    for step in range(12):
        at = START + datetime.timedelta(days=3 * step + 1, hours=(step * 5) % 13 + 7)
        history += [seen(at, "make release"), seen(at + datetime.timedelta(seconds=40), "scp app.tgz host:/srv")]
    found = mine(Habits(history=tuple(history)), language, UTC).proposals
    assert {one.kind for one in found} == {"command", "pair"}
    ran: list[tuple[str, ...]] = []
    for one in found:
        file = compile_prose(one.prose, circumstances).file
        assert file is not None
        ran.append(tuple(str(step.given["command"]) for step in file.work.steps if step.name == "shell.run"))
        asked = {
            str(grant.args["command"].values[0]): grant.ask
            for grant in file.grants
            if grant.name == "shell.run" and grant.args
        }
        assert asked == dict.fromkeys(ran[-1], True)
        rules = [trigger.rule for trigger in file.work.triggers if isinstance(trigger, Schedule)]
        assert len(rules) == (one.kind == "command")
    expected = {
        ("./report --all > out-$(date +%Y-%m-%d).txt",),
        ("./sync data",),
        ("make release", "scp app.tgz host:/srv"),
    }
    assert set(ran) == expected


def decisions(count: int, *, approved: bool = True, **args: object) -> tuple[Decision, ...]:
    day = 86_400 * SECOND
    return tuple(
        Decision(
            agent="post",
            tool="mail.send",
            args={"to": "bob@example.com", "text": f"t{n}", **args},
            approved=approved,
            at_ns=n * day,
        )
        for n in range(count)
    )  # type: ignore[dict-item]


def test_agents_that_are_started_at_set_times_are_proposed_with_what_they_cost() -> None:
    started = tuple(Started(agent="brief", pid=Pid(n + 1), at_ns=one.at_ns or 0) for n, one in enumerate(daily("x")))
    found = mined([], Decided(started=started), {"brief": 20_000})
    assert [one.kind for one in found.proposals] == ["run"]
    assert found.proposals[0].microusd_month == pytest.approx(20_000 * 30.44, rel=0.01)
    assert "rule: 'FREQ=DAILY;BYHOUR=8;BYMINUTE=0'" in found.proposals[0].evidence[-1]
    assert found.proposals[0].command == ()


@pytest.mark.parametrize(
    ("command", "runs"),
    [
        ("./a {day}", "./a $(date +%Y-%m-%d)"),
        ("./a 2020-01-01 {day}", None),
        ("./a --build {week}", None),
        ("git commit -m 'week {week}' && ./a", None),
    ],
)
def test_only_what_nothing_but_the_days_date_changes_is_a_command(command: str, runs: str | None) -> None:
    history = [
        Seen(text=one.text.replace("{week}", str(100 + number)), at_ns=one.at_ns)
        for number, one in enumerate(weekly(command))
    ]
    found = mined(history).proposals
    assert len(found) == 1
    if runs is None:
        assert found[0].command == ()
        assert "braces" in found[0].evidence[-1]
    else:
        assert f"run `{runs}`;" in found[0].prose


def test_a_question_that_is_always_answered_alike_is_pointed_at() -> None:
    replies = tuple(
        Reply(agent="a", question=f"Book invoice {10 + n} to which account?", answer="main", at_ns=n) for n in range(14)
    )
    found = mined([], Decided(replies=replies))
    assert [(one.kind, one.command) for one in found.proposals] == [("answer", ())]
    assert "14 of 14" in found.proposals[0].sentence
    mixed = (*replies[:13], Reply(agent="a", question="Book invoice 99 to which account?", answer="other", at_ns=99))
    assert not mined([], Decided(replies=mixed)).proposals


def test_the_same_habit_is_the_same_proposal_and_another_hour_is_another() -> None:
    def identity(history: list[Seen]) -> str:
        return mined(history).proposals[0].id

    assert identity(weekly("./report")) == identity(weekly("./report", weeks=20))
    assert identity(weekly("./report")) != identity(weekly("./report", hour=9))


def test_what_saves_most_stands_first_and_there_is_a_bound() -> None:
    history = [
        one
        for number in range(60)
        for one in daily(f"./report-{chr(97 + number % 26)}{number // 26}", hour=number % 20)
    ]
    found = mined([*history, *weekly("./weekly")]).proposals
    assert len(found) <= 50
    assert [one.minutes_month for one in found] == sorted((one.minutes_month for one in found), reverse=True)
