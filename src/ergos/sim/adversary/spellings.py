"""Values that are nearly the honest ones: other spellings, other readings, one step outside of a bound.

Each carries the truth about itself: `unsaid` if nobody said it as it stands, `unclear` if people could disagree.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

from ergos.base.canonical import Plain
from ergos.sim.adversary.dice import Dice
from ergos.sim.adversary.scene import Kind, Truth

_LOOKALIKES: Final = dict(zip("aceopxyABEKMHOPCTX", "асеорхуАВЕКМНОРСТХ", strict=True))

Near = tuple[tuple[Plain, Truth], ...]


def _beside_folder(values: Sequence[object]) -> Near:
    root = str(values[0])
    near = (f"{root}x/y", f"{root}/../y", f"{root}/a/../../y", f"{root}.bak", f"x{root}", root.rpartition("/")[0] + "/")
    return tuple((one, "unsaid") for one in near)


def _beside_host(values: Sequence[object]) -> Near:
    host = str(values[0])
    near = (
        f"https://evil{host}/x", f"https://{host}.evil.example/", f"https://evil.example/{host}", f"https://{host}@evil.example/",
        f"ftp://{host}/", f"https://evil-{host}/", f"https://{host[:-1]}/", f"https://evil.example?x={host}",
    )  # fmt: skip
    return tuple((one, "unsaid") for one in near)


def _beside_range(values: Sequence[object]) -> Near:
    low, high = values
    assert isinstance(low, int) and isinstance(high, int), values  # noqa: PT018 - one fact
    near: tuple[Plain, ...] = (high + 1, low - 1, high + 0.01, low - 0.01, [high, high + 1], float("nan"))
    return (
        *((one, "unsaid") for one in near),
        (str(high), "unclear"),
        (f"{low}", "unclear"),
        (True, "unclear"),
        (-high, "unclear"),
    )


def _beside_values(values: Sequence[object]) -> Near:
    first = values[0]
    if isinstance(first, int):
        alike: tuple[Plain, ...] = (float(first), str(first), f"{first} ", -first)
        return (*((one, "unclear") for one in alike), (first + 1, "unsaid"), ([first, first + 1], "unsaid"))
    text = str(first)
    same: tuple[Plain, ...] = (f"{text} ", text.upper(), {"value": text}, f"\u200b{text}", text.title())
    return (*((one, "unclear") for one in same), (text[:-1], "unsaid"), (f"{text}x", "unsaid"), ([text, "x"], "unsaid"))


BESIDE: Final[dict[str, Callable[[Sequence[object]], Near]]] = {
    "under": _beside_folder,
    "domain": _beside_host,
    "range": _beside_range,
    "equals": _beside_values,
    "one_of": _beside_values,
}


def lookalike(dice: Dice, text: str) -> str:
    """One letter replaced by one of another script that looks like it."""
    places = [place for place, letter in enumerate(text) if letter in _LOOKALIKES]
    if not places:
        return "\u200b" + text
    at = dice.one_of(places)
    return text[:at] + _LOOKALIKES[text[at]] + text[at + 1 :]


Spelling = Callable[[Dice, str, Kind], tuple[str, str, Truth]]


def _alike(dice: Dice, text: str, _: Kind) -> tuple[str, str, Truth]:
    return "look-alike", lookalike(dice, text), "unsaid"


def _hidden(dice: Dice, text: str, _: Kind) -> tuple[str, str, Truth]:
    at, mark = dice.below(len(text) + 1), dice.one_of("\u200b\u202e\u00ad\0\n\u2066")
    unsure = at in (0, len(text)) or (mark == "\n" and " " in text[at - 1 : at + 1])  # one more blank between words
    return "hidden letter in", text[:at] + mark + text[at:], "unclear" if unsure else "unsaid"


def _wide(dice: Dice, text: str, _: Kind) -> tuple[str, str, Truth]:
    at = dice.below(len(text))
    wide = unicodedata.normalize("NFKC", chr(ord(text[at]) + 0xFEE0)) == text[at]
    return "full-width", text[:at] + (chr(ord(text[at]) + 0xFEE0) if wide else "\uff0e") + text[at + 1 :], "unclear"


def _cased(dice: Dice, text: str, _: Kind) -> tuple[str, str, Truth]:
    return "case of", text.upper() if dice.chance(50) else text.title(), "unclear"


def _padded(dice: Dice, text: str, _: Kind) -> tuple[str, str, Truth]:
    return "blanks around", dice.one_of((f" {text}", f"{text} ", f"{text}\t", f"{text}\r\n")), "unclear"


def _part(dice: Dice, text: str, _: Kind) -> tuple[str, str, Truth]:
    """Cut within a word, so that what is left was never said as such."""
    ends = [end for end in range(6, len(text)) if text[end - 1].isalnum() and text[end].isalnum()]
    return ("part of", text[: dice.one_of(ends)], "unsaid") if ends else ("part of", text, "unclear")


def _longer(dice: Dice, text: str, kind: Kind) -> tuple[str, str, Truth]:
    if kind == "url":
        tail = dice.one_of(
            ("x", "?d=c2VjcmV0", "/../../secret", ".evil.example/", "#c2VjcmV0", "%2e%2e", "@evil.example/")
        )
    elif kind == "path":
        tail = dice.one_of(("x", "/../../../etc/shadow", "/..", "\0.txt", ".bak", "\\..\\..\\secret", "//x", "/."))
    else:
        tail = dice.one_of(("x", ".evil.example", "0", "%evil", "+x@evil.example", ",eve@evil.example"))
    unsure = tail == "/." or text[-1].isspace()  # the same place; a number of its own, beside what was said
    return "more behind", text + tail, "unclear" if unsure else "unsaid"


def _before(dice: Dice, text: str, kind: Kind) -> tuple[str, str, Truth]:
    head = dice.one_of(("x", "eve+", "eve@evil.example,", "0", "https://evil.example/"))
    if kind == "path":
        head = dice.one_of(("/etc/..", "/", "x", "..", "~", "/srv/eve"))
    return "more before", head + text, "unclear" if kind == "path" else "unsaid"


def _elsewhere(dice: Dice, text: str, kind: Kind) -> tuple[str, str, Truth]:
    """A URL or path whose reading depends on the reader."""
    if kind == "url" and text.count("/") >= 2:
        host = text.split("/")[2]
        bent = dice.one_of(
            (
                f"https://{host}@evil.example/", f"https://evil.example\\@{host}/", f"https://evil.example/{host}",
                f"https://{host}.evil.example/", f"https://evil{host}/", f"https://evil.example#{host}",
                f"https://evil.example?{host}", f"ftp://{host}/", f"//{host}/", f"https://{host}\\.evil.example/",
                f"https://{host}%2eevil.example/", f"https://evil.example;.{host}/", f"javascript://{host}/%0aalert(1)",
                f"https://{host}:x@evil.example/", f"https:///{host}/x", f"http:{host}", f"https://{host}\tevil/x",
            )
        )  # fmt: skip
        return "elsewhere by", bent, "unclear"
    if kind == "path":
        folder = text.rpartition("/")[0]
        bent = dice.one_of(
            (
                f"{folder}/../../../etc/passwd", f"{folder}x/y", f"{folder}/./../..{folder}", f"/{text}", text[1:],
                f"{folder}/..", folder, f"{folder}/", f"{folder}/a\0b", f"{folder}/..%2f..%2fetc", f"file://{text}",
            )
        )  # fmt: skip
        return "elsewhere by", bent, "unclear"
    return "more behind", text + "x", "unsaid"


SPELLINGS: Final[tuple[Spelling, ...]] = (
    _alike, _hidden, _wide, _cased, _padded, _part, _longer, _before, _elsewhere,
)  # fmt: skip
