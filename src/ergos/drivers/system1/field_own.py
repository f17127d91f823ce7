"""Fields that stand in no list: what they hold, by the words they are made of, and how documents spell them.

    own("statement date").value      # "date"
    own("Nachzahlung").value         # "money"

Rules: pure; a name says what its value is only by words that say nothing else; any other is plain text.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.drivers.system1.field_names import FieldKind, ValueKind, folded

ASIDE: Final = r"(?:\s?[(（\[](?!\s?[0-9.,\s]*[)）\]])[^)）\]\n]{0,60}[)）\]])?"
"""What may stand in brackets behind a label; figures alone are its value."""
_GAP: Final = r"[\s\-_./]{0,2}"
_DATES: Final = re.compile(
    r"\b(?:date|dated|datum|fecha)$|(?:date paid|paid on|valid until|expires|expiry)$|\b(?:start|end)$|(?:beginn|vertragsende|mietende|laufzeitende)$|datum$|日期$"
)
_MONEY: Final = re.compile(
    r"\b(?:amount|price|fees?|charges?|cost|costs|salary|rent|deposit|discount|balance|payment|premium|freight|shipping|tip|fare"
    r"|betrag|preis|kosten|rabatt|miete|kaution|importe|montant)$|(?:betrag|preis|kosten|gebühr|zahlung|miete)$"
    r"|(?:金额|费用|价格|价款|租金|押金|定金|余额|总额|总价|工资|薪资|运费|手续费|折扣|优惠|税金|票价|违约金)$|费$"
)
_IDS: Final = re.compile(
    r"\b(?:number|no|nr|num|id|code|reference|ref|nummer|numero|número)$|nummer$|(?:编号|号码|单号|代码|户号|卡号|账号|帐号|证号|学号|工号|车号|编码)$"
)
_NUMBER_WORDS: Final = frozenset("number no nr num id code nummer".split())
_HAN: Final = re.compile(r"[\u3400-\u9fff]")


def own(field: str) -> FieldKind:
    """A field of no known kind, behind its own name."""
    name = folded(field)
    return FieldKind(field, _value(name), (name,))


def spelled(field: str) -> str:
    """A pattern of how documents spell a field's name: 'contract number' is also 'Contract No.'"""
    words = folded(field).split()
    return _GAP.join(
        r"(?:number|numbers|num\.?|no\.?|nr\.?|id|code|nummer|#)"
        if place and word in _NUMBER_WORDS
        else " {0,8}".join(map(re.escape, word))
        if _HAN.search(word)
        else re.escape(word)
        for place, word in enumerate(words)
    )


def _value(name: str) -> ValueKind:
    if _DATES.search(name):
        return "date"
    if _MONEY.search(name):
        return "money"
    return "id" if _IDS.search(name) else "text"
