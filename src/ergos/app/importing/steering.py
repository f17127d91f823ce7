"""Finds sentences in imported texts that read like an attack on the model that will read them.

Rules: pure; a hint for the owner and nothing else: what is not found is no safer, because no text gives a permission.
Source of the patterns: the kinds of attack named in OWASP LLM01 (prompt injection), in our own words.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.app.importing.remarks import Findings

HINTS_MAX: Final = 20  # hints for one text; more say nothing new
_SIGNS: Final = re.compile(
    r"""(?ix)
    \b(?:ignore|disregard|forget|override)\b.{0,30}\b(?:previous|prior|above|earlier|all|your|system)\b.{0,20}
        \b(?:instruction|rule|prompt|guideline|polic)
    | \b(?:do\ not|don't|never|without)\b.{0,20}
        \b(?:tell|telling|mention|mentioning|reveal|inform|informing|asking|notify|notifying)\b.{0,20}
        \b(?:user|owner|human|them|him|her)\b
    | \b(?:exfiltrat\w+|leak)\b
    | \b(?:curl|wget)\b[^\n|]{0,200}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b
    | \b(?:send|post|upload|forward|e?mail)\b.{0,40}
        \b(?:everything|all\ (?:files|mails?|data|secrets|keys|memory)|credentials|passwords?|api\ keys?|tokens?)\b
    | (?:忽略|无视|忘记).{0,10}(?:之前|以上|先前|所有|系统).{0,8}(?:指令|规则|提示|要求)
    | (?:不要|别|勿).{0,6}(?:告诉|告知|通知).{0,6}(?:用户|主人|对方)
    | (?:发送|上传|转发).{0,10}(?:全部|所有).{0,8}(?:文件|邮件|数据|密码|密钥)
    """
)  # fmt: skip


def report_steering(text: str, where: str, findings: Findings) -> None:
    """Report lines that look like orders of a stranger."""
    for count, found in enumerate(_SIGNS.finditer(text)):
        if count >= HINTS_MAX:
            return
        line = text.count("\n", 0, found.start()) + 1
        findings.add("I114", f"{where}, line {line}", f"{found[0][:60]!r}")
