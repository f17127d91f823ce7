"""Diagnostics about words:  what was not understood, is missing, or contradicts itself (C2xx)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from ergos.compile.sayings.saying import Saying

WORDS: Final[MappingProxyType[str, Saying]] = MappingProxyType(
    {
        "C201": Saying(
            "warning",
            "'{words}' was not understood",
            "say it as something to do, when to do it, or what to keep to; nothing was made of these words",
            "没有看懂“{words}”",
            "请换成要做的事、何时做，或要遵守的规则来说；这些字没有产生任何效果",
        ),
        "C202": Saying(
            "question",
            "'{words}' is not said by address",
            "give the URLs or paths that are to be read",
            "“{words}”没有给出地址",
            "请写出要读取的网址或路径",
        ),
        "C203": Saying(
            "question",
            "to whom '{words}' goes is not said",
            "give the address",
            "没有说明“{words}”要发给谁",
            "请写出收件地址",
        ),
        "C204": Saying(
            "question",
            "'{number}' has no unit in '{words}'",
            "say the currency, or what is counted",
            "“{words}”里的“{number}”没有单位",
            "请写明货币，或所数的是什么",
        ),
        "C205": Saying(
            "question",
            "what is to be watched or done is not said in '{words}'",
            "say what it should do",
            "“{words}”没有说要做什么",
            "请说明要它做什么",
        ),
        "C206": Saying(
            "question",
            "nothing is said that could be done",
            "say what it should do, for example: read https://example.org/news and write me a summary every "
            "morning at 8",
            "没有说要做什么事",
            "请说明要它做什么，例如：每天早上八点读 https://example.org/news，写一份摘要发给我",
        ),
        "C207": Saying(
            "error",
            "'{words}' and '{other}' contradict each other",
            "say which of the two holds",
            "“{words}”与“{other}”互相矛盾",
            "请说明以哪一个为准",
        ),
        "C208": Saying(
            "error",
            "'{words}' and '{other}' set two ceilings for one period",
            "keep one of the two",
            "“{words}”与“{other}”为同一时段定了两个上限",
            "请只保留一个",
        ),
        "C209": Saying(
            "error",
            "'{words}' is a ceiling of nothing, or of less",
            "give an amount above zero, or say that it must not spend money",
            "“{words}”的上限是零或负数",
            "请给出大于零的金额，或说明不许花钱",
        ),
        "C210": Saying(
            "warning",
            "'{words}' can be read in two ways; it is read as {read}",
            "write the number without a point for thousands",
            "“{words}”有两种读法；这里读作 {read}",
            "请不要用点来分隔千位",
        ),
        "C211": Saying(
            "warning",
            "the quotation mark before '{words}' has no partner",
            "close the quotation",
            "“{words}”前面的引号没有配对",
            "请补上另一半引号",
        ),
        "C212": Saying(
            "error",
            "the text has {length} characters, {most} at most are compiled",
            "say the wish in fewer words, and name long documents as sources",
            "文字共 {length} 个字符，最多编译 {most} 个",
            "请用更短的话说明，长文档请作为来源给出",
        ),
        "C213": Saying(
            "note",
            "'{words}' stands between quotation marks or behind a heading and is taken as text, not as a wish",
            "say it outside of the quotation if it is meant",
            "“{words}”在引号内或标题之后，只当作文本，不当作要求",
            "如果确实要这样做，请在引号之外说明",
        ),
        "C214": Saying(
            "question",
            "which mail account, broker or agent '{words}' means is not known here",
            "name one of: {known}",
            "这里不知道“{words}”指哪个邮箱、消息服务器或智能体",
            "请从中选一个：{known}",
        ),
        "C215": Saying(
            "question",
            "the folder that is to be watched is not said in '{words}'",
            "give its path, for example ./inbox",
            "“{words}”没有说明要监视哪个文件夹",
            "请写出路径，例如 ./inbox",
        ),
        "C216": Saying(
            "question",
            "the address that is to be watched is not said in '{words}'",
            "give its URL",
            "“{words}”没有说明要关注的网址",
            "请写出网址",
        ),
        "C217": Saying(
            "question",
            "'{words}' lets somebody else's text say what is done",
            "say yourself what it may do; what it reads is never an order",
            "“{words}”等于让别人的文字来决定做什么",
            "请自己说明它可以做什么；读到的内容从不当作命令",
        ),
    }
)
