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

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, cast, get_args, get_type_hints

import msgspec

from ergos.base.canonical import Plain, decode, digest_of, encode
from ergos.base.errors import ToolDefinitionError, ValueShapeError
from ergos.base.ids import Digest, name
from ergos.base.limits import SLEEP_S_MAX
from ergos.base.money import FREE, Price
from ergos.kernel.calls import EffectClass
from ergos.kernel.packages import Absent, Errand, Performed, ToolSpec
from ergos.kernel.permission.naming import Named
from ergos.kernel.permission.policy import ArgumentRole, Reach
from ergos.lib.foreign import Body

_ARGUMENTS: Final = "ergos arguments"  # no type of an author can have this name

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
        self._run: Final = Body(function, spec.name)
        self._probe: Final = Body(probe, spec.name) if probe is not None else None
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
        return _performed(came)

    async def probe(self, args: dict[str, Plain], errand: Errand) -> Performed | Absent:
        """Look whether it happened."""
        assert self._probe is not None, self._spec.name
        came = await self._call(self._probe, args, errand)
        return came if isinstance(came, Absent) else _performed(came)

    async def _call(self, body: Body, args: dict[str, Plain], errand: Errand) -> object:
        typed = msgspec.convert(args, self._arguments, strict=True)
        given = {field: getattr(typed, field) for field in self._fields}
        if body.wants_errand:
            given["errand"] = errand
        return await body(**given)


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
    reach: Reach | None = None,
    roles: Mapping[str, ArgumentRole] | None = None,
    readers: Iterable[str] | None = None,
    named: Iterable[Named] = (),
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
            reach=reach,
            roles=dict(roles or {}),
            readers=None if readers is None else tuple(readers),
            named=tuple(named),
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
    reach: Reach | None,
    roles: dict[str, ArgumentRole],
    readers: tuple[str, ...] | None,
    named: tuple[Named, ...],
) -> FunctionTool:
    called = _named(own_name or getattr(function, "__name__", "tool"))
    if effect not in ("pure", "idempotent", "reconcilable", "irreversible"):
        raise ToolDefinitionError(f"{called}: {effect!r} is no effect class")
    if (effect == "reconcilable") != (probe is not None):
        raise ToolDefinitionError(f"{called}: a reconcilable tool needs a probe, and only that one")
    if price is not None and min(price.microusd_per_call, price.microusd_per_million_tokens) < 0:
        raise ToolDefinitionError(f"{called}: its price is negative")
    if not 0 < deadline_s <= SLEEP_S_MAX:
        raise ToolDefinitionError(f"{called}: its deadline is {deadline_s} seconds, not between 0 and {SLEEP_S_MAX}")
    arguments = arguments_of(function, called)
    if probe is not None and arguments_of(probe, called).__struct_fields__ != arguments.__struct_fields__:
        raise ToolDefinitionError(f"{called}: its probe does not take the same parameters")
    _judged(called, arguments, reach, roles)
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
        reach=reach,
        roles=roles,
        readers=readers,
        named=named,
    )
    return FunctionTool(function, spec, arguments, probe)


def _judged(called: str, arguments: type[msgspec.Struct], reach: Reach | None, roles: dict[str, ArgumentRole]) -> None:
    """What a tool says of itself to the policy. Raises: ToolDefinitionError."""
    if reach is not None and reach not in get_args(Reach):
        raise ToolDefinitionError(f"{called}: {reach!r} is no reach; it is one of {', '.join(get_args(Reach))}")
    for argument, role in roles.items():
        if argument not in arguments.__struct_fields__:
            raise ToolDefinitionError(f"{called}: it has no parameter {argument!r} that could have a role")
        if role not in get_args(ArgumentRole):
            raise ToolDefinitionError(
                f"{called}: {role!r} is no role; it is one of {', '.join(get_args(ArgumentRole))}"
            )


def _named(text: str) -> str:
    try:
        return name(text, what="a tool")
    except ValueShapeError as error:
        raise ToolDefinitionError(error.what) from error


def arguments_of(function: Callable[..., object], called: str) -> type[msgspec.Struct]:
    """A Struct with the function's parameters. Raises: ToolDefinitionError."""
    try:
        hints = get_type_hints(function, include_extras=True)
    except (NameError, TypeError) as error:
        raise ToolDefinitionError(f"{called}: a type cannot be found: {error}") from error
    fields: list[Any] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "errand":
            continue
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise ToolDefinitionError(f"{called}: *{parameter.name} has no schema; name each parameter")
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise ToolDefinitionError(
                f"{called}: {parameter.name!r} stands before '/', but arguments are passed by name"
            )
        if parameter.name == "key":
            raise ToolDefinitionError(
                f"{called}: 'key' is the call's own name in `ctx.act`; name the parameter otherwise"
            )
        if parameter.name not in hints:
            raise ToolDefinitionError(f"{called}: the parameter {parameter.name!r} has no type")
        if parameter.default is parameter.empty:
            fields.append((parameter.name, hints[parameter.name]))
        else:
            fields.append((parameter.name, hints[parameter.name], parameter.default))
    try:
        return msgspec.defstruct(_ARGUMENTS, fields, kw_only=True, forbid_unknown_fields=True)
    except (TypeError, ValueError) as error:
        raise ToolDefinitionError(f"{called}: its parameters cannot be described: {error}") from error


def _schema(arguments: type[msgspec.Struct], called: str) -> dict[str, object]:
    try:
        schemas, components = msgspec.json.schema_components([arguments], ref_template="#/$defs/{name}")
        msgspec.json.Decoder(arguments)
    except (TypeError, NameError, RecursionError) as error:
        raise ToolDefinitionError(f"{called}: a parameter's type has no JSON schema: {error}") from error
    own = components.pop(str(schemas[0]["$ref"]).rpartition("/")[2])
    own.pop("title", None)
    return {**own, "$defs": components} if components else own


def _performed(came: object) -> Performed:
    """Structs, tuples, enums and the like as plain data, as a replay will give it; the rest is the tool's failure."""
    try:
        if isinstance(came, Performed):
            return msgspec.structs.replace(came, value=_plain(came.value))
        return Performed(value=_plain(came))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueShapeError(f"the result is not plain data: {error}") from error


def _plain(value: object) -> Plain:
    """Through its bytes, because a replay reads those: what was a tuple is a list either way."""
    if type(value) in (str, int, bool, type(None)):
        return cast("Plain", value)
    return decode(encode(msgspec.to_builtins(value, str_keys=True), what="the result"))
