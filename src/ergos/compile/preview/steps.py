"""Steps in words: what a tool or task does with what it is given, in one sentence.

Rules: pure; a tool or task without words of its own is named with its arguments; text of the owner's stands in quotes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ergos.base.canonical import Plain
from ergos.compile.prose_words import LANGUAGES
from ergos.kernel.permission.wording import Language, quoted
from ergos.lib.references import paths_of
from ergos.lib.work import Step

VALUE_CHARS_MAX: Final = 200  # characters of an argument within a sentence

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "sources.read": ("read {at}", "读取 {at}"),
    "files.read": ("read {path}", "读取 {path}"),
    "files.search": ("look for files in {path}", "在 {path} 中查找文件"),
    "files.write": ("write {text} to {path}", "把 {text} 写入 {path}"),
    "files.append": ("append {text} to {path}", "把 {text} 追加到 {path}"),
    "files.move": ("move {path} to {to}", "把 {path} 移到 {to}"),
    "files.delete": ("delete {path}", "删除 {path}"),
    "table.append": ("enter {row} as a row of {path}", "把 {row} 作为一行记入 {path}"),
    "press.publish": ("publish {brief} in {folder}", "把 {brief} 发布到 {folder}"),
    "mail.send": ("send {text} by mail to {to}", "把 {text} 用邮件发给 {to}"),
    "notify.owner": ("tell you {text}", "通知您 {text}"),
    "http.send": ("send {json} to {url}", "把 {json} 发送到 {url}"),
    "webhook.send": ("send {json} to the hook {hook}", "把 {json} 推送到 {hook}"),
    "calendar.add": ("enter {title} in the calendar for {start}", "在日历中记下 {start} 的 {title}"),
    "shell.run": ("run the command {command}", "运行命令 {command}"),
    "extract": ("find {fields} in {text}", "从 {text} 中提取 {fields}"),
    "summarise": ("summarise {text}", "总结 {text}"),
    "brief": ("write a brief from {documents}", "根据 {documents} 写一份简报"),
    "translate": ("translate {text} into {language}", "把 {text} 译成 {language}"),
    "classify": ("sort {text} into {labels}", "把 {text} 归入 {labels}"),
    "filter": ("keep of {items} what is about {about}", "从 {items} 中只留下关于 {about} 的内容"),
    "compare": ("compare {before} with {after}", "比较 {before} 与 {after}"),
    "compute": ("compute {what} from {rows}", "根据 {rows} 计算 {what}"),
}
_MORE: Final[Mapping[str, tuple[str, str]]] = {
    "pages": ("at most {} pages", "最多 {} 页"),
    "sentences": ("at most {} sentences", "最多 {} 句"),
    "words": ("at most {} words", "最多 {} 字"),
    "language": ("in {}", "用{}"),
    "format": ("as {}", "格式 {}"),
    "subject": ("with the subject {}", "主题为 {}"),
}


_ARGUMENTS: Final = tuple(
    "at path to text row brief folder json url hook title start command fields documents language labels items about "
    "before after what rows".split()
)
"""Arguments that words may hold."""
_MEANT: Final[Mapping[str, tuple[str, str]]] = {
    "event.path": ("the file that the trigger named", "触发器所指的文件"),
    "event.text": ("the text that the trigger brought", "触发器带来的文字"),
    "event.from": ("the sender", "发件人"),
    "event.added": ("what was added", "新增的内容"),
}
_ROOTS: Final[Mapping[str, tuple[str, str]]] = {
    "event": ("what the trigger told", "触发器带来的内容"),
    "item": ("it", "该项"),
    "sources": ("the sources that are given when it is started", "启动时给出的来源"),
    "last": ("what was read the last time", "上一次所读内容"),
}


def step_words(step: Step, language: Language) -> str:
    """What a step does."""
    zh = language == "zh"
    shown = {name: _shown(value, language) for name, value in step.given.items()}
    if "language" in shown:
        shown["language"] = LANGUAGES.get(shown["language"], (shown["language"],) * 2)[zh]
    if step.verb == "ask":
        words = (
            f"问您：{quoted(str(step.given.get('question', '')), 'zh')}"
            if zh
            else f"ask you: {shown.get('question', '')}"
        )
    elif step.name in _WORDS:
        words = _filled(_WORDS[step.name][zh], shown) + _rest(step, shown, language)
    else:
        args = "，".join(f"{name} = {value}" for name, value in shown.items())
        words = f"{step.name}（{args}）" if zh else f"{step.name} ({args.replace('，', ', ')})"
    if step.name == "brief" and step.given.get("cited") is True:
        words += "，引用出处" if zh else ", with its sources cited"
    if step.each:
        words = f"对 {step.each} 的每一项：{words}" if zh else f"for each of {step.each}: {words}"
    if step.when:
        when = (" 且 " if zh else " and ").join(step.when)
        words = f"若 {when}：{words}" if zh else f"if {when}: {words}"
    return f"{step.id}: {words}"


def _meant(path: str, language: Language) -> str:
    """What a reference stands for."""
    zh, root = language == "zh", path.partition(".")[0]
    if path in _MEANT:
        return _MEANT[path][zh]
    if root in _ROOTS:
        return _ROOTS[root][zh]
    if ".documents" in path:
        return "所读内容" if zh else "what was read"
    return f"{path} 的结果" if zh else f"what {path} gave"


def _filled(text: str, shown: Mapping[str, str]) -> str:
    """Our own words with arguments put in; those that are not given are dots."""
    for name in _ARGUMENTS:
        marker = "{" + name + "}"
        if marker in text:
            text = text.replace(marker, f"\0{name}\0", 1)
    parts = text.split("\0")
    return "".join(shown.get(part, "…") if place % 2 else part for place, part in enumerate(parts))


def _rest(step: Step, shown: Mapping[str, str], language: Language) -> str:
    """What its result looks like."""
    template = _WORDS[step.name][0]
    parts = [
        words[language == "zh"].format(shown[name])
        for name, words in _MORE.items()
        if name in shown and "{" + name + "}" not in template
    ]
    return "".join(("，" if language == "zh" else ", ") + part for part in parts)


def _shown(value: Plain, language: Language) -> str:
    """An argument; a reference as what it stands for."""
    if isinstance(value, list):
        return ("、" if language == "zh" else ", ").join(_shown(one, language) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(one, language)}" for name, one in value.items())
    text = str(value)[:VALUE_CHARS_MAX]
    whole = paths_of(text)
    if len(whole) == 1 and text.strip() == f"{{{whole[0]}}}":
        return _meant(whole[0], language)
    plain = text.isprintable() and " " not in text.strip() and not any(mark in text for mark in '"“”')
    return text if plain else quoted(text, language)
