"""The world outside the kernel, as simulated: effects that stay, tools that fail, lag and vanish, solvers that err.

Rules: it survives every crash of the kernel and remembers each effect by the idempotency key it came under; it
trusts nobody: the moment an effect arrives, `watch` judges whether it should have been possible.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from ergos.base.canonical import Plain, digest_of
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import ToolFailedError
from ergos.base.ids import Digest
from ergos.base.money import FREE, Price
from ergos.kernel.calls import EffectClass
from ergos.kernel.packages import Absent, Errand, Performed, Tool, ToolSpec
from ergos.kernel.solvers import SolverSpec, TaskSpec

Mood = Literal["good", "slow", "fails", "fails_late", "hangs", "lands_late", "breaks"]
MOODS: Final[tuple[Mood, ...]] = (
    "good",
    "good",
    "good",
    "good",
    "slow",
    "fails",
    "fails_late",
    "hangs",
    "lands_late",
    "breaks",
)
DEADLINE_S: Final = 20.0  # seconds a simulated tool may take


class Landed(msgspec.Struct, frozen=True):
    """One effect as the outside saw it."""

    key: str
    tool: str
    effect: EffectClass
    pid: int


class World:
    """What is outside: it counts."""

    def __init__(self, seed: int) -> None:
        self.seed: Final = seed
        self.entropy: Final = SeededEntropy(f"world/{seed}")
        self.life = 0
        """Lives of the kernel so far; a call of an earlier one reaches nothing any more."""
        self.calm = False
        """Nothing goes wrong any more."""
        self.arrived: Final[Counter[str]] = Counter()
        """Requests by key."""
        self.applied: Final[Counter[str]] = Counter()
        """Effects by key; an idempotent one is applied once however often it is asked for."""
        self.landed: Final[list[Landed]] = []
        self.watch: Callable[[Landed], None] = lambda _: None
        self.starts: Callable[[int, str], None] = lambda _pid, _name: None
        self.crashes = 0

    def mood(self, effect: EffectClass) -> Mood:
        """How a tool feels about this call."""
        if self.calm:
            return "good"
        mood = MOODS[self.entropy.below(len(MOODS), stream="mood")]
        # What lands after its probe said no would be the outside's lie, not the kernel's fault.
        return "hangs" if mood == "lands_late" and effect == "reconcilable" else mood

    def stumbles(self) -> bool:
        """Whether a program's code fails here, for no reason it could know."""
        if self.calm or self.crashes >= 6 or self.entropy.below(12, stream="stumble"):
            return False
        self.crashes += 1
        return True

    def land(self, life: int, landed: Landed) -> None:
        """An effect arrives; from a kernel that is dead nothing does."""
        if life != self.life:
            return
        self.watch(landed)
        self.landed.append(landed)
        self.arrived[landed.key] += 1
        if landed.effect == "idempotent" and self.applied[landed.key]:
            return
        self.applied[landed.key] += 1


class SimTool:
    """A tool of the simulated world."""

    def __init__(
        self, world: World, name: str, effect: EffectClass, price: Price = FREE, *, local: bool = False
    ) -> None:
        self._world: Final = world
        self._spec: Final = ToolSpec(
            name=name,
            summary="",
            parameters={},
            effect=effect,
            price=price,
            deadline_s=DEADLINE_S,
            local=local,
            queue="narrow" if effect == "irreversible" else "tools",
            reach="read",  # what is simulated here is money and crashes, not permission
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
        """Everything fits but a negative number."""
        number = args.get("n")
        return "n is negative" if isinstance(number, int) and number < 0 else ""

    async def run(self, args: dict[str, Plain], errand: Errand) -> Performed:
        """Do it, in the mood of the day."""
        world, life = self._world, self._world.life
        world.starts(int(errand.pid), self._spec.name)
        landed = Landed(errand.idempotency_key, self._spec.name, self._spec.effect, int(errand.pid))
        mood: Mood = "good" if self._spec.local else world.mood(self._spec.effect)
        if mood == "slow":
            await asyncio.sleep(world.entropy.below(15_000, stream="slow") / 1000)
        if mood == "hangs":
            await asyncio.sleep(10 * DEADLINE_S)
        if mood == "fails":
            raise ToolFailedError("not today")
        if mood == "lands_late":
            asyncio.get_running_loop().call_later(DEADLINE_S + 5, world.land, life, landed)
            await asyncio.sleep(10 * DEADLINE_S)
        world.land(life, landed)
        if mood == "fails_late":
            await asyncio.sleep(0.01)
            raise ToolFailedError("it happened, but")
        if mood == "breaks":
            raise ValueError(mood)
        await asyncio.sleep(world.entropy.below(30, stream="lag") / 1000)
        text: Plain = "x" * 700 if args.get("big") else f"{self._spec.name} did {args.get('n')}"
        return Performed(value=text)

    async def probe(self, args: dict[str, Plain], errand: Errand) -> Performed | Absent:
        """Look whether it happened."""
        await asyncio.sleep(0.001)
        if not self._world.calm and self._world.entropy.below(6, stream="probe") == 0:
            raise ToolFailedError("cannot say")
        if self._world.applied[errand.idempotency_key]:
            return Performed(value=f"{self._spec.name} did {args.get('n')}")
        return Absent()


class Mounted:
    """One tool that belongs to no agent's folder."""

    def __init__(self, tool: Tool) -> None:
        self._tool: Final = tool

    def tool(self, name: str) -> Tool | None:
        """The tool by its name."""
        return self._tool if name == self._tool.spec.name else None

    def why_not(self, name: str) -> str:
        """Nothing is disabled."""
        del name
        return ""

    def names(self) -> tuple[str, ...]:
        """Its name."""
        return (self._tool.spec.name,)


class SimSolver:
    """A solver that is sometimes wrong."""

    def __init__(self, world: World, name: str, price: Price, wrong_in: int) -> None:
        self._world: Final = world
        self._wrong_in: Final = wrong_in
        self._spec: Final = SolverSpec(name=name, kind="model", tasks=("sum",), price=price)

    @property
    def spec(self) -> SolverSpec:
        """What it can do and charges."""
        return self._spec

    async def solve(self, task: TaskSpec, inputs: Plain, errand: Errand) -> Performed:
        """An attempt."""
        world, life = self._world, self._world.life
        world.starts(int(errand.pid), self._spec.name)
        mood = world.mood("pure")
        if mood == "hangs":
            await asyncio.sleep(10 * DEADLINE_S)
        await asyncio.sleep(world.entropy.below(400, stream="think") / 1000)
        world.land(life, Landed(errand.idempotency_key, self._spec.name, "pure", int(errand.pid)))
        if mood == "fails":
            raise ToolFailedError("overloaded")
        wrong = world.entropy.below(self._wrong_in, stream="wrong") == 0
        right = inputs.get("n") if isinstance(inputs, dict) else None
        tokens = world.entropy.below(task.tokens_max + 1, stream="tokens")
        return Performed(value=-1 if wrong else right, tokens=tokens)
