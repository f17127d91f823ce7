"""A program as an owner would have said it: canonical sentences that the grammar reads back as the same program.

    prose_of(file, circumstances)   ->   every Monday at 09:00; read ./reports; write a 1-page brief in English; ...

Rules: pure; only what can be said is said: what the sentences cannot carry is listed by `unsaid`, so that nobody takes
the prose for all of it. Words of the owner's are used where the program keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ergos.base.canonical import Plain
from ergos.base.money import MICRO
from ergos.compile.circumstances import Circumstances
from ergos.compile.lower.act import PUBLISHED
from ergos.compile.lower.flow import GIVEN
from ergos.compile.preview.rules import rule_words
from ergos.compile.preview.times import said as trigger_words
from ergos.compile.prose_words import LANGUAGES, MADE, PERIODS, ZH, listed
from ergos.kernel.ledger import UNCAPPED, Caps
from ergos.kernel.permission.wording import Language
from ergos.kernel.triggers import Feed, Files, Page, Schedule
from ergos.lib.agent_file import AgentFile
from ergos.lib.work import Acceptance, Step

EVERY_S: Final = 3_600
"""Seconds between two looks at a page or feed where nobody said."""
_READS: Final = frozenset({"sources.read", "files.search", "files.read"})


def prose_of(file: AgentFile, circumstances: Circumstances) -> str:
    """The sentences."""
    return _Telling(file, circumstances).told()


class _Telling:
    """One of them being made."""

    def __init__(self, file: AgentFile, circumstances: Circumstances) -> None:
        self._file: Final = file
        self._known: Final = circumstances
        self._language: Final[Language] = "zh" if file.language == "zh" else "en"
        self._zh: Final = file.language == "zh"
        self._asks: Final = {(grant.verb, grant.name) for grant in file.grants if grant.ask}

    def told(self) -> str:
        """All clauses."""
        work = self._file.work
        parts = [self._trigger(one) for one in work.triggers]
        steps = work.steps
        for place, step in enumerate(steps):
            parts += self._step(step, steps[place - 1] if place else None)
        parts += self._approvals()
        parts += self._budgets()
        parts += self._rest()
        return ("；" if self._zh else "; ").join(part for part in parts if part)

    def _trigger(self, trigger: object) -> str:
        if isinstance(trigger, Files):
            folder = self._path(trigger.folder)
            kind = trigger.pattern
            event = trigger.events[0] if trigger.events else "created"
            if self._zh:
                doing = {"created": "出现", "changed": "改变", "deleted": "被删除"}[event]
                what = "新文件" if kind == "*" else f"{kind} 文件"
                return f"当 {folder} 里{'有' if event == 'created' else '的'} {what}{doing}时"
            doing = {"created": "arrives", "changed": "changes", "deleted": "is deleted"}[event]
            return f"when a {'file' if kind == '*' else f'{kind} file'} {doing} in {folder}"
        words = trigger_words(trigger, self._language)  # type: ignore[arg-type]
        zone = getattr(trigger, "timezone", "") or self._file.work.timezone
        if isinstance(trigger, Schedule) and zone and zone != self._known.timezone:
            words = f"{_city(zone)} time {words}" if self._zh else f"{words} {_city(zone)} time"
        every_s = getattr(trigger, "every_s", EVERY_S)
        if isinstance(trigger, Page | Feed) and every_s != EVERY_S:
            often = rule_words(_rule(every_s), self._language)
            return f"{often}；{words}" if self._zh else f"{often}; {words}"
        return words

    def _step(self, step: Step, before: Step | None) -> list[str]:
        """Its clause, with what it depends on; none for what another one implies."""
        words = self._act(step, before) if step.verb == "act" else self._think(step)
        if step.verb == "ask":
            words = self._question(step)
        if not words or step.verb == "ask" or not step.when:
            return [words] if words else []
        when = (" 且 " if self._zh else " and ").join(self._condition(one) for one in step.when)
        return [f"如果{when}，{words}" if self._zh else f"if {when}, {words}"]

    def _question(self, step: Step) -> str:
        if step.id.startswith("agreed"):
            if not step.when:
                return ""
            when = (" 且 " if self._zh else " and ").join(self._condition(one) for one in step.when)
            return f"如果{when}，先问我" if self._zh else f"if {when}, ask me first"
        question = str(step.given.get("question", "")).replace("{{", "{").replace("}}", "}")
        return f"问我“{question}”" if self._zh else f'ask me "{question}"'

    def _condition(self, text: str) -> str:
        left, compare, right = text.split(" ", 2)
        name = left.rpartition(".")[2].replace("_", " ")
        words = MADE["compare"].get(compare, (compare, compare))
        return f"{name}{words[ZH]} {right}" if self._zh else f"the {name} {words[0]} {right}"

    def _think(self, step: Step) -> str:
        given = step.given
        match step.name:
            case "extract":
                if step.id.startswith("looked"):
                    return ""
                fields = [str(one).replace("_", " ") for one in _items(given.get("fields"))]
                return f"提取{'、'.join(fields)}" if self._zh else f"extract {listed(fields, 'en')}"
            case "summarise" | "brief":
                return self._written(step)
            case "translate":
                language = LANGUAGES.get(str(given.get("language")), ("", ""))
                return f"翻译成{language[ZH]}" if self._zh else f"translate it into {language[0]}"
            case "classify":
                labels = [str(one) for one in _items(given.get("labels"))]
                return f"分类为{'、'.join(labels)}" if self._zh else f"classify it as {listed(labels, 'en', 'or')}"
            case "filter":
                return f"只保留{given.get('about')}" if self._zh else f"keep only {given.get('about')}"
            case "compare":
                return "比较它们" if self._zh else "compare them"
            case _:
                return step.words

    def _written(self, step: Step) -> str:
        """A brief or a summary, with its length, language and sources."""
        checks = {one.check: one for one in self._file.work.acceptance if one.of == step.id}
        pages, words = step.given.get("pages"), step.given.get("words")
        items = step.given.get("sentences")
        language = LANGUAGES.get(str(checks["language"].value), ("", "")) if "language" in checks else ("", "")
        if not language[0] and step.name == "summarise":
            language = LANGUAGES.get(str(step.given.get("language", "")), ("", ""))
        cited = step.given.get("cited") is True or "cited" in checks
        if self._zh:
            size = f"{pages}页的" if pages else f"{words}字的" if words else f"{items}条的" if items else ""
            what = "简报" if step.name == "brief" else "摘要"
            return f"写一份{size}{language[ZH]}{what}{'，引用出处' if cited else ''}"
        size = f"{pages}-page " if pages else f"{words}-word " if words else ""
        lines = f" of {items} items" if items else ""
        what = "brief" if step.name == "brief" else "summary"
        tongue = f" in {language[0]}" if language[0] else ""
        return f"write a {size}{what}{lines}{tongue}{', citing the sources' if cited else ''}"

    def _act(self, step: Step, before: Step | None) -> str:
        given, zh = step.given, self._zh
        match step.name:
            case "sources.read":
                return self._reading(given.get("at"))
            case "table.append" | "files.append":
                to = self._path(str(given.get("path")))
                return f"追加到 {to}" if zh else f"append it to {to}"
            case "files.write" if given.get("encoding") == "base64" and before is not None:
                one, to = (
                    self._path(str(before.given.get("path"))),
                    self._path(str(given.get("path")).rpartition("/")[0] + "/"),
                )
                return f"复制 {one} 到 {to}" if zh else f"copy {one} to {to}"
            case "files.write":
                to = self._path(str(given.get("path")))
                return f"保存到 {to}" if zh else f"save it to {to}"
            case "press.publish":
                return self._publishing(given)
            case "files.move":
                to = self._path(str(given.get("to")).partition("{")[0])
                one = "" if str(given.get("path")).startswith("{") else self._path(str(given.get("path")))
                return f"把{f' {one} ' if one else '它'}移到 {to}" if zh else f"move {one or 'it'} to {to}"
            case "files.delete":
                return self._deleting(step, before)
            case "mail.send" | "notify.owner" | "http.send" | "webhook.send":
                return self._sending(step)
            case "shell.run":
                return f"运行 `{given.get('command')}`" if zh else f"run `{given.get('command')}`"
            case name if name in _READS:
                return ""
            case _:
                return step.words

    def _reading(self, at: Plain) -> str:
        if at == GIVEN:
            return "读这些源" if self._zh else "read these sources"
        named = [self._path(str(one)) for one in _items(at) if "{event" not in str(one)]
        if not named:
            return ""
        return f"读 {'、'.join(named)}" if self._zh else f"read {listed(named, 'en')}"

    def _publishing(self, given: Mapping[str, Plain]) -> str:
        if given.get("path"):
            to = self._path(str(given["path"]))
            return f"保存到 {to}" if self._zh else f"save it to {to}"
        folder = str(given.get("folder"))
        if folder == PUBLISHED:
            return "发布" if self._zh else "publish it"
        return f"发布到 {self._path(folder)}" if self._zh else f"publish it to {self._path(folder)}"

    def _deleting(self, step: Step, before: Step | None) -> str:
        if step.each and before is not None and before.name == "files.search":
            names, folder = before.given.get("names"), self._path(str(before.given.get("path")))
            return f"删除 {folder} 里的 {names} 文件" if self._zh else f"delete {names} files in {folder}"
        path = str(step.given.get("path"))
        if path.startswith("{"):
            return "删除它" if self._zh else "delete it"
        return f"删除 {self._path(path)}" if self._zh else f"delete {self._path(path)}"

    def _sending(self, step: Step) -> str:
        given, zh = step.given, self._zh
        if step.name == "notify.owner":
            text = str(given.get("text"))
            literal = "" if "{" in text else f" {text.removeprefix('me ').removeprefix('me')}".rstrip()
            return f"通知我{literal}" if zh else f"tell me{literal}"
        if step.name == "mail.send":
            people = [str(one) for one in _items(given.get("to"))]
            if any("{" in one for one in people):
                return "回复发件人" if zh else "reply to the sender"
            return f"发邮件给 {'、'.join(people)}" if zh else f"send it to {listed(people, 'en')}"
        where = given.get("url") or f"#{given.get('hook')}"
        return f"推送到 {where}" if zh else f"post it to {where}"

    def _path(self, path: str) -> str:
        """A path as it would be said where the program was made."""
        name, mark, inside = path.partition(":/")
        if not mark or "://" in path:
            return path
        root = self._known.roots.get(name, "")
        whole = f"{root.rstrip('/')}/{inside}".rstrip("/") if root else path
        here = self._known.folder.rstrip("/")
        if here and whole.startswith(here + "/"):
            below = whole[len(here) + 1 :]
            return below if "." in below.rpartition("/")[2] and "/" not in below else f"./{below}"
        return "./" if here and whole == here else whole

    def _approvals(self) -> list[str]:
        words: list[str] = []
        for verb, name in sorted(self._asks):
            doing = MADE["doing"].get(name)
            if verb == "act" and doing is not None:
                words.append(f"{doing[ZH]}前先问我" if self._zh else f"ask me before {doing[0]}")
        return words

    def _budgets(self) -> list[str]:
        words: list[str] = []
        for scope in Caps.__struct_fields__:
            amount = getattr(self._file.caps, scope)
            if amount is None or scope not in PERIODS:
                continue
            en, chinese = PERIODS[scope]
            if amount.microusd != UNCAPPED:
                money = f"{amount.microusd / MICRO:.6f}".rstrip("0").rstrip(".")
                words.append(f"{chinese}最多花 {money} 美元" if self._zh else f"spend at most ${money} {en}".rstrip())
            if amount.tokens != UNCAPPED:
                words.append(
                    f"{chinese}最多 {amount.tokens} token"
                    if self._zh
                    else f"at most {amount.tokens} tokens {en}".rstrip()
                )
        return words

    def _rest(self) -> list[str]:
        work, zh = self._file.work, self._zh
        words: list[str] = []
        if work.quiet_hours is not None:
            quiet = work.quiet_hours
            words.append(
                f"{quiet.start} 到 {quiet.end} 不要打扰我"
                if zh
                else f"do not disturb me between {quiet.start} and {quiet.end}"
            )
        if work.escalation is not None:
            then = MADE["then"][work.escalation.then]
            after = work.escalation.after
            words.append(f"连续失败 {after} 次后{then[ZH]}" if zh else f"after {after} failures in a row {then[0]}")
        if work.report:
            when = rule_words(work.report, self._language)
            words.append(f"{when}向我汇报进展" if zh else f"report your progress to me {when}")
        for one in work.milestones:
            due = (f"，{one.due} 前" if zh else f" by {one.due}") if one.due else ""
            words.append(f"里程碑：{one.name}{due}" if zh else f"milestone: {one.name}{due}")
        if self._file.solvers == ("code", "system1"):
            words.append("不要花钱" if zh else "do not spend any money")
        return words


def _city(zone: str) -> str:
    """What a zone is called after: 'New York'."""
    return zone.rpartition("/")[2].replace("_", " ")


def _rule(every_s: int) -> str:
    """The rule that fires so often."""
    if every_s % 86_400 == 0:
        return "FREQ=DAILY;BYHOUR=0;BYMINUTE=0"
    return (
        f"FREQ=HOURLY;INTERVAL={every_s // 3_600}"
        if every_s % 3_600 == 0
        else f"FREQ=MINUTELY;INTERVAL={every_s // 60}"
    )


def _items(value: Plain) -> list[Plain]:
    return value if isinstance(value, list) else [] if value is None else [value]


def checks_said(checks: tuple[Acceptance, ...]) -> frozenset[str]:
    """Names of the checks that the sentences carry."""
    return frozenset(one.check for one in checks) & {
        "pages_max",
        "words_max",
        "items_max",
        "language",
        "cited",
        "fields",
    }
