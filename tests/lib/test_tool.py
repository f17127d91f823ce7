"""Tools: a schema from every kind of hint, strict arguments, and a failure for whatever is no result."""

# ruff: noqa: UP007, UP045 - the older spellings of unions are hints too
# No `from __future__ import annotations`: hints of local types are read as they stand.

import asyncio
import dataclasses
import datetime
import enum
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, TypedDict, Union

import msgspec
import pytest

from ergos.base.canonical import encode
from ergos.base.errors import ToolDefinitionError, ValueShapeError
from ergos.base.ids import Pid
from ergos.base.limits import VALUE_BYTES_MAX
from ergos.base.money import Price
from ergos.kernel.packages import Errand, Performed
from ergos.kernel.process import State
from ergos.lib.tool import NOT_DONE, FunctionTool, tool
from tests.lib.house import agent_in, run

ERRAND = Errand(pid=Pid(1), owner="alice", agent="a", idempotency_key="k", deadline_ns=1, now_ns=0)


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Point(msgspec.Struct):
    x: int
    y: float = 0.0


@dataclasses.dataclass
class Person:
    name: str
    at: Optional[Point] = None


class Options(TypedDict, total=False):
    deep: bool


def described(hint: object) -> FunctionTool:
    def f(value: hint) -> None: ...  # type: ignore[valid-type]

    return tool(effect="pure")(f)


# A hint, what the schema says of it, values that fit, values that do not.
HINTS: list[tuple[object, dict[str, object], list[object], list[object]]] = [
    (int, {"type": "integer"}, [0, -5, 2**62], ["1", 1.5, True, None, [1]]),
    (float, {"type": "number"}, [0, 1.5], ["1.5", True, None]),
    (bool, {"type": "boolean"}, [True], [1, 0, "true", None]),
    (str, {"type": "string"}, ["", "x"], [1, None, True, ["x"]]),
    (list[int], {"type": "array", "items": {"type": "integer"}}, [[], [1]], [[1, "2"], "12", {"0": 1}, None]),
    (tuple[int, str], {"type": "array"}, [[1, "a"]], [[1], [1, 2], ["a", 1]]),
    (dict[str, float], {"type": "object"}, [{}, {"a": 1}], [[], {"a": "1"}, None]),
    (Literal["a", 3], {"enum": [3, "a"]}, ["a", 3], ["3", "b", None]),
    (Optional[int], {"anyOf": [{"type": "integer"}, {"type": "null"}]}, [1, None], ["1"]),
    (Union[int, str], {}, [1, "1"], [None, 1.5, []]),
    (Colour, {"$ref": "#/$defs/Colour"}, ["red"], ["blue", "RED", 0]),
    (Level, {"$ref": "#/$defs/Level"}, [3], [4, "3", "HIGH"]),
    (Point, {"$ref": "#/$defs/Point"}, [{"x": 1}, {"x": 1, "y": 2}], [{}, {"x": "1"}, [1, 2], None]),
    (Person, {"$ref": "#/$defs/Person"}, [{"name": "a"}, {"name": "a", "at": {"x": 1}}], [{}, {"name": 1}]),
    (Options, {"$ref": "#/$defs/Options"}, [{}, {"deep": True}], [{"deep": 1}]),
    (datetime.date, {"format": "date"}, ["2027-01-31"], ["31.1.2027", 5]),
    (Annotated[int, msgspec.Meta(ge=1)], {"minimum": 1}, [1], [0]),
    (Any, {}, [None, 1, [{}]], []),
]


@pytest.mark.parametrize(("hint", "schema", "good", "bad"), HINTS, ids=[str(case[0])[:40] for case in HINTS])
def test_a_hint_becomes_a_schema_and_arguments_are_held_to_it(
    hint: object, schema: dict[str, object], good: list[object], bad: list[object]
) -> None:
    found = described(hint)
    properties = found.spec.parameters["properties"]
    assert isinstance(properties, dict)
    assert schema.items() <= properties["value"].items(), properties
    assert encode(found.spec)
    for value in good:
        assert found.misfit({"value": value}) == "", value  # type: ignore[dict-item]
    for value in bad:
        assert found.misfit({"value": value}), value  # type: ignore[dict-item]


def test_missing_and_unknown_arguments_are_named() -> None:
    @tool(effect="pure")
    def f(a: int, *, b: str = "x", c: Optional[list[int]] = None) -> None:
        """One line.

        More.
        """

    assert "`a`" in f.misfit({})
    assert "`d`" in f.misfit({"a": 1, "d": 2})
    assert f.misfit({"a": 1}) == ""
    assert f.spec.parameters["required"] == ["a"]
    assert f.spec.parameters["properties"]["b"] == {"type": "string", "default": "x"}  # type: ignore[index]
    assert f.spec.summary == "One line."


def call(found: FunctionTool, **args: object) -> Performed:
    return asyncio.run(found.run(args, ERRAND))  # type: ignore[arg-type]


def test_a_function_gets_typed_arguments_and_its_errand_whether_it_is_async_or_not() -> None:
    def f(at: Point, colour: Colour, day: datetime.date, *, errand: Errand) -> list[object]:
        return [type(at), at.y, colour, day.year, errand.idempotency_key]

    async def g(at: Point, colour: Colour, day: datetime.date, *, errand: Errand) -> list[object]:
        return f(at, colour, day, errand=errand)[1:]

    args = {"at": {"x": 1}, "colour": "red", "day": "2027-01-31"}
    assert call(tool(effect="pure")(g), **args).value == [0.0, "red", 2027, "k"]
    assert "errand" not in tool(effect="pure")(f).spec.parameters["properties"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("result", "plain"),
    [
        (Point(1), {"x": 1, "y": 0.0}),
        (Person("a"), {"name": "a", "at": None}),
        ((1, (2,)), [1, [2]]),
        ({1: "a"}, {"1": "a"}),
        (Level.HIGH, 3),
        (Colour.RED, "red"),
        ([Level.HIGH], [3]),
        (None, None),
        (Performed(value=(Level.HIGH,), tokens=5), [3]),  # type: ignore[arg-type]
    ],
)
def test_a_result_is_what_a_replay_will_give(result: object, plain: object) -> None:
    @tool(effect="pure")
    def f() -> Any:
        return result

    found = call(f).value
    assert found == plain
    assert type(found) is type(plain)
    assert found == msgspec.json.decode(encode(found))


@pytest.mark.parametrize("result", [object(), lambda: 1, {"a": object()}, iter([1]), 1j, Path])
def test_a_result_that_is_no_data_is_refused(result: object) -> None:
    @tool(effect="pure")
    def f() -> Any:
        return result

    with pytest.raises(ValueShapeError):
        call(f)


def test_a_coroutine_that_a_plain_function_returns_is_awaited() -> None:
    async def later() -> int:
        return 7

    @tool(effect="pure")
    def f() -> Any:
        return later()

    assert call(f).value == 7


def test_a_probe_answers_with_a_result_or_says_that_nothing_happened() -> None:
    done: list[str] = []

    def probe(what: str) -> Any:
        return "there" if what in done else NOT_DONE

    @tool(effect="reconcilable", probe=probe)
    def f(what: str) -> str:
        return what

    assert asyncio.run(f.probe({"what": "x"}, ERRAND)) is NOT_DONE
    done.append("x")
    assert asyncio.run(f.probe({"what": "x"}, ERRAND)) == Performed(value="there")


def test_the_digest_pins_the_definition() -> None:
    def f(a: int) -> int:
        """One."""
        return a

    one = tool(effect="pure")(f)
    assert one.digest == tool(effect="pure")(f).digest
    others = [
        tool(effect="idempotent")(f),
        tool(effect="pure", name="g")(f),
        tool(effect="pure", trusted=True)(f),
        tool(effect="pure", price=Price(1))(f),
    ]
    assert len({one.digest, *(other.digest for other in others)}) == 5


def test_a_tool_is_still_the_function_it_was() -> None:
    @tool(effect="irreversible")
    def double(a: int) -> int:
        """Twice."""
        return 2 * a

    assert double(21) == 42
    assert (double.__name__, double.__doc__) == ("double", "Twice.")


def untyped(a) -> None: ...  # type: ignore[no-untyped-def]
def starred(*a: int) -> None: ...
def starred2(**a: int) -> None: ...
def positional(a: int, /) -> None: ...
def keyed(key: str) -> None: ...
def unknown(a: "NoSuchType") -> None: ...  # type: ignore[name-defined]  # noqa: F821
def odd(a: object) -> None: ...
def functional(a: Callable[[], int]) -> None: ...
def ambiguous(a: Union[Point, Person]) -> None: ...
def mutable(a: list[int] = [1]) -> None: ...  # noqa: B006
def fine(a: int) -> None: ...
def other(b: int) -> None: ...


@pytest.mark.parametrize(
    ("function", "options", "what"),
    [
        (untyped, {}, "'a' has no type"),
        (starred, {}, "a has no schema"),
        (starred2, {}, "a has no schema"),
        (positional, {}, "before '/'"),
        (keyed, {}, "'key'"),
        (unknown, {}, "NoSuchType"),
        (functional, {}, "JSON schema"),
        (ambiguous, {}, "JSON schema"),
        (mutable, {}, "parameters"),
        (fine, {"effect": "harmless"}, "'harmless' is no effect class"),
        (fine, {"effect": "reconcilable"}, "needs a probe"),
        (fine, {"probe": fine}, "needs a probe"),
        (fine, {"effect": "reconcilable", "probe": other}, "same parameters"),
        (fine, {"name": "a/b"}, "not a name"),
        (fine, {"price": Price(-1)}, "negative"),
        (fine, {"deadline_s": 0}, "deadline"),
        (fine, {"deadline_s": float("nan")}, "deadline"),
        (fine, {"deadline_s": float("inf")}, "deadline"),
    ],
)
def test_a_tool_the_kernel_cannot_use_is_refused_where_it_is_declared(
    function: Callable[..., object], options: dict[str, Any], what: str
) -> None:
    with pytest.raises(ToolDefinitionError) as raised:
        tool(**{"effect": "pure", **options})(function)
    assert what in raised.value.what


# In a kernel


def outcome(tmp_path: Path, body: str, call: str = "await ctx.act('f')") -> Any:
    """What a program sees of a tool `f`: its value, or code and words of the failure."""
    program = f"""
    @agent(grants=[may("act", "f")])
    async def a(ctx):
        try:
            return {call}
        except ErgosError as error:
            return [error.code, error.what]
    """
    end = asyncio.run(run(tmp_path, agent_in(tmp_path, body + program)))
    assert end.process.state is State.DONE, end
    return end.outcome


@pytest.mark.parametrize(
    ("body", "code", "what"),
    [
        ("raise ValueError('bad')", "E501", "ValueError: bad"),
        ("raise DeniedError('no')", "E301", "no"),
        ("import sys; sys.exit(1)", "E501", "SystemExit"),
        ("raise StopIteration(1)", "E501", "StopIteration"),
        ("raise asyncio.CancelledError", "E", ""),
        ("return object()", "E105", "not plain data"),
        ("return float('nan')", "E105", "nan"),
        ("return [[1.0, float('inf')]]", "E105", "inf"),
        ("return '\\ud800'", "E105", "not plain"),
        ("return 'x' * 20_000_000", "E106", f"at most {VALUE_BYTES_MAX:,}"),
        ("x = []\n        for _ in range(500): x = [x]\n        return x", "E105", "deep"),
        ("x = []; x.append(x); return x", "E105", "plain"),
    ],
)
@pytest.mark.parametrize("how", ["def", "async def"])
def test_whatever_a_tool_does_its_program_is_told_and_the_kernel_lives(
    tmp_path: Path, how: str, body: str, code: str, what: str
) -> None:
    found = outcome(
        tmp_path,
        f"""
    @tool(effect="pure", deadline_s=10)
    {how} f():
        {body}
    """,
    )
    assert found[0].startswith(code), found
    assert what in found[1]


def test_a_tool_that_blocks_holds_up_nobody_and_is_cut_off_at_its_deadline(tmp_path: Path) -> None:
    body = """
    import time
    @tool(effect="idempotent", deadline_s=0.2)
    def f():
        time.sleep(0.5)
    """
    began = time.monotonic()
    assert outcome(tmp_path, body)[0] == "E502"
    assert time.monotonic() - began < 15


def test_arguments_that_do_not_fit_never_reach_the_tool(tmp_path: Path) -> None:
    body = """
    @tool(effect="irreversible")
    def f(count: int):
        raise AssertionError
    """
    for args, what in (
        ("count='1'", "Expected `int`, got `str`"),
        ("", "missing required field"),
        ("count=1, x=2", "`x`"),
    ):
        found = outcome(tmp_path, body, f"await ctx.act('f', {args})")
        assert found[0] == "E105"
        assert what in found[1]


def test_a_tool_of_unknown_price_is_never_called(tmp_path: Path) -> None:
    body = """
    @tool(effect="pure", price=None)
    def f():
        raise AssertionError
    """
    assert outcome(tmp_path, body)[0] == "E303"


def test_arguments_may_have_the_names_of_our_own(tmp_path: Path) -> None:
    body = """
    @tool(effect="pure")
    def f(tool: str, self: int, ctx: bool):
        return [tool, self, ctx]
    """
    assert outcome(tmp_path, body, "await ctx.act('f', tool='t', self=1, ctx=True)") == ["t", 1, True]
