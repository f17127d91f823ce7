"""Which of the languages System 1 writes a text is in: English, Chinese, or neither.

Classical and small: script first, then function words, because those are what every text of a language has
and no other language has. Rules: a language System 1 cannot write is `und`, never a guess; so is a text too
short to show a function word. Simplified and traditional Chinese are both `zh`.

Out of reach: Japanese written without kana and without a character form of its own; English names alone.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.base.documents import Language
from ergos.drivers.system1.lexicon import COMMON_EN, STOP_EN

DETECT_CHARS_MAX: Final = 20_000  # characters looked at; more do not change the answer

_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_JAPANESE: Final = re.compile(r"[\u3041-\u30fa\u30fc-\u30ff\uff66-\uff9d]")
_HANGUL: Final = re.compile(r"[\uac00-\ud7af\u1100-\u11ff\u3130-\u318f]")
_SHINJITAI: Final = re.compile("[気駅込働円広図発売済対応転検価戦実験権様沢両総関県団労帰読続経駆覚観択訳証鉄塩歳竜弾]")
_WORD: Final = re.compile(r"(?:(?![\u3040-\ud7af\uf900-\ufaff])[^\W\d_])+(?:['’][^\W\d_]+)?")
_LATIN: Final = re.compile(r"[a-z\u00c0-\u024f'’]+")

_OTHERS: Final[tuple[frozenset[str], ...]] = tuple(
    frozenset(row.split())
    for row in """
der die das und ist nicht ein eine einen einem einer den dem des mit auf für von zu im auch sich wird wurde werden sind hat haben als bei nach aus wie oder aber dass nur noch über mehr um zum zur durch kann
le la les des et est une un du dans pour que qui sur pas plus par avec au aux ce cette son sa ses il elle sont ont été être nous vous mais ou où leur d'une c'est
el la los las y es un una en de que por para con no se su del al lo como más pero sus le ya este esta son fue ha ser muy
il la lo gli le e è un una di che per con non si del della dei delle nel nella al alla sono ha anche come più ma questo questa da
o a os as e é um uma de que do da dos das em no na para com não se por mais como mas ao foi ser tem são
de het een en van is dat niet op te zijn voor met die er aan ook als bij naar maar om dan nog wordt werd heeft uit
och att det som en är på av för med den till inte har de ett om var jag men kan från
og er at det som en på af for med den til ikke har de et om var jeg men kan fra ble
i w na z się nie to jest do że o jak po za od ale dla przez są co tym jego
ja on ei että se oli myös kun ovat mutta hän mukaan sekä joka
ve bir bu da de için ile olarak olan çok daha gibi kadar ne ancak
a je v na se že to s do z o i ale jsou jako pro za po by
a az és nem hogy egy is ez meg volt csak már de mint
și în de la nu cu o un este pe din care să mai au pentru
yang dan di ini itu dengan untuk dari pada adalah tidak dalam akan oleh ke
và của là có được cho không trong các những với một người
""".strip().splitlines()
)
"""Function words of languages in Latin script that System 1 does not write, a row each."""


def detect(text: str) -> Language:
    """The language of most of `text`; linear in at most DETECT_CHARS_MAX characters."""
    sample = text[:DETECT_CHARS_MAX]
    han = len(_HAN.findall(sample))
    kana = len(_JAPANESE.findall(sample))
    hangul = len(_HANGUL.findall(sample))
    words = [word.lower().replace("’", "'") for word in _WORD.findall(sample)]
    if (han + kana + hangul) >= max(2, len(words)) and _is_foreign_cjk(sample, han, kana, hangul):
        return "und"
    english = sum(word in STOP_EN for word in words)
    if han >= 2 and (
        han >= 2 * len(words) or (han >= len(words) and english * 4 < han) or _is_terse_zh(han, english, words)
    ):
        return "zh"
    return "en" if _is_english(words, english) else "und"


def _is_foreign_cjk(sample: str, han: int, kana: int, hangul: int) -> bool:
    marked = len(_SHINJITAI.findall(sample))
    return kana * 20 > han or hangul * 5 > han or marked * 12 >= max(han, 1)


def _is_terse_zh(han: int, english: int, words: list[str]) -> bool:
    # A headline of Latin product names joined by Chinese words has no English function word.
    return english == 0 and han * 2 >= len(words)


def _is_english(words: list[str], stops: int) -> bool:
    """Needs one function word in twelve, or in a text of a few words any common word, and no rival language."""
    if not words:
        return False
    latin = sum(1 for word in words if _LATIN.fullmatch(word))
    if latin * 10 < len(words) * 7:
        return False
    accented = sum(1 for word in words if not word.isascii())
    if accented * 2 > len(words):
        return False
    rival = max(sum(word in row for word in words) for row in _OTHERS)
    own = stops
    if len(words) < 24:
        own = sum(word in COMMON_EN or word.removesuffix("s") in COMMON_EN for word in words)
        return own > rival and own * 8 >= len(words)
    return own > rival and own * 12 >= len(words)
