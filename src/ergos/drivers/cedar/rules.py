"""An organisation's own rules in Cedar: `forbid` statements over every owner's agents, which can only take away.

    @id("no-big-payments") @reason("payments above 1,000 go through accounting")
    forbid (principal, action == Action::"act", resource in Server::"bank")
    when { context.args has amount && context.args.amount > 1000 };

What a call looks like to a rule stands in `request`. Rules are ANDed with the owner's grants: `forbids` says why a call
may not be made, and nothing in a rule can allow one. So a `permit` is refused when rules are read (it would have no
effect, and whoever wrote it believed otherwise), and so is a template. One permit-all of ours is behind them.

A rule that cannot be evaluated forbids: `context.args.amount > 1000` forbids every call without an amount, until it is
written with `has`. So does whatever Cedar does not clearly allow.

Rules: text is bounded (`statements`) and parsed in a child process first (`child`), because a text can kill its parser;
only what survived there is parsed here. Source: Cedar 4, docs.cedarpolicy.com; measured in the child, see there.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from ergos.base.errors import PortMissingError, SettingsError
from ergos.drivers.cedar.request import asked
from ergos.drivers.cedar.statements import TEXT_BYTES_MAX, Statement, Token, place, statements, tokens, too_much
from ergos.kernel.permission.policy import Proposal

if TYPE_CHECKING:
    import cedarpy

CHILD: Final = Path(__file__).with_name("child.py")
CHILD_DEADLINE_S: Final = (
    30  # seconds for the child; parsing takes milliseconds, starting Python on a busy machine more
)
ENTITIES_MAX: Final = 1_024  # pairs of agent and tool kept parsed; about 2 KiB each
ERROR_CHARS_MAX: Final = 300  # characters of Cedar's own words in a message
_PERMIT_ALL: Final = '@id("everything") permit (principal, action, resource);'


class _Rule(msgspec.Struct, frozen=True):
    """What the child says of one rule."""

    effect: str
    template: bool
    name: str
    reason: str


class _Answer(msgspec.Struct, frozen=True):
    """What the child says of one text."""

    error: str = ""
    rules: tuple[_Rule, ...] = ()


_ANSWERS: Final = msgspec.json.Decoder(list[_Answer])


class CedarProhibitions:
    """Rules in force."""

    def __init__(self, handle: cedarpy.PolicySet, words: Sequence[str]) -> None:
        """`words`: what to say of each rule, in order."""
        self._handle: Final = handle
        self._words: Final = tuple(words)
        self._entities: Final[dict[bytes, cedarpy.Entities]] = {}

    @property
    def count(self) -> int:
        """How many rules there are."""
        return len(self._words)

    def forbids(self, owner: str, proposal: Proposal) -> str:
        """Why a call is forbidden, or ''. Total. Cost: linear in the rules, about a microsecond each."""
        if not self._words:
            return ""
        import cedarpy

        try:
            one = asked(owner, proposal)
            answer = cedarpy.is_authorized(one.request, self._handle, self._known(one.entities))
        except (ValueError, TypeError, OverflowError, RecursionError) as error:  # Unsayable is a ValueError
            return f"the rules cannot judge this call: {str(error)[:ERROR_CHARS_MAX]}"
        faults, reasons = answer.diagnostics.errors, answer.diagnostics.reasons
        if faults:
            return self._unjudged(faults[0])
        if answer.decision is cedarpy.Decision.Allow:
            return ""
        if answer.decision is cedarpy.Decision.Deny and reasons:
            return "; ".join(sorted({self._word(name) for name in reasons}))
        return "the rules give no clear answer"

    def _known(self, entities: list[dict[str, object]]) -> cedarpy.Entities:
        """The entities of a call, parsed once. Raises: ValueError."""
        import cedarpy

        named = msgspec.json.encode(entities)
        found = self._entities.get(named)
        if found is None:
            if len(self._entities) >= ENTITIES_MAX:
                self._entities.clear()
            found = self._entities[named] = cedarpy.Entities.from_json_str(named.decode())
        return found

    def _unjudged(self, fault: str) -> str:
        for number in range(len(self._words), 0, -1):
            if f"`policy{number}`" in fault:
                what = fault.partition(f"`policy{number}`: ")[2] or fault
                return f"{self._words[number - 1]} cannot be evaluated: {what[:ERROR_CHARS_MAX]}"
        return f"the rules cannot judge this call: {fault[:ERROR_CHARS_MAX]}"

    def _word(self, policy: str) -> str:
        number = policy.removeprefix("policy")
        at = int(number) if number.isdecimal() else 0
        return self._words[at - 1] if 0 < at <= len(self._words) else "a rule of the organisation"


def from_file(path: Path) -> CedarProhibitions:
    """The rules in a file. Raises: SettingsError, PortMissingError."""
    try:
        with path.open("rb") as opened:
            raw = opened.read(TEXT_BYTES_MAX + 1)
        text = raw.decode()
    except OSError as error:
        raise SettingsError(f"{path}: the rules cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: the rules are not UTF-8 text (byte {error.start:,})") from error
    return from_text(text, str(path))


def from_text(text: str, source: str = "rules") -> CedarProhibitions:
    """The rules in a text; `source` names it in messages. Raises: SettingsError, PortMissingError."""
    excess = too_much(text)
    if excess is not None:
        raise _broken(source, text, excess[1], excess[0])
    (answer,) = _in_child(source, (text,))
    found = statements(tokens(text))
    if answer.error:
        raise _located(source, text, found, answer.error)
    whole = len(found) == len(answer.rules)
    words: list[str] = []
    for number, rule in enumerate(answer.rules):
        at = found[number].at if whole else 0
        if rule.effect != "forbid":
            raise _broken(source, text, at, f"a rule says {rule.effect!r}; rules here can only forbid, grants allow")
        if rule.template:
            raise _broken(source, text, at, "a template (?principal, ?resource) forbids nothing until it is linked")
        name = f"rule {rule.name!r}" if rule.name else f"the rule at line {place(text, at).line} of {source}"
        words.append(f"{name}: {rule.reason}" if rule.reason else name)
    import cedarpy

    return CedarProhibitions(cedarpy.PolicySet.from_str(f"{_PERMIT_ALL}\n{text}"), words)


def _in_child(source: str, texts: Sequence[str]) -> list[_Answer]:
    """What the parser says of texts, in a process that may die of them. Raises: SettingsError, PortMissingError."""
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreter and our own file
            [sys.executable, "-I", str(CHILD)],
            input=msgspec.json.encode(texts),
            capture_output=True,
            timeout=CHILD_DEADLINE_S,
            check=False,
        )
        if ended.returncode == 0:
            return _ANSWERS.decode(ended.stdout)
    except UnicodeEncodeError as error:
        raise SettingsError(f"{source}: the rules hold half of a letter") from error
    except subprocess.TimeoutExpired as error:
        raise SettingsError(f"{source}: reading the rules took more than {CHILD_DEADLINE_S} seconds") from error
    except (OSError, msgspec.DecodeError) as error:
        raise SettingsError(f"{source}: the process that reads the rules failed: {error}") from error
    if b"No module named 'cedarpy'" in ended.stderr:
        raise PortMissingError("rules in Cedar need the extra 'cedar'", remedy="pip install 'ergos[cedar]'")
    how = f"signal {-ended.returncode}" if ended.returncode < 0 else f"status {ended.returncode}"
    raise SettingsError(
        f"{source}: the rules kill their parser ({how}), so they are not used",
        remedy="write them with less nesting, a few rules instead of one",
    )


def _located(source: str, text: str, found: Sequence[Statement], error: str) -> SettingsError:
    """The first broken statement, and in it the first token that no rule could go on with."""
    alone = _in_child(source, [text[one.at : _end(one)] for one in found])
    for statement, answer in zip(found, alone, strict=True):
        if answer.error:
            return _broken(source, text, _culprit(source, text, statement), answer.error)
    return _broken(source, text, 0, error)


def _culprit(source: str, text: str, statement: Statement) -> int:
    """Offset of the token at which a statement stops being the beginning of any rule."""
    ends = [token.at + len(token.text) for token in statement.tokens]
    beginnings = [text[statement.at : end] for end in ends]
    for count, answer in enumerate(_in_child(source, beginnings), 1):
        if answer.error and "unexpected end of input" not in answer.error:
            return _named(statement.tokens[:count], answer.error).at
    return statement.tokens[-1].at


def _named(read: Sequence[Token], error: str) -> Token:
    """The last token that an error speaks of, else the last one read: the parser may have looked one token ahead."""
    _, ticked, rest = error.partition("`")
    word = rest.partition("`")[0] if ticked else error.rpartition(": ")[2]
    return next((token for token in reversed(read) if token.text == word), read[-1])


def _end(statement: Statement) -> int:
    return statement.tokens[-1].at + len(statement.tokens[-1].text)


def _broken(source: str, text: str, at: int, what: str) -> SettingsError:
    where = place(text, at)
    return SettingsError(
        f"{source}, line {where.line}, column {where.column}: {what[:ERROR_CHARS_MAX]}",
        remedy="correct the rule; until then none of this file is in force, so nothing is run",
    )
