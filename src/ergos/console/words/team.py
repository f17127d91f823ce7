"""The words of the page of the team."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "team.spans": ("Span of time", "时间范围"),
    "team.since_hour": ("last hour", "最近一小时"),
    "team.since_day": ("last day", "最近一天"),
    "team.since_week": ("last week", "最近一周"),
    "team.since_month": ("last 30 days", "最近 30 天"),
    "team.since_all": ("all", "全部"),
    "team.graph": (
        "Agents as boxes, those who give work above those who take it; the table below says the same.",
        "方框为智能体，派活者在上，接活者在下；下表内容相同。",
    ),
    "team.picture": ("Picture of who works with whom", "协作关系图"),
    "team.caption": ("Who works with whom", "协作关系"),
    "team.sender": ("From", "发出方"),
    "team.receiver": ("To", "接收方"),
    "team.spawned": ("Processes started", "启动进程"),
    "team.sent": ("Messages", "消息"),
    "team.last": ("Last", "最近"),
    "team.live": ("{n} live", "{n} 进行中"),
    "team.activity": ("{n} exchanges", "{n} 次往来"),
    "team.edge": (
        "{sender} to {receiver}: {spawned} processes started, {sent} messages",
        "{sender} 到 {receiver}：启动 {spawned} 个进程，{sent} 条消息",
    ),
    "team.left_out": ("{n} quieter agents are in the table only.", "另有 {n} 个较少往来的智能体仅列于表中。"),
    "team.none": ("No agent gave work or word to another in this time.", "这段时间没有智能体之间的往来。"),
    "team.none_more": (
        "An agent with a team in its AGENT.md can start others.",
        "在 AGENT.md 中声明了团队的智能体可以启动其他智能体。",
    ),
    "team.legend_spawned": ("starts processes", "启动进程"),
    "team.legend_sent": ("sends messages only", "仅发送消息"),
}
