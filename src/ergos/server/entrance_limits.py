"""How often somebody may come: buckets that fill with time, by name, a bounded number of them.

Rules: pure but for the clock that is handed in; who is new has a full bucket; of too many names the one that came
longest ago is forgotten, which at worst lets it in again. A clock that is set back fills nothing, and fills on from
there.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from ergos.base.clock import SECOND, Clock

NAMES_MAX: Final = 4_096  # names remembered at once, each about 200 bytes


class Buckets:
    """Of one kind. `burst`: how many at once; `per_s`: how many more each second."""

    def __init__(self, clock: Clock, *, burst: int, per_s: float, names_max: int = NAMES_MAX) -> None:
        self._clock: Final = clock
        self._burst: Final = float(burst)
        self._per_s: Final = per_s
        self._names_max: Final = names_max
        self._levels: Final[OrderedDict[str, tuple[float, int]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._levels)

    def wait_s(self, name: str) -> float:
        """Seconds until this name may come; 0: now. Takes nothing."""
        level = self._level(name)
        return 0.0 if level >= 1 else (1 - level) / self._per_s

    def take(self, name: str) -> float:
        """Come once; seconds to wait first, and then nothing was taken; 0: none."""
        level = self._level(name)
        taken = 1 if level >= 1 else 0
        self._levels[name] = level - taken, self._clock.now_ns()
        self._levels.move_to_end(name)
        if len(self._levels) > self._names_max:
            self._levels.popitem(last=False)
        return 0.0 if taken else (1 - level) / self._per_s

    def _level(self, name: str) -> float:
        now_ns = self._clock.now_ns()
        level, at_ns = self._levels.get(name, (self._burst, now_ns))
        return min(self._burst, level + max(0, now_ns - at_ns) / SECOND * self._per_s)
