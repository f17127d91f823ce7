"""Writes imported agents as folders: whole or not at all.

    FOLDER/researcher/AGENT.md                what it is; every grant asks
    FOLDER/researcher/agent.py                its program, ours: it does what it is told with a model and its tools
    FOLDER/researcher/memory.json             what is to be remembered, once you say so
    FOLDER/researcher/skills/*/SKILL.md       not pinned
    FOLDER/researcher/drafts/*                code that was found; never loaded
    FOLDER/researcher/team/*                  its team
    FOLDER/researcher/settings.proposed.toml  servers and folders to mount, if you like
    FOLDER/researcher/IMPORT.md, import.json  what did not translate, and why

Rules: everything is made in a folder beside and renamed at the end; nothing that is there is overwritten; the only code
that is written is ours.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import msgspec

from ergos.app.importing.agent_md import agent_md, body_of
from ergos.app.importing.remarks import Remark
from ergos.app.importing.servers import settings_text
from ergos.app.importing.shape import Imported, Incoming
from ergos.app.importing.tree import safe_path
from ergos.base.entropy import Entropy
from ergos.base.errors import SettingsError, UsageError
from ergos.drivers.whole_file import sync_folder
from ergos.kernel.permission.wording import Language
from ergos.lib import agent_file

PROGRAM: Final = '''"""Does what it is told, by mail or by its triggers, with a model and the tools its grants name.

`ergos import` wrote it; it holds nothing of what was imported.
"""

from __future__ import annotations

import msgspec

from ergos.kernel.syscalls import Idle
from ergos.lib.agent import Context
from ergos.lib.conversation import converse


async def agent(ctx: Context) -> Idle | object:
    """Waits where there are triggers; else does the one thing it was started with."""
    definition = ctx.beginning.definition
    prompts = (msgspec.json.decode(definition.settings) or {}).get("prompts", {})
    if ctx.beginning.cause == "start":
        await remembered(ctx)
        if definition.triggers:
            await ctx.watch()
            return ctx.idle()
        if ctx.memory is not None:
            return (await converse(ctx, str(ctx.memory))).text
        return ctx.idle()
    message = await ctx.receive()
    if message is not None:
        told = prompts.get(message.trigger, definition.instructions) if message.trigger else message.body
        known = sorted((await ctx.recall("imported/")).items(), key=lambda one: (one[0].count("/"), one[0]))
        context = "\\n\\n".join(f"# {key}\\n{str(text)[:4_000]}" for key, text in known)[:12_000]
        said = await converse(ctx, f"{told}\\n\\n{context}".strip())
        if message.sender:
            await ctx.send(message.sender, said.text)
    return ctx.idle()


async def remembered(ctx: Context) -> None:
    """Take in what came with the import, once its owner agrees."""
    if any(grant.name == "imported.memory" for grant in ctx.beginning.definition.grants):
        for key, text in (await ctx.act("imported.memory")).items():
            await ctx.remember(f"imported/{key}", text)
'''

MEMORY_TOOL: Final = '''"""What came with the import, from memory.json: text of strangers."""

from __future__ import annotations

import json
from pathlib import Path

from ergos.lib.tool import tool


@tool(name="imported.memory", effect="pure", local=True)
def memory() -> dict[str, str]:
    """What is to be remembered, by key."""
    listed = json.loads((Path(__file__).parent.parent / "memory.json").read_text(encoding="utf-8"))
    return {one["key"]: one["text"] for one in listed}
'''


class Written(msgspec.Struct, frozen=True):
    """What was written."""

    folders: tuple[Path, ...]
    """One for each agent that is started by itself."""


def write(found: Imported, into: Path, entropy: Entropy, language: Language) -> Written:
    """Write all agents below a folder. Raises: UsageError where something is there; SettingsError if it cannot."""
    targets = [into / draft.name for draft in found.agents]
    for target in targets:
        if target.exists() or target.is_symlink():
            raise UsageError(
                f"{target} is there already, so nothing was imported", remedy="name another folder with --into"
            )
    draft_folder = into / f".ergos-import-{entropy.below(2**48, stream='import'):012x}"
    moved: list[Path] = []
    done = False
    try:
        draft_folder.mkdir(parents=True, mode=0o700)
        for draft in found.agents:
            _agent(draft, draft_folder / draft.name)
            _report(found, draft_folder / draft.name, language)
        for target in targets:
            (draft_folder / target.name).rename(target)
            moved.append(target)
        sync_folder(into)
        done = True
    except OSError as error:
        raise SettingsError(
            f"nothing was imported: {into} cannot be written: {error.strerror}", remedy="name another --into"
        ) from error
    finally:
        shutil.rmtree(draft_folder, ignore_errors=True)
        for target in [] if done else moved:
            shutil.rmtree(target, ignore_errors=True)
    return Written(tuple(targets))


def _agent(draft: Incoming, folder: Path) -> None:
    """One agent and its team. Raises: OSError, AgentFileError for what we would not read back."""
    text = agent_md(draft)
    agent_file.read(text, f"{draft.name}/AGENT.md")
    _put(folder / "AGENT.md", text)
    _put(folder / "agent.py", PROGRAM)
    if not body_of(draft.instructions)[1]:
        _put(folder / "INSTRUCTIONS.md", draft.instructions)
    if draft.memory:
        kept = msgspec.json.format(msgspec.json.encode(draft.memory), indent=2)
        _put(folder / "memory.json", kept.decode())
        _put(folder / "tools" / "imported_memory.py", MEMORY_TOOL)
    for code in draft.drafts:
        _put(folder / "drafts" / code.name, code.text)
    for skill in draft.skills:
        for path, raw in skill.files.items():
            assert safe_path(path)
            _put(folder / "skills" / skill.name / path, raw)
    for member in draft.team:
        _agent(member, folder / "team" / member.name)


def _report(found: Imported, folder: Path, language: Language) -> None:
    proposed = settings_text(found.servers, found.folders, found.secrets)
    if proposed:
        _put(folder / "settings.proposed.toml", proposed)
    _put(folder / "IMPORT.md", report_text(found, language))
    _put(folder / "import.json", msgspec.json.format(msgspec.json.encode(described(found)), indent=2).decode())


def described(found: Imported) -> dict[str, object]:
    """An import for programs."""
    return {
        "format": found.format,
        "version": found.version,
        "agents": [draft.name for draft in found.agents],
        "servers": [one.name for one in found.servers],
        "secrets": list(found.secrets),
        "remarks": [remark_fields(one, "en") for one in found.remarks],
    }


def remark_fields(remark: Remark, language: Language) -> dict[str, str]:
    """A remark for programs."""
    return {
        "code": remark.code,
        "where": remark.where,
        "what": remark.said(language),
        "remedy": remark.remedy(language),
    }


def report_text(found: Imported, language: Language) -> str:
    """IMPORT.md: what did not translate, and why."""
    english = language == "en"
    title = "What came over, and what did not" if english else "已导入与未导入的内容"
    about = (
        f"Imported from {found.format} (version {found.version or 'not said'}). Nothing is granted: every grant asks "
        "you, no server is mounted, no skill is pinned, no code was run."
        if english
        else f"导入自 {found.format}（版本：{found.version or '未注明'}）。未授予任何权限：每项授权都会询问您，"
        "未接入任何服务器，未固定任何技能，未执行任何代码。"
    )
    lines = [f"# {title}", "", about, ""]
    lines += [
        f"- `{one.code}` **{_shown(one.where)}**: {_shown(one.said(language))}. {_shown(one.remedy(language))}."
        for one in found.remarks
    ]
    return "\n".join(lines) + "\n"


def _shown(text: str) -> str:
    return text.replace("<", "&lt;")


def _put(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
