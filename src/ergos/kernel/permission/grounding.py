"""Where a value was said: by the owner, by a source the owner trusts, or by neither.

Rule 2: a consequential argument must come from the owner or a trusted source. What they said is gathered here as it
arrives, and a value is looked up in it.

Grounded is
- a number, date, time, address, path or id that was said as a whole, in any spelling (`readings`);
- words that were said in this order with nothing between them, whether three or three hundred; but no words alone that
  say nothing by themselves ('all', 'the');
- a moment whose day and time were both said, or that lies a stated duration after one ('at 10:00 for one hour'); a day
  said without its year in any year near those that were said; a whole day from midnight on, where no time was said;
  'tomorrow' from a day that a trusted source gave alone;
- a switch that is on, where the words of its argument's name were said ('a recurring payment');
- a list or dict whose every element is; None, and a list of nothing;
- what stands in a record that the owner named, where the tool vouches for it (`naming`).

Said is not meant: a name the owner mentioned may be the wrong one.

Rules: pure and total; gathering costs O(1), a text is read once, when a value is first looked up; every doubt is
'untrusted'. This file decides nothing: `policy` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from ergos.base.canonical import Plain
from ergos.kernel.labels import Integrity
from ergos.kernel.permission.concordance import Concordance, form_of, read
from ergos.kernel.permission.extracts import leaves
from ergos.kernel.permission.naming import Named, Namings
from ergos.kernel.permission.readings import tokens

ARGUMENT_LEAVES_MAX: Final = 1_000  # leaves of one argument; a larger one is not grounded
SHORT_CHARS_MAX: Final = 80  # characters of a text that is read whole before any of it is looked for
ANSWERS_MAX: Final = 4_096  # look-ups remembered
ANSWER_CHARS_MAX: Final = 200  # characters of a text whose look-up is remembered


class Said:
    """What was said so far in one turn, by whom."""

    def __init__(self) -> None:
        self._waiting: Final[list[tuple[Plain, Integrity, tuple[Named, ...]]]] = []
        self._later: Final[list[Callable[[], Iterable[Plain]]]] = []
        self._owner: Final = Concordance()
        self._anyone: Final = Concordance()
        self._namings: Final = Namings()
        self._answers: Final[dict[tuple[type, object, str], Integrity]] = {}

    def hear(self, value: Plain, integrity: Integrity, named: tuple[Named, ...] = ()) -> None:
        """Take what somebody said. What is untrusted grounds nothing but what `named` declares. Cost: O(1)."""
        if integrity != "untrusted" or named:
            self._waiting.append((value, integrity, named))

    def hear_owner(self, words: Callable[[], Iterable[Plain]]) -> None:
        """Take what the owner said, which is asked for when a value is first looked up. Cost: O(1)."""
        self._later.append(words)

    def integrity(self, value: Plain, /, argument: str = "") -> Integrity:
        """The best source in which a value is found; 'untrusted' for one that is found nowhere. Total.

        `argument`: what it would be given as; without it nothing follows from a record's name.
        """
        if self._waiting or self._later:
            self._read()
        if not isinstance(value, (dict, list, tuple)):
            return self._of(value, argument)
        worst: Integrity = "user"
        for count, leaf in enumerate(leaves(value)):
            found = self._of(leaf, argument) if count < ARGUMENT_LEAVES_MAX else "untrusted"
            if found == "untrusted":
                return "untrusted"
            if found == "trusted":
                worst = "trusted"
        return worst

    def _of(self, leaf: object, argument: str) -> Integrity:
        if isinstance(leaf, str) and len(leaf) > ANSWER_CHARS_MAX:
            return self._looked_up(leaf, argument)
        key = (type(leaf), leaf, argument)
        known = self._answers.get(key)
        if known is None:
            if len(self._answers) >= ANSWERS_MAX:
                self._answers.clear()
            known = self._answers[key] = self._looked_up(leaf, argument)
        return known

    def _looked_up(self, leaf: object, argument: str) -> Integrity:
        if not (isinstance(leaf, str) and len(leaf) > SHORT_CHARS_MAX and self._anyone.lacks(leaf)):
            form = form_of(leaf)
            if form is None:
                return "user"
            switch = tokens(argument.replace("_", " ")) if leaf is True and argument else []
            if self._owner.holds(leaf, form) or self._owner.phrase(switch):
                return "user"
            if self._anyone.holds(leaf, form):
                return "trusted"
        return "trusted" if argument and self._namings.give(leaf, argument, self._anyone) else "untrusted"

    def _read(self) -> None:
        owners: list[tuple[Plain, Integrity, tuple[Named, ...]]] = [
            (value, "user", ()) for words in self._later for value in words()
        ]
        self._later.clear()
        for value, integrity, named in (*owners, *self._waiting):
            if integrity != "untrusted":
                said = read(value)
                self._anyone.take(said)
                if integrity == "user":
                    self._owner.take(said)
                else:
                    self._anyone.today(value)
            if named:
                self._namings.add(value, named)
        self._waiting.clear()
        self._answers.clear()
