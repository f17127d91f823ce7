"""Which shares of its ceilings an owner's spending has passed, in words.

Rules: reads the ledger's meters in memory; a ceiling that is not set is never passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ergos.base.money import Amount, format_money
from ergos.kernel.ledger import scopes
from ergos.kernel.permission.wording import Language
from ergos.lib.visible import one_line
from ergos.runtime.machine import Machine
from ergos.runtime.residents import Resident

NAME_CHARS: Final = 60  # characters of an agent's name

_EN: Final = {
    "agent": "{agent} in all",
    "owner": "all agents in all",
    "day": "all agents today",
    "week": "{agent} this week",
    "month": "{agent} this month",
}
_ZH: Final = {
    "agent": "{agent} 累计",
    "owner": "全部智能体累计",
    "day": "全部智能体今天",
    "week": "{agent} 本周",
    "month": "{agent} 本月",
}


def spent_shares(
    machine: Machine, resident: Resident, thresholds: Sequence[float], language: Language
) -> list[tuple[str, float, str]]:
    """Meter, the highest threshold it has passed, and what to say of it, for each ceiling over this process."""
    if resident.definition is None:
        return []
    caps, found = machine.caps(resident), list[tuple[str, float, str]]()
    for scope, key in scopes(resident.payer, machine.today()):
        cap: Amount | None = getattr(caps, scope, None)
        meter = machine.book.meters.get(key)
        if cap is None or meter is None or scope == "process":
            continue
        passed = [one for one in thresholds if _share(meter.spent, cap) >= one]
        if not passed:
            continue
        words = _ZH if language == "zh" else _EN
        whose = words.get(scope, "{agent}").format(agent=one_line(resident.process.agent, NAME_CHARS))
        spent, of = _of(meter.spent, cap, language)
        sign = "：" if language == "zh" else ": "
        found.append((key, passed[-1], f"{whose}{sign}{spent} / {of} ({passed[-1]:.0%})"))
    return found


def _share(spent: Amount, cap: Amount) -> float:
    """Of the part that is nearer to its ceiling; a negative part has none, a ceiling of zero is never passed by use."""
    parts = ((spent.microusd, cap.microusd), (spent.tokens, cap.tokens))
    return max((used / most for used, most in parts if most > 0), default=0.0)


def _of(spent: Amount, cap: Amount, language: Language) -> tuple[str, str]:
    money = cap.microusd > 0 and (cap.tokens <= 0 or spent.microusd * cap.tokens >= spent.tokens * cap.microusd)
    if money:
        return format_money(spent.microusd), format_money(cap.microusd)
    unit = " 个令牌" if language == "zh" else " tokens"
    return f"{spent.tokens:,}{unit}", f"{cap.tokens:,}{unit}"
