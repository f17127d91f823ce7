"""A value that fits a JSON schema, made from words that were said: what a mind without a mind fills a form with.

Rules: the same schema, words and seed give the same value. Names and numbers come from the words where the schema
lets them. What a schema demands beyond this file's understanding (such as most patterns) is not guaranteed.
"""

from __future__ import annotations

import hashlib
import math
import re
import zlib
from typing import Final, cast

import msgspec

DEPTH_MAX: Final = 12  # levels; below, a recursive schema ends in its shortest form
NODES_MAX: Final = 2_000  # values of one form; beyond, every branch ends in its shortest form
NUMBER_MAX: Final = 10**15  # beyond it neighbouring whole numbers have no floats of their own
STEP_MIN: Final = 1e-9  # of `multipleOf`; everything is a multiple of a smaller one
DIGITS_MAX: Final = 15  # characters of a number taken from what was said
ITEMS_MAX: Final = 256  # items of one list
ITEMS_MIN: Final = 1  # items of a list that may be empty; an empty one tells a test little
WORDS_MAX: Final = 64  # words remembered of what was said
TEXT_CHARS_MAX: Final = 20_000  # characters read for words

_NUMBER: Final = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.]*\w)")
_NAME: Final = re.compile(r"(?<=[a-z,;:'\"(] )[A-Z][\w-]*|[A-Z]{2,}\b|['\"“]([^'\"”]{1,60})['\"”]")
_WORD: Final = re.compile(r"[^\W\d_][\w-]{2,}")
_DULL: Final = frozenset(
    "the and for with what which how many much are was were then that this please give tell use using into from "
    "weather its new task you your can could would should answer".split()
)
_FORMATS: Final = {
    "date-time": "2026-03-14T15:09:26Z",
    "date": "2026-03-14",
    "time": "15:09:26Z",
    "duration": "P1DT2H",
    "email": "ada@example.org",
    "idn-email": "ada@example.org",
    "hostname": "example.org",
    "uri": "https://example.org/a",
    "url": "https://example.org/a",
    "uri-reference": "/a",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "3f1d2c4b-5a69-4788-9a0b-1c2d3e4f5a6b",
    "byte": "ZXJnb3M=",
    "binary": "ergos",
    "json-pointer": "/a/b",
    "regex": "^a+$",
}
_SAMPLES: Final = ("a", "A", "abc", "ABC", "A1", "AB12", "a-b", "a_b", "1", "12", "123", "1234", "12345", "1.5",
                   "+15550100", "555-0100", "#a1b2c3", "v1.2.3", "1.2.3", "12:30", "EUR", "en", "en-US")  # fmt: skip


class Said(msgspec.Struct, frozen=True):
    """What was said, as far as a form can be filled with it."""

    names: tuple[str, ...]
    numbers: tuple[float, ...]
    seed: str
    turn: int = 0
    """Counts how often it was used before, so that a name is not taken twice while there are others."""

    def pick(self, key: str) -> str:
        """A name, always the same for the same key in the same turn."""
        return self.names[(zlib.crc32(key.encode()) + self.turn) % len(self.names)]

    def drawn(self, key: str) -> int:
        """A number, always the same for the same key."""
        return int.from_bytes(hashlib.blake2b(f"{self.seed}\0{key}".encode(), digest_size=4).digest(), "big")


def said(text: str, seed: str, turn: int = 0) -> Said:
    """Names (capitalised or quoted words) before other words, and numbers, of a text."""
    text = text[:TEXT_CHARS_MAX]
    names = dict.fromkeys(found[1] or found[0] for found in _NAME.finditer(text) if found[0].lower() not in _DULL)
    if not names:
        names = dict.fromkeys(word for word in _WORD.findall(text) if word.lower() not in _DULL)
    numbers = tuple(float(number) for number in _NUMBER.findall(text)[:WORDS_MAX] if len(number) < DIGITS_MAX)
    return Said(names=tuple(names)[:WORDS_MAX] or ("something",), numbers=numbers, seed=seed, turn=turn)


def value_for(schema: object, source: Said, *, key: str = "value") -> object:
    """A value that fits."""
    return _Form(schema, source).fill(schema, key, 0)


class _Form:
    def __init__(self, root: object, source: Said) -> None:
        self._root, self._source = root, source
        self._nodes = 0

    def fill(self, schema: object, key: str, depth: int) -> object:
        self._nodes += 1
        if self._nodes > NODES_MAX:
            depth = max(depth, DEPTH_MAX + 1)
        if depth > 2 * DEPTH_MAX:
            return None
        if not isinstance(schema, dict):
            return self._source.pick(key)
        given = self._resolved(cast("dict[str, object]", schema), depth)
        if "const" in given:
            return given["const"]
        if isinstance(options := given.get("enum"), list) and options:
            return self._option(cast("list[object]", options), key)
        for union in ("anyOf", "oneOf"):
            if isinstance(branches := given.get(union), list) and branches:
                rest = {name: part for name, part in given.items() if name not in {union, "$defs", "definitions"}}
                return self._branch(cast("list[object]", branches), rest, key, depth)
        kind = given.get("type")
        if isinstance(kind, list):
            kinds = [each for each in cast("list[object]", kind) if each != "null"]
            kind = kinds[0] if kinds else "null"
        return self._of_kind(kind if isinstance(kind, str) else _implied(given), given, key, depth)

    def _of_kind(self, kind: str, given: dict[str, object], key: str, depth: int) -> object:
        match kind:
            case "object":
                return self._object(given, depth)
            case "array":
                return self._array(given, key, depth)
            case "integer":
                return self._number(given, key, whole=True)
            case "number":
                return self._number(given, key, whole=False)
            case "boolean":
                return self._source.drawn(key) % 2 == 0
            case "null":
                return None
            case _:
                return self._text(given, key)

    def _resolved(self, schema: dict[str, object], depth: int) -> dict[str, object]:
        """With what it refers to, and with all it is made of, put in its place."""
        for _ in range(DEPTH_MAX):
            self._nodes += 1
            if self._nodes > NODES_MAX:
                break
            if isinstance(place := schema.get("$ref"), str):
                found = self._at(place)
                schema = found | {name: part for name, part in schema.items() if name != "$ref"}
            elif isinstance(parts := schema.get("allOf"), list) and depth <= DEPTH_MAX:
                merged = {name: part for name, part in schema.items() if name != "allOf"}
                for part in cast("list[object]", parts):
                    if isinstance(part, dict):
                        merged = _merged(merged, self._resolved(cast("dict[str, object]", part), depth + 1))
                schema = merged
            else:
                break
        return schema

    def _at(self, place: str) -> dict[str, object]:
        """What stands at '#/$defs/Name' of the root."""
        here: object = self._root
        for step in place.removeprefix("#").split("/"):
            if step and isinstance(here, dict):
                here = cast("dict[str, object]", here).get(step.replace("~1", "/").replace("~0", "~"))
        return cast("dict[str, object]", here) if isinstance(here, dict) else {}

    def _branch(self, branches: list[object], rest: dict[str, object], key: str, depth: int) -> object:
        """Of a union: the first that is not null; deep down, null where it may be."""
        nulls = [part for part in branches if _dict(part).get("type") == "null"]
        if nulls and depth > DEPTH_MAX // 2:
            return None
        chosen = next((part for part in branches if part not in nulls), nulls[0] if nulls else {})
        return self.fill(_merged(rest, _dict(chosen)), key, depth + 1)

    def _option(self, options: list[object], key: str) -> object:
        named = {name.lower() for name in self._source.names}
        spoken = [option for option in options if isinstance(option, str) and option.lower() in named]
        return spoken[0] if spoken else options[self._source.drawn(key) % len(options)]

    def _object(self, given: dict[str, object], depth: int) -> dict[str, object]:
        if depth > DEPTH_MAX:
            return {}
        properties = _dict(given.get("properties"))
        required = [name for name in _list(given.get("required")) if isinstance(name, str)]
        names = [name for name in properties if name in required] + [
            name for name in required if name not in properties
        ]
        filled = {name: self.fill(properties.get(name, {}), name, depth + 1) for name in names}
        more = given.get("additionalProperties")
        least = _integer(given.get("minProperties"), 0)
        while len(filled) < least and more is not False and len(filled) < WORDS_MAX:
            name = f"{self._source.pick(str(len(filled)))}{len(filled)}"
            filled[name] = self.fill(more if isinstance(more, dict) else {}, name, depth + 1)
        return filled

    def _array(self, given: dict[str, object], key: str, depth: int) -> list[object]:
        prefix = _list(given.get("prefixItems"))
        least = min(_integer(given.get("minItems"), 0), ITEMS_MAX)
        most = _integer(given.get("maxItems"), ITEMS_MAX)
        wanted = min(most, max(least, len(prefix), ITEMS_MIN if depth < DEPTH_MAX // 2 else 0))
        return [
            self.fill(prefix[at] if at < len(prefix) else given.get("items", {}), f"{key}{at or ''}", depth + 1)
            for at in range(wanted)
        ]

    def _number(self, given: dict[str, object], key: str, *, whole: bool) -> int | float:
        step = abs(_real(given.get("multipleOf"), 1.0 if whole else 0.0))
        least, most = _real(given.get("minimum"), -NUMBER_MAX), _real(given.get("maximum"), NUMBER_MAX)
        edge = step or 1e-6
        if "exclusiveMinimum" in given:
            least = max(least, _real(given["exclusiveMinimum"], -NUMBER_MAX) + edge)
        if "exclusiveMaximum" in given:
            most = min(most, _real(given["exclusiveMaximum"], NUMBER_MAX) - edge)
        spoken = [number for number in self._source.numbers if least <= number <= most]
        drawn = self._source.drawn(key)
        number = spoken[drawn % len(spoken)] if spoken else float(drawn % 100)
        number = min(max(number, least), most)
        if step > STEP_MIN:
            number = math.floor(number / step) * step
            number += step if number < least else 0.0
        return round(number) if whole else number

    def _text(self, given: dict[str, object], key: str) -> str:
        least = min(_integer(given.get("minLength"), 0), TEXT_CHARS_MAX)
        most = _integer(given.get("maxLength"), TEXT_CHARS_MAX)
        form = given.get("format")
        if isinstance(form, str) and form in _FORMATS:
            return _FORMATS[form]
        word = self._source.pick(key)
        if isinstance(pattern := given.get("pattern"), str):
            word = _fitting(pattern, (word, word.lower(), word.upper(), *_SAMPLES, *_FORMATS.values()), least, most)
        elif len(word) < least:
            word = (word + " ") * (least // (len(word) + 1) + 1)
            word = word[:least].replace(" ", "-")
        return word[: max(most, 0)]


def _merged(over: dict[str, object], under: dict[str, object]) -> dict[str, object]:
    """Two schemas that must both hold."""
    merged = under | over
    if isinstance(over.get("properties"), dict) and isinstance(under.get("properties"), dict):
        merged["properties"] = _dict(under["properties"]) | _dict(over["properties"])
    if isinstance(over.get("required"), list) and isinstance(under.get("required"), list):
        names = [name for name in (*_list(under["required"]), *_list(over["required"])) if isinstance(name, str)]
        merged["required"] = list(dict.fromkeys(names))
    return merged


def _implied(given: dict[str, object]) -> str:
    """The type of a schema that does not say it."""
    if "properties" in given or "additionalProperties" in given:
        return "object"
    if "items" in given or "prefixItems" in given:
        return "array"
    return "number" if {"minimum", "maximum", "multipleOf"} & given.keys() else "string"


def _fitting(pattern: str, words: tuple[str, ...], least: int, most: int) -> str:
    try:
        wanted = re.compile(pattern)
    except re.error:
        return words[0]
    return next((word for word in words if least <= len(word) <= most and wanted.search(word)), words[0])


def _dict(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _integer(value: object, otherwise: int) -> int:
    return int(_real(value, otherwise))


def _real(value: object, otherwise: float) -> float:
    """A number within bounds; anything else is as if it were not said."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return otherwise
    return float(min(max(value, -NUMBER_MAX), NUMBER_MAX))
