"""A made-up situation: what the owner said, what was read, which grants are in force; and the truth about each value.

The truth (`said`, `unsaid`, `unclear`) is known because the values were made and placed here, one by one. Nothing has
to be searched for in a text, so that the oracle shares no idea with the code it judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from ergos.base.canonical import Plain
from ergos.kernel.labels import Integrity
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.permission.policy import ArgumentRole, Reach
from ergos.sim.adversary.dice import Dice

Truth = Literal["said", "unsaid", "unclear"]
"""Whether the owner or a source the owner trusts said a value; unclear: people could disagree."""
Kind = Literal["person", "iban", "amount", "path", "url", "phrase"]
KINDS: Final[tuple[Kind, ...]] = ("person", "iban", "amount", "path", "url", "phrase")

NOW_NS: Final = 1_800_000_000_000_000_000
OWNER: Final = "ann@home.example"


class Value(msgspec.Struct, frozen=True):
    """A value and the truth about it."""

    is_: Plain
    truth: Truth


class Parameter(msgspec.Struct, frozen=True):
    """An argument of a tool."""

    kind: Kind
    role: ArgumentRole
    many: bool = False


class Device(msgspec.Struct, frozen=True):
    """A tool of this world."""

    name: str
    reach: Reach
    parameters: Mapping[str, Parameter]
    silent: bool = False
    """It declares no roles."""

    @property
    def roles(self) -> dict[str, ArgumentRole]:
        """As the tool declares them."""
        return {} if self.silent else {name: one.role for name, one in self.parameters.items()}


def _device(name: str, reach: Reach, *, silent: bool = False, **parameters: tuple[Kind, ArgumentRole]) -> Device:
    return Device(name, reach, {key: Parameter(kind, role) for key, (kind, role) in parameters.items()}, silent)


DEVICES: Final = (
    _device("mail.send", "others", to=("person", "recipient"), subject=("phrase", "text"), body=("phrase", "text")),
    _device("mail.read", "read", folder=("phrase", "plain")),
    _device("mail.forward", "others", silent=True, to=("person", "target"), id=("amount", "target")),
    _device("bank.pay", "money", iban=("iban", "recipient"), amount=("amount", "target"), note=("phrase", "text")),
    _device("files.read", "read", path=("path", "target")),
    _device("files.write", "own", path=("path", "target"), text=("phrase", "text")),
    _device("web.fetch", "read", url=("url", "target")),
    _device("fetch.get", "read", silent=True, url=("url", "plain")),
    _device("web.post", "others", url=("url", "recipient"), text=("phrase", "text")),
    _device("drive.share", "others", path=("path", "target"), who=("person", "recipient")),
    Device("calendar.invite", "others", {
        "attendees": Parameter("person", "recipient", many=True), "title": Parameter("phrase", "text"),
    }),
    _device("shell.run", "code", command=("phrase", "target")),
    _device("blog.publish", "others", text=("phrase", "text")),
)  # fmt: skip

_SYLLABLES: Final = "ka lo mi ren tus bel dor fin gar hal jun kel lim nor pas qui ros sel tam vin wex yor zed".split()
_SENTENCES: Final = (
    "Please take care of this: {} - thanks.",
    "I want you to use {} for it.",
    "The one I mean is {} , nothing else.",
    "请用 {} 处理这件事。",
    "我说的是 {} ，不是别的。",
)
_REPORTS: Final = ("Entry: {} .", "Found {} in the list.", "登记为 {} 。")


class Scene(msgspec.Struct):
    """One situation."""

    heard: list[tuple[Plain, Integrity]]
    said: dict[Kind, list[Plain]]
    """By the owner or a trusted source."""
    strange: dict[Kind, list[Plain]]
    """By strangers only."""
    grants: list[Grant]
    used: dict[int, int]
    """By index of the grant: calls made under it so far."""
    revoked: set[int]
    readers: tuple[str, ...]
    """Who may read the private things of this scene."""


def made(dice: Dice) -> Scene:
    """A random situation."""
    said: dict[Kind, list[Plain]] = {kind: [] for kind in KINDS}
    strange: dict[Kind, list[Plain]] = {kind: [] for kind in KINDS}
    heard: list[tuple[Plain, Integrity]] = []
    for kind in KINDS:
        for integrity in ("user", "trusted", "untrusted"):
            value = fresh(dice, kind)
            (strange if integrity == "untrusted" else said)[kind].append(value)
            frames = _SENTENCES if integrity == "user" else _REPORTS
            text = dice.one_of(frames).format(value)
            heard.append(
                (text if integrity == "user" or dice.chance(50) else {"entry": value, "note": text}, integrity)
            )
    scene = Scene(heard, said, strange, [], {}, set(), ())
    people = [value for value in said["person"] if isinstance(value, str)]
    scene.readers = dice.one_of(((OWNER,), (OWNER, people[0]), ()))
    for index in range(4 + dice.below(6)):
        grant = _grant(dice, scene, dice.one_of(DEVICES))
        scene.grants.append(grant)
        if grant.times is not None:
            scene.used[index] = dice.below(grant.times + 2)
        if dice.chance(5):
            scene.revoked.add(index)
    return scene


def fresh(dice: Dice, kind: Kind) -> Plain:
    """A value nobody has said yet."""
    word = dice.one_of(_SYLLABLES) + dice.one_of(_SYLLABLES) + dice.one_of(_SYLLABLES)
    number = 1_000 + dice.below(900_000)
    match kind:
        case "person":
            return f"{word}{number}@{dice.one_of(_SYLLABLES)}corp.example"
        case "iban":
            return f"DE{10**15 + dice.below(9 * 10**15)}{number}"
        case "amount":
            return number
        case "path":
            return f"/srv/ann/{dice.one_of(_SYLLABLES)}/{word}{number}.txt"
        case "url":
            return f"https://www.{dice.one_of(_SYLLABLES)}site.example/{word}/{number}"
        case "phrase":
            return f"{word} {dice.one_of(_SYLLABLES)}{number} {dice.one_of(_SYLLABLES)}"


def _grant(dice: Dice, scene: Scene, device: Device) -> Grant:
    args: dict[str, Matcher] | None = None
    if dice.chance(85):
        args = {name: _matcher(dice, scene, one) for name, one in device.parameters.items() if dice.chance(95)}
    name = device.name if dice.chance(85) else device.name.partition(".")[0] + ".*"
    return Grant(
        agent=dice.one_of(("demo", "demo", "demo", "other", "*")),
        verb="act",
        name=name,
        args=args,
        ask=dice.chance(20),
        expires_ns=None if dice.chance(70) else NOW_NS + (dice.below(5) - 2) * 1_000,
        times=None if dice.chance(75) else 1 + dice.below(3),
    )


def _matcher(dice: Dice, scene: Scene, parameter: Parameter) -> Matcher:
    kind = parameter.kind
    if dice.chance(35):
        return Matcher("any")
    if dice.chance(30):
        return Matcher("grounded")
    known = [value for value in scene.said[kind] if isinstance(value, (str, int))]
    if dice.chance(40):
        new = fresh(dice, kind)
        known = [new] if isinstance(new, (str, int)) else known
    first = known[0]
    if kind == "amount" and isinstance(first, int):
        return Matcher("range", (0, first)) if dice.chance(60) else Matcher("equals", (first,))
    if kind == "path" and isinstance(first, str) and dice.chance(60):
        return Matcher("under", (first.rpartition("/")[0],))
    if kind == "url" and isinstance(first, str) and dice.chance(60):
        return Matcher("domain", (first.split("/")[2].removeprefix("www."),))
    return Matcher("equals", (first,)) if dice.chance(50) else Matcher("one_of", tuple(known))
