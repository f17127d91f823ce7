"""The words of the pages of conversations."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "chat.with": ("Chat with {name}", "与 {name} 对话"),
    "chat.waiting": ("They wait for a message", "正在等待消息"),
    "chat.agents": ("Agents", "智能体"),
    "chat.new": ("New conversation", "新对话"),
    "chat.others": ("Its live processes", "它的进行中进程"),
    "chat.log": ("Conversation", "对话内容"),
    "chat.you": ("you", "您"),
    "chat.unread": ("not read yet", "尚未读取"),
    "chat.steps": ("Steps: {n}", "步骤：{n}"),
    "chat.asks": ("asks", "提问"),
    "chat.notice": ("tells you", "告知您"),
    "chat.outcome": ("is done", "已完成"),
    "chat.your_answer": ("Your answer:", "您的回答："),
    "chat.choose": ("Choose", "请选择"),
    "chat.answer": ("Answer", "回答"),
    "chat.in_inbox": ("in the inbox", "在收件箱中"),
    "chat.decide": ("waits for your decision", "等待您决定"),
    "chat.does": ("does now:", "正在："),
    "chat.saying": ("Being said; not recorded yet", "正在说，尚未记录"),
    "chat.write": ("Write a message", "写消息"),
    "chat.write_new": ("Write a message; a process is started for it", "写消息，将为此启动一个进程"),
    "chat.hint": ("Ctrl and Enter send it", "按 Ctrl 加 Enter 发送"),
    "chat.sent": ("Sent.", "已发送。"),
    "chat.sent_before": ("This message was sent already.", "这条消息已经发送过。"),
    "chat.answered": ("Answered.", "已回答。"),
    "chat.gone": (
        "Nothing changed: the question was answered already, or is gone.",
        "没有变化：该问题已被回答或已失效。",
    ),
    "chat.nothing": ("Nothing was said yet.", "还没有内容。"),
    "chat.nobody": ("No process of this agent is live.", "该智能体没有进行中的进程。"),
    "chat.nobody_more": (
        "Your first message starts one. An agent reads messages if its program receives them.",
        "您的第一条消息会启动一个进程。只有程序会接收消息的智能体才会读取。",
    ),
    "chat.ended": ("This process has ended; nobody reads here any more.", "此进程已结束，不再读取消息。"),
    "chat.cannot": ("It cannot be started from here.", "无法从此处启动。"),
}
