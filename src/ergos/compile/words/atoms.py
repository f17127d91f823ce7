"""The prose with everything that is not language set apart: addresses, paths, quotations, data.

What is set apart becomes an atom and leaves, in a copy of the same length, a run of one private character in its
place; so no rule of the grammar reads into an address, and nothing inside quotation marks or behind "subject:" is ever
taken for a wish.

Rules: pure, total, linear; a place in the copy is the same place in the prose. Must not know: verbs, times.
"""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from ergos.compile.intent import Span
from ergos.compile.words.embedded import embedded

AtomKind = Literal["quote", "url", "mail", "path", "time", "taken", "data", "budget"]

MARKS: Final[dict[AtomKind, str]] = {
    "quote": "\ue001",
    "url": "\ue002",
    "mail": "\ue003",
    "path": "\ue004",
    "time": "\ue005",
    "taken": "\ue006",
    "data": "\ue007",
    "budget": "\ue008",
}
"""What stands in the copy for each kind: `taken` was read by somebody else and says nothing more."""
KIND_OF: Final[dict[str, AtomKind]] = {mark: kind for kind, mark in MARKS.items()}
ANY: Final = "[\ue001-\ue008]"
HAN: Final = re.compile(r"[\u3400-\u9fff]")
QUOTE_CHARS_MAX: Final = 4_000  # characters between two quotation marks; more was hardly meant as one quotation

_HAN: Final = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_STOPS: Final = rf"\s<>\"'“”‘’`「」『』《》【】，。；：！？、（）\[\]{{}}|{_HAN}"
_IN_PATH: Final = (
    rf"(?:[^{_STOPS}]|(?!文件夹|目录|里|中[的缺有出新每]|下[的面有]|[的，]|出现|有新|每[有来]|并|然后"
    rf"|一有|新增)[{_HAN}])"
)
_TLDS: Final = (
    "com|org|net|edu|gov|io|dev|ai|cn|eu|de|uk|fr|info|news|blog|app|me|tv|co|ch|at|nl|jp|ca|au|us"
    "|in|it|es|se|no|dk|pl|be"
)
_EXTENSIONS: Final = (
    "pdf|csv|tsv|txt|md|markdown|html?|json|jsonl|ya?ml|xml|xlsx?|docx?|pptx?|odt|ods|rtf|log|py|sh"
    "|js|sql|db|sqlite|zip|tar|gz"
    "|png|jpe?g|gif|svg|webp|tiff?|heic|mp3|mp4|wav|m4a|mov|avi|eml|ics|vcf|epub|tex|bib|toml|ini"
    "|cfg|conf|bak|tmp|parquet|feed|rss"
)
_OUTSIDE: Final = re.compile(
    rf"(?P<url>(?<![A-Za-z0-9])(?:https?|ftp|wss?)://[^{_STOPS}]+)"
    rf"|(?P<mail>(?<![\w.%+@-])(?:[A-Za-z0-9][A-Za-z0-9._%+\-]{{0,63}})?@(?:[A-Za-z0-9-]{{1,63}}\.){{1,"
    rf"6}}[A-Za-z]{{2,24}}(?![\w@]))"
    rf"|(?P<bare>(?<![\w./@-])(?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}\.){{1,5}}(?:{_TLDS})(?![A-Za-z0-9-]"
    rf"|\.\w)(?:/[^{_STOPS}]*|(?=$|[\s,;:!?.)，。；：！？、（）]|[{_HAN}])))"
    rf"|(?P<drive>(?<![A-Za-z0-9])[A-Za-z]:\\[^{_STOPS}]*)"
    rf"|(?P<root>(?<![A-Za-z0-9_./-])[A-Za-z][\w-]{{0,40}}:/(?!/)[^{_STOPS}]*)"
    rf"|(?P<path>(?<![A-Za-z0-9_./*~$€£¥¢%-])(?:~|\.{{1,2}})?/(?!/)(?={_IN_PATH}){_IN_PATH}*"
    rf"|(?<![\w./])(?:\.{{1,2}}|~)/(?![^{_STOPS}]))"
    rf"|(?P<file>(?<![\w./~@-])(?=[A-Za-z0-9_*])(?!\d[\d.,]{{0,20}}\b(?!\.))[A-Za-z0-9_*][\w*?+.-]{{0,1"
    rf"20}}\.(?:{_EXTENSIONS})(?![A-Za-z0-9_/-]|\.\w))"
    rf"|(?P<slashed>(?<![\w./~@-])[A-Za-z0-9_*][\w*.+-]{{0,80}}(?:/[\w*.+#-]{{1,80}}){{1,20}}/?"
    rf"|(?<![\w./~@-])[A-Za-z_][\w-]{{0,80}}/(?=[\s,;，。；、]|$))"
    rf"|(?P<handir>[{_HAN}\w-]{{1,30}}/(?:[{_HAN}\w.*+#-]{{1,40}}/?){{0,6}})"
    rf"|(?P<hanfile>[{_HAN}\w-]{{1,40}}\.(?:{_EXTENSIONS})(?![A-Za-z0-9_/-]))",
    re.IGNORECASE | re.ASCII,
)
_NO_PATH: Final = re.compile(
    r"(?:and/or|he/she|she/he|his/her|her/his|him/her|yes/no|either/or|on/off|i/o|n/a|w/o|km/h|input/output|24/7|a/b"
    r"|[\d./-]+|(?:\w{1,9}/)?(?:day|week|month|year|run|call|hour|mo))/?",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(
    rf"\"(?P<double>[^\"]{{0,{QUOTE_CHARS_MAX}}})\""
    rf"|“(?P<curly>[^“”]{{0,{QUOTE_CHARS_MAX}}})”"
    rf"|「(?P<corner>[^「」]{{0,{QUOTE_CHARS_MAX}}})」|『(?P<corners>[^『』]{{0,{QUOTE_CHARS_MAX}}})』"
    rf"|《(?P<title>[^《》\n]{{0,200}})》|«(?P<guillemet>[^«»]{{0,{QUOTE_CHARS_MAX}}})»"
    rf"|(?P<fence>```)(?P<fenced>[^`]{{0,{QUOTE_CHARS_MAX}}})```|`(?P<tick>[^`\n]{{1,400}})`"
    rf"|(?<![\w'])'(?=[^\s'])(?P<single>(?:[^'\n]|(?<=\w)'(?=\w)){{1,400}})'(?![\w'])"
    rf"|(?<!\w)‘(?P<curls>(?:[^‘’\n]|(?<=\w)’(?=\w)){{0,400}})’(?!\w)"
)
_LONE: Final = re.compile(r"[\"“”«»「」『』]|(?<![\w'])'(?=\w)|```")
_DATA: Final = re.compile(
    r"(?:\b(?:subject(?:\s+line)?|title)|主题|标题)\s*[:：]\s*\ue001+"
    r"|(?:\b(?:subject(?:\s+line)?|body|re)|主题|正文"
    r"|邮件标题)\s*[:：]\s*(?P<after>[^\n;；。]*?)(?=[;；。\n]|\.(?:\s|$)|$)"
    r"|(?P<quoted>^[ \t]*>[^\n]*)"
    r"|(?P<example>\b(?:for example|for instance|e\.\s?g\.?|such as in)\b(?:[^\n.;。；)）]|\.(?!\s|$))*|(?:例如"
    r"|比如说?|譬如)[^\n。；;)）]*)",
    re.IGNORECASE | re.MULTILINE,
)
_APPOSED: Final = re.compile(
    r"[(（]((?:(?:subject|title|主题|标题)\s?[:：]\s?\ue001+|[\ue001-\ue004]+|[A-Za-z*.]{1,8}"
    r"|[\ue001-\ue004]+ ?[里中内]?[的]? ?[A-Za-z]{0,5}))[)）]"
)
"""A bracket with one address or one word: what stands in it belongs to the word before."""
_CHANNELS: Final = re.compile(r"(?<![\w/&#])#[\w\u4e00-\u9fff][\w\u4e00-\u9fff-]{0,60}")
_NO_FOLDER: Final = re.compile(r"[a-z]+(?:/[a-z]+){2,}", re.IGNORECASE)
_INTO: Final = re.compile(
    r"(?:\b(?:in|into|to|from|under|inside|at|on|of|folder|directory|topic|queue|watch|monitor"
    r"|read)\s+|(?:主题|队列|目录|文件夹|监视|监控)\s*)\Z",
    re.IGNORECASE,
)
_TRAILING: Final = ".,;:!?)"


@dataclass(frozen=True)
class Atom:
    """What was set apart."""

    kind: AtomKind
    start: int
    end: int
    text: str
    """As it was written, without its quotation marks."""


@dataclass
class Copy:
    """The prose, and the copy that the grammar reads."""

    prose: str
    text: str
    atoms: dict[int, Atom] = field(default_factory=dict)
    """By where they begin."""
    kinds: set[AtomKind] = field(default_factory=set[AtomKind])
    """Kinds that were set apart at all."""
    lone: tuple[int, ...] = ()
    """Quotation marks without a partner."""

    def put(self, kind: AtomKind, start: int, end: int, text: str | None = None) -> None:
        """Set a stretch apart; atoms within it are no more."""
        if end > start:
            self.put_all(((kind, start, end, text),))

    def put_all(self, found: Iterable[tuple[AtomKind, int, int, str | None]]) -> None:
        """Set several stretches apart, in one pass; they must not overlap."""
        parts: list[str] = []
        at = 0
        for kind, start, end, text in sorted(found, key=lambda one: one[1]):
            begin = max(start, at)
            if end <= begin:
                continue
            parts.extend((self.text[at:begin], MARKS[kind] * (end - begin)))
            at = end
            self.kinds.add(kind)
            self.atoms[begin] = Atom(kind, begin, end, self.prose[begin:end] if text is None else text)
        parts.append(self.text[at:])
        self.text = "".join(parts)

    def within(self, start: int, end: int, *kinds: AtomKind) -> Iterator[Atom]:
        """Atoms that stand in a stretch of the copy as it is now, in order."""
        if kinds and not self.kinds.intersection(kinds):
            return
        at = start
        pattern = _RUN_OF[kinds] if kinds in _RUN_OF else _RUN_OF.setdefault(kinds, _run_of(kinds))
        for match in pattern.finditer(self.text, at, end):
            atom = self.atoms.get(match.start())
            if atom is not None:
                yield atom

    def said(self, start: int, end: int) -> str:
        """The owner's words of a stretch, on one line."""
        return " ".join(self.prose[start:end].split())


_RUN_OF: Final[dict[tuple[AtomKind, ...], re.Pattern[str]]] = {}


def _run_of(kinds: tuple[AtomKind, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"{MARKS[kind]}+" for kind in (kinds or tuple(MARKS))))


def read_atoms(prose: str) -> Copy:
    """The copy of a prose. Cost: linear."""
    copy = Copy(prose, "".join(map(_folded, prose)))
    copy.put_all(("data", start, end, None) for start, end in embedded(copy.text))
    copy.put_all(_quotations(copy.text, prose))
    copy.lone = tuple(match.start() for match in _LONE.finditer(copy.text))
    copy.put_all(_data(copy.text))
    copy.put_all(_addresses(copy.text, prose))
    copy.put_all(("data", match.start(), match.end(), None) for match in _CHANNELS.finditer(copy.text))
    copy.text = _APPOSED.sub(lambda match: f" {match[1]} ", copy.text)
    return copy


def _folded(letter: str) -> str:
    if letter.isascii():
        return letter if letter.isprintable() or letter == "\n" else " "
    folded = _FOLDED.get(letter)
    if folded is not None:
        return folded
    if letter in "，。；：！？、（）《》":
        return letter
    category = unicodedata.category(letter)
    if category[0] == "C" or category in {"Zs", "Zl", "Zp"}:
        return "\n" if category in {"Zl", "Zp"} else " "
    wide = unicodedata.normalize("NFKC", letter)
    return wide if len(wide) == 1 else letter


_FOLDED: Final = {
    "’": "'",
    "‘": "‘",
    "–": "-",
    "—": "—",
    "−": "-",
    "‑": "-",
    "￥": "¥",
    "兩": "两",
    "萬": "万",
    "億": "亿",
    "個": "个",
    "幾": "几",
    "數": "数",
    "\ufeff": " ",
    "〝": "“",
    "〞": "”",
    "＂": '"',
    "„": "“",
}


def _quotations(text: str, prose: str) -> Iterator[tuple[AtomKind, int, int, str | None]]:
    for match in _QUOTED.finditer(text):
        group = match.lastgroup or "double"
        inner = prose[match.start(group) : match.end(group)]
        outside = _OUTSIDE.fullmatch(text, match.start(group), match.end(group))
        if outside is not None and outside.lastgroup is not None:
            yield _KINDS[outside.lastgroup], match.start(), match.end(), inner
        else:
            yield "quote", match.start(), match.end(), inner


def _data(text: str) -> Iterator[tuple[AtomKind, int, int, str | None]]:
    for match in _DATA.finditer(text):
        group = match.lastgroup
        if group is not None and match.end(group) > match.start(group):
            yield "data", match.start(group), match.end(group), None


_KINDS: Final[dict[str, AtomKind]] = {
    "url": "url",
    "mail": "mail",
    "bare": "url",
    "drive": "path",
    "root": "path",
    "path": "path",
    "file": "path",
    "slashed": "path",
    "hanfile": "path",
    "handir": "path",
}
_HAN_ANY: Final = re.compile(rf"[{_HAN}]")
_HAN_LEAD: Final = re.compile(
    r".*(?:追加到|写入到?|写到|写进|保存到|存到|存入|存进|存为|保存为|保存成|移动到|移到|复制到|加到"
    r"|加入|记到|记入|记在|放到|放进|到|进|入|为|读取|阅读|读|把|将|从|在|和|与|及|的|里|给|成|看|查)",
    re.DOTALL,
)


def _addresses(text: str, prose: str) -> Iterator[tuple[AtomKind, int, int, str | None]]:
    for match in _OUTSIDE.finditer(text):
        group = match.lastgroup or "url"
        start, end = match.span()
        if group == "handir" and (
            not _HAN_ANY.search(text, start, end)
            or (
                re.fullmatch(r".{1,2}/.{0,2}", text[start:end])
                and text[end - 1] != "/"
                and not _INTO.search(text, max(0, start - 12), start)
            )
        ):
            continue
        if group in {"hanfile", "handir"}:
            lead = _HAN_LEAD.match(text, start, text.find("/", start, end) if group == "handir" else end - 1)
            apart = lead is not None and lead.end() == start + 1 and text[start - 1 : start].isspace()
            if lead is not None and lead.end() < end and not (apart and text[start] in "成进入为中里看查和与及"):
                start = lead.end()
        while end > start and text[end - 1] in _TRAILING and not (text[end - 1] == ")" and "(" in text[start:end]):
            end -= 1
        if end == start or (group == "slashed" and _NO_PATH.fullmatch(text, start, end)):
            continue
        if (
            group == "slashed"
            and _NO_FOLDER.fullmatch(text, start, end)
            and not _INTO.search(text, max(0, start - 12), start)
        ):
            continue
        if group in {"path", "slashed", "root"} and text[start:end] in {"/", ".", "~"}:
            continue
        yield _KINDS[group], start, end, prose[start:end]


def covered(spans: list[Span], at: int) -> bool:
    """Whether a place lies in one of the ascending, disjoint spans."""
    place = bisect.bisect_right(spans, (at, 1 << 60)) - 1
    return place >= 0 and spans[place][0] <= at < spans[place][1]
