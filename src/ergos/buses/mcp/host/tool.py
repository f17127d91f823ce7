"""One tool of a server, as the kernel knows tools: as its owner approved it, whether or not its server runs."""

from __future__ import annotations

from typing import Final, Protocol, cast

import msgspec

from ergos.base.canonical import Plain, digest_of, encode
from ergos.base.errors import ErgosError, ToolFailedError
from ergos.base.ids import Digest
from ergos.base.limits import MIB
from ergos.buses.mcp.host.judgement import judged
from ergos.buses.mcp.host.names import full_name
from ergos.buses.mcp.host.schemas import Schema
from ergos.kernel.labels import TRUSTED, UNTRUSTED
from ergos.kernel.mounts import ServerSettings, ToolDefinition
from ergos.kernel.packages import Absent, Errand, Performed, ToolSpec

ARGUMENT_BYTES_MAX: Final = 4 * MIB  # bytes of the arguments of one call; larger things are files


class Caller(Protocol):
    """The server a tool belongs to."""

    async def call(self, tool: McpTool, args: dict[str, Plain], errand: Errand) -> dict[str, Plain]:
        """What the tool brought back. Raises: ErgosErrors."""
        ...


class McpTool:
    """A tool as it was approved."""

    def __init__(self, settings: ServerSettings, definition: ToolDefinition, caller: Caller) -> None:
        self.definition: Final = definition
        self._caller: Final = caller
        self._spec: Final = judged(settings, definition, full_name(settings.name, definition.name))
        self._digest: Final = digest_of([msgspec.to_builtins(self._spec), definition.digest, settings.identity])
        self._schema: Schema | None = None

    @property
    def spec(self) -> ToolSpec:
        """Its definition, as the owner lets it be used."""
        return self._spec

    @property
    def digest(self) -> Digest:
        """Over the spec, the server's own definition and who the server is."""
        return self._digest

    def misfit(self, args: dict[str, Plain]) -> str:
        """What is wrong with the arguments, or ''. Total; bounded in time whatever the schema says."""
        try:
            size = len(encode(args, what="the arguments"))
            if size > ARGUMENT_BYTES_MAX:
                return f"the arguments have {size:,} bytes; at most {ARGUMENT_BYTES_MAX:,} are sent"
            if self._schema is None:
                self._schema = Schema(self.definition.input, self._spec.name)
        except ErgosError as error:
            return error.what
        return self._schema.misfit(args) and self._schema.misfit(self._given(args))

    def _given(self, args: dict[str, Plain]) -> dict[str, Plain]:
        """The arguments less those that are optional and null: many a program writes so what it does not say."""
        required = self.definition.input.get("required")
        needed = cast("list[object]", required) if isinstance(required, list) else []
        return {name: value for name, value in args.items() if value is not None or name in needed}

    async def run(self, args: dict[str, Plain], errand: Errand) -> Performed:
        """Do it. Raises: ToolFailedError, ToolChangedError, BusError, InDoubtError and others."""
        if wrong := self.misfit(args):
            raise ToolFailedError(f"{self._spec.name} was not called: {wrong}", remedy="change the arguments")
        assert self._schema is not None
        sent = self._given(args) if self._schema.misfit(args) else args
        value = await self._caller.call(self, sent, errand)
        return Performed(value=cast("Plain", value), label=TRUSTED if self._spec.trusted else UNTRUSTED)

    async def probe(self, args: dict[str, Plain], errand: Errand) -> Performed | Absent:
        """Of a server nobody can be asked whether a call happened. Raises: ToolFailedError."""
        del args, errand
        raise ToolFailedError(f"{self._spec.name} cannot say whether a call happened")
