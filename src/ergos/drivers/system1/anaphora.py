"""Whether a sentence leans on the one before it: pronouns, bare definite nouns, connectives, counts without a noun.

"In the same talk she said …", "The company followed", "其中三家…", "报告还说" cannot be understood by who reads only
them. Rules: closed word classes and the shape of the opening, no parsing; a name or place near the opening makes a
definite noun known ("the city of Passau"). Out of reach: leaning that only the sense shows ("Turnout was lower").

Must not know: documents, briefs.
"""

from __future__ import annotations

import functools
import re
from typing import Final

from ergos.base.documents import Language
from ergos.drivers.system1 import phrases
from ergos.drivers.system1.glossary import PLACES
from ergos.drivers.system1.lexicon import ALIASES, COMMON_EN, SURNAMES_ZH

LEANING: Final = 0.3  # how well a sentence stands that cannot be understood alone
HALF_LEANING: Final = 0.45  # the same for one that starts in the middle ("The company …", "She also …")
NAMELESS: Final = 0.75  # the same for one that names nobody and nothing
OPENING_WORDS: Final = 5  # words in which an English sentence must have named what it is about

_POINTING: Final = (
    r"(?:in|at|on|from|by|during|after|before|under|with|for|of|to|among|amid|besides|beyond|within|since|despite|unlike|like|as|about|against|between"
    r"|into|over|through|according to|because of|instead of|in addition to|as a result of|thanks to|apart from|together with)"
    r" (?:the same|that|this|these|those|it|them|him|her|such|both|which|whom|his|their|its|the latter|the former|the other|another)\b"
)
_OPENING: Final = re.compile(
    rf"(?:{_POINTING}|the (?:same|latter|former|other|others|rest|result|results|reason|reasons|two|three|four|five|following|above|whole|actual|remaining)\b"
    r"|(?:some|most|many|all|both|none|one|two|three|four|five|six|seven|eight|nine|ten|half|several|each|few|\d+) (?:of )?(?:them|those|these|which|whom)\b"
    r"|(?:as|than|like) (?:a result|before|mentioned|noted|described)\b|for (?:example|instance|that reason)\b|in (?:addition|contrast|turn|particular|response|return|comparison|total|all)\b"
    r"|(?:a|one|the) (?:second|third|fourth|fifth|further|later|earlier|similar|different|separate|new) \w+ (?!of\b|in\b|at\b|on\b|from\b)"
    r"|at (?:the time|that time|that point|the same)\b|by (?:then|contrast|comparison)\b|on the (?:other hand|contrary)\b|among (?:them|those|these)\b|to (?:that end|do so)\b"
    r"|(?:even|only|just) (?:so|then|that|this|these)\b|what (?:is|was) more\b|not (?:only|so)\b|the (?:more|less)\b|as for\b|such\b"
    r"|(?:the|every|each) (?:day|night|week|month|year|quarter)s? (?:before|after|earlier|later)\b|in the (?:quarter|year|month|week) before\b"
    r"|(?:(?:a|one|two|three|several|\d+) )?(?:hours?|days?|weeks?|months?|years?|minutes?) (?:later|earlier|before|after)\b|there (?:is|are|was|were)\b|the [a-z-]+, |[a-z]{3,}(?:ed|ing|en)\b[^,]{0,80}, (?:he|she|they|it)\b)",
    re.IGNORECASE,
)  # fmt: skip
_BARE_COUNT: Final = re.compile(
    r"(?:many|some|most|several|few|all|each|none|neither|others?|another|two|three|four|five|six|seven|eight|nine|ten|\d+)"
    r" (?:(?:also|then|still|now|later|already) )?(?:is|are|was|were|has|have|had|will|would|can|could|may|might|did|do|said|say|took|went|came|got|left|died|[a-z]+ed)\b",
    re.IGNORECASE,
)  # fmt: skip
_DEFINITE: Final = re.compile(
    r"(?:The|Its|Their|His|Her|Those|These) (?P<noun>[a-z][\w'’-]*)(?P<rest>(?: [^\s]+){0,4})"
)
_VERB: Final = re.compile(
    r" (?:is|are|was|were|has|have|had|will|would|can|could|may|might|must|should|does|did|do|said|says|say|told|also|then|now|still|never"
    r"|puts?|gives?|gave|took|takes|makes|came|comes|went|goes|got|gets|left|lost|won|warns?|expects?|plans?|calls?|covers?|grades?|refuses?|belongs?"
    r"|shows?|finds?|found|wants?|needs?|keeps?|kept|lets?|adds?|asks?|argues?|notes?|believes?|claims?|reports?|(?:made|led|[a-z]{3,}ed)(?! (?:for|by|in|at|from|on|to|with|of)\b))\b",
)  # fmt: skip
_LATER: Final = re.compile(
    r"\A[^,;:]{3,60}? (?:also|likewise|meanwhile|however|instead|did the same|followed with|added that|replied|went on to)\b|\bat that time\b"
)
_KNOWN_THING: Final = re.compile(r"\b(?:an?|every|each|no|any|one|which|that)\b", re.IGNORECASE)
_PRONOUN: Final = re.compile(r"\b(?:he|she|they|him|them|her|his|their)\b", re.IGNORECASE)
_IT: Final = re.compile(r"\b(?:it|its)\b", re.IGNORECASE)
_SUBORDINATE: Final = re.compile(r"(?:If|When|While|Although|Though|As|Since|Because|After|Before|Once|Unless|Until)\b")
_ROLE: Final = re.compile(
    r"\bthe (?:(?:whole|same|new|old|other|entire) )?(?:company|group|firm|project|authors?|survey|paper|page|report|study|agency|team|researchers|maker|author|document|post|commit)\b"
)
_QUOTE_TAIL: Final = re.compile(
    r"\A[^,]{2,60}\b(?:said|says|added|adds|asked|wrote|replied|continued|explained)(?: [A-Z][\w’'-]+)?"
    r"(?: (?:on|in|at|of|to|during|after|before) [^,.]{1,40})?[,.]"
)  # what is left of a sentence whose quotation stood before it
_NAMED: Final = re.compile(
    r"(?<=[\w,;:’'\")%] )[A-Z][\w’'-]*\w|\b[A-Z]+[a-z]*[A-Z0-9]\w*|\b[A-Za-z-]*\d[\d.]*[A-Za-z]\w*"
)
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z'’-]*")

_ZH_BARE: Final = re.compile(
    r"(?:该|这|那)?(?:公司|集团|团队|文件|报告|摘要|研究|文章|作者|结果|数据|双方|任务|意见|对谈|对话|整理|会议|会上|论文|项目|方案|协议|系统|产品|调查|声明|公告"
    r"|法院|警方|当局|政府|银行|机构|专家|分析人士|业内人士|开发者|用户|消费者|市场|官方|方面|此举|前者|后者|两者|二者|三者|其余|部分|多数|另有|还有|麻烦|问题)"
    r"(?:还|也|则|又|都|均|就|将|会|已|曾|在于|表示|说|称|认为|指出|显示|提到|谈到|列出|提出|写道|强调|补充|预计|承认|透露|是|为|由|把|被|有|事先|同时)"
)  # fmt: skip
_ZH_OPENING: Final = re.compile(
    r"同一|同样|上述|前述|以上|其余|其中|当时|届时|此外|另外|此前|此后|此次|与之|由此|为此|因而|从而|与此|除此|不仅|不但|尽管如此|相比之下|相反|再者|其次|第二个|第三个|第三"
    r"|第二|另一(?:个|位|名|份|项|方面)?|一方面|另一方面|加上|旧的|新的|结果|麻烦|如果|使用|用了|有了|这样|那样|摘要|整理"
)
_ZH_LATER: Final = re.compile(r"\A[^，。；]{1,14}?(?:还|则|也|同时|又|随后|此前|接着)(?![是有要没])")
_ZH_ROLE: Final = re.compile(r"公司|集团|团队|摘要|整理|双方|对谈|对话|该|这")
_ZH_POINTING: Final = re.compile(r"这[一些种样个项份名位]|该(?=[一-鿿])(?!死|不该)")
_ZH_PRONOUN: Final = re.compile(r"[他她它]们?")
_ZH_NAMED: Final = re.compile(
    r"[A-Za-z]{2,}|《|(?:公司|集团|大学|学院|研究院|银行|基金会|委员会|协会|法院|大会|峰会|论坛|国务院|部|局|署|省|市|县|州|国|岛|河|湖)"
)


def standing(text: str, language: Language) -> float:
    """How well a sentence stands without the one before it, in 0..1; LEANING where it cannot be understood alone."""
    if language == "zh":
        return _chinese(text.lstrip("“「『（"))
    return _english(text.lstrip("“‘\"'«([")) if language == "en" else 1.0


def leans(text: str, language: Language) -> bool:
    """Whether a reader needs the sentence before."""
    return standing(text, language) <= HALF_LEANING


def is_named(text: str, language: Language) -> bool:
    """Whether a sentence names somebody or something."""
    if language == "zh":
        return bool(_ZH_NAMED.search(text)) or any(name in text for name in _han_names())
    return bool(_NAMED.search(text)) or _opens_with_name(text)


def _english(text: str) -> float:
    found = _WORD.findall(text)
    first = found[0].lower() if found else ""
    patterns = (_OPENING, _BARE_COUNT, _QUOTE_TAIL)
    if first in _dangling() or any(pattern.match(text) for pattern in patterns) or _unnamed_pronoun(text):
        return LEANING
    if _bare_definite(text):
        return HALF_LEANING
    if _LATER.search(text):
        return HALF_LEANING
    return 1.0 if is_named(text, "en") else NAMELESS


@functools.cache
def _dangling() -> frozenset[str]:
    return frozenset(phrases.DANGLING["en"].split())


def _opens_with_name(text: str) -> bool:
    first = _WORD.match(text)
    if first is None or first[0].lower() in COMMON_EN or not first[0][0].isupper():
        return False
    # "Counts of its stars", "Sandboxing and approval": a common noun that only its place makes capital.
    return not re.match(r" (?:of|and|or) ", text[first.end() :])


def _unnamed_pronoun(text: str) -> bool:
    """Whether "he", "they" or "it" stands in a main clause before anybody or anything was named."""
    for match in (_PRONOUN.search(text), _IT.search(text)):
        if match is None:
            continue
        before = text[: match.start()]
        if _SUBORDINATE.match(text) and "," not in before:
            continue
        earlier = _WORD.findall(before)
        if match[0].lower() in {"it", "its"}:
            is_known = bool(_KNOWN_THING.search(before) or _NAMED.search(before)) or _opens_with_name(text)
        elif match[0].lower() in {"they", "them", "their"}:
            is_known = any(len(word) > 3 and word.endswith("s") for word in earlier) or bool(
                re.search(
                    r"(?:\w{3,}s|[A-Z]\w+) and\b|\b(?:people|men|women|children|police|who|team|staff|everyone|anyone)\b",
                    before,
                )
            )
        else:
            # A person's name is no acronym, and the first word is capital anyway.
            names = [word for word in earlier[1:] if word[0].isupper() and not word.isupper()]
            opens = (
                bool(earlier) and _opens_with_name(text) and not earlier[0].isupper() and not earlier[0].endswith("s")
            )
            roles = re.search(
                r"\b(?:an?|who|every|each|anyone) \w+|\b(?:man|woman|boy|girl|mother|father|president|mayor)\b", before
            )
            is_known = bool(names) or opens or bool(roles)
        if not is_known:
            return True
    return False


def _bare_definite(text: str) -> bool:
    """Whether it opens with "the" and a common noun that nothing beside it makes known."""
    opening = _DEFINITE.match(text)
    if opening is None:
        # "Revenue of the whole group rose": a role of whom the sentence has not named.
        role = _ROLE.search(text)
        return role is not None and not _NAMED.search(text[: role.start()]) and not _opens_with_name(text)
    if not text.startswith("The "):
        return True
    rest = f" {opening['noun']}{opening['rest']}"
    verb = _VERB.search(rest, 1)
    noun_phrase = rest[: verb.start()] if verb else rest
    known = re.search(r"[A-Z]|\d", noun_phrase) or re.search(
        r" (?:of|for|that|who|in|on|by|between|against)\b", noun_phrase
    )
    return not known and verb is not None


def _chinese(text: str) -> float:
    clause = re.split("[，。；：]", text, maxsplit=1)[0]
    named = _ZH_NAMED.search(clause) or any(name in clause for name in _han_names()) or _surname_first(clause)
    if text.startswith(tuple(phrases.DANGLING["zh"].split())) or _ZH_OPENING.match(text) or _ZH_BARE.match(text):
        return LEANING
    if (_ZH_ROLE.match(clause) and not named) or _ZH_POINTING.search(clause):
        return LEANING
    pronoun = _ZH_PRONOUN.search(clause)
    if pronoun and not any(name in clause[: pronoun.start()] for name in _han_names()):
        before = clause[: pronoun.start()]
        if not _ZH_NAMED.search(before) and not _surname_first(before):
            return LEANING
    if _ZH_LATER.match(text):
        return HALF_LEANING
    return 1.0 if named or is_named(text, "zh") else NAMELESS


@functools.cache
def _han_names() -> tuple[str, ...]:
    rows = [name for row in ALIASES for name in row if not name.isascii()]
    return tuple(dict.fromkeys([*phrases.TWO_NAMES, *PLACES, *rows]))


def _surname_first(clause: str) -> bool:
    return len(clause) > 2 and clause[0] in SURNAMES_ZH
