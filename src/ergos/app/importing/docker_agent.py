"""Docker Agent (formerly cagent): YAML that describes agents with models, instructions, toolsets and sub-agents.

Source: agent-schema.json of docker/docker-agent, versions 0 to 15.

Rules: the agent named `root`, else the first, leads; sub-agents and hand-offs are its team; references to registries
and URLs are reported and never fetched; permissions that let calls pass are left out.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.app.importing.docker_toolsets import Toolsets
from ergos.app.importing.fields import Fields
from ergos.app.importing.leaks import without_secrets
from ergos.app.importing.names import Names, language_of, plain_name
from ergos.app.importing.remarks import Findings
from ergos.app.importing.schedules import duration_ms
from ergos.app.importing.servers import Servers
from ergos.app.importing.shape import AGENTS_MAX, Imported, Incoming, SkillFiles
from ergos.app.importing.skills import inline
from ergos.app.importing.tool_map import KNOWN, distinct, granted, thinking
from ergos.app.importing.tree import Tree, decoded
from ergos.base.canonical import Plain
from ergos.base.errors import DefinitionError
from ergos.base.money import MICRO, Amount
from ergos.kernel.ledger import UNCAPPED, Caps
from ergos.kernel.permission.grants import Grant

SOURCE: Final = "Docker Agent"
NEWEST: Final = 15
"""The newest version of the format that is known here."""
MONEY_MAX: Final = 1e9  # US dollars; a larger ceiling is none
PROMPTS_MAX: Final = 200  # named prompts of one agent
_SILENT: Final = (
    "add_date", "add_environment_info", "num_history_items", "max_old_tool_call_tokens", "max_tool_result_tokens",
    "session_compaction", "compaction_threshold", "compaction_model", "add_description_parameter", "code_mode_tools",
    "redact_secrets", "fallback", "cache", "add_prompt_files_depth", "welcome_message",
)  # fmt: skip
"""How the other system talks to a model: nothing that an agent here could miss."""


def recognised(value: Plain) -> bool:
    """Whether this is such a file."""
    if not isinstance(value, dict):
        return False
    agents = value.get("agents")
    if isinstance(agents, list):
        return bool(agents) and all(isinstance(one, dict) and "name" in one for one in agents) and "blocks" not in value
    return isinstance(agents, dict) and bool(agents) and "component_type" not in value


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """One agent of the file, before its team is known."""

    key: str
    draft: Incoming
    starts: tuple[str, ...]


def read(value: Plain, tree: Tree, findings: Findings) -> Imported:
    """All agents of the file. Raises: DefinitionError where there is none."""
    return _Document(Fields(value, "", findings), tree, findings).imported()


class _Document:
    """One file."""

    def __init__(self, fields: Fields, tree: Tree, findings: Findings) -> None:
        self._fields: Final = fields
        self._tree: Final = tree
        self._findings: Final = findings
        self._servers: Final = Servers(findings)
        self._toolsets: Final = Toolsets(fields, self._servers, findings)
        self._names: Final = Names(findings)
        self._count = 0

    def imported(self) -> Imported:
        """What it says."""
        version = self._fields.text("version").lstrip("v")
        if version.isdigit() and int(version) > NEWEST:
            self._findings.add("I107", "version", version)
        listed = self._listed()
        if not listed:
            raise DefinitionError("the file has no agents", remedy="name a file with `agents:`")
        said = {key: self._agent(key, value) for key, value in listed.items()}
        root = "root" if "root" in said else next(iter(said))
        reached: set[str] = set()
        tops = [self._assembled(said, root, (), reached)]
        for key in said:
            if key not in reached:
                tops.append(self._assembled(said, key, (), reached))  # noqa: PERF401 - `reached` grows meanwhile
        tops[0] = msgspec.structs.replace(
            tops[0], caps=_narrower(tops[0].caps, self._caps(self._fields.below("budget")))
        )
        if tops[0].caps == Caps():
            self._findings.add("I602", "budget")
        for name in self._fields.pairs("models"):
            model = self._fields.below("models").below(name)
            self._findings.add("I601", f"models.{name}", f"{model.text('provider')}/{model.text('model')}")
        self._permissions(self._fields.below("permissions"))
        for key in ("runtime", "flavors", "providers", "rag"):
            if key in self._fields:
                self._findings.add("I505" if key == "rag" else "I101", key, key)
        self._fields.known("metadata", "runtime", "flavors", "providers", "rag", "budgets", "commands", "skills")
        self._fields.known("toolsets", "mcps", "models", "budget", "permissions")
        self._fields.done()
        return Imported(
            format="docker-agent",
            version=version,
            agents=tuple(tops),
            servers=self._servers.all,
            folders=self._toolsets.folders,
            secrets=self._servers.secrets,
            remarks=self._findings.all,
        )

    def _listed(self) -> dict[str, Plain]:
        found = self._fields.raw("agents")
        if isinstance(found, list):
            return {str(one.get("name")): one for one in found[:AGENTS_MAX] if isinstance(one, dict)}
        assert isinstance(found, dict)
        if len(found) > AGENTS_MAX:
            raise DefinitionError(f"the file has {len(found):,} agents; at most {AGENTS_MAX} are imported")
        return {key: one if isinstance(one, dict) else {} for key, one in found.items()}

    def _agent(self, key: str, value: Plain) -> _Said:
        where = f"agents.{key}"
        fields = Fields(value, where, self._findings)
        fields.known("name")
        # `root` says which one leads, not what it is called.
        called = (self._tree.name.rpartition(".")[0] or self._tree.name) if key == "root" else key
        name = self._names.of(plain_name(called) or key, where)
        instructions = self._instructions(fields)
        goal = without_secrets(fields.text("description"), fields.at("description"), self._findings)
        aliases = self._fields.below("models")
        if fields.text("model") and any(one.strip() not in aliases for one in fields.text("model").split(",")):
            self._findings.add("I601", fields.at("model"), fields.text("model"))
        tools = self._toolsets.of_agent(name, fields)
        skills = self._skills(fields)
        grants = [thinking(name, SOURCE), *tools.grants]
        if skills:
            grants.append(granted(name, "skills.read", "skills", fields.at("skills"), self._findings, SOURCE))
        draft = Incoming(
            name=name,
            goal=goal,
            language=language_of(instructions + goal),
            instructions=instructions,
            grants=self._less_denied(distinct(tuple(grants)), where),
            caps=self._budgets(fields),
            prompts=self._commands(fields),
            skills=skills,
            drafts=tools.drafts,
        )
        self._unsaid(fields)
        starts = (*fields.texts("sub_agents"), *fields.texts("handoffs"), *fields.texts("force_handoff"))
        fields.known(*_SILENT)
        fields.done()
        return _Said(key=key, draft=draft, starts=tuple(dict.fromkeys(starts)))

    def _instructions(self, fields: Fields) -> str:
        parts = [fields.text("instruction")]
        for named in (*fields.texts("instruction_file"), *fields.texts("add_prompt_files")):
            raw = self._tree.beside(named, self._findings, fields.where)
            if raw is not None:
                parts.append(decoded(raw, named, self._findings))
        text = "\n\n".join(part.strip("\n") for part in parts if part.strip())
        return without_secrets(text, fields.at("instruction"), self._findings)

    def _unsaid(self, fields: Fields) -> None:
        """What has no counterpart."""
        for key in ("max_iterations", "max_consecutive_tool_calls"):
            if fields.number(key):
                self._findings.add("I604", fields.at(key), key)
        if "hooks" in fields:
            self._findings.add("I206", fields.at("hooks"), ", ".join(fields.pairs("hooks")))
        if "harness" in fields:
            self._findings.add("I201", fields.at("harness"), fields.below("harness").text("type"))
        if "structured_output" in fields:
            self._findings.add("I604", fields.at("structured_output"), "structured_output")
        if fields.text("safety") == "autonomous":
            self._findings.add("I204", fields.at("safety"), "safety: autonomous")
        if "rag" in fields:
            self._findings.add("I505", fields.at("rag"), "rag")
        fields.known("hooks", "harness", "structured_output", "rag", "readonly", "toolsets", "use_toolsets")

    def _budgets(self, fields: Fields) -> Caps:
        found = Caps()
        for name in fields.texts("budgets"):
            pots = self._fields.below("budgets")
            if name not in pots:
                self._findings.add("I109", fields.at("budgets"), name)
            found = _narrower(found, self._caps(pots.below(name)))
        return found

    def _caps(self, fields: Fields) -> Caps:
        """Ceilings of one run, which here is a process."""
        cost, tokens = fields.number("max_cost"), fields.number("max_tokens")
        if fields.text("max_time"):
            self._findings.add("I604", fields.at("max_time"), f"max_time: {fields.text('max_time')}")
            duration_ms(fields.text("max_time"))
        fields.done()
        if not cost and not tokens:
            return Caps()
        paid = int(cost * MICRO) if cost and 0 < cost < MONEY_MAX else UNCAPPED
        counted = int(tokens) if tokens and 0 < tokens < 2**53 else UNCAPPED
        self._findings.add("I603", fields.where, f"{cost or ''} {tokens or ''}".strip(), "budget: per_process")
        return Caps(process=Amount(paid, counted))

    def _commands(self, fields: Fields) -> dict[str, str]:
        groups: list[Plain] = [self._fields.below("commands").raw(name) for name in fields.texts("use_commands")]
        groups.append(fields.raw("commands"))
        found: dict[str, str] = {}
        for group in groups:
            for one in group if isinstance(group, list) else [group]:
                for name, said in one.items() if isinstance(one, dict) else ():
                    text = said.get("instruction") if isinstance(said, dict) else said
                    if not isinstance(text, str) or len(found) >= PROMPTS_MAX:
                        self._findings.add("I101", f"{fields.where}.commands.{name}", name)
                        continue
                    if "!`" in text:
                        self._findings.add("I206", f"{fields.where}.commands.{name}", name)
                    self._findings.add("I704", f"{fields.where}.commands.{name}", name)
                    found[name] = without_secrets(text, f"{fields.where}.commands.{name}", self._findings)
        return found

    def _skills(self, fields: Fields) -> tuple[SkillFiles, ...]:
        found: dict[str, SkillFiles] = {}
        groups = [self._fields.below("skills").raw(name) for name in fields.texts("use_skills")]
        for group in (*groups, fields.raw("skills")):
            for number, one in enumerate(group if isinstance(group, list) else ()):
                where = f"{fields.at('skills')}[{number}]"
                if isinstance(one, dict):
                    skill = inline(one, where, self._findings)
                    if skill is not None:
                        found.setdefault(skill.name, skill)
                else:
                    self._findings.add("I108", where, str(one))
        return tuple(found.values())

    def _assembled(self, said: dict[str, _Said], key: str, above: tuple[str, ...], reached: set[str]) -> Incoming:
        """An agent with its team."""
        reached.add(key)
        self._count += 1
        one = said[key]
        team: list[Incoming] = []
        for member in one.starts:
            where = f"agents.{key}.sub_agents"
            if member not in said:
                outside = any(sign in member for sign in "/:@")
                self._findings.add("I108" if outside else "I109", where, member)
            elif member in above or member == key:
                self._findings.add("I110", where, member)
            elif self._count >= AGENTS_MAX:
                self._findings.add("I604", where, member)
            else:
                team.append(self._assembled(said, member, (*above, key), reached))
        for member in team:
            self._findings.add("I703", f"agents.{key}", one.draft.name, member.name)
        return msgspec.structs.replace(one.draft, team=tuple(team))

    def _permissions(self, fields: Fields) -> None:
        for rule in fields.texts("allow"):
            self._findings.add("I204", "permissions.allow", rule)
        fields.known("ask", "deny")
        fields.done()

    def _less_denied(self, grants: tuple[Grant, ...], where: str) -> tuple[Grant, ...]:
        """Without what the file forbids as a whole; a rule about arguments is reported."""
        denied: set[str] = set()
        for rule in self._fields.below("permissions").texts("deny"):
            names = KNOWN.get(rule.strip().lower())
            if rule.strip() == "*":
                names = tuple(grant.name for grant in grants if grant.verb == "act")
            elif names is None:
                self._findings.add("I203", "permissions.deny", rule)
            denied.update(names or ())
        for name in sorted({grant.name for grant in grants} & denied):
            self._findings.add("I207", where, name)
        return tuple(grant for grant in grants if grant.name not in denied)


def _narrower(one: Caps, other: Caps) -> Caps:
    """The smaller of two ceilings of a process."""
    if one.process is None or other.process is None:
        return one if other.process is None else other
    return Caps(
        process=Amount(
            _least(one.process.microusd, other.process.microusd), _least(one.process.tokens, other.process.tokens)
        )
    )


def _least(one: int, other: int) -> int:
    said = [value for value in (one, other) if value != UNCAPPED]
    return min(said) if said else UNCAPPED
