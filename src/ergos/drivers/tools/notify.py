"""notify.owner: tells the owner something, where the owner said to be told (`apprise` knows a hundred such places).

Rules: it reaches the owner and nobody else; the addresses are secrets of the owner's, no agent sees or chooses them. A
notice is sent at most once: what was begun is noted first, and a repetition after a crash sends nothing.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final, Literal

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import PortMissingError, ToolFailedError
from ergos.drivers.tools.declaring import Arguments, Builtin
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.egress import Secrets
from ergos.kernel.packages import Errand
from ergos.kernel.tool_settings import Notices

TEXT_CHARS_MAX: Final = 40_000  # characters that are told at once: a report of some ten pages
NOTICE_CHARS_MAX: Final = 4_000  # characters of one notice; a longer text comes as several
NOTIFY_DEADLINE_S: Final = 60.0


class Notify(Arguments, frozen=True):
    """Arguments of notify.owner."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_CHARS_MAX)]
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""
    kind: Literal["info", "success", "warning", "failure"] = "info"


class NotifyTool:
    """The one tool."""

    def __init__(self, workspaces: Workspaces, notices: Notices, secrets: Secrets | None) -> None:
        self._workspaces: Final = workspaces
        self._notices: Final = notices
        self._secrets: Final = secrets

    def tools(self) -> tuple[Builtin[Notify]]:
        """notify.owner."""
        return (
            Builtin(
                "notify.owner", Notify, self._notify, effect="idempotent", reach="own", deadline_s=NOTIFY_DEADLINE_S,
                roles={"text": "text", "title": "text", "kind": "plain"},
            ),
        )  # fmt: skip

    async def _notify(self, asked: Notify, errand: Errand) -> dict[str, Plain]:
        """Tell the owner something, on the phone or wherever the owner said."""
        if not self._notices.secrets or self._secrets is None:
            raise PortMissingError(
                "the owner has not said where to be told",
                remedy="store an apprise address with `ergos secret set NAME`, and name it in settings.toml: "
                "[tools.notices] secrets = ['NAME']",
            )
        addresses = [self._secrets.get(name) for name in self._notices.secrets]
        if self._workspaces.begun(errand) is not None:
            return {"told": False, "why": "it was begun before a crash, and is not sent twice"}
        told = await asyncio.to_thread(self._told, addresses, asked, errand)
        if not told:
            raise ToolFailedError(
                "the notice was not taken by every place", remedy="`ergos doctor` checks the surroundings"
            )
        return {"told": True, "why": ""}

    def _told(self, addresses: list[str], asked: Notify, errand: Errand) -> bool:
        try:
            import apprise
        except ImportError as error:
            raise PortMissingError("apprise is not installed", remedy="pip install 'ergos[notify]'") from error
        places: Any = apprise.Apprise()
        for number, address in enumerate(addresses):
            if not places.add(address):
                name = self._notices.secrets[number]
                raise ToolFailedError(f"the secret {name} is no apprise address", remedy="`ergos secret set` it anew")
        self._workspaces.begin(errand, {"notifies": True})
        return all(
            places.notify(
                body=piece, title=asked.title, notify_type=asked.kind, body_format="text", interpret_escapes=False
            )
            for piece in pieces(asked.text)
        )


def pieces(text: str) -> list[str]:
    """A text as notices: cut between paragraphs, lines or words where there are some; nothing but blanks is lost."""
    found: list[str] = []
    while len(text) > NOTICE_CHARS_MAX:
        part = text[:NOTICE_CHARS_MAX]
        cut = next((at for sign in ("\n\n", "\n", " ") if (at := part.rfind(sign)) > NOTICE_CHARS_MAX // 2), len(part))
        found.append(text[:cut])
        text = text[cut:].lstrip()
    return [*found, text] if text or not found else found
