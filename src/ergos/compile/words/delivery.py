"""Verbs that tell the owner or reach others: who it is for decides what they are.

"send it to me" tells the owner, "send it to #ops" posts, "send it to bob@x.org" mails, "post it on our blog" publishes.
Rules: pure; a recipient that is missing is asked for. Must not know: how the result is made.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.intent import ActionVerb
from ergos.compile.words.adding import ME, TO_ME, add, content_of, form_said, has_worked, made_on_the_way
from ergos.compile.words.draft import Draft
from ergos.compile.words.phrases import Phrase, listed

_CHAT: Final = re.compile(
    r"#[\w\u4e00-\u9fff]|\b(?:slack|discord|telegram|teams|channel|chat|group|web ?hook|mattermost"
    r"|matrix|irc|whatsapp)\b|群|频道|钉钉|企业微信|企微|飞书|微信|聊天室",
    re.IGNORECASE,
)

PUBLIC: Final = re.compile(
    r"\b(?:blog|web ?site|site|homepage|newsletter page|wiki|public|wordpress)\b|公众号|网站|博客"
    r"|官网|主页|网页上|知乎|微博|头条号",
    re.IGNORECASE,
)

_PERSON: Final = re.compile(
    r"\b(?:to|for)\s+(?:the |my |our |a |an |each |every |all )?(?P<who>[A-Za-z][\w-]*)|(?:给|通知"
    r"|告诉|提醒)(?P<han>[\u4e00-\u9fff]{1,8})",
    re.IGNORECASE,
)

_NO_RECIPIENT: Final = frozenset({"reply", "reply to", "answer", "respond", "respond to", "回复", "回", "write back"})


def read_telling(draft: Draft, phrase: Phrase) -> list[ActionVerb]:
    """Tell, notify, give; 告诉, 通知."""
    text = draft.copy.text
    said = text[phrase.after[0] : phrase.after[1]]
    mine = ME.match(said) or (
        phrase.head.han
        and not phrase.targets
        and (
            not said.strip()
            or "我" in phrase.head.form
            or "我" in said[:3]
            or "我" in text[phrase.before[0] : phrase.before[1]][-3:]
        )
    )
    if phrase.head.form in {"知道", "得知", "晓得"} and re.search(r"什么时候|何时|有没有|是否|是不是", said):
        return []
    if phrase.head.form.startswith(("be ", "get ")) or phrase.head.form in {"知道", "得知", "晓得"}:
        return _told(draft, phrase)
    if phrase.head.form == "give" and mine:
        names = listed(draft, phrase.after[0], phrase.after[1], han=False)
        if len(names) >= 3 and not form_said(draft, phrase) and not has_worked(draft):
            return [add(draft, phrase, "extract", fields=names)]
    if mine and not any("@" in one for one in phrase.targets):
        return _told(draft, phrase)
    if phrase.head.form in {"give", "show", "bring", "hand", "let"} and not phrase.targets:
        form = form_said(draft, phrase)
        if not form:
            return []
        draft.put(phrase.after, form=form)
        return [] if has_worked(draft) else [add(draft, phrase, content_of(form))]
    if phrase.targets or _PERSON.search(text, *phrase.span) or said.strip():
        return deliver(draft, phrase, "send")
    return _told(draft, phrase)


def _told(draft: Draft, phrase: Phrase) -> list[ActionVerb]:
    """To the owner: what is made for it, and the telling."""
    added = made_on_the_way(draft, phrase)
    phrase.targets.clear()
    added.append(add(draft, phrase, "notify"))
    return added


def deliver(draft: Draft, phrase: Phrase, verb: ActionVerb) -> list[ActionVerb]:
    """To others: people, channels, the public."""
    text = draft.copy.text
    said = text[phrase.span[0] : phrase.span[1]]
    mails = [one for one in phrase.targets if "@" in one]
    others = [one for one in phrase.targets if "@" not in one]
    added = made_on_the_way(draft, phrase)
    if verb in {"send", "post"} and not mails and TO_ME.search(said) and not others:
        phrase.targets.clear()
        return [*added, add(draft, phrase, "notify")]
    if mails and verb != "publish":
        phrase.targets[:] = mails
        return [*added, add(draft, phrase, "send", target=True)]
    chat = _CHAT.search(said) is not None or any(one.startswith("#") for one in others)
    if PUBLIC.search(said) and verb in {"send", "post", "publish"} and not chat:
        phrase.targets[:] = others
        return [*added, add(draft, phrase, "publish", target=True)]
    if chat or (verb in {"send", "post"} and any("://" in one for one in others)):
        phrase.targets[:] = others
        if not any("://" in one or one.startswith("#") for one in others):
            draft.say("C203", phrase.span)
        return [*added, add(draft, phrase, "post", target=True)]
    phrase.targets[:] = others
    if verb == "send" and not others:
        if not _NO_RECIPIENT & {phrase.head.form}:
            draft.say("C203", phrase.span)
    elif verb == "post" and not others:
        draft.say("C203", phrase.span)
    return [*added, add(draft, phrase, verb, target=True)]


def read_sending(draft: Draft, phrase: Phrase) -> list[ActionVerb]:
    """Send, forward, reply; 发给, 转发."""
    text = draft.copy.text
    said = text[phrase.after[0] : phrase.after[1]]
    if ME.match(said) and not any("@" in one for one in phrase.targets):
        return _told(draft, phrase)
    return deliver(draft, phrase, "send")


def read_publishing(draft: Draft, phrase: Phrase) -> list[ActionVerb]:
    """Publish, release; 发布."""
    return deliver(draft, phrase, "publish")


def read_posting(draft: Draft, phrase: Phrase) -> list[ActionVerb]:
    """Post, share, announce; 发帖."""
    return deliver(draft, phrase, "post")
