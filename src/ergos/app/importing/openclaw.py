"""OpenClaw: a workspace (AGENTS.md, SOUL.md, USER.md, TOOLS.md, IDENTITY.md, HEARTBEAT.md, MEMORY.md, memory/, skills/,
standing orders), or the folder above it with openclaw.json, several workspaces and cron/jobs.json.

Source: the documentation of openclaw/openclaw (docs/concepts/agent-workspace, docs/automation, docs/gateway).

Rules: the files are text: they steer a model and give no permission; USER.md and MEMORY.md are to be remembered, once
their owner agrees; every tool asks; a schedule becomes a trigger whose prompt is the job's message.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from ergos.app.importing import openclaw_config, openclaw_cron
from ergos.app.importing.leaks import without_secrets
from ergos.app.importing.names import Names, language_of, plain_name
from ergos.app.importing.openclaw_config import AgentConfig, Config
from ergos.app.importing.remarks import Findings
from ergos.app.importing.shape import AGENTS_MAX, Imported, Incoming, Kept
from ergos.app.importing.skills import skills_of
from ergos.app.importing.tool_map import distinct, granted, of_tool, thinking
from ergos.app.importing.tree import Tree
from ergos.kernel.permission.grants import Grant
from ergos.kernel.triggers import AnyTrigger
from ergos.lib.work import TRIGGERS_MAX, Work

SOURCE: Final = "OpenClaw"
GUIDES: Final = ("AGENTS.md", "SOUL.md", "IDENTITY.md", "TOOLS.md", "TOOLS_SHARED.md", "BOOT.md")
"""Files whose text becomes the instructions, in this order."""
MARKS: Final = ("AGENTS.md", "SOUL.md", "IDENTITY.md", "USER.md", "HEARTBEAT.md", "TOOLS.md")
"""Files by which a workspace is known."""
CONFIGS: Final = ("openclaw.json", "openclaw.json5", "clawdbot.json", "moltbot.json", "config.json5")
KEPT_CHARS_MAX: Final = 200_000  # characters of one thing to be remembered
KEPT_MAX: Final = 2_000  # things to be remembered; one file a day makes that in five years
HEARTBEAT: Final = "heartbeat"

_ORDERS: Final = re.compile(r"standing[-_ ]?orders?(?:/.*|.*\.md)", re.IGNORECASE)
_NAMED: Final = re.compile(
    r"^[\s>*-]*\**name\**[ \t]*:[ \t]*\**[ \t]*([^\s*_(\[<].*?)[ \t]*\**$", re.IGNORECASE | re.MULTILINE
)
_NO_TASK: Final = re.compile(r"^\s*(?:#.*|<!--.*|-->|[-*+]\s*(?:\[[ xX]?\])?|)\s*$")
_INTENT_LINES: Final = re.compile(r"^(?:[A-Za-z*#>-].{20,})$", re.MULTILINE)


def recognised(tree: Tree) -> bool:
    """Whether this is a workspace, or the folder above one."""
    names = {path.rpartition("/")[2] for path in tree.files if path.count("/") <= 1}
    own = sum(mark in tree.files for mark in MARKS)
    config = any(name in tree.files for name in CONFIGS)
    return own >= 2 or config or "SOUL.md" in names or ("AGENTS.md" in tree.files and "memory" in _tops(tree))


def _tops(tree: Tree) -> set[str]:
    return {path.partition("/")[0] for path in tree.files}


def read(tree: Tree, now_ns: int, findings: Findings) -> Imported:
    """All agents of a workspace or of the folder above. Raises: DefinitionError for an unreadable configuration."""
    named = next((name for name in CONFIGS if name in tree.files), "")
    config = openclaw_config.read(tree.text(named, findings), named, findings) if named else Config()
    listed = config.agents or (AgentConfig(),)
    jobs = openclaw_cron.jobs_of(tree, now_ns, findings)
    names = Names(findings)
    agents: list[Incoming] = []
    for number, one in enumerate(listed[:AGENTS_MAX]):
        place = _workspace(tree, one, alone=len(listed) == 1)
        if place is None:
            findings.add("I109", named, f"the workspace of {one.id or 'the agent'}")
            place = Tree(one.id or tree.name, {})
        is_main = one.is_default or (number == 0 and not any(other.is_default for other in listed))
        own = [job for job in jobs if job.agent == one.id or (is_main and job.agent not in {c.id for c in listed})]
        agents.append(_agent(place, tree, one, config, tuple(own), names, findings))
    by_id = {config.agents[number].id: draft for number, draft in enumerate(agents) if config.agents}
    agents = [_with_team(draft, one, by_id) for draft, one in zip(agents, listed, strict=False)]
    return Imported(
        format="openclaw",
        version=config.version,
        agents=tuple(agents),
        servers=config.servers,
        secrets=config.secrets,
        remarks=findings.all,
    )


def _workspace(tree: Tree, one: AgentConfig, *, alone: bool) -> Tree | None:
    """The files of an agent's workspace."""
    parts = one.workspace.replace("\\", "/").rstrip("/").split("/")
    usual = f"workspace-{one.id}" if one.id else ""
    for folder in ("/".join(parts[-2:]), parts[-1], usual, "workspace" if one.is_default or alone else ""):
        if folder and any(path.startswith(f"{folder}/") for path in tree.files):
            return tree.below(folder)
    if any(mark in tree.files for mark in MARKS) and (alone or one.is_default):
        return tree
    return tree if alone else None


def _agent(
    place: Tree,
    whole: Tree,
    one: AgentConfig,
    config: Config,
    jobs: tuple[openclaw_cron.Job, ...],
    names: Names,
    findings: Findings,
) -> Incoming:
    identity = place.text("IDENTITY.md", findings)
    spoken = _NAMED.search(identity)
    said = one.name or (one.id if one.id not in ("", "main") else "") or (spoken[1] if spoken else "") or place.name
    name = names.of(plain_name(said) or said, place.name)
    instructions = _instructions(place, findings)
    triggers, prompts = _triggers(place, one, jobs, findings)
    memory = _memory(place, findings)
    shared = whole is not place and not any(mark in whole.files for mark in MARKS)
    drafts_of_skills = (*skills_of(place, findings), *(skills_of(whole, findings) if shared else ()))
    skills = tuple({skill.name: skill for skill in reversed(drafts_of_skills)}.values())
    if "BOOTSTRAP.md" in place.files:
        findings.add("I101", "BOOTSTRAP.md", "BOOTSTRAP.md")
    return Incoming(
        name=name,
        goal=_goal(instructions),
        language=language_of(instructions),
        instructions=instructions,
        grants=_grants(name, one, config, findings, has_memory=bool(memory), has_skills=bool(skills)),
        work=Work(timezone=one.timezone or config.timezone, triggers=triggers),
        prompts=prompts,
        memory=memory,
        skills=skills,
    )


def _goal(instructions: str) -> str:
    """The first line that says something."""
    found = _INTENT_LINES.search(re.sub(r"<!--.*?-->", "", instructions))
    return found[0].lstrip("#*> -") if found else ""


def _instructions(place: Tree, findings: Findings) -> str:
    orders = sorted(path for path in place.files if _ORDERS.fullmatch(path))
    parts = {path: place.text(path, findings).strip() for path in (*GUIDES, *orders) if path in place.files}
    clean = {path: without_secrets(text, path, findings) for path, text in parts.items() if text}
    if list(clean) == ["AGENTS.md"]:
        return clean["AGENTS.md"]
    return "\n\n".join(f"<!-- {path} -->\n\n{text}" for path, text in clean.items())


def _memory(place: Tree, findings: Findings) -> tuple[Kept, ...]:
    paths = [path for path in ("USER.md", "MEMORY.md", "memory.md") if path in place.files]
    paths += sorted(path for path in place.files if path.startswith("memory/") and path.endswith(".md"))
    kept: list[Kept] = []
    for path in paths[:KEPT_MAX]:
        text = without_secrets(place.text(path, findings).strip(), path, findings)
        if len(text) > KEPT_CHARS_MAX:
            findings.add("I104", path, path)
            continue
        if text:
            kept.append(Kept(path.removesuffix(".md"), text))
    others = [path for path in place.files if path.startswith("memory/") and not path.endswith(".md")]
    for path in others:
        findings.add("I505", path, path)
    if kept:
        findings.add("I501", "memory.json", str(len(kept)))
    return tuple(kept)


def _triggers(
    place: Tree, one: AgentConfig, jobs: tuple[openclaw_cron.Job, ...], findings: Findings
) -> tuple[tuple[AnyTrigger, ...], dict[str, str]]:
    triggers: list[AnyTrigger] = []
    prompts: dict[str, str] = {}
    names = Names(findings, "job")
    beat = place.text("HEARTBEAT.md", findings).strip()
    if beat and any(not _NO_TASK.match(line) for line in beat.splitlines()) and one.heartbeat_ms != 0:
        made = openclaw_cron.heartbeat(names.of(HEARTBEAT, HEARTBEAT), one, findings)
        if made is not None:
            triggers.append(made)
            prompts[made.name] = without_secrets(beat, "HEARTBEAT.md", findings)
    for job in jobs:
        if job.schedule is None:
            continue
        if len(triggers) >= TRIGGERS_MAX:
            findings.add("I604", job.where, job.name)
            continue
        trigger = msgspec.structs.replace(job.schedule, name=names.of(plain_name(job.name) or "job", job.where))
        triggers.append(trigger)
        if job.prompt:
            prompts[trigger.name] = without_secrets(job.prompt, job.where, findings)
    if triggers:
        findings.add("I302", "triggers", "run_once")
    return tuple(triggers), prompts


def _grants(
    name: str, one: AgentConfig, config: Config, findings: Findings, *, has_memory: bool, has_skills: bool
) -> tuple[Grant, ...]:
    found = [thinking(name, SOURCE)]
    if has_memory:
        found.append(granted(name, "imported.memory", "memory", "memory.json", findings, SOURCE))
    if has_skills:
        found.append(granted(name, "skills.read", "skills", "skills", findings, SOURCE))
    for tool in one.tools(config):
        found.extend(of_tool(name, tool, "tools", findings, SOURCE))
    findings.add("I602", name)
    found.extend(
        granted(name, f"{server.name}.*", f"server {server.name}", "mcp.servers", findings, SOURCE)
        for server in config.servers
    )
    return distinct(tuple(found))


def _with_team(draft: Incoming, one: AgentConfig, by_id: dict[str, Incoming]) -> Incoming:
    """Those it may start, as copies without teams of their own."""
    wanted = [other for other in (by_id if "*" in one.starts else one.starts) if other in by_id and other != one.id]
    return msgspec.structs.replace(draft, team=tuple(by_id[other] for other in dict.fromkeys(wanted)))
