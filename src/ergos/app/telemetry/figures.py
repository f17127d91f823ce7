"""Metrics as running totals: histograms and sums since the kernel began.

Rules: the attributes of a metric are few and of few values; beyond SERIES_MAX of one metric, what comes is counted in
one series that says so. Pure.
Source: OpenTelemetry metrics data model, cumulative temporality.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final, TypeAlias

import msgspec

from ergos.app.telemetry import names
from ergos.app.telemetry.spans import Measured

SERIES_MAX: Final = 1_000  # combinations of attributes of one metric; more is a bill, not a picture
OVERFLOW: Final = (("otel.metric.overflow", "true"),)

BOUNDS: Final = {
    names.OPERATION_DURATION: names.SECONDS,
    names.AGENT_DURATION: names.SECONDS,
    names.TOOL_DURATION: names.SECONDS,
    names.MCP_DURATION: names.SECONDS,
    names.TOKEN_USAGE: names.TOKENS,
}
"""Histograms, with their bounds; every other metric is a sum."""
UNITS: Final = {
    names.OPERATION_DURATION: "s",
    names.AGENT_DURATION: "s",
    names.TOOL_DURATION: "s",
    names.MCP_DURATION: "s",
    names.TOKEN_USAGE: "{token}",
    names.SPENT: "{microusd}",
    names.DROPPED: "{item}",
}

Series: TypeAlias = "tuple[tuple[str, str], ...]"


class Histogram(msgspec.Struct):
    """One series of a histogram."""

    counts: list[int]
    """By bucket; one more than there are bounds."""
    total: float = 0.0
    least: float = 0.0
    most: float = 0.0

    @property
    def count(self) -> int:
        """Values in all."""
        return sum(self.counts)


class Figures:
    """All metrics of one kernel's life."""

    def __init__(self) -> None:
        self.histograms: Final[dict[str, dict[Series, Histogram]]] = {}
        self.sums: Final[dict[str, dict[Series, float]]] = {}

    def measure(self, measured: Measured) -> None:
        """Add one value."""
        bounds = BOUNDS.get(measured.metric)
        if bounds is None:
            sums = self.sums.setdefault(measured.metric, {})
            series = _series(sums, measured.attributes)
            sums[series] = sums.get(series, 0) + measured.value
            return
        table = self.histograms.setdefault(measured.metric, {})
        series = _series(table, measured.attributes)
        found = table.get(series)
        if found is None:
            found = table[series] = Histogram([0] * (len(bounds) + 1), least=measured.value, most=measured.value)
        found.counts[bisect_left(bounds, measured.value)] += 1
        found.total += measured.value
        found.least, found.most = min(found.least, measured.value), max(found.most, measured.value)


def _series(table: dict[Series, Histogram] | dict[Series, float], attributes: Series) -> Series:
    """The series these attributes belong to."""
    return attributes if attributes in table or len(table) < SERIES_MAX else OVERFLOW
