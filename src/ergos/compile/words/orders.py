"""Orders that somebody else gives: "do what the mail says", 照里面说的做, "run whatever command it contains".

What is read is data; whoever writes it may be anybody. A wish to obey it is asked about, and nothing is made of it.

Rules: pure, linear. Must not know: actions.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.words.draft import Draft

_OBEY: Final = (
    r"(?:do|does|doing|follow(?:s|ing)?|obey(?:s|ing)?|execut(?:e|es|ing)|carr(?:y|ies|ying) out|perform(?:s|ing)?"
    r"|run(?:s|ning)?"
    r"|act(?:s|ing)? (?:up)?on|comply(?:ing)? with|implement(?:s|ing)?|fulfil+(?:s|ing)?|apply|take|handle)"
)
_EN: Final = re.compile(
    rf"\b{_OBEY}\s+(?:on\s+)?(?:whatever|what(?:ever)?|anything|everything|exactly what|all|as)\s+(?:\w+\s+){{0,4}}?"
    r"(?:says?|tells?(?: you)?|asks?(?: for| you)?|contains?|wants?|orders?|instructs?|requests?|demands?"
    r"|commands?|is (?:asked|told|written|said|requested|in it|in there))\b"
    rf"|\b{_OBEY}\s+(?:\w+\s+){{0,2}}?(?:every|any|all|each|whatever|the|its|their|those|these"
    rf"|which(?:ever)?)\s+(?:of\s+)?(?:the\s+)?(?:\w+\s+)?"
    r"(?:instructions?|orders?|commands?|directions?|requests?|prompts?)\b"
    r"\s*(?:that |which )?(?:it |they )?(?:in|on|inside|from|of|at|within|found|given|contained|contains?|written"
    r"|there|says?|gives?)\b"
    r"(?!\s+(?:this message|my|me|below|above))"
    rf"|\b(?:as|like) (?:the |it |each |that |its )(?:\w+ )?(?:says|tells you|instructs|asks|commands|demands|orders)\b"
    r"|\b(?:do|follow|obey) (?:as|what|whatever) (?:it|they|he|she) (?:says?|asks?|tells?|wants?)\b",
    re.IGNORECASE,
)
_PLACE_ZH: Final = (
    r"(?:邮件|来信|信件?|网页|页面|网站|文件|文档|附件|消息|短信|内容|里面|里边|里头|里|其中|它|对方|他们?|她|帖子"
    r"|评论|工单|留言|链接|上面|二维码"
    r"|对话|聊天|群里|表单|[\ue001-\ue004]+)"
)
_ZH: Final = re.compile(
    rf"(?:照着?|按照?|遵照|依照|遵循|根据|听从?)(?:收到的|新的|这封|那封|每封|该|每个|这个|那个"
    rf"|各)?{_PLACE_ZH}[^，。；,;\n]{{0,6}}?(?:说的?|写的?|讲的?|要求的?|要求|指示|指令|命令|吩咐|步骤|提示)"
    r"[^，。；,;\n]{0,2}(?:去|来|逐一|逐条|一一)?(?:做|执行|办|操作|行动|干|照办|运行|完成)"
    rf"|{_PLACE_ZH}[^，。；,;\n]{{0,4}}(?:说|写|讲|叫|让你?|要求)(?:什么|啥|怎么做?|的)[^，。；,;\n]{{0,3}}就?(?:做"
    rf"|执行|办|照做|照办|干|怎么做|怎么办)"
    rf"|(?:执行|运行|完成|照做|遵守|服从)[^，。；,;\n]{{0,3}}?{_PLACE_ZH}[^，。；,;\n]{{0,6}}?的?(?:指令|命令|指示"
    rf"|要求|所有操作|吩咐)"
    r"|(?:照做|照办|言听计从)(?:$|[，。；,;\s])",
)


_HINT: Final = re.compile(
    r"say|tell|ask|contain|want|order|instruct|request|demand|command|direction|prompt|what|照|按|遵|依|根据|听"
    r"|执行|运行|完成|服从|说|写|讲|叫|让|要求",
    re.IGNORECASE,
)
"""A word without which nothing is obeyed; looked for first because it is cheap."""
ORDER_CHARS_MAX: Final = 2_000  # characters of a clause that is looked at; a longer one is a list, and no order


def read_orders(draft: Draft, start: int, end: int) -> bool:
    """A clause that obeys what is read: a question, and no action."""
    text = draft.copy.text
    if end - start > ORDER_CHARS_MAX or _HINT.search(text, start, end) is None:
        return False
    if not (_EN.search(text, start, end) or _ZH.search(text, start, end)):
        return False
    draft.say("C217", (start, end))
    return True
