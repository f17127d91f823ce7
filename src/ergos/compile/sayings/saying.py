"""One diagnostic's texts. The tables beside this file hold them all, by code."""

from __future__ import annotations

from typing import Literal

import msgspec

from ergos.kernel.permission.wording import Language


class Saying(msgspec.Struct, frozen=True):
    """What a code says, in two languages; braces are filled from the diagnostic's values."""

    severity: Literal["error", "question", "warning", "note"]
    en: str
    en_remedy: str
    zh: str
    zh_remedy: str

    def what(self, language: Language) -> str:
        """What is so."""
        return self.zh if language == "zh" else self.en

    def remedy(self, language: Language) -> str:
        """What to do."""
        return self.zh_remedy if language == "zh" else self.en_remedy
