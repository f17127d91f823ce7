"""Actions that change or tell something, as steps: files, mail, hooks, the calendar, a command, the owner.

Rules: where something goes is said by the owner or asked, never guessed; what a tool needs and nobody said is a
question. Which calls are then allowed follows from the steps (`lower_grants`).
"""

from __future__ import annotations

import re
from typing import Final

from ergos.base.canonical import Plain
from ergos.compile.intent import Action, Found
from ergos.compile.lower.files import Subject, paths_in, subject_of, timeless
from ergos.compile.lower.flow import Flow, Value
from ergos.compile.lower.places import is_address
from ergos.kernel.triggers import Feed, Files, Mailbox, Page

PUBLISHED: Final = "published"
"""Folder of the agent's own workspace in which it publishes where nobody said where."""
SUBJECT_CHARS_MAX: Final = 120  # characters of the subject of a mail that is made from the goal
QUESTION_CHARS_MAX: Final = 300  # characters of a question that the owner is asked

_TABLES: Final = (".csv", ".tsv", ".xlsx", ".xls")
_PRESSED: Final = {".html": "html", ".htm": "html", ".md": "markdown", ".markdown": "markdown"}
_MAIL: Final = re.compile(r"[^\s,;，；、<>]+@[^\s,;，；、<>]+\.[A-Za-z]{2,}")
_TO_MAIL: Final = re.compile(rf"\s?(?:\b(?:to|and|or)\s|[给到、，,和及]\s?)?{_MAIL.pattern}")
_SENT: Final = re.compile(
    r"^(?:please\s)?(?:e-?mail|mail|send|forward)\s|^请?(?:把|将)?(?:发送|寄送|发)?|(?:发|寄|发送)?给?$", re.IGNORECASE
)
"""Words of a subject that only say that it is sent."""
_OWNER: Final = frozenset("me myself owner us 我 我们 自己 本人 主人".split())
_SENDER: Final = re.compile(r"\b(?:sender|author|back|reply|them)\b|发件人|对方|回复|寄件人", re.IGNORECASE)
_INTO: Final = re.compile(r"\s*(?:\b(?:to|into|in|at|of)|[到在进至])$", re.IGNORECASE)
_TICKED: Final = re.compile(r"`([^`\n]{1,2000})`")
_SCRIPTS: Final = frozenset({".sh", ".py", ".pl", ".rb", ".js"})
_LINES: Final[dict[type, str]] = {
    Files: "{event.path}",
    Mailbox: "{event.from}: {event.subject}",
    Feed: "{event.title} {event.url}",
    Page: "{event.title} {event.url}",
}
_REMINDED: Final = re.compile(
    r"^(?:(?:remind|tell|notify)\s)?(?:me|us)\s(?:to|that|about|of)\s|^(?:提醒|告诉|通知)?我(?:去|要)?(?=.)",
    re.IGNORECASE,
)
"""Words before what a reminder says."""
_WHEN: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2})?")


def append(flow: Flow, found: Found[Action]) -> None:
    """A row of a table, or text at the end of a file."""
    if not found.value.target:
        flow.say("C306", found.span, what=flow.words(found.span))
        return
    path = flow.place(found.value.target, found.span, write=True)
    if path is None:
        return
    value = flow.last("record", "records", "rows") or flow.last()
    if value is None and not flow.intent.sources and flow.event() is None:
        _line(flow, found, path)
        return
    value = value or flow.text(found, found.span)
    if value is None:
        flow.say("C316", found.span, what=flow.words(found.span))
        return
    if not path.lower().endswith(_TABLES) and value.kind not in ("record", "records"):
        flow.add("act", "files.append", "entered", {"path": path, "text": f"{value.whole}\n"}, found.span, "append")
        return
    row, each = _row(value)
    flow.add("act", "table.append", "entered", {"path": path, "row": row}, found.span, "append", each=each)


def _line(flow: Flow, found: Found[Action], path: str) -> None:
    """Of nothing that was read: the time, and the owner's own words."""
    said = _INTO.sub("", " ".join(timeless(flow, found.value.object.replace(found.value.target, " ")).split()))
    if path.lower().endswith(_TABLES):
        given: dict[str, Plain] = {"path": path, "row": {"time": "{now.iso}", "text": escaped(said)}}
        flow.add("act", "table.append", "entered", given, found.span, "append")
        return
    text = f"{{now.iso}} {escaped(said)}".rstrip() + "\n"
    flow.add("act", "files.append", "entered", {"path": path, "text": text}, found.span, "append")


def _row(value: Value) -> tuple[Plain, str]:
    """What is entered: records as they are, of documents their title and address, of a text the text and its day."""
    if value.kind in ("record", "records", "rows"):
        return value.whole, ""
    if value.kind == "documents":
        return {"title": "{item.title}", "url": "{item.url}"}, value.ref
    if value.ref == "event":
        return "{event.value}", ""
    return {"date": "{now.date}", "text": value.text}, ""


def write(flow: Flow, found: Found[Action]) -> None:
    """A file that holds the result."""
    value = _result(flow, found)
    if value is None:
        return
    target = found.value.target
    if not target and value.kind == "brief":
        _press(flow, found, value, folder=PUBLISHED)
        return
    if not target:
        flow.say("C306", found.span, what=flow.words(found.span))
        return
    ending = _ending(target)
    if value.kind in ("records", "rows", "record") and ending in _TABLES:
        append(flow, found)
        return
    path = flow.place(target, found.span, write=True, whole=not ending)
    if path is None:
        return
    if value.kind == "brief" and (not ending or ending in _PRESSED):
        _press(flow, found, value, **({"path": path} if ending else {"folder": path}))
        return
    if not ending:
        path = _dated(path)
    flow.add("act", "files.write", "written", {"path": path, "text": value.text}, found.span, "write")


def publish(flow: Flow, found: Found[Action]) -> None:
    """Where readers find it: a page in a folder, or an address."""
    target = found.value.target
    if is_address(target):
        post(flow, found)
        return
    value = _result(flow, found)
    if value is None:
        return
    folder: str | None = PUBLISHED
    if target and ("/" in target or "." in target or target.isascii()):
        folder = flow.place(target, found.span, write=True, whole=not _ending(target))
    if folder is None:
        return
    ending = _ending(folder)
    if ending and ending not in _PRESSED:
        flow.add("act", "files.write", "published", {"path": folder, "text": value.text}, found.span, "publish")
        return
    _press(flow, found, value, **({"path": folder} if ending else {"folder": folder}))


def move(flow: Flow, found: Found[Action]) -> None:
    """A file, elsewhere."""
    _relocate(flow, found, "files.move", "moved")


def copy(flow: Flow, found: Found[Action]) -> None:
    """A file, a second time: read as it is, written as it is."""
    named = [path for path in paths_in(found.value.object) if path != found.value.target]
    if len(named) == 1 and "*" not in named[0] and not _ending(named[0]):
        flow.say("C363", found.span, path=named[0])
        return
    places = _from_to(flow, found)
    if places is None:
        return
    source, to = places
    if source.each:
        flow.say("C311", found.span, what=found.value.object)
        return
    made = flow.add("act", "files.read", "original", {"path": source.path, "encoding": "base64"}, found.span, "copy")
    given: dict[str, Plain] = {"path": to, "text": f"{{{made}.text}}", "encoding": "base64"}
    flow.add("act", "files.write", "copied", given, found.span, "copy")


def delete(flow: Flow, found: Found[Action]) -> None:
    """A file, gone; or each of a kind in a folder."""
    gone = subject_of(flow, found, write=True)
    if gone is not None:
        flow.add("act", "files.delete", "deleted", {"path": gone.path}, found.span, "delete", each=gone.each)


def send(flow: Flow, found: Found[Action]) -> None:
    """Mail to people; to the owner it is a notice."""
    action = found.value
    people = list(dict.fromkeys(_MAIL.findall(f"{action.target} {action.object}")))
    said = action.target.strip().lower()
    if not people and (said in _OWNER or (not said and not action.object)):
        notify(flow, found)
        return
    if not people and is_address(action.target):
        post(flow, found)
        return
    answering = (
        not people and isinstance(flow.event(), Mailbox) and _SENDER.search(f"{said} {action.object}") is not None
    )
    if not people and not answering:
        flow.say("C307", found.span, whom=action.target or action.object or flow.words(found.span))
        return
    value = _result(flow, found)
    if value is None:
        return
    given: dict[str, Plain] = {
        "to": ["{event.sender}"] if answering else list[Plain](people),
        "subject": "Re: {event.subject}" if answering else escaped(_subject(flow)),
        "text": value.text,
    }
    if answering:
        given["reply_to_id"] = "{event.message_id}"
    flow.add("act", "mail.send", "sent", given, found.span, "send")


def notify(flow: Flow, found: Found[Action]) -> None:
    """The owner is told what was made; of what was published or written before, where it stands."""
    value = flow.last("brief", "text", "record", "records", "rows", "texts")
    pressed = next((step for step in reversed(flow.steps) if step.name == "press.publish"), None)
    if value is not None and value.kind == "brief" and pressed is not None:
        text = f"{{{pressed.id}.path}}"
    elif value is not None:
        text = value.text
    elif flow.intent.sources and flow.event() is None:
        documents = flow.documents(found, found.span)
        if documents is None:
            return
        if not documents.ref.endswith(".documents"):  # what is left of them: one notice for each, none where nothing is
            given: dict[str, Plain] = {"text": "{item.title} {item.url}", "title": _title(flow)}
            flow.add("act", "notify.owner", "told", given, found.span, "notify", each=documents.ref)
            return
        text = f"{{{documents.ref}.0.title}} {{{documents.ref}.0.url}}"
    elif flow.event() is not None:
        text = _happened(flow)
    else:
        said = found.value.object or flow.words(found.span)
        bare = " ".join(timeless(flow, said).split()).strip(" ,;，；、")
        text = escaped(_REMINDED.sub("", bare) or said)
    flow.add("act", "notify.owner", "told", {"text": text, "title": _title(flow)}, found.span, "notify")


def _happened(flow: Flow) -> str:
    """What a trigger told, in a line."""
    return _LINES.get(type(flow.event()), "{event.value}") + "\n"


def post(flow: Flow, found: Found[Action]) -> None:
    """To a hook that the home knows, or to an address."""
    target = found.value.target
    value = _result(flow, found)
    if value is None:
        return
    if is_address(target):
        flow.add("act", "http.send", "posted", {"url": target, "json": value.whole}, found.span, found.value.verb)
        return
    named = target.strip("# ").lower()
    hook = next((one for one in sorted(flow.circumstances.hooks) if one.lower().strip("# ") == named), "")
    if not hook:
        known = sorted(flow.circumstances.hooks)
        flow.say("C308", found.span, choices=known, where=target or flow.words(found.span))
        return
    flow.add(
        "act",
        "webhook.send",
        "posted",
        {"hook": hook, "json": {"text": value.text} if value.kind in ("text", "brief") else value.whole},
        found.span,
        "post",
    )


def schedule(flow: Flow, found: Found[Action]) -> None:
    """An entry of the calendar, at a time that was said or found."""
    action = found.value
    record = flow.last("record")
    at = _WHEN.search(action.target) or _WHEN.search(action.object)
    start = f"{{{record.ref}.{_first(record, _DATE_FIELDS)}}}" if record is not None and at is None else ""
    if at is None and (record is None or not _first(record, _DATE_FIELDS)):
        flow.say("C309", found.span)
        return
    title = _first(record, _TITLE_FIELDS) if record is not None else ""
    given: dict[str, Plain] = {
        "title": f"{{{record.ref}.{title}}}"
        if record is not None and title
        else escaped(action.object or _subject(flow)),
        "start": start or (at[0] if at is not None else ""),
    }
    flow.add("act", "calendar.add", "entry", given, found.span, "schedule")


def run(flow: Flow, found: Found[Action]) -> None:
    """A command, in the sandbox, with the script that it names."""
    said = (found.value.object or found.value.target).strip()
    ticked = _TICKED.search(said)
    command = ticked[1] if ticked is not None else said.strip("`'\"")
    if not command:
        flow.say("C310", found.span)
        return
    if ticked is None and not timeless(flow, command).strip(" .,，。"):
        return  # 'run on the 27th of every month' says when, and no command
    given: dict[str, Plain] = {"command": escaped(command)}
    scripts = [path for path in paths_in(command) if _ending(path) in _SCRIPTS]
    if scripts:
        at = flow.place(scripts[0], found.span)
        if at is None:
            return
        inside = f"./{at.partition(':/')[2] or at}"
        given = {"command": escaped(command.replace(scripts[0], inside)), "files": [at]}
    made = flow.add("act", "shell.run", "output", given, found.span, "run")
    flow.give("text", f"{made}.stdout")


def ask(flow: Flow, found: Found[Action]) -> None:
    """A question to the owner."""
    question = found.value.object or flow.words(found.span)
    made = flow.add("ask", "", "answer", {"question": escaped(question[:QUESTION_CHARS_MAX])}, found.span, "ask")
    flow.give("answer", made)


def escaped(text: str) -> str:
    """The owner's own words, which are no references."""
    return text.replace("{", "{{").replace("}", "}}")


def told(flow: Flow, found: Found[Action]) -> None:
    """The result of a run that nobody said where to bring comes to the owner, who asked for it."""
    notify(flow, found)


def _press(flow: Flow, found: Found[Action], value: Value, *, folder: str = "", path: str = "") -> None:
    """A page of its own in a folder, or a file of this name."""
    what: dict[str, Plain] = {"brief": value.whole} if value.kind == "brief" else {"text": value.text}
    if path:
        given = {**what, "path": path}
    else:
        form = "markdown" if flow.output.format in ("markdown", "md") else "html"
        given = {**what, "folder": folder, "format": form}
    flow.give("paths", flow.add("act", "press.publish", "published", given, found.span, found.value.verb))


def _result(flow: Flow, found: Found[Action]) -> Value | None:
    """What there is to pass on."""
    value = flow.last("brief", "text", "record", "records", "rows", "texts")
    value = value or flow.text(found, found.span)
    if value is None and not any(one.code == "C303" for one in flow.diagnostics):
        flow.say("C316", found.span, what=flow.words(found.span))
    return value


def _relocate(flow: Flow, found: Found[Action], tool: str, stem: str) -> None:
    places = _from_to(flow, found)
    if places is not None:
        source, to = places
        flow.add("act", tool, stem, {"path": source.path, "to": to}, found.span, found.value.verb, each=source.each)


def _from_to(flow: Flow, found: Found[Action]) -> tuple[Subject, str] | None:
    """What is moved or copied, and the path it gets."""
    if not found.value.target:
        flow.say("C306", found.span, what=flow.words(found.span))
        return None
    source = subject_of(flow, found, write=found.value.verb == "move")
    if source is None:
        return None
    several = source.path.startswith("{")
    whole = several or not _ending(found.value.target)
    to = flow.place(found.value.target, found.span, write=True, whole=whole)
    if to is None:
        return None
    if whole:
        name = source.path.rpartition("/")[2]
        if several:
            name = "{event.name}" if not source.each else "{item.name}"
        to = f"{to}{name}" if to.endswith("/") else f"{to}/{name}"
    if source.each:
        flow.say("C311", found.span, what=found.value.object)  # a search says paths, and no names
        return None
    return source, to


def _ending(path: str) -> str:
    """'.md' of a file; '' of a folder."""
    name = path.rstrip("/").rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    return f".{ending.lower()}" if dot and stem and not path.endswith("/") else ""


def _dated(folder: str) -> str:
    """A file of today in a folder."""
    return f"{folder}{{now.date}}.md" if folder.endswith("/") else f"{folder}/{{now.date}}.md"


def _subject(flow: Flow) -> str:
    """One line that says what it is about."""
    words = flow.words(flow.intent.actions[0].span) if flow.intent.actions else flow.intent.prose
    words = " ".join(timeless(flow, words).split()) or words
    bare = _SENT.sub("", _TO_MAIL.sub("", words)).strip(" ,，;；、")
    return (bare or words)[:SUBJECT_CHARS_MAX].strip()


def _title(flow: Flow) -> str:
    return escaped(_subject(flow))


_DATE_FIELDS: Final = ("date", "start", "due", "deadline", "when", "time", "日期", "时间", "截止", "开始")
_TITLE_FIELDS: Final = ("title", "subject", "name", "event", "what", "标题", "名称", "主题", "事项")


def _first(record: Value, wanted: tuple[str, ...]) -> str:
    fits = (field for field in record.fields if any(word in field.lower() for word in wanted))
    return next(fits, "")
