"""Tells people something where they said to be told: addresses of `apprise`, each a secret of the home.

Rules: an address never appears in a text, an error or a log; no secret of the home leaves in a notice, whatever its
text says; nothing is sent twice, because nothing is tried twice.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Literal, Protocol

from ergos.base.errors import ErgosError
from ergos.base.world_errors import SecretError
from ergos.drivers.vault.references import secret_name
from ergos.kernel.egress import Vault

TELL_S_MAX: Final = 60  # seconds that telling may take, all places together
MASKED_CHARS_MIN: Final = 6  # characters from which a secret is looked for in a text; a shorter one is a word
MASK: Final = "•••"

Tone = Literal["info", "success", "warning", "failure"]


class Tell(Protocol):
    """Tells somebody something."""

    async def tell(self, places: tuple[str, ...], title: str, body: str, tone: Tone) -> bool:
        """Whether every place took it. `places`: names of secrets. Never raises for what the world does."""
        ...


class AppriseTell:
    """Through the library that knows a hundred ways."""

    def __init__(self, secrets: Vault) -> None:
        self._secrets: Final = secrets

    async def tell(self, places: tuple[str, ...], title: str, body: str, tone: Tone) -> bool:
        """Whether every place took it; False where the library is not installed, too."""
        thread = ThreadPoolExecutor(1, "ergos-notice")
        telling = asyncio.wrap_future(thread.submit(self._told, places, title, body, tone))
        try:
            done, _ = await asyncio.wait({telling}, timeout=TELL_S_MAX)
        finally:
            thread.shutdown(wait=False, cancel_futures=True)
        # A strange library: whatever it raises comes back as a value.
        return bool(done) and telling.exception() is None and telling.result()

    def _told(self, places: tuple[str, ...], title: str, body: str, tone: Tone) -> bool:
        import apprise

        to: Any = apprise.Apprise()
        whole = True
        for place in places:
            try:
                whole = bool(to.add(self._secrets.get(secret_name(place)))) and whole
            except ErgosError:
                whole = False
        if not len(to):
            return False
        title, body = self._masked(title), self._masked(body)
        sent = to.notify(body=body, title=title, notify_type=tone, body_format="text", interpret_escapes=False)
        return bool(sent) and whole

    def _masked(self, text: str) -> str:
        """Without any secret of the home in it."""
        for one in self._secrets.names():
            try:
                value = self._secrets.get(one)
            except SecretError:
                continue
            if len(value) >= MASKED_CHARS_MIN:
                text = text.replace(value, MASK)
        return text
