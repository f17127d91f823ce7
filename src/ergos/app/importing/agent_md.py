"""AGENT.md of an imported agent, by the one renderer of definitions.

Rules: a text of others stands in quotes in the front matter, and as it is in the body; what does not fit into the body
is cut and lies beside it.
"""

from __future__ import annotations

import json
from typing import Final

import msgspec

from ergos.app.importing.shape import Incoming
from ergos.base.canonical import encode
from ergos.base.limits import AGENT_FILE_BYTES_MAX, WINDOW_TOKENS_DEFAULT
from ergos.kernel.supervisor import Supervision
from ergos.kernel.values import NULL
from ergos.lib.agent_file import AgentFile
from ergos.lib.agent_text import text_of

BODY_BYTES_MAX: Final = AGENT_FILE_BYTES_MAX // 2  # bytes of instructions in the body; the front matter needs room, too
PROMPTS_BYTES_MAX: Final = AGENT_FILE_BYTES_MAX // 4  # bytes of all prompts
GOAL_CHARS_MAX: Final = 500  # characters of a goal; more is instructions
PROGRAM: Final = "agent.py:agent"


def agent_md(draft: Incoming) -> str:
    """The text of the file."""
    settings = {"prompts": whole(draft.prompts)} if draft.prompts else None
    return text_of(
        AgentFile(
            name=draft.name,
            goal=_cut(" ".join(draft.goal.split())[:GOAL_CHARS_MAX], AGENT_FILE_BYTES_MAX),
            language=draft.language,
            program=PROGRAM,
            team=tuple(member.name for member in draft.team),
            grants=draft.grants,
            caps=draft.caps,
            supervision=Supervision(),
            solvers=(),
            window_tokens=draft.window_tokens or WINDOW_TOKENS_DEFAULT,
            settings=NULL if settings is None else msgspec.Raw(encode(settings, what="settings")),
            instructions=body_of(draft.instructions)[0],
            work=draft.work,
        )
    )


def body_of(instructions: str) -> tuple[str, bool]:
    """What of the instructions fits into the body, and whether that is all."""
    raw = instructions.strip("\n").encode("utf-8", "replace")
    if len(raw) <= BODY_BYTES_MAX:
        return raw.decode(), True
    return raw[:BODY_BYTES_MAX].decode("utf-8", "ignore").rstrip(), False


def whole(prompts: dict[str, str]) -> dict[str, str]:
    """Prompts that fit, each as long as its share allows."""
    share = PROMPTS_BYTES_MAX // max(1, len(prompts))
    return {_cut(name, share): _cut(text, share) for name, text in prompts.items()}


def _cut(text: str, most: int) -> str:
    """As many bytes of a text as fit, without halves of characters."""
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")


def quoted(text: str) -> str:
    """A double-quoted scalar of YAML; whatever YAML would not take as it is stands escaped."""
    plain = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    written = json.dumps(plain, ensure_ascii=False)
    return "".join(letter if letter.isprintable() and letter != "\ufeff" else _escaped(letter) for letter in written)


def _escaped(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if ord(letter) <= 0xFFFF else f"\\U{ord(letter):08x}"
