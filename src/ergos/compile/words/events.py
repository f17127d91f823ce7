"""Words for what happens: that something appears, changes, goes, ends or fails; and kinds of files by name.

Rules: data and lookup alone. Must not know: clauses, drafts of intents beyond their words.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.words.draft import Draft
from ergos.kernel.triggers import AnyTrigger, FileEvent, Files

WORDS_CHARS_MAX: Final = 200  # characters of the owner's words that are kept with a trigger

WHEN_EN: Final = (
    r"(?:when(?:ever)?|once(?! a\b| per\b| every\b)|as soon as|every time|each time|any ?time|after"
    r"|upon|the moment|whatever|anything that|everything that|as often as|if(?: and when)?|on(?= (?:a"
    r"|an|each|every|any|new|arrival|receipt|receiving)\b)"
    r"|for (?:each|every|any)(?= new\b|[^,;]{0,40}\b(?:added|created|arriv|appear|land|dropp|that "
    r"(?:comes|shows|lands|appears|arrives))))"
)

_CREATED: Final = (
    r"arriv(?:e|es|ed|ing)|appear(?:s|ed|ing)?|land(?:s|ed|ing)?|show(?:s|n|ed|ing)? up|com(?:e|es"
    r"|ing) in|turn(?:s|ed|ing)? up|pop(?:s|ped)? up|add(?:s|ed)|creat(?:ed|es)|drop(?:s|ped)?|saved"
    r"|upload(?:s|ed)?"
    r"|deliver(?:ed|s)|placed|put|new|stored|received|get|gets|receive|receives|come|comes|show up"
    r"|there is|there's|published|出现|里(?:放|扔|丢|拖|加)|每[加多进收]|出了?新|放票|上新|传到|传进|传入|传来"
    r"|一来|一到|一进|一出|新增|新建|创建|放进|放入"
    r"|放到|到达|到了|进来|收到|新的?|每来"
    r"|来一|多了|有了|来了|上传|存入|添加|拖进|落到|落入|加入|有"
)

_CHANGED: Final = (
    r"chang(?:e|es|ed|ing)|modif(?:y|ies|ied)|edit(?:ed|s)?|updat(?:e|es|ed)|differ(?:s|ent)?"
    r"|rewritten|每[变改动]|is different|are different|looks different|一动|有变动|变化|变动|变更|变了|改变"
    r"|改动|改了|修改|更新|有变|被改|一变"
)

_DELETED: Final = (
    r"delet(?:e|es|ed)|remov(?:e|es|ed)|disappear(?:s|ed)?|is gone|are gone|vanish(?:es|ed)?|删除"
    r"|被删|删掉|删了|消失|不见了|移除"
)

CREATED: Final = re.compile(rf"(?<![A-Za-z])(?:{_CREATED})(?![a-z])", re.IGNORECASE)

CHANGED: Final = re.compile(rf"(?<![A-Za-z])(?:{_CHANGED})(?![a-z])", re.IGNORECASE)

DELETED: Final = re.compile(rf"(?<![A-Za-z])(?:{_DELETED})(?![a-z])", re.IGNORECASE)

_FAILED: Final = (
    r"fail(?:s|ed|ing|ure)?|crash(?:es|ed)?|breaks?|broke|errors? out|goes wrong|went wrong|gone wrong"
    r"|falls over|fell over|dies|died|失败|出错"
    r"|报错|崩溃|挂了|没成功|异常"
)

_DONE: Final = (
    r"finish(?:es|ed)?|(?:is|are|was|has|gets?) (?:done|through|complete|ready|finished|completed)"
    r"|complet(?:e|es|ed)|succeed(?:s|ed)?|ends?|ended|is over|done|has run|ran|完成|跑完|做完|结束"
    r"|成功|运行完|执行完|干完|忙完|弄完"
)

_KILLED: Final = r"(?:is|was|gets?) (?:killed|stopped|aborted)|被杀|被终止|被停"

_OTHER_EVENTS: Final = (
    r"says?|reads?|shows?|contains?|displays?|mentions?|has (?:a )?(?:new|fresh)|have (?:a )?new"
    r"|publish(?:es|ed)|exceeds?|go(?:es)? (?:above|over|below|under|past|beyond)|rises?|reach(?:es)?"
    r"|is called|is triggered"
    r"|fires?|fired|hits?|sends?|sent|writes?|wrote|posts?|posted|is out|is online|is available"
    r"|calls?|called|e-?mailed|mailed|写了|发了|寄了|is signed|is above|is over|出现|显示|写着|包含|超过|超出"
    r"|达到|触发|调用|发来"
    r"|寄来|来自"
)

EVENT: Final = re.compile(
    rf"(?<![A-Za-z])(?:{_CREATED}|{_CHANGED}|{_DELETED}|{_FAILED}|{_DONE}|{_KILLED}|{_OTHER_EVENTS})(?![a-z])",
    re.IGNORECASE,
)

FAILED: Final = re.compile(rf"(?<![A-Za-z])(?:{_FAILED})(?![a-z])", re.IGNORECASE)

DONE: Final = re.compile(rf"(?<![A-Za-z])(?:{_DONE})(?![a-z])", re.IGNORECASE)

KILLED: Final = re.compile(rf"(?<![A-Za-z])(?:{_KILLED})", re.IGNORECASE)

_KINDS: Final[tuple[tuple[str, str], ...]] = (
    (r"pdfs?", "*.pdf"),
    (r"csvs?", "*.csv"),
    (r"tsvs?", "*.tsv"),
    (r"jpe?gs?", "*.jpg"),
    (r"pngs?", "*.png"),
    (r"jsons?", "*.json"),
    (r"xmls?", "*.xml"),
    (r"zips?|zip archives?|压缩包", "*.zip"),
    (r"docx", "*.docx"),
    (r"docs?(?= file)", "*.doc"),
    (r"xlsx", "*.xlsx"),
    (r"xls", "*.xls"),
    (r"txts?|text files?|plain text|文本文件|文本", "*.txt"),
    (r"srts?|subtitle files?|字幕文件", "*.srt"),
    (r"markdown(?: files?| notes?)?|mds?", "*.md"),
    (r"html?s?", "*.html"),
    (r"log files?|logs?|日志文件", "*.log"),
    (r"mp3s?", "*.mp3"),
    (r"mp4s?", "*.mp4"),
    (r"wavs?", "*.wav"),
    (r"word(?: documents?| files?| docs?)|word ?文档|word ?文件", "*.docx"),
    (r"excel(?: sheets?| files?| workbooks?)?|spreadsheets?|excel ?表格?|电子表格", "*.xlsx"),
    (r"powerpoints?(?: files?)?|pptx?|幻灯片", "*.pptx"),
    (r"emls?", "*.eml"),
    (r"svgs?", "*.svg"),
    (r"gifs?", "*.gif"),
    (r"epubs?", "*.epub"),
    (r"ya?mls?", "*.yaml"),
    (r"pys?|python files?", "*.py"),
    (r"images?|photos?|pictures?|screenshots?|图片|照片|图像|截图|相片", "*.{jpg,jpeg,png}"),
    (r"heic", "*.heic"),
    (r"tiffs?", "*.tiff"),
    (r"ics", "*.ics"),
    (r"mov", "*.mov"),
    (r"m4a", "*.m4a"),
    (r"sql", "*.sql"),
)

_KIND: Final = re.compile(
    "|".join(
        f"(?P<k{at}>(?<![A-Za-z0-9./])\\.?(?:{pattern})(?![A-Za-z0-9]))" for at, (pattern, _) in enumerate(_KINDS)
    ),
    re.IGNORECASE,
)


def words_of(draft: Draft, start: int, end: int) -> str:
    """The owner's words of a stretch, as a trigger keeps them."""
    return draft.copy.said(start, end)[:WORDS_CHARS_MAX]


def kind_of(text: str, start: int, end: int) -> str:
    """The pattern of names for the kind of file that is meant; '' where none is."""
    match = _KIND.search(text, start, end)
    return next(_KINDS[at][1] for at in range(len(_KINDS)) if match[f"k{at}"]) if match else ""


def events_of(clause: str) -> tuple[FileEvent, ...]:
    """What happens to files."""
    found: list[FileEvent] = []
    changed, deleted = CHANGED.search(clause), DELETED.search(clause)
    created = (
        re.search(r"\b(?:created|added)\b|新增|新建", clause, re.IGNORECASE)
        if changed or deleted
        else CREATED.search(clause)
    )
    if created:
        found.append("created")
    if changed:
        found.append("changed")
    if deleted:
        found.append("deleted")
    return tuple(found)


def files_of(folder: str, pattern: str, events: tuple[FileEvent, ...], words: str) -> list[AnyTrigger]:
    """Triggers of a folder, or of one file in one."""
    at = folder.removeprefix("./").rstrip("/") or "."
    name = at.rpartition("/")[2]
    if "*" in name or re.search(r"[^.]\.[A-Za-z][A-Za-z0-9]{1,4}$", name):
        at, pattern = at.rpartition("/")[0] or ".", name if "*" in name or not pattern else pattern
        pattern = name
    return [Files(name="", folder=at, pattern=pattern or "*", events=(event,), words=words) for event in events]
