"""What is known while times are read: the words, the moment, the zone; and the diagnostics that are collected.

Rules: the list of diagnostics is the only thing that grows, and it is bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import Span
from ergos.kernel.permission.wording import Language
from ergos.kernel.triggers import Calendar

FINDINGS_MAX: Final = 100  # diagnostics of one text; nobody reads more


@dataclass
class Frame:
    """All of it."""

    prose: str
    language: Language
    timezone: str
    where: ZoneInfo
    now_ns: int
    now: datetime
    """Local, to the minute."""
    calendar: Calendar
    findings: list[Diagnostic] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The local day."""
        return self.now.date()

    def say(self, code: str, spans: Sequence[Span], **values: str) -> None:
        """Add a diagnostic, once; 'words' is filled from the first span."""
        if spans and "words" not in values:
            values = {"words": self.words(spans[0]), **values}
        if code == "C103" and self._joined(tuple(spans), values["reading"]):
            return
        finding = Diagnostic(code=code, spans=tuple(spans), values=values)
        if finding not in self.findings and len(self.findings) < FINDINGS_MAX:
            self.findings.append(finding)

    def _joined(self, spans: tuple[Span, ...], reading: str) -> bool:
        """Whether these words have a reading already: 'Monday' and '09:00' are one of 'weekly'."""
        for place, one in enumerate(self.findings):
            if one.code == "C103" and one.spans == spans:
                said = one.values["reading"]
                if reading not in said:
                    values = {
                        **one.values,
                        "reading": f"{said} {reading}" if self.language == "zh" else f"{said}, {reading}",
                    }
                    self.findings[place] = Diagnostic(code="C103", spans=spans, values=values)
                return True
        return False

    def words(self, span: Span) -> str:
        """What was said there, on one line."""
        return " ".join(self.prose[span[0] : span[1]].split())
