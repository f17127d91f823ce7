"""Numbers and amounts of money as values hold them and people write them: 1234.5, '1.234,50 €', {"amount", "currency"}.

    number("1 234,50")                 # Decimal("1234.50")
    money("¥3.5万")                     # Money(Decimal("35000"), "CNY")

Rules: pure and exact; the whole text is one number or none at all. Of '1,234' the comma groups, of '1,23' it is a
decimal mark; '1.234' is one and a bit, unless it is said that a comma is the decimal mark. '$' is the US dollar and '¥'
the yuan, as in `base.money` and everywhere else here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import msgspec

from ergos.base.canonical import Plain

NUMBER_CHARS_MAX: Final = 60  # characters of a number with its unit; a longer text is a sentence
EXPONENT_MAX: Final = 30  # digits before the decimal mark; more are no amount

SYMBOLS: Final[Mapping[str, str]] = MappingProxyType({
    "€": "EUR", "US$": "USD", "$": "USD", "£": "GBP", "¥": "CNY", "￥": "CNY",
    "JP¥": "JPY", "CN¥": "CNY", "RMB": "CNY",
    "HK$": "HKD", "NT$": "TWD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "S$": "SGD",
    "R$": "BRL", "₹": "INR",
    "₩": "KRW", "₽": "RUB", "₺": "TRY", "zł": "PLN", "kč": "CZK", "fr.": "CHF", "sfr.": "CHF", "euro": "EUR",
    "euros": "EUR", "dollar": "USD", "dollars": "USD", "us dollars": "USD", "pounds": "GBP",
    "yuan": "CNY", "yen": "JPY",
    "renminbi": "CNY", "元": "CNY", "圆": "CNY", "块": "CNY", "人民币": "CNY",
    "人民币元": "CNY", "元人民币": "CNY",
    "美元": "USD", "美金": "USD", "欧元": "EUR", "英镑": "GBP", "日元": "JPY", "円": "JPY",
    "港元": "HKD", "港币": "HKD",
    "瑞士法郎": "CHF", "新台币": "TWD", "韩元": "KRW", "卢布": "RUB",
})  # fmt: skip
"""What a currency is called besides its ISO 4217 code."""
CODES: Final = frozenset(
    (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD "
        "CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
        "GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT "
        "LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR "
        "NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP "
        "STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD "
        "XOF XPF YER ZAR ZMW ZWG"
    ).split()
)
"""Of ISO 4217, what is money one can pay with."""
SCALES: Final[Mapping[str, Decimal]] = MappingProxyType({
    "k": Decimal(1_000), "thousand": Decimal(1_000), "m": Decimal(1_000_000), "mio": Decimal(1_000_000),
    "million": Decimal(1_000_000), "bn": Decimal(1_000_000_000), "billion": Decimal(1_000_000_000),
    "千": Decimal(1_000), "万": Decimal(10_000), "萬": Decimal(10_000), "百万": Decimal(1_000_000),
    "千万": Decimal(10_000_000), "亿": Decimal(100_000_000), "億": Decimal(100_000_000),
})  # fmt: skip

_SPACES: Final = "    "
_DIGITS: Final = rf"[0-9](?:[0-9.,'’{_SPACES}]*[0-9])?"
_SHAPE: Final = re.compile(
    rf"(?P<sign>[-−+]?)\s*(?P<digits>{_DIGITS})(?P<dash>[,.][-–—]{{1,2}})?\s*(?P<scale>[^\W\d_]*)"
)
_GROUPED: Final = re.compile(rf"[0-9]{{1,3}}(?:(?P<mark>[.,'’{_SPACES}])[0-9]{{3}})(?:(?P=mark)[0-9]{{3}})*")
_NAMES: Final = sorted((*SYMBOLS, *CODES), key=len, reverse=True)
_SIGN: Final = re.compile(r"[-−+(]\s*")


class Money(msgspec.Struct, frozen=True):
    """An amount of one currency."""

    amount: Decimal
    currency: str
    """ISO 4217."""

    def plain(self) -> dict[str, Plain]:
        """As values hold it."""
        return {"amount": f"{self.amount:f}", "currency": self.currency}


def number(value: Plain, *, comma: bool = False) -> Decimal | None:
    """The number a value is, or None. `comma`: a comma is the decimal mark wherever that can be meant."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _bounded(Decimal(str(value)))
    if not isinstance(value, str) or len(value) > NUMBER_CHARS_MAX:
        return None
    text = unicodedata.normalize("NFKC", value).strip().removesuffix("%").strip()
    found = _SHAPE.fullmatch(text)
    if found is None:
        return None
    scale = Decimal(1) if not found["scale"] else SCALES.get(found["scale"].casefold())
    digits = _value(found["digits"], comma=comma or (found["dash"] or "").startswith(","))
    if scale is None or digits is None:
        return None
    return _bounded((-digits if found["sign"] in ("-", "−") else digits) * scale)


def money(value: Plain, *, comma: bool = False) -> Money | None:
    """The amount of money a value is, or None: without a currency it is a number."""
    if isinstance(value, dict):
        amount, currency = number(value.get("amount"), comma=comma), value.get("currency")
        return (
            Money(amount, currency.upper()) if amount is not None and isinstance(currency, str) and currency else None
        )
    if not isinstance(value, str) or len(value) > NUMBER_CHARS_MAX:
        return None
    text = unicodedata.normalize("NFKC", value).strip()
    negative = _SIGN.match(text) is not None and text[0] != "+"
    bare = _SIGN.sub("", text, count=1).removesuffix(")").strip() if _SIGN.match(text) else text
    for name in _NAMES:
        rest = _without(bare, name)
        if rest is None:
            continue
        currency = SYMBOLS.get(name, name)
        amount = number(rest, comma=comma)
        if amount is None and (twice := _again(rest, currency)) is not None:
            amount = number(twice, comma=comma)
        if amount is not None:
            return Money(-amount if negative else amount, currency)
    return None


def _again(text: str, currency: str) -> str | None:
    """What is left where the same currency is said twice: '人民币1200元'."""
    found = (_without(text, name) for name in _NAMES if SYMBOLS.get(name, name) == currency)
    return next((rest for rest in found if rest is not None), None)


def _without(text: str, name: str) -> str | None:
    """What is left of a text that begins or ends with the name of a currency; None where it does neither."""
    folded, wanted = text.casefold(), unicodedata.normalize("NFKC", name).casefold()
    if len(folded) != len(text):
        return None
    if folded.startswith(wanted):
        return text[len(wanted) :].strip()
    if folded.endswith(wanted):
        return text[: -len(wanted)].strip()
    return None


def _value(digits: str, *, comma: bool) -> Decimal | None:
    """Digits with grouping and decimal marks of any country; None where they do not fit together."""
    marks = [letter for letter in digits if not letter.isdigit()]
    if not marks:
        return Decimal(digits)
    last = marks[-1]
    whole, _, part = digits.rpartition(last)
    decimal = (
        last in ".," and marks.count(last) == 1 and (len(set(marks)) > 1 or _decimal(last, whole, part, comma=comma))
    )
    if not decimal:
        grouped = _GROUPED.fullmatch(digits) or _indian(digits)
        return Decimal(re.sub(r"\D", "", digits)) if grouped else None
    if not whole.isdigit() and (_GROUPED.fullmatch(whole) is None and not _indian(whole)):
        return None
    return Decimal(f"{re.sub(r'[^0-9]', '', whole)}.{part}")


def _decimal(mark: str, whole: str, part: str, *, comma: bool) -> bool:
    """Whether the one mark in a number is its decimal mark."""
    if len(part) != 3 or len(whole) > 3 or whole == "0":
        return True
    return mark == ("," if comma else ".")


def _indian(digits: str) -> bool:
    return re.fullmatch(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}", digits) is not None


def _bounded(value: Decimal) -> Decimal | None:
    return value if value.is_finite() and abs(value) < Decimal(10) ** EXPONENT_MAX else None
