"""An agent as an OpenClaw folder: openclaw.json, a workspace for each agent, cron/jobs.json."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from ergos.app.exporting.leaving import Leaving
from ergos.app.exporting.tools import cron_of, every_ms_of, named, report_bounds
from ergos.app.importing.remarks import Findings
from ergos.app.importing.shape import ServerProposal
from ergos.kernel.triggers import AnyTrigger, Schedule

NAMES: Final = {
    "files.read": "read",
    "files.write": "write",
    "files.edit": "edit",
    "http.fetch": "web_fetch",
    "shell.run": "exec",
    "python.run": "code_execution",
}
"""Tools that system has."""
HEARTBEAT: Final = "heartbeat"
_PART: Final = re.compile(r"^<!-- ([\w./-]{1,100}\.md) -->$", re.MULTILINE)


def files(leaving: Leaving, findings: Findings) -> dict[str, str | bytes]:
    """All files by path."""
    found: dict[str, str | bytes] = {}
    jobs: list[dict[str, Any]] = []
    listed: list[dict[str, Any]] = []
    agents = [leaving, *_everybody(leaving, findings)]
    for number, one in enumerate(agents):
        folder = "workspace" if number == 0 else f"workspace-{one.name}"
        listed.append(_agent(one, folder, is_main=number == 0, found=found, jobs=jobs, findings=findings))
    config: dict[str, Any] = {"agents": {"list": listed}}
    if leaving.file.work.timezone:
        config["agents"]["defaults"] = {"userTimezone": leaving.file.work.timezone}
    servers = {server.name: server for one in agents for server in one.servers}
    if servers:
        config["mcp"] = {"servers": {name: _server(one) for name, one in servers.items()}}
    found["openclaw.json"] = _json(config)
    if jobs:
        found["cron/jobs.json"] = _json({"version": 1, "jobs": jobs})
    return found


def _everybody(one: Leaving, findings: Findings) -> list[Leaving]:
    """Everybody below an agent, each name once."""
    found: dict[str, Leaving] = {}
    for member in one.team:
        for inner in (member, *_everybody(member, findings)):
            if found.setdefault(inner.name, inner).file != inner.file:
                findings.add("I801", f"{one.name}/team", f"a second agent {inner.name}")
    return list(found.values())


def _agent(
    one: Leaving,
    folder: str,
    *,
    is_main: bool,
    found: dict[str, str | bytes],
    jobs: list[dict[str, Any]],
    findings: Findings,
) -> dict[str, Any]:
    where = f"{one.name}/AGENT.md"
    findings.add("I801", where, "the choice of a model")
    said: dict[str, Any] = {"id": one.name, "workspace": f"~/.openclaw/{folder}"}
    if is_main:
        said["default"] = True
    for path, text in parts(one.instructions).items():
        found[f"{folder}/{path}"] = text + "\n"
    for kept in one.memory:
        found[f"{folder}/{kept.key}.md"] = kept.text + "\n"
    for skill in one.skills:
        for path, raw in skill.files.items():
            found[f"{folder}/skills/{skill.name}/{path}"] = raw
    for trigger in one.file.work.triggers:
        _job(one, trigger, said, found, folder, jobs, findings)
    triggers = {trigger.name for trigger in one.file.work.triggers}
    for name in one.prompts:
        if name not in triggers:
            findings.add("I801", where, f"the prompt {name}")
    said["tools"] = {"allow": _tools(one, findings)}
    if one.team:
        said["subagents"] = {"allowAgents": [member.name for member in one.team]}
    if any(grant.ask for grant in one.acts):
        findings.add("I802", where, "`ask: true` of its grants")
    for scope in ("call", "process", "agent", "owner", "day", "week", "month"):
        if getattr(one.file.caps, scope) is not None:
            findings.add("I801", where, f"budget: per_{scope}")
    return said


def parts(instructions: str) -> dict[str, str]:
    """The files that the instructions came from; AGENTS.md where they do not say."""
    marks = list(_PART.finditer(instructions))
    if not marks or instructions[: marks[0].start()].strip():
        return {"AGENTS.md": instructions}
    ends = [*(mark.start() for mark in marks[1:]), len(instructions)]
    return {mark[1]: instructions[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True)}


def _job(
    one: Leaving,
    trigger: AnyTrigger,
    said: dict[str, Any],
    found: dict[str, str | bytes],
    folder: str,
    jobs: list[dict[str, Any]],
    findings: Findings,
) -> None:
    prompt = one.prompts.get(trigger.name, "")
    if not isinstance(trigger, Schedule):
        findings.add("I801", f"{one.name}/AGENT.md", f"the trigger {trigger.name}")
        return
    every, cron = every_ms_of(trigger), cron_of(trigger)
    if trigger.name == HEARTBEAT and every is not None:
        said["heartbeat"] = {"every": f"{every // 60_000}m"}
        found[f"{folder}/HEARTBEAT.md"] = prompt + "\n"
        return
    if every is not None:
        when: dict[str, Any] = {"kind": "every", "everyMs": every}
    elif cron is not None:
        zone = trigger.timezone or one.file.work.timezone
        when = {"kind": "cron", "expr": cron, **({"tz": zone} if zone else {})}
    elif trigger.at and (trigger.timezone or one.file.work.timezone or "UTC") == "UTC":
        when = {"kind": "at", "at": f"{trigger.at}:00Z"}
    else:
        findings.add("I801", f"{one.name}/AGENT.md", f"the trigger {trigger.name}")
        return
    if trigger.misfire != "run_once":
        findings.add("I801", f"{one.name}/AGENT.md", f"misfire: {trigger.misfire}")
    payload = {"kind": "agentTurn", "message": prompt or one.instructions[:2_000]}
    job = {"id": f"{one.name}-{trigger.name}", "agentId": one.name, "name": trigger.name, "enabled": True}
    jobs.append({**job, "schedule": when, "sessionTarget": "isolated", "wakeMode": "now", "payload": payload})


def _tools(one: Leaving, findings: Findings) -> list[str]:
    servers = {server.name for server in one.servers}
    found: dict[str, None] = {}
    for grant in one.acts:
        if grant.name.partition(".")[0] in servers:
            continue
        names = named(grant, NAMES)
        if not names:
            findings.add("I801", f"{one.name}/AGENT.md", f"act: {grant.name}")
        report_bounds(grant, f"{one.name}/AGENT.md", findings)
        found.update(dict.fromkeys(names))
    return list(found)


def _server(server: ServerProposal) -> dict[str, Any]:
    def shown(values: dict[str, str]) -> dict[str, str]:
        return {
            name: "${" + value.removeprefix("secret:").upper().replace("-", "_") + "}"
            if value.startswith("secret:")
            else value
            for name, value in values.items()
        }

    if server.url:
        return {"url": server.url, **({"headers": shown(server.headers)} if server.headers else {})}
    return {
        "command": server.command,
        "args": list(server.args),
        **({"env": shown(server.env)} if server.env else {}),
    }


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
