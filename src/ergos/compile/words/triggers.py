"""What wakes an agent beside times: files, feeds, pages, mail, webhooks, topics, other agents, figures.

A clause that begins with "when", "whenever", 当 … 时 and the like is looked through for what it is about (a path, a
feed, mail, an agent that ends) and for what happens (appears, changes, fails); the order in which it is said does not
matter.

Rules: pure; an address that is missing is asked for, or is the one that was watched. Must not know: actions.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from ergos.compile.words.atoms import ANY
from ergos.compile.words.conditions import threshold
from ergos.compile.words.draft import Draft
from ergos.compile.words.events import DONE, FAILED, KILLED, words_of
from ergos.compile.words.watching import FILE_NOUN, read_files, read_web
from ergos.kernel.triggers import AnyTrigger, Comparison, Condition, Mailbox, Outcome, Topic, Webhook

_MAIL: Final = re.compile(
    r"\b(?:e-?mails?|mails?|inbox|mailbox|messages? from|writes? (?:to )?(?:me|us)|letters?)\b|邮件|来信|邮箱"
    r"|信件|电邮"
    r"|(?<=的)信(?=[，,就]|$)",
    re.IGNORECASE,
)

_HOOK: Final = re.compile(r"\bweb ?-?hooks?\b|回调|网络钩子", re.IGNORECASE)

_SECRET: Final = re.compile(
    r"(?:signed (?:with|by)|with (?:the )?(?:secret|signature|key)|secret(?: is)?|签名(?:为|是|用)?"
    r"|密钥(?:为|是)?|用)\s*(?:the )?(?:secret |密钥 ?)?(?P<name>[A-Za-z_][\w-]*)",
    re.IGNORECASE,
)

_TOPIC: Final = re.compile(r"\b(?:topics?|queue|mqtt)\b|主题|队列|话题(?=\s*[\ue001\ue004])", re.IGNORECASE)

_TOPIC_NAME: Final = re.compile(
    r"(?:topic|queue|主题|队列)\s*(?:named |called |叫)?(?P<name>[A-Za-z][\w.+#-]*)|(?:the |in "
    r")(?P<before>[A-Za-z][\w.-]*) (?:queue|topic)",
    re.IGNORECASE,
)

_BROKER: Final = re.compile(
    r"(?:broker|服务器|代理)\s*(?:named |called |叫)?(?P<name>[A-Za-z][\w-]*)"
    r"|(?P<before>(?<![A-Za-z])(?!(?:of|the|on|a|an|this|my|from|at|in)\b)[A-Za-z][\w-]*)\s*(?:broker|服务器)",
    re.IGNORECASE,
)

_SPEND: Final = re.compile(
    r"\b(?:spend(?:ing|s)?|spent|costs?|budget|expenses?)\b|花费|花销|开销|支出|费用|预算|消费|花了|用了", re.IGNORECASE
)

_SPEND_SPAN: Final[tuple[tuple[str, str], ...]] = (
    ("spend.month", r"month|月"),
    ("spend.week", r"week|周|星期"),
    ("spend.today", r"today|day|daily|今天|今日|当天|当日|每天|日"),
)

_HALF: Final = re.compile(
    r"(?P<op>\b(?:above|over|exceeds?|more than|past|reaches)\b|超过|达到|过)\s*(?:一?半|half)", re.IGNORECASE
)

_INBOX_OPEN: Final = re.compile(
    r"\b(?:inbox|open (?:items|questions)|questions? (?:are )?(?:open|waiting))\b|待办|收件箱|未处理|待处理",
    re.IGNORECASE,
)

_PROCESSES: Final = re.compile(
    r"\b(?:failed (?:processes|agents|runs)|processes (?:have )?fail)\b|失败的?(?:进程|智能体)", re.IGNORECASE
)

_AGENT: Final = re.compile(
    r"(?:\b(?:agent|process)\s+(?P<after>[A-Za-z][\w-]*)(?!\w))|(?P<before>[A-Za-z][\w-]*)\s+(?:agent"
    r"|process)\b|(?:智能体|代理|进程)\s*(?P<han>[\w-]+)",
    re.IGNORECASE,
)

_ABOUT: Final = re.compile(
    r"(?:about|regarding|concerning|with (?:the )?(?:subject|word|words|title)(?: line)?(?: "
    r"containing| of)?|(?:the )?subject (?:is|contains|has|containing|line contains|mentions|says)"
    r"|whose subject (?:contains|is|has)|that mentions?|mentioning|titled|called|containing)\s*(?:the "
    r"words? )?",
    re.IGNORECASE,
)

_ABOUT_HAN: Final = re.compile(
    r"(?:标题|主题)(?:里|中)?(?:含有?|包含|带有?|是|为|有|里有|中有|提到)|关于|有关|提到|涉及|含有?|包含"
)

_SENDER: Final = re.compile(
    r"(?:from|by|sent by|发件人是|发件人为|来自|收到)\s*(?P<who>[A-Za-z][\w. ]{0,30}?)(?=\s*(?:$|,"
    r"|about|with|arriv|comes|that|的|发来|寄来|wr|is))",
    re.IGNORECASE,
)


def read_trigger(draft: Draft, start: int, end: int, *, sure: bool, main: int | None = None) -> bool:
    """Read a clause about something that happens; `sure`: its words are those of an event, not of a condition.

    `main`: where the main clause begins that stands before it, in which 'the file' may have been named.
    """
    if main is not None and re.search(
        r"\b(?:the|this|that) (?:file|folder|page)\b|\b(?:it|they) (?:is |are |was )?(?:chang|updat|modif|edit|delet)",
        draft.copy.text[start:end],
        re.IGNORECASE,
    ):
        start, words = main, (start, end)
        near = list(draft.copy.within(main, words[0], "path", "url"))
        if near and draft.watched is None:
            draft.watched = near[0]
            start = words[0]
    for reader in (_hook, _topic, _mail, _figure, _outcome, read_web, read_files):
        found = reader(draft, start, end, sure=sure)
        for one in found:
            draft.trigger(one, (start, end))
        if found:
            return True
    return False


def _hook(draft: Draft, start: int, end: int, *, sure: bool) -> list[AnyTrigger]:
    del sure
    text = draft.copy.text
    if not _HOOK.search(text, start, end):
        return []
    named = _SECRET.search(text, start, end)
    secrets = sorted(draft.circumstances.secrets)
    quoted = next(draft.copy.within(start, end, "quote"), None)
    secret = quoted.text if quoted else named["name"] if named else secrets[0] if len(secrets) == 1 else ""
    style = "github" if re.search(r"github", text[start:end], re.IGNORECASE) else "standard"
    return [Webhook(name="", secret=secret, style=style, words=words_of(draft, start, end))]


def _topic(draft: Draft, start: int, end: int, *, sure: bool) -> list[AnyTrigger]:
    del sure
    text = draft.copy.text
    word = _TOPIC.search(text, start, end)
    if word is None or (
        _MAIL.search(text, start, end)
        and re.search(r"(?:主题|标题)\s*(?:含|包含|是|为|里|中|有)|subject", text[start:end])
    ):
        return []
    atom = next(draft.copy.within(start, end, "path", "quote"), None)
    named = _TOPIC_NAME.search(text, start, end)
    name = (
        atom.text
        if atom and (not FILE_NOUN.search(text, start, end) or not named)
        else (named["name"] or named["before"])
        if named
        else ""
    )
    if not name or (atom and re.search(r"\.\w{2,4}$", atom.text)):
        return []
    said = _BROKER.search(text, start, end)
    broker = (said["name"] or said["before"] or "") if said else ""
    brokers = sorted(draft.circumstances.brokers)
    mqtt = bool(re.search(r"mqtt|topic|主题", text[start:end], re.IGNORECASE))
    if not broker and mqtt and len(brokers) == 1:
        broker = brokers[0]
    return [Topic(name="", topic=name, broker=broker, words=words_of(draft, start, end))]


def _mail(draft: Draft, start: int, end: int, *, sure: bool) -> list[AnyTrigger]:
    text = draft.copy.text
    address = next(draft.copy.within(start, end, "mail"), None)
    noun = _MAIL.search(text, start, end)
    if noun is None and address is None:
        return []
    if not sure and not (
        re.search(r"\b(?:arriv|comes?\b|get\b|receiv|sent)|收到|来了|到了|发来|寄来", text[start:end], re.IGNORECASE)
        or address
    ):
        return []
    if next(draft.copy.within(start, end, "path"), None) is not None:
        return []
    if draft.scheduled and any(
        "mail" in one.value.described.lower() or "邮" in one.value.described for one in draft.sources
    ):
        return []
    sender = address.text if address else ""
    if not sender:
        who = _SENDER.search(text, start, end)
        sender = (
            ""
            if who is None or who["who"].lower() in {"me", "my inbox", "anybody", "anyone", "someone"}
            else who["who"].strip()
        )
        sender = re.sub(r"^(?:the|my|our|a)\s+", "", sender)
    accounts = sorted(draft.circumstances.accounts)
    subject = _subject(draft, start, end)
    found = Mailbox(
        name="",
        account=accounts[0] if len(accounts) == 1 else "",
        sender=sender,
        subject=subject,
        words=words_of(draft, start, end),
    )
    return [found]


def _subject(draft: Draft, start: int, end: int) -> str:
    text = draft.copy.text
    about = _ABOUT.search(text, start, end) or _ABOUT_HAN.search(text, start, end)
    quoted = next(draft.copy.within(start, end, "quote"), None)
    if quoted is not None:
        return quoted.text
    if about is None:
        return ""
    stop = re.compile(r"\s+(?:arriv\w*|comes?|lands?|is|from|in|shows?)\b|[,，]|的|时|就|$").search(
        text, about.end(), end
    )
    said = draft.copy.prose[about.end() : stop.start() if stop else end]
    return re.sub(rf"^(?:the|a|an)\s+|{ANY}+", "", " ".join(said.split()))


_PRICED: Final = re.compile(
    r"\b(?:something|anything|everything|one|it|item|product|article|which|they|ticket|flight|room"
    r"|price) (?:now )?(?:costs?|is priced)\b",
    re.IGNORECASE,
)


def _figure(draft: Draft, start: int, end: int, *, sure: bool) -> list[AnyTrigger]:
    del sure
    clause = draft.copy.prose[start:end]
    figure = ""
    last = draft.triggers[-1].value if draft.triggers else None
    if isinstance(last, Condition) and re.match(r"\W*(?:when|if|and)?\s*[<>]", clause):
        figure = last.figure
    if not figure and _SPEND.search(clause) and not _PRICED.search(clause):
        wide = draft.copy.prose[max(0, start - 8) : end]
        figure = next((name for name, pattern in _SPEND_SPAN if re.search(pattern, wide, re.IGNORECASE)), "spend.today")
    elif _INBOX_OPEN.search(clause) and not _MAIL_ARRIVES.search(clause):
        figure = "inbox.open"
    elif _PROCESSES.search(clause):
        figure = "processes.failed"
    if not figure or next(draft.copy.within(start, end, "path", "url"), None) is not None:
        return []
    half = _HALF.search(clause)
    if half:
        return [
            Condition(name="", figure=figure, compare=">", value=0.5, share=True, words=words_of(draft, start, end))
        ]
    found = threshold(draft.copy, start, end)
    if found is None:
        return []
    (_, op, right), _, _ = found
    number = re.match(r"-?\d+(?:\.\d+)?", right)
    if number is None or op not in {">", ">=", "<", "<=", "==", "!="}:
        return []
    share = right.endswith("%")
    value = float(number[0]) / (100 if share else 1)
    return [
        Condition(
            name="", figure=figure, compare=_COMPARE[op], value=value, share=share, words=words_of(draft, start, end)
        )
    ]


_COMPARE: Final[dict[str, Comparison]] = {">": ">", ">=": ">=", "<": "<", "<=": "<=", "==": "==", "!=": "!="}

_MAIL_ARRIVES: Final = re.compile(r"arriv|from\b|新邮件|来信|收到", re.IGNORECASE)


_NO_AGENT: Final = frozenset(
    "the this that an my your has is fails it everything all you he she they work job something anything i one".split()
)
_BARE: Final = re.compile(
    r"(?:when(?:ever)?|once|after|as soon as|each time|every time|当|等)\s*(?:the\s+)?(?P<name>[A-Za-z][\w-]*)"
    r"\s*(?:运行|跑|执行)?(?:has |have |is |are |was |gets |完|失败|成功|结束|fail|finish|complet"
    r"|succeed|end|done|之后)",
    re.IGNORECASE,
)


_NOT_DONE: Final = re.compile(
    r"(?:\bnot|n't|\bnever) (?:succeed|finish|complete|end well|go well|work|been (?:done|finished|completed))"
    r"|(?:没有?|未能?)(?:成功|跑完|完成|做完|跑成)",
    re.IGNORECASE,
)


def _outcome(draft: Draft, start: int, end: int, *, sure: bool) -> list[AnyTrigger]:
    clause = draft.copy.text[start:end]
    failed, done, killed = FAILED.search(clause), DONE.search(clause), KILLED.search(clause)
    if _NOT_DONE.search(clause):
        failed, done = _NOT_DONE.search(clause), None
    if not (failed or done or killed):
        return []
    agent = _agent(draft, start, end, sure=sure)
    if not agent:
        return []
    words = words_of(draft, start, end)
    ends: tuple[tuple[Literal["done", "failed", "killed"], re.Match[str] | None], ...] = (
        ("done", done),
        ("failed", failed),
        ("killed", killed),
    )
    return [Outcome(name="", agent=agent, states=(state,), words=words) for state, hit in ends if hit]


def _agent(draft: Draft, start: int, end: int, *, sure: bool) -> str:
    """The agent that is named: one that is known, one that is called one, or, in what surely happens, any name."""
    clause = draft.copy.text[start:end]
    prose = draft.copy.prose[start:end]
    known = [name for name in draft.circumstances.agents if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", prose)]
    if known:
        return max(known, key=len)
    named = _AGENT.search(clause)
    agent = (named["before"] or named["after"] or named["han"] or "") if named else ""
    if agent and agent.lower() not in _NO_AGENT:
        return agent
    quoted = next(draft.copy.within(start, end, "quote"), None)
    if not sure or quoted is not None:
        return quoted.text if quoted is not None and sure else ""
    bare = _BARE.search(clause)
    addressed = next(draft.copy.within(start, end, "path", "url", "mail"), None)
    return bare["name"] if bare and addressed is None and bare["name"].lower() not in _NO_AGENT else ""
