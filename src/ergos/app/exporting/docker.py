"""An agent as Docker Agent YAML."""

from __future__ import annotations

from typing import Any, Final

from ergos.app.exporting.leaving import Leaving
from ergos.app.exporting.tools import FILE_TOOLS, named, report_bounds
from ergos.app.importing.leaks import VARIABLE
from ergos.app.importing.remarks import Findings
from ergos.app.importing.shape import ServerProposal
from ergos.base.money import MICRO
from ergos.kernel.ledger import UNCAPPED
from ergos.kernel.permission.grants import Grant

VERSION: Final = "8"
"""The version of the format that is written; readers of later ones read it."""
_PLAIN: Final = {"shell.run": "shell", "python.run": "shell", "notify.owner": "user_prompt"}


def files(leaving: Leaving, findings: Findings) -> dict[str, str | bytes]:
    """The one file, named after the agent: `root` says no name."""
    import yaml

    document: dict[str, Any] = {"version": VERSION, "agents": {}}
    _agent(leaving, "root", document, findings)
    cap = leaving.file.caps.process
    if cap is not None:
        budget: dict[str, float | int] = {}
        if cap.microusd != UNCAPPED:
            budget["max_cost"] = cap.microusd / MICRO
        if cap.tokens != UNCAPPED:
            budget["max_tokens"] = cap.tokens
        document["budget"] = budget
    asked = sorted(set(_asked(leaving)))
    if asked:
        document["permissions"] = {"ask": asked}
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100_000)
    return {f"{leaving.name}.yaml": text}


def _agent(one: Leaving, key: str, document: dict[str, Any], findings: Findings) -> None:
    where = f"{one.name}/AGENT.md"
    findings.add("I801", where, "the choice of a model; `auto` is written")
    said: dict[str, Any] = {"model": "auto", "description": one.goal or one.name, "instruction": one.instructions}
    if one.team:
        said["sub_agents"] = [member.name for member in one.team]
    toolsets = _toolsets(one, findings)
    if toolsets:
        said["toolsets"] = toolsets
    triggers = {trigger.name for trigger in one.file.work.triggers}
    for name in sorted(triggers):
        findings.add("I801", where, f"the trigger {name}")
    commands = {name: text for name, text in one.prompts.items() if name not in triggers}
    if commands:
        said["commands"] = commands
    if one.skills:
        said["skills"] = [_skill(skill.files["SKILL.md"].decode(), findings) for skill in one.skills]
        for skill in one.skills:
            if len(skill.files) > 1:
                findings.add("I801", f"skills/{skill.name}", "files beside SKILL.md")
    if one.memory:
        findings.add("I801", f"{one.name}/memory.json", "memory")
    for scope in ("call", "agent", "owner", "day", "week", "month"):
        if getattr(one.file.caps, scope) is not None:
            findings.add("I801", where, f"budget: per_{scope}")
    if key != "root" and one.file.caps.process is not None:
        findings.add("I801", where, "budget: per_process of a member")
    if document["agents"].setdefault(key, said) != said:
        findings.add("I801", where, f"a second agent {key}")
    for member in one.team:
        _agent(member, member.name, document, findings)


def _toolsets(one: Leaving, findings: Findings) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    where = f"{one.name}/AGENT.md"
    servers = {server.name: server for server in one.servers}
    file_grants = [grant for grant in one.acts if named(grant, FILE_TOOLS)]
    if file_grants:
        found.append(_filesystem(file_grants, where, findings))
    for grant in one.acts:
        family = grant.name.partition(".")[0]
        if grant in file_grants:
            continue
        if grant.name in ("http.fetch", "http.*"):
            rule = (grant.args or {}).get("url")
            hosts = [str(value) for value in rule.values] if rule is not None and rule.kind == "domain" else []
            found.append({"type": "fetch", **({"allowed_domains": hosts} if hosts else {})})
        elif grant.name in _PLAIN:
            report_bounds(grant, where, findings)
            found.append({"type": _PLAIN[grant.name]})
        elif family == "git":
            report_bounds(grant, where, findings)
            found.append({"type": "git"})
        elif family in servers:
            _mounted(found, servers[family], grant.name.partition(".")[2])
        else:
            findings.add("I801", where, f"act: {grant.name}")
    unique: list[dict[str, Any]] = []
    for toolset in found:
        if toolset not in unique:
            unique.append(toolset)
    return unique


def _filesystem(grants: list[Grant], where: str, findings: Findings) -> dict[str, Any]:
    tools = [tool for grant in grants for tool in named(grant, FILE_TOOLS)]
    folders: list[str] = []
    for grant in grants:
        rule = (grant.args or {}).get("path")
        if rule is not None and rule.kind == "under":
            folders += [str(value) for value in rule.values]
        else:
            report_bounds(grant, where, findings)
    roots = [folder for folder in folders if ":" in folder]
    for folder in dict.fromkeys(roots):
        findings.add("I801", where, f"the root {folder}")
    plain = [folder for folder in dict.fromkeys(folders) if ":" not in folder]
    whole = set(tools) == set(FILE_TOOLS.values())
    return {
        "type": "filesystem",
        **({} if whole else {"tools": list(dict.fromkeys(tools))}),
        **({"allow_list": plain} if plain else {}),
    }


def _mounted(found: list[dict[str, Any]], server: ServerProposal, tool: str) -> None:
    said: dict[str, Any] = {"type": "mcp", "name": server.name}
    if server.url:
        said["remote"] = {"url": server.url, "transport_type": "streamable", **_valued("headers", server.headers)}
    else:
        said |= {"command": server.command, "args": list(server.args), **_valued("env", server.env)}
    before = next((one for one in found if one.get("type") == "mcp" and one.get("name") == server.name), None)
    entry = before if before is not None else said
    if tool not in ("*", ""):
        entry.setdefault("tools", []).append(tool)
    if before is None:
        found.append(said)


def _valued(key: str, values: dict[str, str]) -> dict[str, dict[str, str]]:
    """Secrets as variables of the environment, which is how that system gets them."""
    shown = {
        name: "${env." + value.removeprefix("secret:").upper().replace("-", "_") + "}"
        if value.startswith("secret:")
        else value
        for name, value in values.items()
    }
    assert all(VARIABLE.search(value) or not value.startswith("secret:") for value in shown.values())
    return {key: shown} if shown else {}


def _skill(sheet: str, findings: Findings) -> dict[str, str]:
    from ergos.lib.frontmatter import parse, plain

    matter = parse(sheet, "SKILL.md")
    fields = {key: plain(field) for key, field in matter.fields.items()}
    for key in fields:
        if key not in ("name", "description"):
            findings.add("I801", f"skills/{fields.get('name')}", key)
    said = {"name": str(fields.get("name")), "description": str(fields.get("description"))}
    return {**said, "instructions": matter.body}


def _asked(one: Leaving) -> list[str]:
    found = [tool for grant in one.acts if grant.ask for tool in named(grant, FILE_TOOLS)]
    found += [_PLAIN[grant.name] for grant in one.acts if grant.ask and grant.name in _PLAIN]
    found += ["fetch" for grant in one.acts if grant.ask and grant.name == "http.fetch"]
    names = {server.name for server in one.servers}
    found += [
        f"mcp:{grant.name.replace('.', ':', 1)}"
        for grant in one.acts
        if grant.ask and grant.name.partition(".")[0] in names
    ]
    return [*found, *(tool for member in one.team for tool in _asked(member))]
