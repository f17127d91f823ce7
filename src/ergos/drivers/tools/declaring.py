"""A built-in tool: an async function of one Struct of arguments, with one declared effect class.

Rules: the JSON schema comes from the Struct; arguments are converted strictly, and looked at by the tool's own `check`,
before anything is written or done; what comes back is plain data. Blocking work runs in threads.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Generic, NoReturn, TypeVar, cast

import msgspec

from ergos.base.canonical import Plain, decode, digest_of, encode
from ergos.base.errors import ErgosError
from ergos.base.ids import Digest
from ergos.base.money import FREE, Price
from ergos.base.world_errors import InDoubtError
from ergos.kernel.calls import EffectClass
from ergos.kernel.packages import Absent, Errand, Performed, ToolSpec
from ergos.kernel.permission.policy import ArgumentRole, Reach

A = TypeVar("A", bound=msgspec.Struct)

Run = Callable[[A, Errand], Awaitable[object]]
"""Does it: a plain value, a Struct, or a Performed."""
Check = Callable[[A], None]
"""Raises an ErgosError for arguments that could never be right."""


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a built-in tool takes; a subclass for each."""


class Builtin(Generic[A]):
    """One built-in tool."""

    def __init__(
        self,
        name: str,
        arguments: type[A],
        run: Run[A],
        *,
        effect: EffectClass,
        reach: Reach,
        roles: Mapping[str, ArgumentRole] | None = None,
        readers: tuple[str, ...] | None = None,
        trusted: bool = False,
        echoes: bool = False,
        price: Price | None = FREE,
        deadline_s: float = 60.0,
        queue: str = "tools",
        probe: Run[A] | None = None,
        check: Check[A] | None = None,
    ) -> None:
        assert (effect == "reconcilable") == (probe is not None), name
        assert set(roles or {}) <= set(arguments.__struct_fields__), name
        self._arguments: Final = arguments
        self._run: Final = run
        self._probe: Final = probe
        self._check: Final = check
        self._spec: Final = ToolSpec(
            name=name,
            summary=" ".join(inspect.cleandoc(run.__doc__ or "").split("\n\n", maxsplit=1)[0].split()),
            parameters=schema_of(arguments),
            effect=effect,
            trusted=trusted,
            echoes=echoes,
            price=price,
            deadline_s=deadline_s,
            queue=queue,
            reach=reach,
            roles=dict(roles or {}),
            readers=readers,
        )
        self._digest: Final = digest_of(msgspec.to_builtins(self._spec))

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
            typed = self._typed(args)
            if self._check is not None:
                self._check(typed)
        except msgspec.ValidationError as error:
            return str(error)
        except ErgosError as error:
            return error.what
        return ""

    async def run(self, args: dict[str, Plain], errand: Errand) -> Performed:
        """Do it. Raises: ErgosErrors when it did not happen."""
        return _performed(await self._run(self._typed(args), errand))

    async def probe(self, args: dict[str, Plain], errand: Errand) -> Performed | Absent:
        """Look whether it happened."""
        assert self._probe is not None, self._spec.name
        came = await self._probe(self._typed(args), errand)
        return came if isinstance(came, Absent) else _performed(came)

    def _typed(self, args: dict[str, Plain]) -> A:
        return msgspec.convert(args, self._arguments, strict=True)


def unsettled(why: str) -> NoReturn:
    """Say that nobody knows whether it happened: a reconcilable call is then probed, an irreversible one in doubt."""
    raise InDoubtError(why)


def schema_of(arguments: type[msgspec.Struct]) -> dict[str, object]:
    """JSON schema of a Struct of arguments, without the Struct's own name and docstring."""
    schemas, components = msgspec.json.schema_components([arguments], ref_template="#/$defs/{name}")
    own: dict[str, Any] = components.pop(str(schemas[0]["$ref"]).rpartition("/")[2])
    own.pop("title", None)
    own.pop("description", None)
    return {**own, "$defs": components} if components else own


def _performed(came: object) -> Performed:
    if isinstance(came, Performed):
        return msgspec.structs.replace(came, value=plain(came.value))
    return Performed(value=plain(came))


def plain(value: object) -> Plain:
    """Through its bytes, because a replay reads those. Raises: ValueShapeError, TooLargeError."""
    if type(value) in (str, int, bool, type(None)):
        return cast("Plain", value)
    return decode(encode(msgspec.to_builtins(value, str_keys=True), what="the result"))
