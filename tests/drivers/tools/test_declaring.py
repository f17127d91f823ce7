from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
import pytest

from ergos.base.errors import ToolFailedError, ValueShapeError
from ergos.drivers.tools.declaring import Arguments, Builtin, plain
from ergos.kernel.packages import Errand, Performed
from tests.drivers.tools.errands import errand


class Given(Arguments, frozen=True):
    """What it takes."""

    path: str
    count: Annotated[int, msgspec.Meta(ge=1, le=3)] = 1


async def _echo(asked: Given, given: Errand) -> object:
    """Say it again.

    More for people who read the code.
    """
    return {"said": (asked.path,) * asked.count, "key": given.idempotency_key}


def _even(asked: Given) -> None:
    if asked.path == "odd":
        raise ValueShapeError("odd is not taken")


ECHO = Builtin("test.echo", Given, _echo, effect="pure", reach="read", roles={"path": "target"}, check=_even)


def test_the_schema_is_that_of_the_arguments() -> None:
    assert ECHO.spec.summary == "Say it again."
    assert ECHO.spec.parameters["required"] == ["path"]
    assert ECHO.spec.parameters["additionalProperties"] is False
    assert "description" not in ECHO.spec.parameters
    assert ECHO.spec.goes == "read"


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"path": 1},
        {"path": "a", "count": True},
        {"path": "a", "count": 4},
        {"path": "a", "more": 1},
        {"path": "odd"},
    ],
)
def test_arguments_that_do_not_fit_are_named_before_anything_runs(args: dict[str, object]) -> None:
    assert ECHO.misfit(args)  # type: ignore[arg-type]


def test_what_comes_back_is_plain_data() -> None:
    came = asyncio.run(ECHO.run({"path": "a", "count": 2}, errand("k")))
    assert came == Performed(value={"said": ["a", "a"], "key": "k"})


def test_a_changed_definition_has_another_digest() -> None:
    other = Builtin("test.echo", Given, _echo, effect="idempotent", reach="own")
    assert other.digest != ECHO.digest
    assert Builtin("test.echo", Given, _echo, effect="idempotent", reach="own").digest == other.digest


def test_a_reconcilable_tool_needs_a_probe() -> None:
    with pytest.raises(AssertionError):
        Builtin("test.echo", Given, _echo, effect="reconcilable", reach="own")


def test_a_result_that_is_no_plain_data_is_the_tools_failure() -> None:
    with pytest.raises(ValueShapeError):
        plain({"x": float("nan")})


def test_what_a_tool_raises_is_passed_on() -> None:
    async def broken(_: Given, __: Errand) -> object:
        """Fail."""
        raise ToolFailedError("no")

    with pytest.raises(ToolFailedError):
        asyncio.run(Builtin("test.broken", Given, broken, effect="pure", reach="read").run({"path": "a"}, errand()))
