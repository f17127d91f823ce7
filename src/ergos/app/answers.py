"""What an owner's words say to an inbox item: 'yes', 'no, too expensive', 好, 不行, 'it happened'.

A word answer to an approval is only ever yes or no to exactly the call that is shown. A yes with anything attached that
could change it ('yes, but only 400') is no yes: it is refused with what can be said. What is said beside a no is kept
as a comment, which the agent is told.

Rules: pure and total; a text is matched as a whole, never searched for a word; what is not understood changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import msgspec

from ergos.base.canonical import Plain
from ergos.kernel.calls import Verdict
from ergos.kernel.permission.wording import Language

COMMENT_BYTES_MAX: Final = 480  # bytes of a comment; it is told within one line of a refusal
ANSWER_CHARS_MAX: Final = 100_000  # characters of an answer; a longer one is a document, to be named by its path

_YES: Final = frozenset(
    (
        "y", "yes", "yep", "yeah", "yup", "ok", "okay", "approve", "approved", "agreed", "accept", "accepted", "allow",
        "sure", "fine", "go", "go ahead", "do it", "please do", "yes please", "sounds good", "looks good", "lgtm",
        "all right", "alright", "go for it", "of course", "i approve", "i agree", "yes do it", "yes, do it",
        "yes go ahead", "yes, go ahead", "ok go ahead", "ok, go ahead", "ok do it", "ok, do it",
        "please go ahead",
        "好", "好的", "好吧", "好啊", "好呀", "行", "行吧", "可以", "可以的", "是", "是的", "对", "对的", "同意",
        "我同意", "批准", "准", "准了", "允许", "没问题", "确认", "嗯", "嗯嗯", "去做吧", "做吧", "就这样", "就这么办",
        "发吧", "发布吧", "付吧",
        "好的可以", "好,可以", "好,同意",
    )
)  # fmt: skip
_NO: Final = (
    "no", "nope", "nah", "n", "deny", "denied", "reject", "rejected", "refuse", "refused", "don't", "do not", "dont",
    "never", "stop", "cancel", "not ok", "not okay", "disapprove",
)  # fmt: skip
_NO_ZH: Final = (
    "不", "不行", "不可以", "不可", "不要", "不同意", "我不同意", "不好", "不用", "不用了", "不准", "不允许", "不批准",
    "不是", "不对", "拒绝", "驳回", "否", "别", "取消", "算了", "停",
)  # fmt: skip
_COURTESY: Final = re.compile(r"(?:[\s,.!，。！、~]|please|thanks|thank you|thx|谢谢|多谢|麻烦了|吧|啦|了|呀|哦)*")
_BREAK: Final = re.compile(r"[,.;:!?\n\-\u2013\u2014，。；：！？、]")
_NOT_A_NO: Final = re.compile(
    r"(?:no|not|don't|do not|dont|never|stop|cancel)\s*"
    r"(?:problem|objection|worries|worry|issue|doubt|bad|matter|mind|wait)"
)
_NOT_A_NO_ZH: Final = ("不错", "不客气", "不用问", "不用客气", "不成问题", "别人", "不过", "不如")
_DOUBT: Final[dict[str, Verdict]] = {
    **dict.fromkeys(
        ("done", "it happened", "happened", "it did", "it was done", "yes it happened", "it worked", "已完成", "完成了",
         "发生了", "已经发生", "已经发生了", "成功了", "做了", "已做", "已执行"),
        "done",
    ),
    **dict.fromkeys(
        ("redo", "again", "repeat", "repeat it", "do it again", "retry", "try again", "重做", "再做一次", "再来一次",
         "重试", "重新执行", "再试一次"),
        "redo",
    ),
    **dict.fromkeys(
        ("fail", "failed", "it failed", "it did not happen", "it didn't happen", "did not happen", "didn't happen",
         "not done", "leave it", "没发生", "没有发生", "失败", "失败了", "没做", "没成功", "未执行", "放弃"),
        "fail",
    ),
}  # fmt: skip


class Said(msgspec.Struct, frozen=True):
    """What the words say."""

    verdict: Verdict
    value: Plain = None
    """The answer to a question; a comment beside a decision."""


class Unclear(msgspec.Struct, frozen=True):
    """Why they say nothing that counts, and what can be said."""

    why: str


def understood(kind: str, text: str, choices: Plain = None, language: Language = "en") -> Said | Unclear:
    """What an answer in words says to an item of this kind. `choices`: of a question."""
    if not text.strip():
        return _unclear(kind, "nothing was said", "什么也没说", language)
    if len(text) > ANSWER_CHARS_MAX:
        return _unclear(kind, "the answer is too long", "回答太长", language)
    match kind:
        case "approval":
            return _decided(text, language)
        case "doubt":
            found = _DOUBT.get(_plain(text))
            return Said(found) if found else _unclear(kind, "that says neither", "这没有说明是哪一种", language)
        case _:
            return Said("answer", _chosen(text, choices))


def _decided(text: str, language: Language) -> Said | Unclear:
    plain = _plain(text)
    if _agrees(plain):
        return Said("approve")
    denied, rest = _denies(plain)
    if denied:
        comment = text.strip()[len(plain) - len(rest) :].strip(" \t\n,.;:!，。；：！、-") if rest else ""
        if len(comment.encode("utf-8", "replace")) > COMMENT_BYTES_MAX:
            why = f"a comment has at most {COMMENT_BYTES_MAX} bytes"
            return _unclear("approval", why, f"说明最多 {COMMENT_BYTES_MAX} 字节", language)
        return Said("deny", comment or None)
    return _unclear("approval", "that is neither a plain yes nor a no", "这既不是明确的同意，也不是拒绝", language)


def _agrees(plain: str) -> bool:
    """Whether a text is a yes and nothing else."""
    if plain in _YES:
        return True
    for at in range(len(plain), 0, -1):
        if plain[:at] in _YES and not _joined(plain, at) and _COURTESY.fullmatch(plain[at:]):
            return True
    return False


def _refuses(plain: str) -> bool:
    """Whether a text is a no and nothing else."""
    return plain in _NO or plain in _NO_ZH


def _denies(plain: str) -> tuple[bool, str]:
    """Whether a text begins with a no, and what follows it."""
    if _NOT_A_NO.match(plain) or plain.startswith(
        ("不错", "不客气", "不用问", "不用客气", "不成问题", "别人", "不过", "不如")
    ):
        return False, ""
    for word in sorted(_NO, key=len, reverse=True):
        rest = plain[len(word) :]
        if plain.startswith(word) and not _joined(plain, len(word)):
            if word in {"n", "no", "stop", "cancel", "never"} and rest and not _BREAK.match(rest.lstrip(" ")):
                continue  # 'no more than 400' is no decision about this call
            return True, rest
    for word in sorted(_NO_ZH, key=len, reverse=True):
        rest = plain[len(word) :]
        if plain.startswith(word) and (not rest or _BREAK.match(rest) or rest[0] in " 了的吧，"):
            return True, rest
    return False, ""


def _joined(plain: str, at: int) -> bool:
    """Whether a word goes on at a place: 'no' in 'nothing'."""
    return plain[at - 1 : at].isascii() and plain[at - 1 : at].isalnum() and plain[at : at + 1].isalnum()


def _plain(text: str) -> str:
    """Without case, width, typographic apostrophes and marks at the end; as many characters as the stripped text."""
    folded = "".join(_fold(letter) for letter in text.strip())
    return folded.rstrip(" .!。！~")


def _fold(letter: str) -> str:
    if letter in "\u2019\u2018":
        return "'"
    found = unicodedata.normalize("NFKC", letter).lower()
    return found if len(found) == 1 else letter


def _chosen(text: str, choices: Plain) -> Plain:
    """The choice that is meant: by its text, its number, or by yes and no where one choice says so; else the text."""
    said = text.strip()
    if not isinstance(choices, list) or not choices:
        return said
    plain = _plain(said)
    same = [choice for choice, shown in zip(choices, shown_choices(choices), strict=True) if _plain(shown) == plain]
    if len(same) == 1:
        return same[0]
    if said.isascii() and said.isdecimal() and 1 <= int(said[:6]) <= len(choices) and said not in map(str, choices):
        return choices[int(said[:6]) - 1]
    for means in (_agrees, _refuses):
        fitting = [choice for choice in choices if isinstance(choice, str) and means(_plain(choice))]
        if means(plain) and len(fitting) == 1:
            return fitting[0]
    return said


def _unclear(kind: str, why: str, why_zh: str, language: Language) -> Unclear:
    can = {
        "approval": (
            "say yes or no to exactly this call; 'no, WHY' tells the agent why",
            "请只对这一个调用说“同意”或“不同意”；“不，原因”会把原因告诉智能体",
        ),
        "doubt": ("say done, redo or fail", "请说“已完成”“重做”或“失败”"),
        "question": ("say what the answer is", "请说出答案"),
    }.get(kind, ("", ""))
    return Unclear(f"{why_zh}：{can[1]}" if language == "zh" else f"{why}: {can[0]}")


def shown_choices(choices: Plain) -> Sequence[str]:
    """The choices of a question, each as one can say it."""
    if not isinstance(choices, list):
        return ()
    return [one if isinstance(one, str) else msgspec.json.encode(one).decode() for one in choices]
