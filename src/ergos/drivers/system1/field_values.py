"""Values as documents write them, found in a piece of text and normalised: dates, amounts, numbers of accounts, addresses.

    values("date", "Datum: 03.02.2026", Habits())[0].value         # "2026-02-03"
    values("money", "Total € 1.190,00", Habits(comma=True))[0].value   # {"amount": "1190.00", "currency": "EUR"}

Rules: pure; a value is only what stands there; a check number that a kind has (IBAN) must be right; what two countries
read differently goes by the habits of its document, and without any is no value. Linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from ergos.base.amounts import CODES, SYMBOLS, Money, number
from ergos.base.canonical import Plain
from ergos.drivers.system1.field_days import days
from ergos.drivers.system1.field_names import ValueKind

TEXT_CHARS_MAX: Final = 300  # characters of a value that is plain text; a longer one is a paragraph
GROUPED_DIGITS_MIN: Final = 6  # digits of a number that is written in groups: '7730 118 204'

_GROUPS: Final = re.compile(r"[0-9]{1,12}(?: [0-9]{1,12}){1,6}")
_SPACE: Final = "    "
_NUMBER: Final = rf"[-−]?\(?[0-9](?:[0-9.,'’{_SPACE}]*[0-9])?(?:[,.][-–—]{{1,2}})?\)?"
_WORDS: Final = "|".join(
    re.escape(name) for name in sorted({*SYMBOLS, *CODES}, key=len, reverse=True) if name.isascii() and name.isalpha()
)
_SIGNS: Final = "|".join(
    re.escape(name) for name in sorted(SYMBOLS, key=len, reverse=True) if not (name.isascii() and name.isalpha())
)
_CURRENCY: Final = rf"(?:(?<![A-Za-z])(?:{_WORDS})(?![A-Za-z])|{_SIGNS})"
_AMOUNT: Final = re.compile(
    rf"(?P<before>{_CURRENCY})?\s?(?P<digits>{_NUMBER})\s?(?P<scale>[千万亿百]{{1,2}})?\s?(?P<after>{_CURRENCY})?(?P<percent>\s?[%％‰])?",
    re.IGNORECASE,
)
_COLUMN: Final = re.compile(rf"({_CURRENCY})\s{{2,}}(?=[-(]?[0-9])", re.IGNORECASE)
_ID: Final = re.compile(
    r"(?:[A-Z]{1,5}[ ](?=[0-9]))?[A-Z0-9ÄÖÜ](?:[A-Z0-9ÄÖÜ]|[-/_.#](?=[A-Z0-9ÄÖÜ])){0,49}", re.IGNORECASE
)
_IBAN: Final = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[0-9]{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,4})?(?![A-Z0-9])")
_BIC: Final = re.compile(r"(?<![A-Z0-9])[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![A-Z0-9])")
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}")
_PHONE: Final = re.compile(r"(?<![\w])(?:\+|00)?\(?[0-9][0-9()/\-. ]{5,22}[0-9](?!\w)")
_URL: Final = re.compile(r"(?:https?://|www\.)[^\s<>\"'，。；）)]{3,200}|(?<![@\w.-])(?:[a-z0-9-]{1,63}\.){1,3}(?:com|net|org|de|eu|cn|uk|io|fr|es|it|nl|at|ch)(?:/[^\s]*)?(?![\w])", re.IGNORECASE)  # fmt: skip
_VAT: Final = re.compile(
    r"(?<![A-Z0-9])(?:[A-Z]{2,3}[- ]?)?[0-9A-Z](?:[0-9A-Z]|[-/. ](?=[0-9])){6,19}(?![A-Z0-9])", re.IGNORECASE
)
_PERCENT: Final = re.compile(rf"(?P<digits>{_NUMBER})\s?[%％]")
_MINUS: Final = str.maketrans({"−": "-", "(": "", ")": ""})
_TRAILERS: Final = " \t,;:：，；。|·•-–—"


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """How a document writes what can be written in several ways."""

    comma: bool = False
    """A comma is the decimal mark."""
    day_first: bool | None = None
    """Of '03/04/2026'; None: nothing tells."""
    currency: str = ""
    """Of amounts that name none: the only one the document names."""


class Value(msgspec.Struct, frozen=True):
    """A value with where it stands."""

    value: Plain
    start: int
    end: int


def values(kind: ValueKind, text: str, habits: Habits) -> list[Value]:
    """All values of a kind in a text, in order."""
    match kind:
        case "date":
            return [Value(day.value, day.start, day.end) for day in days(text, day_first=habits.day_first)]
        case "money":
            return [_valued(one, habits) for one in amounts(text, habits)]
        case "number":
            found = (Value(plain_number(one.amount), one.start, one.end) for one in amounts(text, habits))
            return [one for one in found if one.value is not None]
        case "percent":
            return [
                Value(f"{plain_number(amount)} %", match.start(), match.end())
                for match in _PERCENT.finditer(text)
                if (amount := number(match["digits"].translate(_MINUS), comma=habits.comma)) is not None
            ]
        case "currency":
            return [Value(code, start, end) for code, start, end in currencies(text)]
        case _:
            return list(_shaped(kind, text))


def amounts(text: str, habits: Habits) -> Iterator[Amount]:
    """Numbers with what currency stands at them; percentages, dates and parts of longer words are left out."""
    taken = [(day.start, day.end) for day in days(text, day_first=habits.day_first)]
    for match in _AMOUNT.finditer(text):
        begin, end = match.span("digits")
        if match["percent"] or any(start < end and begin < stop for start, stop in taken):
            continue
        if _glued(text, match):
            continue
        digits = match["digits"].strip()
        value = number(digits.translate(_MINUS) + (match["scale"] or ""), comma=habits.comma)
        if value is None:
            continue
        negative = digits[0] in "-−(" or text[max(0, match.start() - 1) : match.start()] in ("-", "−")
        name = (match["before"] or match["after"] or "").strip()
        start = match.start("before") if match["before"] else begin
        yield Amount(
            -abs(value) if negative else value, _code(name), start, max(end, match.end("after"), match.end("scale"))
        )


class Amount(msgspec.Struct, frozen=True):
    """A number found, with its currency where one stands at it."""

    amount: Decimal
    currency: str
    start: int
    end: int


def joined(text: str) -> str:
    """Text in which a currency stands at its amount, whatever blanks are between them: 'EUR      22,35'."""
    return _COLUMN.sub(r"\1 ", text)


def currencies(text: str) -> Iterator[tuple[str, int, int]]:
    """Currencies that a text names, in order."""
    for match in re.finditer(_CURRENCY, text, re.IGNORECASE):
        word = match[0]
        if word.isascii() and word.isalpha() and word.upper() in CODES and not word.isupper():
            continue  # 'all', 'try' and 'top' are words
        code = _code(word)
        if code:
            yield code, match.start(), match.end()


def plain_number(amount: Decimal) -> str:
    """A number without grouping: '1234.50'."""
    return f"{amount:f}"


def _valued(one: Amount, habits: Habits) -> Value:
    return Value(Money(one.amount, one.currency or habits.currency).plain(), one.start, one.end)


def _glued(text: str, match: re.Match[str]) -> bool:
    """Whether the digits belong to a longer word or number: 'INV-2026-01', '4711A', '10115 Berlin' is not seen here."""
    begin, end = match.span("digits")
    before, after = text[begin - 1 : begin], text[end : end + 1]
    if not match["before"] and before and ((before.isascii() and before.isalpha()) or before in "_/#"):
        return True
    if text[max(0, begin - 2) : begin] in ("**", "xx", "XX", "••"):
        return True  # the end of a card's number
    if before == "-" and text[begin - 2 : begin - 1].isalnum():
        return True
    if text[begin] in "-−" and before.isalnum():
        return True
    return not match["after"] and bool(after) and ((after.isascii() and after.isalpha()) or after in "_/")


def _code(name: str) -> str:
    if not name:
        return ""
    folded = unicodedata.normalize("NFKC", name)
    if folded.upper() in CODES:
        return folded.upper()
    found = SYMBOLS.get(name) or SYMBOLS.get(folded) or SYMBOLS.get(folded.casefold())
    return found or next((code for key, code in SYMBOLS.items() if key.casefold() == folded.casefold()), "")


def _shaped(kind: ValueKind, text: str) -> Iterator[Value]:
    """Values that are known by their shape; plain text is the whole piece."""
    match kind:
        case "iban":
            for found in _IBAN.finditer(text):
                if iban := _iban(found[0]):
                    yield Value(iban, found.start(), found.start() + len(found[0]))
        case "bic":
            yield from (Value(found[0], *found.span()) for found in _BIC.finditer(text))
        case "email":
            yield from (Value(found[0].rstrip("."), *found.span()) for found in _EMAIL.finditer(text))
        case "phone":
            for found in _PHONE.finditer(text):
                if 7 <= sum(letter.isdigit() for letter in found[0]) <= 15 and not days(found[0], day_first=True):
                    yield Value(found[0].strip(), *found.span())
        case "url":
            yield from (Value(found[0].rstrip(".,;"), *found.span()) for found in _URL.finditer(text))
        case "vat_id":
            for found in _VAT.finditer(text):
                if sum(letter.isdigit() for letter in found[0]) >= 7:
                    yield Value(found[0].strip(" .-"), *found.span())
        case "id":
            grouped = _GROUPS.fullmatch(text.strip(_TRAILERS))
            if grouped is not None and sum(letter.isdigit() for letter in grouped[0]) >= GROUPED_DIGITS_MIN:
                yield Value(grouped[0], 0, len(text))
                return
            for found in _ID.finditer(text):
                if any(letter.isdigit() for letter in found[0]):
                    yield Value(found[0], *found.span())
                    return
        case _:
            stripped = text.strip(_TRAILERS)
            if stripped:
                begin = text.index(stripped)
                yield Value(" ".join(stripped.split())[:TEXT_CHARS_MAX], begin, begin + len(stripped))


def _iban(text: str) -> str:
    """The number without blanks if its check digits are right, else ''. Source: ISO 13616, mod 97."""
    bare = text.replace(" ", "")
    while len(bare) >= 15:
        turned = "".join(str(int(letter, 36)) for letter in bare[4:] + bare[:4])
        if len(bare) <= 34 and int(turned) % 97 == 1:
            return bare
        bare = bare[:-1]  # the next word of the line was taken along
    return ""
