"""JSON Schemas of strangers: checked once, then applied to values, in bounded time.

A schema is data that computes: references may run in circles, patterns may backtrack for ever, nested choices multiply.
So it is walked first (size, depth, every keyword's type, every reference within the document), and applied with a
budget of steps; its patterns run under a time limit.

Rules: nothing is ever fetched; a reference leads to this very document or the schema is refused; what cannot be checked
within the budget does not fit. `format` is a note, as JSON Schema 2020-12 has it.
Source: JSON Schema drafts 7, 2019-09 and 2020-12; MCP 2025-11-25, "JSON Schema usage".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, cast

from ergos.base.canonical import Plain, encode
from ergos.base.errors import BoundError, TooLargeError, ToolDefinitionError, ValueShapeError

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

SCHEMA_BYTES_MAX: Final = 256 * 1024  # bytes of one schema; the largest seen of a real tool is below 64 KiB
SCHEMA_DEPTH_MAX: Final = 40  # levels of a schema; deeper ones are attacks or generated nonsense
SCHEMA_NODES_MAX: Final = 10_000  # subschemas of one schema
STEPS_MAX: Final = 30_000  # keywords applied to one value; about half a second of a slow machine
STEP_BYTES: Final = 4_096  # bytes of a value that cost a keyword one step more: complaints repeat the value
PATTERN_CHARS_MAX: Final = 2_000  # characters of one pattern
PATTERN_S: Final = 0.2  # seconds one pattern may search one text
MESSAGE_CHARS_MAX: Final = 400  # characters of a complaint; the value itself may be long

DIALECTS: Final = {
    "http://json-schema.org/draft-07/schema": "Draft7Validator",
    "https://json-schema.org/draft-07/schema": "Draft7Validator",
    "https://json-schema.org/draft/2019-09/schema": "Draft201909Validator",
    "https://json-schema.org/draft/2020-12/schema": "Draft202012Validator",
}

_ONE: Final = frozenset(
    "not if then else contains propertyNames additionalProperties unevaluatedProperties additionalItems "
    "unevaluatedItems contentSchema".split()
)
_MANY: Final = frozenset("allOf anyOf oneOf prefixItems".split())
_NAMED: Final = frozenset("properties patternProperties $defs definitions dependentSchemas".split())
_COUNTS: Final = frozenset(
    "minLength maxLength minItems maxItems minProperties maxProperties minContains maxContains".split()
)
_NUMBERS: Final = frozenset("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split())
_TEXTS: Final = frozenset("$ref $dynamicRef $recursiveRef $anchor $dynamicAnchor $id $schema pattern format".split())
_REFERENCES: Final = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
_TYPES: Final = frozenset("null boolean object array number integer string".split())

Keyword: TypeAlias = "Callable[[Any, Any, Any, Any], Iterator[Any] | None]"


class _Applying(Protocol):
    """The validator as a keyword sees it."""

    def is_type(self, instance: object, type: str) -> bool: ...  # noqa: A002 - the library's own name
    def descend(
        self, instance: object, schema: object, path: object = None, schema_path: object = None
    ) -> Iterator[Any]: ...


class _Searching(Protocol):
    def search(self, text: str, *, timeout: float) -> object: ...


class Schema:
    """One schema that was found sound; applies itself to values."""

    def __init__(self, document: object, what: str) -> None:
        """Raises: ToolDefinitionError for a schema that is not sound or beyond a bound."""
        self._what: Final = what
        self._patterns: Final[dict[str, _Searching]] = {}
        self._steps = 0
        self._walked = 0
        self._seen: Final[set[str]] = set()
        self._sizes: dict[int, int] = {}
        dialect = self._sound(document)
        self._validator: Final = self._compiled(document, dialect)

    def misfit(self, value: Plain) -> str:
        """What is wrong with a value, or ''. Total; bounded in steps and time."""
        from jsonschema.exceptions import best_match
        from referencing.exceptions import Unresolvable

        self._steps, self._sizes = 0, {}
        _measure(value, self._sizes)
        try:
            error = best_match(self._validator.iter_errors(value))
        except (BoundError, TimeoutError):
            return f"it cannot be checked against the schema of {self._what} within {STEPS_MAX:,} steps"
        except RecursionError:
            return f"it cannot be checked: the schema of {self._what} runs in circles"
        except (Unresolvable, TypeError, ValueError, ArithmeticError) as broken:
            return f"it cannot be checked: the schema of {self._what} is broken ({type(broken).__name__})"
        if error is None:
            return ""
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
        told = f"{where.lstrip('.')}: {error.message}" if where else error.message
        return told if len(told) <= MESSAGE_CHARS_MAX else f"{told[: MESSAGE_CHARS_MAX - 1]}…"

    # Soundness

    def _sound(self, document: object) -> str:
        """The class of its dialect. Raises: ToolDefinitionError."""
        if not isinstance(document, dict | bool):
            raise self._refused("is no object")
        try:
            size = len(encode(document))
        except (ValueShapeError, TooLargeError) as error:
            raise self._refused(f"is not plain data or too large: {error.what}") from error
        if size > SCHEMA_BYTES_MAX:
            raise self._refused(f"has {size:,} bytes; at most {SCHEMA_BYTES_MAX:,} are read")
        stated = cast("dict[str, object]", document).get("$schema") if isinstance(document, dict) else None
        if stated is not None and not isinstance(stated, str):
            raise self._refused("has a $schema that is no text")
        self._walk(document, 0)
        if {"patternProperties", "unevaluatedProperties"} <= self._seen:
            raise self._refused("combines patternProperties with unevaluatedProperties, which is not read here")
        name = DIALECTS.get((stated or "").removesuffix("#")) if stated else "Draft202012Validator"
        if name is None:
            raise self._refused(f"is written in the dialect {str(stated)[:100]!r}, which is not read here")
        return name

    def _walk(self, schema: object, depth: int) -> None:
        """Look at one subschema and those in it. Raises: ToolDefinitionError."""
        self._walked += 1
        if self._walked > SCHEMA_NODES_MAX:
            raise self._refused(f"has more than {SCHEMA_NODES_MAX:,} parts")
        if depth > SCHEMA_DEPTH_MAX:
            raise self._refused(f"is nested deeper than {SCHEMA_DEPTH_MAX} levels")
        if isinstance(schema, bool):
            return
        if not isinstance(schema, dict):
            raise self._refused("has a part that is neither an object nor true or false")
        for key, value in cast("dict[str, object]", schema).items():
            self._keyword(key, value, depth)

    def _keyword(self, key: str, value: object, depth: int) -> None:
        self._seen.add(key)
        if key in _ONE:
            self._walk(value, depth + 1)
        elif key in _MANY or (key == "items" and isinstance(value, list)):
            for part in self._listed(key, value):
                self._walk(part, depth + 1)
        elif key == "items":
            self._walk(value, depth + 1)
        elif key in _NAMED:
            for name, part in self._table(key, value).items():
                if key == "patternProperties":
                    self._pattern(name)
                self._walk(part, depth + 1)
        elif key == "dependencies":
            for part in self._table(key, value).values():
                if not isinstance(part, list):
                    self._walk(part, depth + 1)
        else:
            self._leaf(key, value)

    def _leaf(self, key: str, value: object) -> None:
        wrong = False
        if key in _TEXTS:
            wrong = not isinstance(value, str)
            if key in _REFERENCES and isinstance(value, str) and not value.startswith("#"):
                raise self._refused(f"refers to {value[:100]!r}, which is outside of it; nothing is fetched")
            if key == "pattern" and isinstance(value, str):
                self._pattern(value)
        elif key in _COUNTS:
            wrong = not _number(value) or cast("float", value) < 0
        elif key in _NUMBERS:
            wrong = (
                not isinstance(value, int | float) or isinstance(value, bool) or (key == "multipleOf" and value <= 0)
            )
        elif key == "type":
            names = cast("list[object]", value) if isinstance(value, list) else [value]
            wrong = not names or any(not isinstance(name, str) or name not in _TYPES for name in names)
        elif key == "required":
            wrong = not all(isinstance(name, str) for name in self._listed(key, value))
        elif key == "enum":
            self._listed(key, value)
        elif key == "dependentRequired":
            wrong = not all(isinstance(part, list) for part in self._table(key, value).values())
        elif key == "uniqueItems":
            wrong = not isinstance(value, bool)
        if wrong:
            raise self._refused(f"has a {key!r} of the wrong kind")

    def _pattern(self, text: str) -> None:
        import regex

        if len(text) > PATTERN_CHARS_MAX:
            raise self._refused(f"has a pattern of {len(text):,} characters")
        if text not in self._patterns:
            try:
                self._patterns[text] = cast("_Searching", regex.compile(text))
            except (regex.error, RecursionError, OverflowError, ValueError) as error:
                raise self._refused(f"has a pattern that cannot be read: {text[:60]!r}") from error

    def _listed(self, key: str, value: object) -> list[object]:
        if not isinstance(value, list):
            raise self._refused(f"has {key!r} that is no list")
        return cast("list[object]", value)

    def _table(self, key: str, value: object) -> Mapping[str, object]:
        if not isinstance(value, dict):
            raise self._refused(f"has {key!r} that is no object")
        return cast("Mapping[str, object]", value)

    def _refused(self, why: str) -> ToolDefinitionError:
        return ToolDefinitionError(
            f"the schema of {self._what} {why}", remedy="tell whoever keeps the server; the tool is not mounted"
        )

    # Application

    def _compiled(self, document: object, dialect: str) -> Validator:
        import jsonschema
        from jsonschema import validators
        from referencing import Registry
        from referencing.exceptions import Unresolvable

        base = getattr(jsonschema, dialect)
        keywords = cast("Mapping[str, Keyword]", base.VALIDATORS)
        own: dict[str, Keyword] = {
            "pattern": self._apply_pattern,
            "patternProperties": self._apply_pattern_properties,
            "additionalProperties": self._apply_additional,
            "uniqueItems": _apply_unique,
        }
        counted = {name: self._counted(own.get(name, keyword)) for name, keyword in keywords.items()}
        bounded = cast("Any", validators.extend(base, counted))
        validator = bounded(document, registry=Registry())
        try:
            for reference in _references(document):
                validator._resolver.lookup(reference)  # noqa: SLF001 - the one that the keyword itself asks
        except (Unresolvable, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            raise self._refused("refers to a part of itself that is not there") from error
        return cast("Validator", validator)

    def _counted(self, keyword: Keyword) -> Keyword:
        """A keyword that costs a step each time, and as many as its list is long."""

        def apply(validator: object, value: object, instance: object, schema: object) -> Iterator[Any] | None:
            self._steps += 1 + self._sizes.get(id(instance), 0) // STEP_BYTES
            self._steps += len(cast("list[object]", value)) // 8 if isinstance(value, list) else 0
            if self._steps > STEPS_MAX:
                raise BoundError(f"more than {STEPS_MAX:,} steps")
            return keyword(validator, value, instance, schema)

        return apply

    def _apply_pattern(self, validator: _Applying, value: str, instance: object, schema: object) -> Iterator[Any]:
        del schema
        from jsonschema.exceptions import ValidationError

        if validator.is_type(instance, "string") and not self._found(value, cast("str", instance)):
            yield ValidationError(f"{str(instance)[:100]!r} does not match {value[:100]!r}")

    def _apply_pattern_properties(
        self, validator: _Applying, value: dict[str, object], instance: object, schema: object
    ) -> Iterator[Any]:
        del schema
        if not validator.is_type(instance, "object"):
            return
        for pattern, part in value.items():
            for name, inner in cast("dict[str, object]", instance).items():
                if self._found(pattern, name):
                    yield from validator.descend(inner, part, path=name, schema_path=pattern)

    def _apply_additional(
        self, validator: _Applying, value: object, instance: object, schema: dict[str, Any]
    ) -> Iterator[Any]:
        from jsonschema.exceptions import ValidationError

        if not validator.is_type(instance, "object"):
            return
        patterns = cast("dict[str, object]", schema.get("patternProperties", {}))
        for name, inner in cast("dict[str, object]", instance).items():
            if name in schema.get("properties", {}) or any(self._found(pattern, name) for pattern in patterns):
                continue
            if value is False:
                yield ValidationError(f"{name[:100]!r} is not one of its properties")
            else:
                yield from validator.descend(inner, value, path=name)

    def _found(self, pattern: str, text: str) -> bool:
        """Raises: TimeoutError."""
        self._steps += 1 + len(text) // 1_000
        return self._patterns[pattern].search(text, timeout=PATTERN_S) is not None


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _apply_unique(validator: _Applying, value: object, instance: object, schema: object) -> Iterator[Any]:
    """As JSON Schema has it (1 and 1.0 are one value, true and 1 are not), in linear time."""
    del schema
    from jsonschema.exceptions import ValidationError

    if value and validator.is_type(instance, "array"):
        items = cast("list[object]", instance)
        if len({encode(_leveled(item)) for item in items}) < len(items):
            yield ValidationError("it has an item twice")


def _measure(value: object, sizes: dict[int, int]) -> int:
    """About how many bytes each large part of a value takes; depth was bounded where it was encoded."""
    if isinstance(value, str):
        size = len(value)
    elif isinstance(value, list):
        size = sum(_measure(item, sizes) for item in cast("list[object]", value))
    elif isinstance(value, dict):
        size = sum(len(key) + _measure(item, sizes) for key, item in cast("dict[str, object]", value).items())
    else:
        return 8
    if size >= STEP_BYTES:
        sizes[id(value)] = size
    return size + 2


def _leveled(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_leveled(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: _leveled(item) for key, item in cast("dict[str, object]", value).items()}
    return value


def _references(document: object) -> Iterator[str]:
    """References of a schema, those that stand in data excepted; iterative, because depth was checked already."""
    waiting = [document]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting.extend(cast("list[object]", found))
        elif isinstance(found, dict):
            for key, value in cast("dict[str, object]", found).items():
                if key in ("$ref", "$dynamicRef") and isinstance(value, str):
                    yield value
                elif key not in ("const", "enum", "default", "examples"):
                    waiting.append(value)
