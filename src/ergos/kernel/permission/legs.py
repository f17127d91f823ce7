"""What one grant brings to an agent: text of strangers, data that is not for everybody, a way out.

An agent with two of the three is safe from being turned against its owner; with all three it is not, whatever its
model promises. Source: Willison, The lethal trifecta (2025); Meta, Agents Rule of Two (2025).

    input     what the tool brings back may have been written by anybody: its source is not trusted
    private   what it brings back is not meant for everybody: it names readers, or reads without an address to read at
    out       what it is given may reach a reader the owner did not name

A way out counts as closed where the owner approves each call, or where the grant names every single recipient and
whatever else decides where it goes. A host closes none: below it anybody may have an address, and the path of a URL
carries text. 'grounded' closes none either: it admits everybody whom the owner or a trusted source ever mentioned.

Rules: pure and total. A tool nobody knows, or that does not say how far it reaches, is taken to be all three.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, Protocol, cast

import msgspec

from ergos.kernel.peers import FAMILY
from ergos.kernel.permission.coverage import FIXED, never_fits
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.permission.policy import ArgumentRole, Reach

Leg = Literal["input", "private", "out"]
LEGS: Final[tuple[Leg, ...]] = ("input", "private", "out")

_ADDRESSES: Final = frozenset(
    "url urls uri uris link links href endpoint webhook host hosts site sites feed feeds domain callback".split()
)
_NETWORKS: Final = frozenset("network internet egress net allow_network hosts allowed_hosts allow_hosts urls".split())
_CLOSED: Final = (False, 0, "", "none", "off")
"""What a grant may fix a network argument to, so that nothing leaves."""


class ToolFacts(Protocol):
    """What the check has to know of a tool; a `ToolSpec` has it."""

    @property
    def parameters(self) -> dict[str, object]:
        """JSON schema of the arguments."""
        ...

    @property
    def effect(self) -> str:
        """Effect class."""
        ...

    @property
    def local(self) -> bool:
        """It reads this machine alone."""
        ...

    @property
    def trusted(self) -> bool:
        """The owner trusts the source of its results."""
        ...

    @property
    def reach(self) -> Reach | None:
        """How far it goes; None: it does not say."""
        ...

    @property
    def roles(self) -> Mapping[str, ArgumentRole]:
        """What each argument is to it."""
        ...

    @property
    def readers(self) -> tuple[str, ...] | None:
        """Who may read its results; None: it does not say."""
        ...


class Part(msgspec.Struct, frozen=True, order=True):
    """One grant, for one tool, as one leg."""

    leg: Leg
    agent: str
    tool: str
    grant: Grant


def named_tools(grant: Grant, specs: Mapping[str, ToolFacts]) -> tuple[str, ...]:
    """The known tools a grant names, sorted."""
    if grant.name.endswith(".*"):
        return tuple(sorted(name for name in specs if name.startswith(grant.name[:-1])))
    return (grant.name,) if grant.name in specs else ()


def legs(
    grant: Grant, spec: ToolFacts | None, *, public: bool = False, silent: bool = False, answers: bool = False
) -> frozenset[Leg]:
    """What a grant for this tool brings.

    `public`: the owner says that its results are for everybody; `silent`: it is the owner's own and does not say how
    far it reaches: it is taken to reach others, and what it brings back to be a receipt; `answers`: whoever it is said
    to answers it, at length.
    """
    if spec is None or (spec.reach is None and spec.effect != "pure"):
        return frozenset(LEGS) if _is_open(grant, spec) else frozenset({"input", "private"})
    found: set[Leg] = set()
    reach = spec.reach or "read"
    fetches, reads = bool(addresses(spec)), not silent and _reads(spec, reach)
    if not spec.trusted and (reads or fetches or answers):
        found.add("input")
    if spec.readers is not None or (not public and (spec.local or (reads and not fetches))):
        found.add("private")
    if _leaves(grant, spec, reach) and _is_open(grant, spec):
        found.add("out")
    return frozenset(found)


def is_answered(tool: str) -> bool:
    """Whether a tool of this name brings back what an agent of others says, although it looks like a way out alone."""
    return tool.startswith(f"{FAMILY}.") and tool.endswith(".ask")


def addresses(spec: ToolFacts) -> tuple[str, ...]:
    """Parameters that say which machine is talked to."""
    return tuple(name for name, schema in _parameters(spec).items() if _is_address(name, schema))


def networks(spec: ToolFacts) -> tuple[str, ...]:
    """Parameters of a tool that runs code which open a network to it."""
    return tuple(name for name in _parameters(spec) if name.lower() in _NETWORKS)


def role_at(spec: ToolFacts, argument: str) -> ArgumentRole:
    """What an argument is to its tool."""
    reading = (spec.reach or ("read" if spec.effect == "pure" else "others")) == "read"
    return spec.roles.get(argument) or ("plain" if reading else "target")


def parameter_names(spec: ToolFacts) -> frozenset[str] | None:
    """The arguments a tool takes; None: its schema admits any."""
    properties, more = spec.parameters.get("properties"), spec.parameters.get("additionalProperties")
    return frozenset(_parameters(spec)) if isinstance(properties, dict) and more is False else None


def required_names(spec: ToolFacts) -> tuple[str, ...]:
    """The arguments a tool insists on."""
    required = spec.parameters.get("required")
    return tuple(name for name in _items(required) if isinstance(name, str))


def _reads(spec: ToolFacts, reach: Reach) -> bool:
    """Whether a tool brings back more than a receipt.

    One that goes to others and says neither to whom nor with what text is taken to be there for its answer.
    """
    if reach in {"read", "code"} or spec.effect == "pure":
        return True
    return reach in {"others", "money"} and not {"recipient", "text"} & set(spec.roles.values())


def _leaves(grant: Grant, spec: ToolFacts, reach: Reach) -> bool:
    match reach:
        case "others" | "money":
            return True
        case "code":
            return any(_opens(grant, name) for name in networks(spec))
        case (
            "read"
        ):  # an address that is of no consequence to the tool is not grounded: anything can be written into it
            return any(role_at(spec, name) in {"plain", "text"} and _gives(grant, name) for name in addresses(spec))
        case "own":
            return False


def _is_open(grant: Grant, spec: ToolFacts | None) -> bool:
    """Whether the recipient of what leaves is neither approved each time nor named by the owner."""
    if grant.ask:
        return False
    if grant.args is None or spec is None:
        return True
    fixed = False
    for name, matcher in grant.args.items():
        role = role_at(spec, name)
        if role == "recipient" or _is_address(name, _parameters(spec).get(name)):
            if not _is_fixed(matcher):
                return True
        elif role == "target" and matcher.kind not in FIXED | {"range", "under"}:
            return True  # which repository, which channel: it decides who reads it
        elif role != "target":
            continue
        fixed = fixed or _is_fixed(matcher)
    return not fixed  # nobody is named at all: it goes where the tool always goes


def _opens(grant: Grant, name: str) -> bool:
    if grant.args is None:
        return True
    matcher = grant.args.get(name)
    if matcher is None:
        return False
    return not (_is_fixed(matcher) and all(value in _CLOSED for value in matcher.values))


def _gives(grant: Grant, name: str) -> bool:
    """Whether an argument may be given, and may be anything within a host."""
    matcher = None if grant.args is None else grant.args.get(name, Matcher("equals"))
    return matcher is None or not (_is_fixed(matcher) or never_fits(matcher))


def _is_fixed(matcher: Matcher) -> bool:
    return matcher.kind in FIXED


def _is_address(name: str, schema: object) -> bool:
    lower = name.lower()
    if (
        lower in _ADDRESSES
        or lower.endswith(("_url", "_uri", "_urls", "_host"))
        or name.endswith(("Url", "Uri", "URL"))
    ):
        return True
    return isinstance(schema, dict) and cast("dict[str, object]", schema).get("format") in ("uri", "url", "hostname")


def _parameters(spec: ToolFacts) -> dict[str, object]:
    properties = spec.parameters.get("properties")
    if not isinstance(properties, dict):
        return {}
    found = cast("dict[object, object]", properties)
    return {name: schema for name, schema in found.items() if isinstance(name, str)}


def _items(found: object) -> Iterable[object]:
    return cast("list[object]", found) if isinstance(found, list) else ()
