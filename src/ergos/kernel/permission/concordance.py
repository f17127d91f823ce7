"""What was said, indexed: which words stand where, which days and times, how long.

Rules: pure and total; a text is read once; a look-up reads little of what was said.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from ergos.base.canonical import Plain
from ergos.kernel.permission import days
from ergos.kernel.permission.containment import plainly_spelt
from ergos.kernel.permission.extracts import leaves
from ergos.kernel.permission.numerals import number
from ergos.kernel.permission.readings import pieces, tokens

TOKENS_MAX: Final = 200_000  # tokens of what was said in one turn; what is said after them grounds nothing
LEAVES_MAX: Final = 20_000  # leaves of one value that was said; the others ground nothing
ARGUMENT_CHARS_MAX: Final = 20_000  # characters of one text that is looked up; a longer one is not grounded
PLACES_MAX: Final = 5_000  # places at which words are compared in one look-up
HEAD_TOKENS: Final = 12  # tokens of a long text that are looked for before the others are read
DURATIONS_MAX: Final = 32  # durations from which moments may follow
DAY_MINUTES: Final = 1_440

_IDLE_WORDS: Final = frozenset(
    "a an the all any some every everyone everybody everything anyone each both none no not this that these those it "
    "its i me my you your we us our he him his she her they them their one who which what and or of to in on at by for "
    "from with as is are be was were do does did have has had will would can could should may might must if then so "
    "but please yes true false null".split()
) | frozenset("的了在是我你他她它们这那和与及或把被给都所有个每请将对从到")
_IDLE_TOKENS: Final = frozenset(f"w:{word}" for word in _IDLE_WORDS)
_UNITS: Final = {
    "minute": 1, "minutes": 1, "min": 1, "mins": 1, "hour": 60, "hours": 60, "hr": 60, "hrs": 60,
    "day": 1_440, "days": 1_440, "night": 1_440, "nights": 1_440, "week": 10_080, "weeks": 10_080,
    "天": 1_440, "晚": 1_440, "周": 10_080,
}  # fmt: skip
_HAN_UNITS: Final = {"分": ("钟", 1), "小": ("时", 60), "星": ("期", 10_080)}
_UNIT_WORDS: Final = frozenset(f"w:{word}" for word in (*_UNITS, *_HAN_UNITS))
_COUNTS: Final = {
    "w:one": 1.0,
    "w:an": 1.0,
    "w:a": 1.0,
    "w:一": 1.0,
    "w:两": 2.0,
    "w:三": 3.0,
    "w:四": 4.0,
    "w:半": 0.5,
}
_FROM_TODAY: Final = {
    ("w:today",): 0, ("w:tomorrow",): 1, ("w:yesterday",): -1,
    ("w:今", "w:天"): 0, ("w:明", "w:天"): 1, ("w:后", "w:天"): 2, ("w:昨", "w:天"): -1,
}  # fmt: skip
_WHOLE_DAY: Final = frozenset({"t:00:00", "t:23:59"})  # how an entry for a whole day is spelt, where no time was said
_BREAK: Final = ""  # between two texts; no token
_SPACES: Final = {ord(letter): " " for letter in "\n\t\r，。；：！？、（）…"}


def form_of(leaf: object) -> list[str] | None:
    """Tokens of a leaf that is looked up; None for one that says nothing; none for one that cannot be read."""
    if leaf is None:
        return None
    if isinstance(leaf, bool):
        return [f"b:{leaf}"]
    if isinstance(leaf, (int, float)):
        return [found] if (found := number(leaf)) else []
    if isinstance(leaf, str) and len(leaf) <= ARGUMENT_CHARS_MAX:
        return tokens(leaf, quiet=True)
    return []


def read(value: Plain) -> list[tuple[object, list[str]]]:
    """The leaves of a value that say something, with their tokens."""
    found: list[tuple[object, list[str]]] = []
    for leaf in leaves(value):
        form = tokens(leaf) if isinstance(leaf, str) else form_of(leaf)
        if form:
            found.append((leaf, form))
            if len(found) >= LEAVES_MAX:
                break
    return found


class Concordance:
    """The words of what was said, and where they stand."""

    def __init__(self) -> None:
        self._tokens: Final[list[str]] = []
        self._at: Final[dict[str, list[int]]] = {}
        self._verbatim: Final[set[str]] = set()
        self._spelt: Final[set[str]] = set()
        self._durations: Final[dict[int, None]] = {}
        self._years: Final[set[int]] = set()
        self._today: Final[set[int]] = set()
        self._timed = False

    def take(self, said: Sequence[tuple[object, list[str]]]) -> None:
        """Take what was said, as it was read."""
        for leaf, found in said:
            if len(self._tokens) >= TOKENS_MAX:
                return
            if isinstance(leaf, str):
                self._verbatim.add(leaf)
                self._spelt.add(_spelt(leaf))
                self._measure(found)
            at = self._at
            for place, token in enumerate(found, len(self._tokens)):
                places = at.get(token)
                if places is not None:
                    places.append(place)
                    continue
                at[token] = [place]
                if token[0] == "d" and _is_day(token):
                    self._years.add(int(token[2:6]))
                elif token[0] == "t":
                    self._timed = True
            self._tokens.extend(found)
            self._tokens.append(_BREAK)

    def today(self, value: Plain) -> None:
        """Take a day that was given as an answer by itself: it is today."""
        found = form_of(value) if isinstance(value, str) else None
        if found and _is_day(found[0]) and [token[:2] for token in found[1:]] in ([], ["t:"]):
            self._today.add(_number_of(found[0]))

    def holds(self, leaf: object, form: Sequence[str]) -> bool:
        """Whether a leaf with this form was said."""
        if isinstance(leaf, str):
            if not _plain(leaf):
                return leaf in self._verbatim
            said = [token for token in form if token[0] != "q"]
            if len(said) < len(form):  # signs that are quiet in a sentence are not so to a machine: '$HOME', 'x.txt/..'
                return self._stands(said) and self._written(leaf)
            form = said
        return self._stands(form)

    def lacks(self, text: str) -> bool:
        """Whether a long text was certainly not said, as far as its first words tell. Cost: that of a few words."""
        if len(self._tokens) >= TOKENS_MAX or not _plain(text):
            return False  # not all was taken; looked for as it is written
        head: list[str] = []
        for some in pieces(text):
            for token in some:
                if token[0] == "w" and token not in self._at:
                    return True
                if token[0] != "q":
                    head.append(token)
            if len(head) >= HEAD_TOKENS:
                return not self._follow(head[:HEAD_TOKENS], unsure=True)
        return False

    def _written(self, text: str) -> bool:
        """Whether it was said sign by sign, but for case and blanks."""
        spelt = _spelt(text)
        return any(spelt in said for said in self._spelt)

    def _stands(self, form: Sequence[str]) -> bool:
        """Whether something of this form was said, in any spelling."""
        if len(form) == 1 and form[0].startswith("u:https:") and "u:http:" + form[0][8:] in self._at:
            return True
        if 0 < len(form) <= 2 and _is_day(form[0]) and (len(form) == 1 or form[1][:2] == "t:"):
            return self._moment_said(form[0], form[1] if len(form) > 1 else None)
        return self.phrase(form)

    def phrase(self, form: Sequence[str]) -> bool:
        """Whether these tokens were said one after the other, and say something."""
        if _IDLE_TOKENS.issuperset(form):
            return False
        if len(form) == 1:  # one Chinese letter is a part of a word
            return form[0] in self._at and (len(form[0]) > 3 or form[0][2] < "\u2e80")
        return self._follow(form, unsure=False)

    def _follow(self, form: Sequence[str], *, unsure: bool) -> bool:
        """Whether these tokens stand one after the other; `unsure`: what is said where there is too much to look at."""
        rarest, shift = self._at.get(form[0], []), 0
        for at, token in enumerate(form):
            found = self._at.get(token)
            if found is None:
                return False
            if len(found) < len(rarest):
                rarest, shift = found, at
        if unsure and len(rarest) > PLACES_MAX:
            return True
        wanted, said, count = list(form), self._tokens, len(form)
        # Most places are ruled out by the word beside; behind the last place stands a break.
        step = 1 if shift + 1 < count else -1
        beside = form[shift + step]
        for place in rarest[:PLACES_MAX]:
            if said[place + step] == beside:
                began = place - shift
                if began >= 0 and said[began : began + count] == wanted:
                    return True
        return False

    def _moment_said(self, day: str, time: str | None) -> bool:
        if self._day_said(day) and (time is None or time in self._at or (time in _WHOLE_DAY and not self._timed)):
            return True
        if time is not None and len(time) != len("t:19:00"):
            return False
        minute = _number_of(day) * DAY_MINUTES + (0 if time is None else int(time[2:4]) * 60 + int(time[5:7]))
        for length in self._durations:
            before, rest = divmod(minute - length, DAY_MINUTES)
            if time is None and rest:
                continue
            began = days.date(before)
            if days.is_day(*began) and (time is None or f"t:{rest // 60:02}:{rest % 60:02}" in self._at):
                year, month, of_month = began
                if self._day_said(f"d:{year:04}-{month:02}-{of_month:02}"):
                    return True
        return False

    def _day_said(self, day: str) -> bool:
        if day in self._at:
            return True
        if "d:" + day[6:] in self._at:  # without its year
            year = int(day[2:6])
            return not self._years or year in self._years or year - 1 in self._years
        if not self._today:
            return False
        offset = {_number_of(day) - today for today in self._today}
        return any(
            ahead in offset and all(word in self._at for word in words) and (len(words) == 1 or self.phrase(words))
            for words, ahead in _FROM_TODAY.items()
        )

    def _measure(self, found: Sequence[str]) -> None:
        """Remember what is stated as a duration: '1-hour', 'one hour', 'half an hour', '4 hours', 三小时, 2天."""
        if _UNIT_WORDS.isdisjoint(found):
            return
        for at in range(1, len(found)):
            word = found[at][2:] if found[at].startswith("w:") else ""
            minutes = _UNITS.get(word)
            if word in _HAN_UNITS and at + 1 < len(found) and found[at + 1] == f"w:{_HAN_UNITS[word][0]}":
                minutes = _HAN_UNITS[word][1]
            if minutes is None or len(self._durations) >= DURATIONS_MAX:
                continue
            count = (
                0.5 if found[max(at - 2, 0) : at] in (["w:half", "w:an"], ["w:half", "w:a"]) else _count(found[at - 1])
            )
            length = (count or 0.0) * minutes
            if 0 < length <= 366 * DAY_MINUTES and length.is_integer():
                self._durations[int(length)] = None


def _is_day(token: str) -> bool:
    """Whether it is a day with its year."""
    return token.startswith("d:") and token[2] != "-"


def _number_of(day: str) -> int:
    return days.number(int(day[2:6]), int(day[7:9]), int(day[10:12]))


def _plain(text: str) -> bool:
    """Whether its tokens are all there is to it: no letter of it is hidden or could be taken for another."""
    if text.isascii():
        return text.replace("\n", " ").replace("\t", " ").replace("\r", " ").isprintable()
    kept = text.translate(_SPACES)
    return plainly_spelt(kept) and kept.casefold() == kept.lower()


def _spelt(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _count(token: str) -> float | None:
    """A number in front of a unit, or None."""
    return float(token[2:]) if token.startswith("n:") and len(token) < 12 else _COUNTS.get(token)
