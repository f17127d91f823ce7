"""Conditions of an owner's words as conditions of steps, and where the owner is asked before something is done.

    ask me above 1,000 EUR     an ask step with `if: ["invoice.total > 1000 EUR"]`, before what it is about
    ask me before publishing   `ask: true` in the grant of what publishes

Rules: what is compared must be something that a step or the trigger gives; where nobody said what, the one amount
among the fields is meant, and of several it is asked.
"""

from __future__ import annotations

from typing import Final

from ergos.compile.intent import Action, ApprovalSaid, Condition, Found, Span
from ergos.compile.lower.act import escaped
from ergos.compile.lower.flow import Flow, Value, field_name
from ergos.compile.lower.think import LOOKED, extracting
from ergos.kernel.triggers import Feed, Files, Mailbox, Page

CONSEQUENTIAL: Final = frozenset(
    {"append", "write", "move", "copy", "delete", "send", "publish", "post", "schedule", "run"}
)
"""Verbs that leave or change something."""
IMPLIED: Final = frozenset({"publish"})
"""Verbs that are done where only their approval was spoken of."""
_IN_TEXT: Final = frozenset({"contains", "matches"})
"""Comparisons with a text."""
OPPOSITE: Final = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}

_AMOUNTS: Final = (
    "total", "amount", "sum", "price", "cost", "value", "fee", "balance", "betrag", "总额", "金额", "总价", "总计",
    "合计", "价格", "费用", "价税",
)  # fmt: skip
_TOLD: Final[dict[type, tuple[str, ...]]] = {
    Files: ("path", "name", "size"),
    Mailbox: ("from", "subject", "text"),
    Feed: ("title", "url", "text"),
    Page: ("url", "title"),
}
_ALIAS: Final = {
    "sender": "from", "发件人": "from", "主题": "subject", "标题": "title", "正文": "text", "body": "text",
    "文件名": "name", "filename": "name", "file name": "name", "大小": "size", "link": "url", "网址": "url",
}  # fmt: skip


def conditions_of(flow: Flow, said: tuple[Condition, ...], span: Span, record: Value | None = None) -> tuple[str, ...]:
    """Conditions as steps have them; those that cannot be read are said and left out."""
    made: list[str] = []
    for condition in said:
        left, compare, right = condition
        ref = _text_read(flow, span) if compare in _IN_TEXT and not left.strip() else ""
        ref = ref or _referred(flow, left, right, span, record)
        if ref and right.strip():
            made.append(f"{ref} {compare} {' '.join(right.split())}")
    return tuple(made)


def _text_read(flow: Flow, span: Span) -> str:
    """'if it says down': what was read, where nobody said what says it."""
    value = flow.text(None, span) if flow.intent.sources or flow.event() is not None else None
    return "" if value is None or value.kind != "text" or value.ref == "event" else value.ref


def opposite(flow: Flow, said: tuple[Condition, ...], span: Span) -> tuple[str, ...]:
    """What holds where these conditions do not: of one comparison its opposite; of several there is no such list."""
    if len(said) != 1 or said[0][1] not in OPPOSITE:
        flow.say("C314", span)
        return ()
    left, compare, right = said[0]
    return conditions_of(flow, ((left, OPPOSITE[compare], right),), span)


def asking(flow: Flow, approval: Found[ApprovalSaid], about: Found[Action] | None) -> None:
    """An ask step that happens where its conditions hold. A no ends the run there.

    Of several records at once the owner is asked about all, whatever holds of each: a no to one could not be kept
    apart.
    """
    before = flow.conditions
    record = flow.last("records")
    made = conditions_of(flow, approval.value.when, approval.span, record)
    if not made:
        return
    doing = flow.words(about.span) if about is not None else flow.words(approval.span)
    left, _, rest = made[0].partition(" ")
    if record is not None and left.startswith("item."):
        made, left = (), record.ref
        flow.say("C362", approval.span)
    flow.conditions = (*before, *made)
    flow.add("ask", "", "agreed", {"question": _question(flow, left, rest, doing)}, approval.span, "approve")
    flow.conditions = before


def _question(flow: Flow, left: str, rest: str, doing: str) -> str:
    name = left.rpartition(".")[2]
    if flow.intent.language == "zh":
        return f"{escaped(name)}为 {{{left}}}（{escaped(rest)}）。要继续吗：{escaped(doing)}？"
    return f"{escaped(name)} is {{{left}}} ({escaped(rest)}). Go on with: {escaped(doing)}?"


def steps_asked(flow: Flow) -> frozenset[str]:
    """Ids of the steps whose every call the owner approves."""
    asked: set[str] = set()
    for approval in flow.intent.approvals:
        said = approval.value
        if said.when:
            continue
        fits = [
            step.id
            for step in flow.steps
            if step.verb == "act"
            and (
                flow.verbs[step.id] == said.before
                or (said.before in ("", "anything") and flow.verbs[step.id] in CONSEQUENTIAL)
            )
            and not _only_reads(flow, step.name, said.before)
        ]
        if not fits:
            flow.say("C317", approval.span, what=flow.words(approval.span))
        asked.update(fits)
    return frozenset(asked)


def _only_reads(flow: Flow, tool: str, before: str) -> bool:
    """A step that merely reads is asked about only where its owner said so of reading."""
    spec = flow.circumstances.tools.get(tool)
    return spec is not None and spec.effect == "pure" and before not in ("read", "search")


def _referred(flow: Flow, left: str, right: str, span: Span, record: Value | None) -> str:
    """What a condition compares, as a reference; '' where it is not known, which is said."""
    record = record or flow.last("record", "records")
    fields = record.fields if record is not None else ()
    if not left.strip():
        amounts = [field for field in fields if any(word in field.lower() for word in _AMOUNTS)]
        if len(amounts) == 1 and record is not None:
            return _in(record, amounts[0])
        if len(amounts) > 1:
            flow.say("C312", span, choices=amounts, what=right)
            return ""
        left = "金额" if flow.intent.language == "zh" else "amount"
    name = field_name(left)
    near = next((field for field in fields if field.lower() == name.lower()), "") or next(
        (field for field in fields if name.lower() in field.lower() or field.lower() in name.lower()), ""
    )
    if near and record is not None:
        return _in(record, near)
    told = _in_event(flow, left, name)
    return told or _found(flow, name, right, span)


def _in_event(flow: Flow, left: str, name: str) -> str:
    event = flow.event()
    if event is None:
        return ""
    wanted = _ALIAS.get(left.strip().lower(), name.lower())
    known = _TOLD.get(type(event))
    if known is None:
        return f"event.{name}"
    return f"event.{wanted}" if wanted in known else ""


def _found(flow: Flow, name: str, right: str, span: Span) -> str:
    """A field that nobody listed is found in what was read; without any text it is not known."""
    made_before = len(flow.steps)
    record = extracting(flow, None, span, (name,), LOOKED)
    if record is None:
        flow.say("C312", span, what=f"{name} {right}".strip())
        return ""
    assert len(flow.steps) > made_before
    return _in(record, name)


def _in(record: Value, field: str) -> str:
    return f"item.{field}" if record.kind == "records" else f"{record.ref}.{field}"
