"""OpenClaw's scheduled jobs (cron/jobs.json) and its heartbeat, as triggers with prompts.

Rules: a job's message becomes the prompt of its trigger; a job that is off, past, or bound to a command or script makes
no trigger and is reported.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.app.importing import schedules
from ergos.app.importing.fields import Fields
from ergos.app.importing.json5 import read_json5
from ergos.app.importing.openclaw_config import AgentConfig
from ergos.app.importing.remarks import Findings
from ergos.app.importing.tree import Tree
from ergos.base.canonical import Plain
from ergos.base.errors import DefinitionError
from ergos.kernel.triggers import Schedule

PLACES: Final = ("cron/jobs.json", "jobs.json", "cron.json", "workspace/cron/jobs.json")
JOBS_MAX: Final = 500  # jobs of one file
HEARTBEAT_MS: Final = 1_800_000  # milliseconds between two heartbeats where nothing is said


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One job."""

    where: str
    name: str
    agent: str = ""
    schedule: Schedule | None = None
    """Without a name yet; None: it cannot be said."""
    prompt: str = ""


def jobs_of(tree: Tree, now_ns: int, findings: Findings) -> tuple[Job, ...]:
    """All jobs of the first file that has some."""
    for place in PLACES:
        if place not in tree.files:
            continue
        try:
            value = read_json5(tree.text(place, findings), place)
        except DefinitionError as error:
            findings.add("I301", place, error.what)
            continue
        listed = value.get("jobs") if isinstance(value, dict) else value
        if isinstance(listed, dict):
            listed = list(listed.values())
        if isinstance(listed, list):
            return tuple(
                _job(one, f"{place}#jobs[{number}]", now_ns, findings) for number, one in enumerate(listed[:JOBS_MAX])
            )
        findings.add("I102", place, "jobs")
    return ()


def heartbeat(name: str, one: AgentConfig, findings: Findings) -> Schedule | None:
    """The heartbeat as an interval."""
    every = one.heartbeat_ms if one.heartbeat_ms is not None else HEARTBEAT_MS
    return schedules.interval(name, every, "HEARTBEAT.md", findings, hours=one.hours)


def _job(value: Plain, where: str, now_ns: int, findings: Findings) -> Job:
    fields = Fields(value, where, findings)
    name = fields.text("name") or fields.text("description") or fields.text("jobId", "id") or "job"
    payload = fields.below("payload")
    prompt = payload.text("message", "text", "prompt") or fields.text("message", "systemEvent", "prompt")
    kind = payload.text("kind")
    agent = fields.text("agentId", "agent")
    schedule = _schedule(fields, now_ns, findings)
    if fields.flag("enabled") is False:
        findings.add("I304", where, name)
        schedule = None
    elif kind in ("command", "script", "exec", "shell") or "trigger" in fields:
        findings.add("I206", where, name)
        schedule = None
    delivery = fields.below("delivery")
    channel = delivery.text("channel") or payload.text("channel") or delivery.text("to") or payload.text("to")
    if schedule is not None and (channel or delivery.text("mode") in ("announce", "webhook")):
        findings.add("I306", where, name)
    if payload.text("model"):
        findings.add("I601", f"{where}.payload.model", payload.text("model"))
    payload.known(
        "thinking", "timeoutSeconds", "deliver", "bestEffortDeliver", "allowUnsafeExternalContent", "lightContext"
    )
    payload.done()
    delivery.known("bestEffort", "accountId", "failureDestination", "threadId")
    fields.known("id", "jobId", "description", "createdAtMs", "updatedAtMs", "sessionTarget", "wakeMode", "state")
    fields.known(
        "deleteAfterRun", "isolation", "sessionKey", "trigger", "notify", "failureAlert", "schedule", "delivery"
    )
    fields.done()
    return Job(where=where, name=name, agent=agent, schedule=schedule, prompt=prompt)


def _schedule(fields: Fields, now_ns: int, findings: Findings) -> Schedule | None:
    said = fields.raw("schedule", "cron")
    where = fields.at("schedule")
    if isinstance(said, str):
        every = schedules.duration_ms(said.removeprefix("every ").strip())
        zone = schedules.zone(fields.text("tz", "timezone"), where, findings)
        if every is not None:
            return schedules.interval("", every, where, findings)
        return schedules.cron("", said, zone, where, findings)
    one = Fields(said, where, findings)
    kind = one.text("kind", "type") or next(
        (key for key in ("expr", "every", "everyMs", "at", "atMs") if key in one), ""
    )
    zone = schedules.zone(one.text("tz", "timezone"), where, findings)
    found: Schedule | None = None
    if kind in ("cron", "expr"):
        if not zone:
            findings.add("I303", where, one.text("expr", "cron"))
        found = schedules.cron("", one.text("expr", "expression", "cron"), zone, where, findings)
    elif kind in ("every", "everyMs", "interval"):
        every_ms = one.number("everyMs", "intervalMs")
        spoken = schedules.duration_ms(one.text("every")) if "every" in one else None
        if every_ms is None and spoken is None:
            findings.add("I301", where, kind)
        else:
            found = schedules.interval("", int(every_ms if every_ms is not None else spoken or 0), where, findings)
    elif kind in ("at", "atMs", "once"):
        at_ms = one.number("atMs")
        found = schedules.once("", at_ms if at_ms is not None else one.text("at"), zone, now_ns, where, findings)
    else:
        findings.add("I301", where, kind or "schedule")
    one.known("anchorMs", "staggerMs")
    one.done()
    return found
