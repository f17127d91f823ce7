"""Jobs of OpenClaw, in every form in which they were ever stored."""

from __future__ import annotations

import json

import pytest

from ergos.app.importing.openclaw_config import AgentConfig
from ergos.app.importing.openclaw_cron import heartbeat, jobs_of
from ergos.app.importing.remarks import Findings
from ergos.app.importing.tree import Tree


def jobs(value: object, findings: Findings | None = None) -> list[tuple[str, str, str]]:
    tree = Tree("t", {"cron/jobs.json": json.dumps(value).encode()})
    found = jobs_of(tree, 1_795_000_000 * 10**9, findings or Findings())
    return [
        (one.name, one.schedule.cron or one.schedule.rule or one.schedule.at if one.schedule else "", one.prompt)
        for one in found
    ]


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ({"kind": "cron", "expr": "0 7 * * *"}, "0 7 * * *"),
        ({"kind": "cron", "expr": "0 0 7 * * *"}, "0 7 * * *"),
        ({"kind": "cron", "expr": "30 0 7 * * *"}, ""),
        ({"kind": "every", "everyMs": 7_200_000}, "FREQ=HOURLY;INTERVAL=2"),
        ({"kind": "every", "every": "1d"}, "FREQ=DAILY"),
        ({"kind": "at", "atMs": 4_955_126_400_000}, "2127-01-09T00:00"),
        ({"expr": "*/5 * * * *"}, "*/5 * * * *"),
        ("every 2h", "FREQ=HOURLY;INTERVAL=2"),
        ("0 9 * * MON", "0 9 * * MON"),
        ({"kind": "invented"}, ""),
        (None, ""),
        (7, ""),
    ],
)
def test_a_schedule_of_any_kind_is_read_or_reported(schedule: object, said: str) -> None:
    findings = Findings()
    assert jobs({"jobs": [{"name": "j", "schedule": schedule, "payload": {"message": "m"}}]}, findings) == [
        ("j", said, "m")
    ]
    assert said or any(one.code in ("I301", "I102") for one in findings.all)


def test_a_list_or_a_mapping_of_jobs_is_read_and_anything_else_is_reported() -> None:
    assert len(jobs([{"name": "a"}, {"name": "b"}])) == 2
    assert len(jobs({"jobs": {"x": {"name": "a"}}})) == 1
    findings = Findings()
    assert jobs({"jobs": 3}, findings) == []
    assert findings.all


def test_a_heartbeat_runs_within_its_hours() -> None:
    found = heartbeat("h", AgentConfig(heartbeat_ms=3_600_000, hours=(8, 9)), Findings())
    assert found is not None
    assert found.rule == "FREQ=HOURLY;BYHOUR=8,9"
