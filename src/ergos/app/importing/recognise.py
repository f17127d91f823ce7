"""Finds out what is to be imported, and lets the one that knows it read it.

Rules: by content, not by a file's name; what is none of the known formats is an error that says what would be one;
nothing is written here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from ergos.app.importing import agent_spec, docker_agent, letta, openclaw
from ergos.app.importing.agent_md import body_of, whole
from ergos.app.importing.json5 import read_json5
from ergos.app.importing.plain_yaml import read_yaml
from ergos.app.importing.remarks import Findings
from ergos.app.importing.shape import FormatName, Imported, Incoming, SkillFiles, members
from ergos.app.importing.steering import report_steering
from ergos.app.importing.tree import Tree, decoded, take
from ergos.base.canonical import Plain
from ergos.base.errors import DefinitionError
from ergos.lib.visible import is_visible

DEPTH_MAX: Final = 64  # levels of nesting of a JSON document
CANDIDATES_MAX: Final = 50  # files of a folder that are looked into
_DOCUMENTS: Final = (".af", ".json", ".json5", ".yaml", ".yml")
_EXPECTED: Final = (
    "expected an OpenClaw workspace (AGENTS.md, SOUL.md, …), a Docker Agent YAML (agents:), an Agent Spec document "
    "(component_type) or a Letta file (.af)"
)


def imported(path: Path, now_ns: int, wanted: FormatName | None = None) -> Imported:
    """Read and translate. `wanted`: read it as this format. Raises: DefinitionError for what cannot be read."""
    findings = Findings()
    tree = take(path, findings)
    if "AGENT.md" in tree.files and wanted is None:
        raise DefinitionError(f"{path} is an agent of ErgOS already", remedy=f"`ergos run {path}`")
    if path.suffix.lower() == ".hcl":
        raise DefinitionError(f"{path} is HCL, which is not read", remedy="convert it to YAML, which says the same")
    found = _of_tree(tree, now_ns, wanted, findings)
    if found is None:
        raise DefinitionError(
            f"{path} is of no format that is known here: {_EXPECTED}", remedy="name the file or folder"
        )
    for draft in (one for top in found.agents for one in members(top)):
        _hidden(draft, findings)
    return msgspec.structs.replace(found, remarks=findings.all)


def _hidden(draft: Incoming, findings: Findings) -> None:
    """Report what does not show, and what reads like an attack, in all texts of an agent."""
    texts = [("instructions", draft.instructions), *((one.key, one.text) for one in draft.memory)]
    texts += [*draft.prompts.items(), *((f"skills/{one.name}", _sheet(one)) for one in draft.skills)]
    if not body_of(draft.instructions)[1]:
        findings.add("I113", draft.name, "instructions", "INSTRUCTIONS.md")
    if whole(draft.prompts) != draft.prompts:
        findings.add("I113", draft.name, "prompts", "settings")
    for what, text in texts:
        if not is_visible(text):
            findings.add("I111", draft.name, what)
        report_steering(text, f"{draft.name}: {what}", findings)


def _sheet(skill: SkillFiles) -> str:
    return skill.files["SKILL.md"].decode()


def _of_tree(tree: Tree, now_ns: int, wanted: FormatName | None, findings: Findings) -> Imported | None:
    if wanted in (None, "openclaw") and openclaw.recognised(tree):
        return openclaw.read(tree, now_ns, findings)
    documents = [name for name in tree.files if name.lower().endswith(_DOCUMENTS) and name.count("/") <= 1]
    if len(tree.files) == 1 and not any(name in tree.files for name in openclaw.MARKS):
        documents = list(tree.files)
    faults: list[DefinitionError] = []
    for name in documents[:CANDIDATES_MAX]:
        probe = Findings()
        try:
            value = document(tree.files[name], name, probe)
            found = _of_value(value, Tree(name.rpartition("/")[2], tree.files, tree.folder), wanted, findings)
        except DefinitionError as error:
            if len(documents) == 1:
                raise
            faults.append(error)
            continue
        if found is not None:
            for remark in probe.all:
                findings.add(remark.code, remark.where, remark.what, remark.now)
            return found
    if not documents and wanted is None and any(name in tree.files for name in openclaw.MARKS):
        return openclaw.read(tree, now_ns, findings)  # a workspace of one page
    if faults:
        raise faults[0]
    return None


def _of_value(value: Plain, tree: Tree, wanted: FormatName | None, findings: Findings) -> Imported | None:
    if wanted in (None, "agent-spec") and agent_spec.recognised(value):
        return agent_spec.read(value, findings)
    if wanted in (None, "letta") and letta.recognised(value):
        return letta.read(value, findings)
    if wanted in (None, "docker-agent") and docker_agent.recognised(value):
        return docker_agent.read(value, tree, findings)
    return None


def document(raw: bytes, name: str, findings: Findings) -> Plain:
    """A file as plain data: JSON, JSON within JSON, JSON5 or YAML. Raises: DefinitionError."""
    if name.lower().endswith((".yaml", ".yml")):
        return read_yaml(_strict(raw, name), name, findings)
    text = _strict(raw, name)
    try:
        value: Plain = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        if name.lower().endswith(".af"):
            raise DefinitionError(f"{name}: {error}", remedy="export the agent again") from error
        return read_json5(text, name) if text.lstrip()[:1] in ("{", "[") else read_yaml(text, name, findings)
    if isinstance(value, str):
        return document(value.encode("utf-8", "replace"), name, findings) if value.lstrip()[:1] == "{" else value
    _shallow(value, name)
    return value


def _strict(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            return decoded(raw.decode("utf-16", "replace").encode(), name, Findings())
        raise DefinitionError(f"{name} is not UTF-8 text (byte {error.start})", remedy="save it as UTF-8") from error


def _shallow(value: Plain, name: str) -> None:
    """Refuse what is nested more deeply than any agent. Raises: DefinitionError."""
    level: list[Plain] = [value]
    for _ in range(DEPTH_MAX):
        below: list[Plain] = []
        for one in level:
            if isinstance(one, dict):
                below.extend(part for part in one.values() if isinstance(part, dict | list))
            elif isinstance(one, list):
                below.extend(part for part in one if isinstance(part, dict | list))
        if not below:
            return
        level = below
    raise DefinitionError(f"{name} is nested more than {DEPTH_MAX} levels deep", remedy="nothing was imported")
