"""Verbs that read, work out, write and keep: what each becomes with what stands around it.

"write a summary to a.md" sums up and writes; "save the sender and the date to b.csv" extracts and appends.

Rules: pure; a form that is only a shape (list, table) of what was worked out adds nothing. Must not know: recipients.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.intent import ActionVerb, OutputForm
from ergos.compile.words.adding import THINKS, add, content_of, form_said, has_worked
from ergos.compile.words.conditions import read_condition
from ergos.compile.words.delivery import PUBLIC, deliver
from ergos.compile.words.draft import Draft
from ergos.compile.words.output import form_of, read_output
from ergos.compile.words.phrases import Phrase, listed, pending
from ergos.compile.words.verbs import VerbAt

_DIFFERS: Final = re.compile(
    r"\b(?:against|differences? (?:between|from|to))\b|的?(?:差异|区别|不同之处)", re.IGNORECASE
)

_KEEPS: Final = re.compile(
    r"\s*(?:only|those|just|the ones?|what|whatever|anything|all|any|items|every|entries|the)\b", re.IGNORECASE
)

_INTO_A: Final = re.compile(r"\b(?:into|as|for) (?:an?|one)\b|成(?:一[份篇个])?", re.IGNORECASE)
_SOMETHING: Final = re.compile(r"\s*(?:me\s+)?(?:an?|one|two)\s(?!(?:line|row|file|entry|copy|note)\b)", re.IGNORECASE)
_SHORT: Final = re.compile(r"\b(?:sentences?|paragraphs?|lines?) (?:about|on|of)\b", re.IGNORECASE)
_CALENDAR: Final = re.compile(r"\b(?:calendar|appointments?|agenda|meeting|event)\b|日历|日程", re.IGNORECASE)

_LOG: Final = re.compile(r"\.(?:csv|tsv|xlsx?|ods|log)$", re.IGNORECASE)

_COPY_NOUN: Final = re.compile(
    r"\b(?:backup|back-up)?\s*cop(?:y|ies) of\b|\bbackups?\b(?! \w+ folder)|备份", re.IGNORECASE
)


def read_plain(draft: Draft, phrase: Phrase) -> list[ActionVerb]:
    """Verbs that are what they say: read, search, filter, translate, run, move, …."""
    text = draft.copy.text
    verb = phrase.head.verb
    form = phrase.head.form
    if verb == "read":
        return _read(draft, phrase)
    if (
        verb == "filter"
        and form in {"找出", "挑出"}
        and phrase.head.han
        and text[phrase.after[0] : phrase.after[1]].count("、") >= 1
    ):
        return read_extract(draft, phrase)
    if verb == "filter" and form == "keep" and not _KEEPS.match(text, phrase.after[0], phrase.after[1]):
        return []
    if verb == "filter" and form == "drop" and any(one.startswith("#") for one in phrase.targets):
        return deliver(draft, phrase, "post")
    if verb == "filter" and form == "drop" and phrase.targets:
        return [add(draft, phrase, "write", target=True)]
    if (
        verb == "search"
        and (phrase.sources or form in {"查", "查一下", "查询", "查找"})
        and not re.search(
            r"\bweb\b|internet|online|网上|上网|网络|关于|有关", text[phrase.span[0] : phrase.span[1]], re.IGNORECASE
        )
    ):
        if len(phrase.sources) >= 2 and _LACKS.search(text, *phrase.span):
            return [add(draft, phrase, "compare")]
        return [add(draft, phrase, "read" if phrase.sources or phrase.head.han else "search")]
    if verb == "run":
        phrase.targets.clear()
        if not _names_command(draft, phrase):
            draft.unread.append(phrase.span)
            draft.say("C201", phrase.span)
            return []
    if verb in {"copy", "move"}:
        return [add(draft, phrase, verb, target=True)]
    added: list[ActionVerb] = [add(draft, phrase, verb)]
    made = form_said(draft, phrase)
    if made and verb in THINKS and made not in {"page", "mail"}:
        draft.put(phrase.after, form=made)
    if made in {"report", "brief"} and verb in {"compute", "compare"}:
        added.append(add(draft, phrase, content_of(made)))
    if phrase.targets and verb in THINKS:
        paths = [one for one in phrase.targets if "@" not in one]
        if paths:
            tail = Phrase(phrase.head, phrase.before, phrase.after, paths)
            added.append(
                add(
                    draft,
                    tail,
                    "append" if _LOG.search(paths[0]) and verb in {"extract", "compute", "classify"} else "write",
                    target=True,
                )
            )
    return added


_LACKS: Final = re.compile(
    r"\b(?:isn't|is not|aren't|are not|not|missing|absent|only|differs?|different) (?:in|from|yet in)\b|没有|缺",
    re.IGNORECASE,
)
_COMMAND: Final = re.compile(
    r"\b(?:scripts?|commands?|programs?|executables?|binar(?:y|ies)|cron ?jobs?|make(?:file)?|shell|tests?"
    r"|test suite|builds?"
    r"|playbooks?|pipelines?|quer(?:y|ies)|linters?|migrations?|python3?|node|npm|npx|pip|uv|docker|git|bash|sh"
    r"|cargo|go|java"
    r"|pytest|curl|rsync|ansible|terraform|kubectl|dbt|Rscript|psql)\b|脚本|命令|程序|指令|测试|编译|构建",
    re.IGNORECASE,
)
_AGENT: Final = re.compile(
    r"\b(?:agents?|process(?:es)?|bots?|assistants?)\b|智能体|代理|进程|助手|机器人", re.IGNORECASE
)
_ITSELF: Final = re.compile(r"\W*(?:(?:it|this|that|once|everything|only|just)\b|一次|一遍|\Z)", re.IGNORECASE)


def _names_command(draft: Draft, phrase: Phrase) -> bool:
    """Whether the words clearly name a command, not an agent and not a thing that only begins."""
    text = draft.copy.text
    low, high = phrase.span if phrase.head.han else (phrase.head.start, phrase.span[1])
    said = draft.copy.prose[low:high]
    known = any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said) for name in draft.circumstances.agents)
    quoted = next(draft.copy.within(low, high, "quote", "path"), None) is not None
    if quoted:
        return True
    if known or _AGENT.search(said):
        return False
    named = _COMMAND.search(said, phrase.head.end - low) is not None
    before = any(one.value.verb == "run" for one in draft.actions)
    return (
        named
        or before
        or (
            phrase.head.form in {"run", "execute", "运行", "执行", "跑"}
            and bool(_ITSELF.match(text, phrase.head.end, high))
        )
    )


def _read(draft: Draft, phrase: Phrase) -> list[ActionVerb]:
    """Read, check, get, track: of what is only taken, the place alone counts."""
    form = phrase.head.form
    if any("@" in one for one in phrase.targets) and form in {"get", "take", "grab", "pull"}:
        return deliver(draft, phrase, "send")
    if form in {"take", "grab", "fetch", "collect", "gather", "pick up"} and not phrase.sources:
        names = listed(draft, *phrase.after, han=False)
        if len(names) >= 3 or (len(names) == 2 and any(_LOG.search(one) for one in phrase.targets)):
            added = [add(draft, phrase, "extract", fields=names)]
            paths = [one for one in phrase.targets if "@" not in one]
            if paths:
                tail = Phrase(phrase.head, phrase.before, phrase.after, paths)
                added.append(add(draft, tail, "append" if _LOG.search(paths[0]) else "write", target=True))
            return added
    if form == "take":
        return []
    if form == "track" and any(_LOG.search(one.text) for one in phrase.sources):
        phrase.targets.extend(one.text for one in phrase.sources)
        phrase.sources.clear()
        phrase.head = VerbAt("append", "record", phrase.head.start, phrase.head.end)
        return read_storing(draft, phrase)
    if form in {"get", "pull"} and "following" in draft.copy.text[phrase.after[0] : phrase.after[1]].lower():
        return [add(draft, phrase, "extract")]
    if form in {"get", "take in", "load", "pull"} and not phrase.sources:
        names = listed(draft, *phrase.after, han=False)
        if len(names) >= 2:
            return [add(draft, phrase, "extract", fields=names)]
    added: list[ActionVerb] = [add(draft, phrase, "read")]
    if _DIFFERS.search(draft.copy.text, *phrase.span):
        added.append(add(draft, phrase, "compare"))
    made = form_said(draft, phrase)
    if made in {"list", "table"}:
        draft.put(phrase.after, form=made)
    if made in {"digest", "summary", "brief", "report"} and _INTO_A.search(draft.copy.text, *phrase.after):
        draft.put(phrase.after, form=made)
        added.append(add(draft, phrase, content_of(made)))
    return added


_WORKED_OUT: Final = re.compile(
    r"\s*(?:the |an? |its |their |my |our )?(?:\w+ ){0,2}?(?:totals?|sums?|averages?|means?|medians?|number"
    r"|counts?|balance|difference|percentage|share|ratio|how (?:much|many))\b",
    re.IGNORECASE,
)


def _translated(draft: Draft, phrase: Phrase) -> bool:
    """As in "put it into German": a language is what it is turned into."""
    found = [one for one in read_output(draft.copy.text, *phrase.after) if one[0] == "language"]
    if not found or not re.search(
        r"\b(?:in)?to (?:\w+ ){0,2}\Z",
        draft.copy.text[phrase.head.start : found[0][2][1]].rsplit(" ", 1)[0] + " ",
        re.IGNORECASE,
    ):
        return False
    add(draft, phrase, "translate")
    return True


def read_extract(draft: Draft, phrase: Phrase) -> list[ActionVerb]:
    """Extract, pull out; 提取: the names of a list."""
    if phrase.head.form == "work out" and _WORKED_OUT.match(draft.copy.text, *phrase.after):
        return [add(draft, phrase, "compute")]
    names = listed(draft, *phrase.after, han=phrase.head.han)
    if phrase.head.han and not names:
        names = listed(draft, *phrase.before, han=True)
    added: list[ActionVerb] = [add(draft, phrase, "extract", fields=names)]
    paths = [one for one in phrase.targets if "@" not in one]
    if paths:
        tail = Phrase(phrase.head, phrase.before, phrase.after, paths)
        keeping: ActionVerb = "append" if _LOG.search(paths[0]) else "write"
        added.append(add(draft, tail, keeping, target=True))
    return added


_WRITTEN_IN: Final = re.compile(r"\bin\s+(?:the file |file )?\Z", re.IGNORECASE)


def read_making(draft: Draft, phrase: Phrase) -> list[ActionVerb]:
    """Write, make, create, prepare; 写, 做, 生成, 整理."""
    text = draft.copy.text
    if phrase.head.form == "turn" and _translated(draft, phrase):
        return ["translate"]
    said = text[phrase.after[0] : phrase.after[1]]
    form = form_said(draft, phrase)
    if form == "mail" and phrase.head.form in {"整理", "梳理", "列出", "列", "list", "rank", "compile"}:
        form = ""
    made = form or form_of(text, *phrase.after)
    if made == "mail" and not form:
        made = ""
    if (
        _CALENDAR.search(said)
        and not phrase.targets
        and not re.search(r"summary|brief|report|摘要|简报|报告", said, re.IGNORECASE)
    ):
        return [add(draft, phrase, "schedule")]
    if _COPY_NOUN.search(said) and not re.search(r"of (?:it|them)\b", said):
        return [add(draft, phrase, "copy", target=True)]
    if phrase.head.form == "keep":
        return []
    if (
        phrase.head.form == "write"
        and not phrase.targets
        and phrase.sources
        and not said[: phrase.sources[0].start - phrase.after[0]].strip(" theafil")
    ):
        phrase.targets.extend(one.text for one in phrase.sources)
        phrase.sources.clear()
    if form and not phrase.targets and (draft.sources or has_worked(draft)) and phrase.sources:
        last = phrase.sources[-1]
        if _WRITTEN_IN.search(text, phrase.after[0], last.start) and re.search(
            r"\.(?:md|txt|pdf|docx?|html?|xlsx?|csv)$", last.text
        ):
            phrase.targets.append(phrase.sources.pop().text)
    paths = [one for one in phrase.targets if "@" not in one and not one.startswith("#")]
    if phrase.head.form in {"列出", "列", "list"} and draft.output.get("form"):
        made = "" if made == "list" else made
    if made and not (form == "" and made in {"page", "mail", "list", "table"}):
        draft.put(phrase.after, form=made)
    added: list[ActionVerb] = []
    if form == "mail" or (phrase.head.verb == "brief" and any("@" in one for one in phrase.targets)):
        return _letter(draft, phrase, made)
    if made in {"summary", "digest", "brief", "report"}:
        previous = draft.actions[-1].value.verb if draft.actions else ""
        if not (previous == "summarise" and made in {"summary", "digest"}):
            added.append(add(draft, phrase, content_of(made)))
        elif not paths:
            return ["summarise"]
    elif not paths:
        return _shaped(draft, phrase, made)
    elif not has_worked(draft) and not made and _SOMETHING.match(said):
        added.append(add(draft, phrase, "summarise" if _SHORT.search(said) else "brief"))
    if paths:
        tail = Phrase(phrase.head, phrase.before, phrase.after, paths)
        line = re.search(r"\b(?:line|row|entry)\b|一行|一条", said)
        goes_on = line or (_LOG.search(paths[0]) and phrase.head.form not in {"write", "写"} and not made)
        added.append(add(draft, tail, "append" if goes_on else "write", target=True))
    return added


def _letter(draft: Draft, phrase: Phrase, made: OutputForm) -> list[ActionVerb]:
    """A mail that is written is sent; in Chinese, by the verb that follows where there is one."""
    text = draft.copy.text
    added: list[ActionVerb] = []
    if made in {"summary", "digest", "brief", "report"}:
        added.append(add(draft, phrase, content_of(made)))
    follows = re.match(r"[^。；;]{0,4}(?:发|寄|转)", text[phrase.after[1] : phrase.after[1] + 6])
    if phrase.head.han and not phrase.targets and follows:
        return added
    return [*added, *deliver(draft, phrase, "send")]


def _shaped(draft: Draft, phrase: Phrase, made: OutputForm) -> list[ActionVerb]:
    """A list, a table, or something without a name: only a shape where work was done before."""
    text = draft.copy.text
    form = phrase.head.form
    lists = form in {"list", "列出", "列", "列成"}
    chosen = lists and bool(read_condition(draft.copy, *phrase.after))
    if made in {"list", "table"} or lists:
        if not made and not draft.output.get("form"):
            draft.put(phrase.after, form="list")
        if has_worked(draft):
            return []
        shape: ActionVerb = "write" if made == "table" and phrase.head.han else "summarise"
        return [add(draft, phrase, "filter" if chosen else shape)]
    if form in {"整理", "梳理", "准备", "出", "编"} or (_SHORT.search(text, *phrase.after) and not has_worked(draft)):
        return [add(draft, phrase, "summarise")]
    return [add(draft, phrase, "brief")]


def read_storing(draft: Draft, phrase: Phrase) -> list[ActionVerb]:
    """Save, store, put, append, add, log; 保存, 追加, 记到."""
    text = draft.copy.text
    if phrase.head.form in {"put", "convert"} and _translated(draft, phrase) and not phrase.targets:
        return ["translate"]
    said = text[phrase.span[0] : phrase.span[1]]
    verb = phrase.head.verb
    if verb == "write" and PUBLIC.search(said) and not phrase.targets:
        return deliver(draft, phrase, "publish")
    if _CALENDAR.search(said) and not any(_LOG.search(one) for one in phrase.targets):
        phrase.targets.clear()
        return [add(draft, phrase, "schedule")]
    if verb == "write" and _COPY_NOUN.search(said) and not re.search(r"\bcopy of (?:it|them|this|that)\b", said):
        return [add(draft, phrase, "copy", target=True)]
    if not phrase.targets and phrase.sources and verb in {"append", "write"} and phrase.head.form != "convert":
        last = phrase.sources[-1]
        if (
            len(phrase.sources) == 1
            and last.kind == "path"
            and (
                phrase.head.form in {"update", "更新", "fill", "fill in", "填", "overwrite", "write"}
                or not re.search(r"\bfrom\s*\Z|从\s*\Z", text[: last.start][-8:])
            )
            and phrase.after[0] <= last.start
        ):
            phrase.targets.append(phrase.sources.pop().text)
    names = listed(draft, *phrase.after, han=phrase.head.han) or (
        listed(draft, *phrase.before, han=phrase.head.han) if phrase.head.han or phrase.passive else ()
    )
    table = any(_LOG.search(one) for one in phrase.targets)
    if table and not names and not has_worked(draft):
        names = pending(draft, phrase.span[0])
    added: list[ActionVerb] = []
    if verb == "write" and table and (len(names) >= 2 or (draft.actions and draft.actions[-1].value.verb == "extract")):
        verb = "append"
    fields: tuple[str, ...] = ()
    if verb == "append" and len(names) >= 2:
        if not has_worked(draft):
            added.append(add(draft, phrase, "extract", fields=names))
        else:
            fields = names
    made = form_said(draft, phrase)
    if made in {"summary", "brief", "report", "digest"} and not has_worked(draft):
        added.append(add(draft, phrase, content_of(made)))
        draft.put(phrase.after, form=made)
    elif made in {"table", "list"}:
        draft.put(phrase.after, form=made)
    added.append(add(draft, phrase, verb, fields=fields, target=True))
    return added


def read_summing(draft: Draft, phrase: Phrase) -> list[ActionVerb]:
    """Summarise; 总结."""
    form = form_said(draft, phrase)
    added: list[ActionVerb] = []
    if form and form != "mail":
        draft.put(phrase.after, form=form)
    added.append(add(draft, phrase, "summarise"))
    paths = [one for one in phrase.targets if "@" not in one]
    if paths:
        tail = Phrase(phrase.head, phrase.before, phrase.after, paths)
        added.append(add(draft, tail, "write", target=True))
    return added
