"""In which order programs run, whoever owns them: the rank of a family, and the heaps of waiting calls.

A family's rank is Gittins's index of what it had, by its kind's history; where a contract declares what remains,
that, as far as its owner's declarations proved true; with a deadline that would be missed, the deadline.

Rules: a rank changes when a call ended, a table was refreshed or a deadline came near, and then the family's waiting
calls are entered anew; stale heap entries are dropped when they come up.
"""

from __future__ import annotations

import math
from typing import Final

from ergos.base.ids import Pid
from ergos.kernel.scheduler.lifetimes import Lifetimes
from ergos.kernel.scheduler.programs import ORDINARY, URGENT, Account, Family, Program, Rank
from ergos.kernel.scheduler.sizes import AllHabits
from ergos.kernel.scheduler.wants import Want

DECLARERS_MAX: Final = 4_096
"""Owners and kinds whose declarations are judged; the longest unseen are forgotten."""
ERROR_PRIOR: Final = 0.3
"""Error of a declaration before one was judged, as a logarithm."""
ERROR_HALF: Final = 0.7
"""Error, as a logarithm, at which a declaration and the history count the same."""
GREW: Final = 1.5
"""Times its first declaration at which what a program declares anew is another promise."""
OVERRUN: Final = 8.0
"""Times its corrected declaration after which a program's word is judged before its end. Less is no lie: who declares
what it needs where its past is cached needs several times that where it is not."""
URGENCY: Final = 1.25
"""Times the expected time left at which a deadline is near."""


class Word:
    """How an owner's declarations of a kind proved: how many times too small, and how unsteady, as logarithms."""

    __slots__ = ("bias", "error")

    def __init__(self) -> None:
        self.bias = 0.0
        self.error = ERROR_PRIOR


class Declarations:
    """How true declarations proved."""

    def __init__(self) -> None:
        self._words: Final[dict[tuple[str, str], Word]] = {}
        self._none: Final = Word()

    def word(self, owner: str, kind: str) -> Word:
        """Of an owner's programs of a kind, or of all its programs before one of that kind was judged."""
        return self._words.get((owner, kind)) or self._words.get((owner, "")) or self._none

    def trust(self, owner: str, kind: str) -> float:
        """Weight of a declaration, corrected by its bias, against the history; 0 to 1."""
        return 1.0 / (1.0 + (self.word(owner, kind).error / ERROR_HALF) ** 2)

    def judge(self, owner: str, kind: str, promised: float, had: float) -> None:
        """A program that promised so much had so much; a surprise weighs at once, steadiness slowly."""
        seen = math.log(max(had, 1.0) / max(promised, 1.0))
        for key in ((owner, kind), (owner, "")):
            word = self._words.pop(key, None) or Word()
            self._words[key] = word
            error = abs(seen - word.bias)
            word.error += (0.5 if error > word.error else 0.1) * (error - word.error)
            word.bias += 0.3 * (seen - word.bias)
        while len(self._words) > DECLARERS_MAX:
            del self._words[next(iter(self._words))]


class Order:
    """All living families and programs, and their ranks."""

    def __init__(self) -> None:
        self.lifetimes: Final = Lifetimes()
        self.habits: Final = AllHabits()
        self.declarations: Final = Declarations()
        self.programs: Final[dict[Pid, Program]] = {}
        self._families: Final[dict[Pid, Family]] = {}
        self._born = 0
        self.per_token_ns = 1e6
        """Time that a family needs for a weighted token, smoothed."""

    def enter(self, want: Want, account: Account, now_ns: int) -> Program:
        """The program of a want, begun if it is new; what the want says of its future changes its rank."""
        program = self.programs.get(want.program)
        if program is None:
            above = self.programs.get(want.parent) if want.parent else None
            family = above.family if above is not None else self._family(want.parent or want.program, want)
            program = Program(want.program, account, family, self.habits.of(want.kind))
            family.members[want.program] = program
            self.programs[want.program] = program
        if want.remaining_tokens is not None or want.deadline_ns is not None:
            self._declare(program.family, want)
            program.family.rank = self.rank(program.family, now_ns)
        return program

    def _family(self, root: Pid, want: Want) -> Family:
        family = self._families.get(root)
        if family is None:
            self._born += 1
            kind = self.lifetimes.kind(want.kind)
            family = self._families[root] = Family(root, want.owner, want.kind, kind, self._born)
            self.lifetimes.born(kind)
            family.rank = Rank(ORDINARY, self.index(family))
        return family

    def _declare(self, family: Family, want: Want) -> None:
        """Take in what a want says of its program's future; a promise that grew is judged at once."""
        if want.remaining_tokens is not None and want.program == family.root and not family.judged:
            left = float(max(1, want.remaining_tokens))
            if family.promised is None:
                family.promised = family.attained + left
            if left > GREW * family.promised:
                self._judge(family, family.attained + left)
            else:
                family.declared, family.declared_at = left, family.attained
        if want.deadline_ns is not None and (family.deadline_ns is None or want.deadline_ns < family.deadline_ns):
            family.deadline_ns = want.deadline_ns

    def _judge(self, family: Family, had: float) -> None:
        """Its word is used up: it is compared with what came of it, and the history alone speaks for the rest."""
        assert family.promised is not None
        self.declarations.judge(family.owner, family.kind_name, family.promised, had)
        family.judged, family.declared = True, None

    def _left(self, family: Family) -> float | None:
        """Weighted tokens that it has left by its own word, corrected by how such words proved; None: it gave none."""
        if family.declared is None:
            return None
        times = math.exp(self.declarations.word(family.owner, family.kind_name).bias)
        left = times * family.declared - (family.attained - family.declared_at)
        return max(left, 0.02 * times * family.declared, 1.0)

    def index(self, family: Family) -> float:
        """Weighted tokens of service per completion to be expected: the least first."""
        index = self.lifetimes.rank(family.kind, family.attained)
        left = self._left(family)
        if left is None:
            return index
        trust = self.declarations.trust(family.owner, family.kind_name)
        return math.exp(trust * math.log(left) + (1.0 - trust) * math.log(max(index, 1.0)))

    def urgent_ns(self, family: Family) -> int | None:
        """From when on its deadline is near; None: it has none."""
        if family.deadline_ns is None:
            return None
        left = self._left(family) or self.lifetimes.remaining_q90(family.kind, family.attained)
        return family.deadline_ns - int(URGENCY * left * self.per_token_ns)

    def rank(self, family: Family, now_ns: int) -> Rank:
        """Its place now. A deadline that has passed hurries nobody, or one late program would make the next late."""
        urgent_ns = self.urgent_ns(family)
        if urgent_ns is not None and family.deadline_ns is not None and urgent_ns <= now_ns < family.deadline_ns:
            return Rank(URGENT, float(family.deadline_ns))
        return Rank(ORDINARY, self.index(family))

    def served(self, program: Program, tokens: float, now_ns: int) -> None:
        """One of its calls ended after this much service: its family's rank changes."""
        family = program.family
        before = family.attained
        family.attained = before + max(0.0, tokens)
        if not family.recorded:
            self.lifetimes.grow(family.kind, before, family.attained)
        if family.promised is not None and not family.judged:
            times = math.exp(self.declarations.word(family.owner, family.kind_name).bias)
            if family.attained > OVERRUN * times * family.promised:
                self._judge(family, family.attained)
        family.rank = self.rank(family, now_ns)

    def leave(self, program: Program) -> None:
        """A program is over: with the root, or the last member, its family's length is known."""
        family = program.family
        del self.programs[program.pid]
        family.members.pop(program.pid, None)
        if program.pid == family.root or not family.members:
            self.close(family.root)

    def close(self, root: Pid) -> None:
        """A root program is over, whether it ever made a call itself or only its children did."""
        family = self._families.pop(root, None)
        if family is None or family.recorded:
            return
        family.recorded = True
        self.lifetimes.end(family.kind, family.attained, complete=family.attained > 0)
        if family.promised is not None and not family.judged and family.attained > 0:
            self._judge(family, family.attained)
