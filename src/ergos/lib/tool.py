"""Tools: a typed Python function with one declared effect class.

    @tool(effect="idempotent", price=Price(microusd_per_call=200))
    async def file_ticket(title: str, urgent: bool = False, *, errand: Errand) -> str: ...

The JSON schema comes from the type hints; arguments are checked against it strictly before anything is
written or done. A parameter named `errand` receives the call's idempotency key and deadline and is not part
of the schema.

Rules: whoever declares `pure` promises that doing it twice is the same as doing it once; `local` in addition
that it leaves this machine alone. A blocking function runs in a thread.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast, get_type_hints

import msgspec

from ergos.base.canonical import Plain, digest_of
from ergos.base.errors import ToolDefinitionError
from ergos.base.ids import Digest, name
from ergos.base.money import FREE, Price
from ergos.kernel.events import EffectClass
from ergos.kernel.ports import Absent, Errand, Performed, ToolSpec

NOT_DONE: Final = Absent()
"""What a probe returns when the effect did not happen."""


class FunctionTool:
    """A function as a tool; still callable as the function it was."""

    def __init__(
        self,
        function: Callable[..., object],
        spec: ToolSpec,
        arguments: type[msgspec.Struct],
        probe: Callable[..., object] | None,
    ) -> None:
        self.function: Final = function
        self._spec: Final = spec
        self._arguments: Final = arguments
        self._fields: Final = arguments.__struct_fields__
        self._run: Final = _Body(function)
        self._probe: Final = _Body(probe) if probe is not None else None
        self._digest: Final = digest_of(msgspec.to_builtins(spec))
        self.__doc__ = function.__doc__
        self.__name__ = spec.name

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Call the function itself, outside any kernel; for tests."""
        return self.function(*args, **kwargs)

    @property
    def spec(self) -> ToolSpec:
        """Its definition."""
        return self._spec

    @property
    def digest(self) -> Digest:
        """Digest of the definition."""
        return self._digest

    def misfit(self, args: dict[str, Plain]) -> str:
        """What is wrong with the arguments, or ''."""
        try:
            msgspec.convert(args, self._arguments, strict=True)
        except msgspec.ValidationError as error:
            return str(error)
        return ""

    async def run(self, args: dict[str, Plain], errand: Errand) -> Performed:
        """Do it."""
        came = await self._call(self._run, args, errand)
        return came if isinstance(came, Performed) else Performed(value=_plain(came))

    async def probe(self, args: dict[str, Plain], errand: Errand) -> Performed | Absent:
        """Look whether it happened."""
        assert self._probe is not None, self._spec.name
        came = await self._call(self._probe, args, errand)
        if isinstance(came, Absent | Performed):
            return came
        return Performed(value=_plain(came))

    async def _call(self, body: _Body, args: dict[str, Plain], errand: Errand) -> object:
        typed = msgspec.convert(args, self._arguments, strict=True)
        given = {field: getattr(typed, field) for field in self._fields}
        if body.wants_errand:
            given["errand"] = errand
        if body.is_async:
            return await cast("Awaitable[object]", body.function(**given))
        came = await asyncio.to_thread(body.function, **given)
        return await came if isinstance(came, Awaitable) else came


class _Body:
    """A function and what is asked about it at every call."""

    __slots__ = ("function", "is_async", "wants_errand")

    def __init__(self, function: Callable[..., object]) -> None:
        self.function = function
        self.is_async = inspect.iscoroutinefunction(function)
        self.wants_errand = "errand" in inspect.signature(function).parameters


def tool(
    effect: EffectClass,
    *,
    name: str | None = None,
    local: bool = False,
    trusted: bool = False,
    price: Price | None = FREE,
    deadline_s: float = 60.0,
    queue: str = "tools",
    probe: Callable[..., object] | None = None,
) -> Callable[[Callable[..., object]], FunctionTool]:
    """Declare a tool. `price=None` says that the price is unknown, and then it is never called.

    Raises: ToolDefinitionError for a parameter without a type, a missing probe, or an effect that is none.
    """

    def declare(function: Callable[..., object]) -> FunctionTool:
        return _declared(
            function,
            effect=effect,
            own_name=name,
            local=local,
            trusted=trusted,
            price=price,
            deadline_s=deadline_s,
            queue=queue,
            probe=probe,
        )

    return declare


def _declared(
    function: Callable[..., object],
    *,
    effect: EffectClass,
    own_name: str | None,
    local: bool,
    trusted: bool,
    price: Price | None,
    deadline_s: float,
    queue: str,
    probe: Callable[..., object] | None,
) -> FunctionTool:
    called = name(own_name or getattr(function, "__name__", "tool"), what="a tool")
    if effect not in ("pure", "idempotent", "reconcilable", "irreversible"):
        raise ToolDefinitionError(f"{called}: {effect!r} is no effect class")
    if (effect == "reconcilable") != (probe is not None):
        raise ToolDefinitionError(f"{called}: a reconcilable tool needs a probe, and only that one")
    arguments = arguments_of(function, called)
    summary = inspect.cleandoc(function.__doc__ or "").split("\n\n")[0].replace("\n", " ")
    spec = ToolSpec(
        name=called,
        summary=summary,
        parameters=_schema(arguments, called),
        effect=effect,
        local=local,
        trusted=trusted,
        price=price,
        deadline_s=deadline_s,
        queue=queue,
    )
    return FunctionTool(function, spec, arguments, probe)


def arguments_of(function: Callable[..., object], called: str) -> type[msgspec.Struct]:
    """A Struct with the function's parameters. Raises: ToolDefinitionError."""
    try:
        hints = get_type_hints(function)
    except (NameError, TypeError) as error:
        raise ToolDefinitionError(f"{called}: a type cannot be found: {error}") from error
    fields: list[Any] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "errand":
            continue
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise ToolDefinitionError(f"{called}: *{parameter.name} has no schema; name each parameter")
        if parameter.name not in hints:
            raise ToolDefinitionError(f"{called}: the parameter {parameter.name!r} has no type")
        if parameter.default is parameter.empty:
            fields.append((parameter.name, hints[parameter.name]))
        else:
            fields.append((parameter.name, hints[parameter.name], parameter.default))
    return msgspec.defstruct(f"{called}_arguments", fields, kw_only=True, forbid_unknown_fields=True)


def _schema(arguments: type[msgspec.Struct], called: str) -> dict[str, object]:
    try:
        schemas, components = msgspec.json.schema_components([arguments], ref_template="#/$defs/{name}")
    except TypeError as error:
        raise ToolDefinitionError(f"{called}: a parameter's type has no JSON schema: {error}") from error
    own = components.pop(arguments.__name__, schemas[0])
    own.pop("title", None)
    return {**own, "$defs": components} if components else own


def _plain(value: object) -> Plain:
    """Structs, tuples and the like as plain data; what is not plain is refused when it is recorded."""
    if value is None or isinstance(value, str | int | float):
        return value
    return msgspec.to_builtins(value, str_keys=True)
