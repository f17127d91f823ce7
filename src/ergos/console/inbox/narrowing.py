"""From one call that was asked about to a grant that would have allowed it: narrow by default, shown as a sentence
first.

For every argument a person chooses among what fits this very call: exactly this, up to this number, inside this folder,
at this host, whatever the owner or a trusted source said, anything.

Rules: pure; a grant is made from the call and the choices alone, never from text a page sent back; every choice that is
offered allows the call.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, cast
from urllib.parse import urlsplit

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import UsageError
from ergos.kernel.permission.grants import Grant, Matcher, matches

Choice: TypeAlias = Literal["equals", "range", "under", "domain", "grounded", "any"]
TIMES_MAX: Final = 10_000  # calls a grant made here allows; more is any number
WORDS: Final = "from the inbox: this call was asked about"
_VERBS: Final = {"act": "act", "think": "think", "send": "send", "spawn": "spawn"}


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """What one argument may be allowed to be."""

    name: str
    value: Plain
    choices: tuple[tuple[Choice, Matcher], ...]
    """The narrowest first."""

    def matcher(self, choice: str) -> Matcher:
        """Of a choice. Raises: UsageError for one that is not offered."""
        for name, matcher in self.choices:
            if name == choice:
                return matcher
        raise UsageError(f"{choice[:40]!r} is not offered for {self.name}")


def offered(arguments: Plain) -> tuple[Offered, ...]:
    """The choices for each argument of a call."""
    listed = arguments if isinstance(arguments, dict) else {}
    return tuple(Offered(name=name, value=value, choices=_choices(value)) for name, value in listed.items())


def narrowed(
    agent: str,
    verb: str,
    tool: str,
    arguments: tuple[Offered, ...],
    chosen: dict[str, str],
    *,
    ask: bool,
    times: int | None,
    expires_ns: int | None,
) -> Grant:
    """The grant. Raises: UsageError."""
    if verb not in _VERBS:
        raise UsageError(f"nothing is granted for {verb[:40]!r}")
    if times is not None and not 1 <= times <= TIMES_MAX:
        raise UsageError(f"a grant allows 1 to {TIMES_MAX:,} calls, or any number")
    args = {one.name: one.matcher(chosen.get(one.name, one.choices[0][0])) for one in arguments}
    return Grant(
        agent=agent,
        verb=cast("Literal['act', 'think', 'send', 'spawn']", verb),
        name=tool,
        args=args or None,
        ask=ask,
        times=times,
        expires_ns=expires_ns,
        words=WORDS,
    )


def _choices(value: Plain) -> tuple[tuple[Choice, Matcher], ...]:
    made: list[tuple[Choice, Matcher]] = []
    scalars = value if isinstance(value, list) else [value]
    if scalars and all(isinstance(one, str | int | float | bool) for one in scalars):
        values = tuple(dict.fromkeys(cast("list[str | int | float | bool]", scalars)))
        made.append(("equals", Matcher("equals" if len(values) == 1 else "one_of", values)))
    numbers = [one for one in scalars if isinstance(one, int | float) and not isinstance(one, bool)]
    if numbers and len(numbers) == len(scalars):
        made.append(("range", Matcher("range", (min(0, *numbers), max(0, *numbers)))))
    texts = [one for one in scalars if isinstance(one, str)]
    if texts and len(texts) == len(scalars):
        made += _places(texts)
    made.append(("grounded", Matcher("grounded")))
    made.append(("any", Matcher("any")))
    return tuple((name, matcher) for name, matcher in made if matches(matcher, value))


def _places(texts: list[str]) -> list[tuple[Choice, Matcher]]:
    """The folder or host of what is a path or an address."""
    hosts = {urlsplit(one).hostname or "" for one in texts if one.startswith(("http://", "https://"))}
    if len(hosts) == 1 and "" not in hosts and all("://" in one for one in texts):
        return [("domain", Matcher("domain", (hosts.pop(),)))]
    folders = {one.rpartition("/")[0] for one in texts}
    if len(folders) == 1 and "" not in folders and all("://" not in one and "\n" not in one for one in texts):
        return [("under", Matcher("under", (folders.pop(),)))]
    return []
