"""OpenClaw's configuration (openclaw.json, JSON5): which agents there are, what they may use, which servers are named.

Rules: read into typed records; a secret is named and never kept; what has no counterpart is reported by its place.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.app.importing.fields import Fields
from ergos.app.importing.json5 import read_json5
from ergos.app.importing.leaks import VARIABLE, holds_secret, is_reference
from ergos.app.importing.remarks import Findings
from ergos.app.importing.schedules import duration_ms, zone
from ergos.app.importing.servers import Servers
from ergos.app.importing.shape import ServerProposal
from ergos.base.canonical import Plain

AGENTS_MAX: Final = 100  # agents of one configuration
VALUES_MAX: Final = 20_000  # values that are looked at for secrets
DEFAULT_TOOLS: Final = ("read", "write", "edit", "exec", "web_fetch")
"""What an agent has there of which we have a counterpart, where nothing is said."""
PROFILES: Final = {
    "minimal": (),
    "messaging": ("message",),
    "coding": ("read", "write", "edit", "exec"),
    "full": DEFAULT_TOOLS,
}
_SILENT: Final = (
    "meta", "wizard", "gateway", "logging", "ui", "session", "messages", "auth", "commands", "talk", "update",
    "discovery", "canvasHost", "diagnostics", "telemetry", "bindings", "broadcast", "$schema",
)  # fmt: skip
"""Parts about the gateway itself, which nothing here needs."""


class AgentConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One agent."""

    id: str = ""
    name: str = ""
    is_default: bool = False
    workspace: str = ""
    timezone: str = ""
    heartbeat_ms: int | None = None
    """0: switched off; None: not said."""
    hours: tuple[int, ...] = ()
    """Hours of the day within which the heartbeat runs; (): all."""
    profile: str = ""
    allow: tuple[str, ...] | None = None
    """None: not said."""
    deny: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    """Ids of agents it may start; '*': any."""

    def tools(self, config: Config) -> tuple[str, ...]:
        """Tools it has there, less those that are denied."""
        allow = self.allow if self.allow is not None else config.allow
        profile = self.profile or config.profile
        base = PROFILES.get(profile, DEFAULT_TOOLS)
        wanted = list(base) if allow is None or "*" in allow else list(allow)
        denied = {one.lower() for one in (*self.deny, *config.deny)}
        if "group:fs" in denied:
            denied |= {"read", "write", "edit", "apply_patch"}
        if "group:runtime" in denied:
            denied |= {"exec", "process", "bash"}
        if "group:web" in denied:
            denied |= {"web_fetch", "web_search"}
        kept = [one for one in wanted if one.lower() not in denied and "*" not in denied]
        return tuple(part for one in kept for part in (("web_fetch",) if one == "group:web" else (one,)))


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    version: str = ""
    timezone: str = ""
    agents: tuple[AgentConfig, ...] = ()
    profile: str = ""
    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()
    servers: tuple[ServerProposal, ...] = ()
    secrets: tuple[str, ...] = ()


def read(text: str, where: str, findings: Findings) -> Config:
    """The configuration. Raises: DefinitionError for what is no JSON5."""
    value = read_json5(text, where)
    fields = Fields(value, "", findings)
    report_secrets(value, findings)
    defaults_of_all = fields.below("agents").below("defaults") if "agents" in fields else fields.below("agent")
    defaults = _defaults(defaults_of_all, findings)
    agents = tuple(
        _agent(one, f"agents.list[{number}]", defaults, findings)
        for number, one in enumerate(fields.below("agents").items("list")[:AGENTS_MAX])
    )
    tools = fields.below("tools")
    servers = _servers(fields, findings)
    for name in fields.pairs("channels"):
        findings.add("I201", f"channels.{name}", f"the channel {name}")
    for key in (
        "hooks",
        "plugins",
        "browser",
        "skills",
        "env",
        "cron",
        "models",
        "memory",
        "approvals",
        "nodeHost",
        "web",
        "audio",
        "media",
        "tts",
    ):
        if key in fields:
            findings.add("I101", key, key)
    fields.known(
        "agents", "agent", "hooks", "plugins", "browser", "skills", "env", "cron", "models", "memory", *_SILENT
    )
    fields.known("approvals", "nodeHost", "web", "audio", "media", "tts", "identity", "routing")
    profile, deny = tools.text("profile"), tools.texts("deny")
    allow = tools.texts("allow") if "allow" in tools else None
    _report_exec(tools, findings)
    fields.done()
    return Config(
        version=fields.below("meta").text("lastTouchedVersion"),
        timezone=defaults.timezone,
        agents=agents or ((defaults,) if defaults != AgentConfig() else ()),
        profile=profile,
        allow=allow,
        deny=deny,
        servers=servers.all,
        secrets=servers.secrets,
    )


def _defaults(fields: Fields, findings: Findings) -> AgentConfig:
    model = fields.raw("model")
    primary = model.get("primary") if isinstance(model, dict) else model
    if isinstance(primary, str):
        findings.add("I601", fields.at("model"), primary)
    every, hours = _heartbeat(fields.below("heartbeat"))
    return AgentConfig(
        workspace=fields.text("workspace"),
        timezone=zone(fields.text("userTimezone", "timezone"), fields.at("userTimezone"), findings),
        heartbeat_ms=every,
        hours=hours,
        is_default=True,
        starts=fields.below("subagents").texts("allowAgents"),
    )


def _agent(value: Plain, where: str, defaults: AgentConfig, findings: Findings) -> AgentConfig:
    fields = Fields(value, where, findings)
    model = fields.raw("model")
    primary = model.get("primary") if isinstance(model, dict) else model
    if isinstance(primary, str):
        findings.add("I601", fields.at("model"), primary)
    every, hours = _heartbeat(fields.below("heartbeat"))
    tools = fields.below("tools")
    _report_exec(tools, findings)
    if "sandbox" in fields:
        findings.add("I802", fields.at("sandbox"), "sandbox")
    found = AgentConfig(
        id=fields.text("id"),
        name=fields.text("name") or fields.below("identity").text("name"),
        is_default=fields.flag("default") is True,
        workspace=fields.text("workspace"),
        timezone=defaults.timezone,
        heartbeat_ms=defaults.heartbeat_ms if every is None else every,
        hours=hours or defaults.hours,
        profile=tools.text("profile"),
        allow=tools.texts("allow") if "allow" in tools else None,
        deny=tools.texts("deny"),
        starts=fields.below("subagents").texts("allowAgents"),
    )
    fields.known(
        "identity",
        "groupChat",
        "sandbox",
        "agentDir",
        "subagents",
        "heartbeat",
        "tools",
        "model",
        "skills",
        "memorySearch",
        "humanDelay",
        "params",
        "runtime",
    )
    fields.done()
    return found


def _heartbeat(fields: Fields) -> tuple[int | None, tuple[int, ...]]:
    said = fields.text("every")
    every = duration_ms(said) if said else None
    if said and every is None:
        fields.findings.add("I301", fields.at("every"), said)
    active = fields.below("activeHours")
    start, end = active.text("start"), active.text("end")
    hours: tuple[int, ...] = ()
    if start[:2].isdigit() and end[:2].isdigit():
        first, last = int(start[:2]) % 24, int(end[:2])
        span = (last - first) % 24 or 24
        hours = tuple(sorted((first + number) % 24 for number in range(span))) if span < 24 else ()
    return every, hours


def _servers(fields: Fields, findings: Findings) -> Servers:
    servers = Servers(findings)
    listed = {**fields.below("mcp").pairs("servers"), **fields.pairs("mcpServers")}
    for name, value in listed.items():
        one = Fields(value, f"mcp.servers.{name}", findings)
        if one.flag("enabled") is False or one.flag("disabled") is True:
            findings.add("I304", one.where, name)
            continue
        servers.add(
            name,
            one.where,
            command=one.text("command"),
            args=one.texts("args"),
            env=one.pairs("env"),
            url=one.text("url"),
            headers=one.pairs("headers"),
        )
        one.known("type", "transport", "cwd", "timeout", "connectionTimeoutMs")
        one.done()
    fields.known("mcp", "mcpServers")
    return servers


def _report_exec(tools: Fields, findings: Findings) -> None:
    """What runs commands without asking."""
    run = tools.below("exec")
    if run.text("ask") in ("off", "never") or run.text("security") in ("full", "allowlist"):
        findings.add("I204", run.where, "exec")
    if tools.below("elevated").flag("enabled"):
        findings.add("I204", tools.at("elevated"), "elevated")


def _refers(text: str) -> bool:
    return is_reference(text) or VARIABLE.search(text) is not None


def report_secrets(value: Plain, findings: Findings) -> None:
    """Name every secret of a configuration by its place."""
    waiting: list[tuple[str, str, Plain]] = [("", "", value)]
    looked = 0
    while waiting and looked < VALUES_MAX:
        where, key, one = waiting.pop()
        looked += 1
        if isinstance(one, dict):
            waiting.extend((f"{where}.{name}".lstrip("."), name, below) for name, below in one.items())
        elif isinstance(one, list):
            waiting.extend((f"{where}[{number}]", key, below) for number, below in enumerate(one))
        elif isinstance(one, str) and one and not _refers(one) and holds_secret(key, one):
            findings.add("I401", where, key or "value")
