"""Words of canonical sentences, English and Chinese, that the grammar reads back.

Rules: tables only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from ergos.kernel.permission.wording import Language

ZH: Final = 1
"""Place of the Chinese words in a pair."""

LANGUAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "en": ("English", "英文"), "zh": ("Chinese", "中文"), "de": ("German", "德文"), "fr": ("French", "法文"),
        "es": ("Spanish", "西班牙文"), "ja": ("Japanese", "日文"), "ko": ("Korean", "韩文"),
        "it": ("Italian", "意大利文"), "pt": ("Portuguese", "葡萄牙文"),
        "ru": ("Russian", "俄文"), "nl": ("Dutch", "荷兰文"), "no": ("Norwegian", "挪威文"),
        "da": ("Danish", "丹麦文"),
        "sv": ("Swedish", "瑞典文"), "fi": ("Finnish", "芬兰文"),
        "pl": ("Polish", "波兰文"), "ar": ("Arabic", "阿拉伯文"),
    }
)  # fmt: skip
"""Languages by their code."""

PERIODS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "call": ("per call", "每次调用"), "process": ("per run", "每次"), "day": ("a day", "每天"),
        "week": ("a week", "每周"), "month": ("a month", "每月"), "agent": ("in total", "总共"),
    }
)  # fmt: skip
"""Periods of a budget, by the scope of its cap."""

MADE: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = MappingProxyType(
    {
        "compare": MappingProxyType(
            {
                ">": ("is above", "超过"), ">=": ("is at least", "不少于"), "<": ("is below", "低于"),
                "<=": ("is at most", "不超过"), "==": ("is", "等于"), "!=": ("is not", "不等于"),
                "contains": ("contains", "包含"),
            }
        ),
        "doing": MappingProxyType(
            {
                "press.publish": ("publishing", "发布"), "mail.send": ("sending", "发送"),
                "files.delete": ("deleting", "删除"), "files.move": ("moving", "移动"),
                "files.write": ("saving", "保存"),
                "table.append": ("appending", "追加"), "files.append": ("appending", "追加"),
                "http.send": ("posting", "推送"), "webhook.send": ("posting", "推送"),
                "shell.run": ("running", "运行"), "calendar.add": ("scheduling", "加入日程"),
            }
        ),
        "then": MappingProxyType(
            {"ask": ("ask me", "问我"), "notify": ("tell me", "通知我"), "stop": ("stop", "停止")}
        ),
    }
)  # fmt: skip
"""Comparisons, what an approval is before, and what happens after failures."""


def listed(parts: Sequence[str], language: Language, last: str = "and") -> str:
    """`a, b and c`."""
    if language == "zh":
        return "、".join(parts)
    return ", ".join(parts[:-1]) + f" {last} {parts[-1]}" if len(parts) > 1 else "".join(parts)
