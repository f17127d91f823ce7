"""Skills of other systems in the open format, as folders that stand unpinned beside an agent.

Rules: the instructions stay as they are, less secrets; of the front matter what the format has stays, the rest is
reported; nothing in a skill is run, and its text stays a stranger's until its owner pins it.
"""

from __future__ import annotations

from typing import Final

from ergos.app.importing.agent_md import quoted
from ergos.app.importing.fields import Fields
from ergos.app.importing.leaks import without_secrets
from ergos.app.importing.names import skill_name
from ergos.app.importing.plain_yaml import read_yaml
from ergos.app.importing.remarks import Findings
from ergos.app.importing.shape import SkillFiles
from ergos.app.importing.tree import Tree, decoded
from ergos.base.canonical import Plain
from ergos.base.errors import DefinitionError
from ergos.lib.bundle import BYTES_MAX, FILE_BYTES_MAX, FILES_MAX
from ergos.lib.skill_file import DESCRIPTION_CHARS_MAX, skill_faults
from ergos.lib.visible import visible

SKILLS_MAX: Final = 200  # skills of one agent
_FIELDS: Final = ("name", "description", "license", "compatibility", "allowed-tools")


def skills_of(tree: Tree, findings: Findings, prefix: str = "skills") -> tuple[SkillFiles, ...]:
    """The skills below a folder of skills."""
    found: dict[str, SkillFiles] = {}
    folders = sorted({path.rpartition("/")[0] for path in tree.files if path.lower().endswith("/skill.md")})
    for folder in folders:
        inside = tree.below(folder)
        if not folder.startswith(f"{prefix}/") or len(found) >= SKILLS_MAX:
            continue
        one = skill_of(folder.rpartition("/")[2], inside, folder, findings)
        if one is not None and one.name not in found:
            found[one.name] = one
    return tuple(found.values())


def skill_of(said: str, tree: Tree, where: str, findings: Findings) -> SkillFiles | None:
    """One skill from its files; None, and a remark, for what cannot be used."""
    sheet = next(path for path in tree.files if path.lower() == "skill.md")
    front, body = _split(decoded(tree.files[sheet], f"{where}/{sheet}", findings))
    try:
        fields = Fields(read_yaml(front, f"{where}/{sheet}", findings), f"{where}/{sheet}", findings)
    except DefinitionError as error:
        findings.add("I503", where, said, error.what)
        return None
    files = {path: raw for path, raw in tree.files.items() if path != sheet}
    too_much = len(files) >= FILES_MAX or sum(map(len, files.values())) > BYTES_MAX // 2
    if too_much or any(len(raw) > FILE_BYTES_MAX for raw in files.values()):
        findings.add("I503", where, said, "too many files, or too large ones")
        return None
    name = skill_name(fields.text("name") or said)
    text = sheet_text(
        name,
        fields.text("description") or f"{said}",
        body,
        {key: fields.text(key) for key in ("license", "compatibility") if fields.text(key)},
        " ".join(fields.texts("allowed-tools")),
        f"{where}/{sheet}",
        findings,
    )
    fields.done()
    return checked(
        name, text, {path: _clean(path, raw, where, findings) for path, raw in files.items()}, where, findings
    )


def checked(name: str, text: str, files: dict[str, bytes], where: str, findings: Findings) -> SkillFiles | None:
    """A skill whose sheet our own reader takes; None, and a remark, else."""
    faults = skill_faults(text, name)
    if faults:
        findings.add("I503", where, name, faults[0])
        return None
    findings.add("I502", where, name, name)
    return SkillFiles(name, {"SKILL.md": text.encode(), **files})


def sheet_text(
    name: str, description: str, body: str, more: dict[str, str], allowed: str, where: str, findings: Findings
) -> str:
    """A SKILL.md that our own reader takes."""
    shown = " ".join(visible(without_secrets(description, where, findings)).split())[:DESCRIPTION_CHARS_MAX]
    lines = [f"name: {name}", f"description: {quoted(shown or name)}"]
    lines += [f"{key}: {quoted(' '.join(visible(value).split())[:400])}" for key, value in more.items()]
    if allowed.strip():
        lines.append(f"allowed-tools: {quoted(' '.join(visible(allowed).split())[:4_000])}")
    front = "\n".join(lines).replace("---", "- - -")
    return f"---\n{front}\n---\n\n{without_secrets(body, where, findings).strip()}\n"


def inline(value: Plain, where: str, findings: Findings) -> SkillFiles | None:
    """A skill that stands within a configuration: name, description, instructions."""
    fields = Fields(value, where, findings)
    said = fields.text("name")
    name = skill_name(said)
    body = fields.text("instructions", "content", "body")
    allowed = " ".join(fields.texts("allowed_tools"))
    text = sheet_text(name, fields.text("description") or said, body, {}, allowed, where, findings)
    fields.done()
    return checked(name, text, {}, where, findings)


def _split(text: str) -> tuple[str, str]:
    """Front matter and body; a text without a fence is all body."""
    if not text.startswith("---\n"):
        return "", text
    front, fence, body = text[4:].partition("\n---")
    return (front, body.partition("\n")[2]) if fence else ("", text)


def _clean(path: str, raw: bytes, where: str, findings: Findings) -> bytes:
    """A file beside the sheet, without secrets where it is text."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return raw
    clean = without_secrets(text, f"{where}/{path}", findings)
    return raw if clean == text else clean.encode()
