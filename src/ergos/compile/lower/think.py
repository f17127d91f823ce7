"""Actions that read, and that make something new of what was read, as steps: files, tools that look, tasks.

Rules: a step is made only of what was said; what is missing is a question. Nothing here leaves or changes anything.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.base.canonical import Plain
from ergos.compile.intent import Action, Found, Span
from ergos.compile.lower.flow import Flow, Value, field_name
from ergos.compile.lower.places import is_address
from ergos.kernel.triggers import Files, Page

LOOKED: Final = "looked"
"""Id of a step that finds what only a condition needs."""
_FIRST: Final = re.compile(r"[^\s,;，；、]+")
_FROM_TO: Final = re.compile(r"[,，、;；/]|\band\b|\bor\b|和|或者?")
_INTO: Final = re.compile(r"\b(?:as|into|by)\b|成|为")
_NAME_PATTERN: Final = re.compile(r"\*?\.[A-Za-z0-9]{1,8}$")


def read(flow: Flow, found: Found[Action]) -> None:
    """Take in the sources, or what the trigger brought."""
    action = found.value
    said = action.target or (action.object if _is_place(action.object) else "")
    if said and not flow.intent.sources and flow.event() is None:
        at = said if is_address(said) else flow.place(said, found.span, whole="." not in said.rpartition("/")[2])
        if at is not None:
            made = flow.add("act", "sources.read", "read", {"at": [at]}, found.span, "read")
            flow.give("documents", f"{made}.documents")
        return
    event = flow.event()
    if event is not None and not flow.intent.sources and flow.text(found, found.span) is not None:
        return
    flow.documents(found, found.span)


def search(flow: Flow, found: Found[Action]) -> None:
    """Look for something: in named folders by their files, else among what was read."""
    action = found.value
    folder = action.target if action.target and not is_address(action.target) else ""
    if folder:
        at = flow.place(folder, found.span, whole=True)
        if at is None:
            return
        pattern = _NAME_PATTERN.search(action.object)
        given: dict[str, Plain] = {"path": at}
        given |= (
            {"names": "*" + pattern[0].lstrip("*")} if pattern else {"text": action.object or flow.words(found.span)}
        )
        made = flow.add("act", "files.search", "found", given, found.span, "search")
        flow.give("rows", f"{made}.matches")
        return
    if not flow.intent.sources and flow.event() is None and flow.last("documents", "rows") is None:
        flow.say("C320", found.span, what=action.object or flow.words(found.span))
        return
    filtered(flow, found)


def extract(flow: Flow, found: Found[Action]) -> None:
    """Named fields of each document."""
    fields = tuple(dict.fromkeys(field_name(one) for one in found.value.fields if one.strip()))
    if not fields:
        flow.say("C315", found.span)
        return
    extracting(flow, found, found.span, fields, "extract")


def extracting(flow: Flow, found: Found[Action] | None, span: Span, fields: tuple[str, ...], stem: str) -> Value | None:
    """A step that finds fields: one record of one text, or a list of them; of what is merely `looked` up always one."""
    rows = flow.last("rows", "records")
    if rows is not None and rows.kind == "rows":
        made = flow.add(
            "think", "extract", stem, {"text": "{item}", "fields": [*fields]}, span, "extract", each=rows.ref
        )
        return flow.give("records", made, fields)
    text = flow.last("text", "brief")
    documents = None if text is not None else flow.documents(found, span)
    if documents is not None and stem == LOOKED:
        text = Value("text", documents.ref)
    elif documents is not None and flow.several():
        given: dict[str, Plain] = {"text": "{item.text}", "fields": [*fields]}
        return flow.give(
            "records", flow.add("think", "extract", stem, given, span, "extract", each=documents.ref), fields
        )
    text = text or flow.text(found, span)
    if text is None:
        return None
    made = flow.add("think", "extract", stem, {"text": text.whole, "fields": [*fields]}, span, "extract")
    return Value("record", made, fields) if stem == LOOKED else flow.give("record", made, fields)


def summarise(flow: Flow, found: Found[Action]) -> None:
    """A shorter text; with its sources cited it is a brief."""
    if flow.output.cited and flow.last("text", "record", "records", "brief") is None:
        brief(flow, found)
        return
    value = _material(flow, found)
    if value is None:
        return
    given: dict[str, Plain] = {"text": value.whole, **_length(flow)}
    if flow.output.language:
        given["language"] = flow.output.language
    made = flow.add("think", "summarise", "summary", given, _with_output(flow, found.span), found.value.verb)
    flow.give("text", made)


def _material(flow: Flow, found: Found[Action]) -> Value | None:
    """What was made, else all that is read, else what the trigger brought."""
    made = flow.last("text", "brief", "record", "records", "rows", "texts")
    if made is not None:
        return made
    event = flow.event()
    if event is not None and not flow.intent.sources and not isinstance(event, Files | Page):
        return flow.text(found, found.span)
    documents = flow.documents(found, found.span)
    if documents is None:
        return flow.text(found, found.span)
    return documents if flow.several() else Value("text", f"{documents.ref}.0.text")


def brief(flow: Flow, found: Found[Action]) -> None:
    """A written report over documents; over anything else it is a summary."""
    made = flow.last("records", "rows", "record", "texts")
    documents = None if made is not None else flow.documents(found, found.span)
    if documents is None:
        value = made or flow.text(found, found.span)
        if value is None:
            return
        given: dict[str, Plain] = {"text": value.whole, **_length(flow)}
        flow.give("text", flow.add("think", "summarise", "summary", given, _with_output(flow, found.span), "brief"))
        return
    given = {"documents": documents.whole, "language": flow.output.language or flow.intent.language}
    given |= _length(flow)
    if flow.output.cited:
        given["cited"] = True
    step = flow.add("think", "brief", "brief", given, _with_output(flow, found.span), found.value.verb)
    flow.give("brief", step)


def translate(flow: Flow, found: Found[Action]) -> None:
    """Another language."""
    language = flow.output.language or _language_named(found.value)
    if not language:
        flow.say("C302", found.span, what=flow.words(found.span))
        return
    _on_text(flow, found, "translate", "translation", {"language": language})


def classify(flow: Flow, found: Found[Action]) -> None:
    """One of several labels."""
    action = found.value
    said = _INTO.split(action.object, maxsplit=1)[-1]
    labels = list(action.fields) or [part.strip() for part in _FROM_TO.split(said) if part.strip()]
    if len(labels) < 2:
        flow.say("C321", found.span)
        return
    _on_text(flow, found, "classify", "label", {"labels": list[Plain](labels)})


def filtered(flow: Flow, found: Found[Action]) -> None:
    """Only what it is about."""
    action = found.value
    about = action.object or " ".join(" ".join(condition) for condition in action.when) or flow.words(found.span)
    items = flow.last("records", "rows", "documents") or flow.documents(found, found.span)
    if items is None:
        text = flow.text(found, found.span)
        if text is None:
            return
        items = text
    made = flow.add("think", "filter", "kept", {"items": f"{{{items.ref}}}", "about": about}, found.span, action.verb)
    flow.give(items.kind if items.kind in ("records", "documents") else "rows", made, items.fields)


def compare(flow: Flow, found: Found[Action]) -> None:
    """What is different: between two sources, or from the last time."""
    event = flow.event()
    if isinstance(event, Page) and not event.contains:
        flow.give("text", "event.added")  # what its trigger found is the difference
        return
    documents = flow.documents(found, found.span)
    if documents is None:
        return
    two = len(flow.sources) == 2 or any(one.value.count == 2 for one in flow.intent.sources)
    before = f"{{{documents.ref}.0.text}}" if two else "{last.text}"
    after = f"{{{documents.ref}.1.text}}" if two else f"{{{documents.ref}.0.text}}"
    made = flow.add("think", "compare", "changes", {"before": before, "after": after}, found.span, "compare")
    flow.give("text", made)


def compute(flow: Flow, found: Found[Action]) -> None:
    """A figure from rows."""
    rows = flow.last("records", "rows", "record", "documents") or flow.documents(found, found.span)
    if rows is None:
        rows = flow.text(found, found.span)
    if rows is None:
        return
    what = found.value.object or flow.words(found.span)
    made = flow.add("think", "compute", "result", {"rows": f"{{{rows.ref}}}", "what": what}, found.span, "compute")
    flow.give("text", made)


def _on_text(flow: Flow, found: Found[Action], task: str, stem: str, more: dict[str, Plain]) -> None:
    """A task over one text, or over each of several."""
    text = flow.last("text", "brief", "record")
    documents = None if text is not None else flow.documents(found, found.span)
    if documents is not None and flow.several():
        made = flow.add(
            "think", task, stem, {"text": "{item.text}", **more}, found.span, found.value.verb, each=documents.ref
        )
        flow.give("texts", made)
        return
    text = text or flow.text(found, found.span)
    if text is None:
        return
    made = flow.add("think", task, stem, {"text": f"{{{text.ref}}}", **more}, found.span, found.value.verb)
    flow.give("text", made)


def _length(flow: Flow) -> dict[str, Plain]:
    said = flow.output
    if said.pages is not None:
        return {"pages": said.pages}
    if said.words is not None:
        return {"words": said.words}
    return {"sentences": said.items} if said.items is not None else {}


def _with_output(flow: Flow, span: Span) -> Span:
    """The words of the action and those that say what its result looks like, where they stand together."""
    said = flow.intent.output
    if said is None:
        return span
    both = (min(span[0], said.span[0]), max(span[1], said.span[1]))
    apart = both[1] - both[0] > (span[1] - span[0]) + (said.span[1] - said.span[0]) + 12
    return span if apart else both


def _language_named(action: Action) -> str:
    text = f"{action.object} {action.target}".lower()
    return next((code for code, names in _LANGUAGES.items() if any(name in text for name in names)), "")


_LANGUAGES: Final = {
    "en": ("english", "英文", "英语"),
    "zh": ("chinese", "mandarin", "中文", "汉语"),
    "de": ("german", "德文", "德语"),
    "fr": ("french", "法文", "法语"),
    "es": ("spanish", "西班牙"),
    "ja": ("japanese", "日文", "日语"),
    "ko": ("korean", "韩文", "韩语"),
    "it": ("italian", "意大利"),
    "pt": ("portuguese", "葡萄牙"),
    "ru": ("russian", "俄文", "俄语"),
}


def _is_place(text: str) -> bool:
    return bool(text) and _FIRST.fullmatch(text) is not None and ("/" in text or "." in text.strip("."))
