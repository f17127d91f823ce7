"""The words of Peers."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "peers.is": (
        "Agents of other makers, over A2A: those that yours may ask, and those that may call yours.",
        "通过 A2A 连接的其他厂商的智能体：您的智能体可以请求的，以及可以呼叫您的智能体的。",
    ),
    "peers.caption": ("Peers by name", "按名称排列的伙伴"),
    "peers.peer": ("Peer", "伙伴"),
    "peers.state": ("State", "状态"),
    "peers.where": ("Address", "地址"),
    "peers.calls": ("May call us", "可以呼叫我们"),
    "peers.yes": ("yes", "是"),
    "peers.title": ("What it calls itself", "自称"),
    "peers.state_ready": ("ready", "可用"),
    "peers.state_changed": ("card changed: not asked until you have seen it", "名片有变：在您查看前不会请求它"),
    "peers.state_pending": ("card never approved", "名片尚未批准"),
    "peers.state_disabled": ("disabled", "已停用"),
    "peers.state_calls": ("only calls us", "只呼叫我们"),
    "peers.none": ("No peer is named.", "没有伙伴。"),
    "peers.none_more": (
        "“ergos peers add URL” reads a card and names the peer; one that only calls stands in settings.toml.",
        "“ergos peers add URL” 读取名片并添加伙伴；只呼叫我们的写在 settings.toml 中。",
    ),
    "peers.published": ("What they may reach", "它们可以访问的"),
    "peers.published_none": (
        "No agent is published; [a2a] publish in settings.toml names them.",
        "没有发布智能体；在 settings.toml 的 [a2a] publish 中指定。",
    ),
    "peers.means": ("What approving it means", "批准意味着什么"),
    "peers.warnings": ("Worth a look", "值得注意"),
    "peers.difference": ("Difference to the card you approved", "与您批准的名片的差异"),
    "peers.card": ("Its card", "它的名片"),
    "peers.digest": ("Digest", "摘要"),
    "peers.approve": ("Approve exactly this card", "批准此名片"),
    "peers.reject": ("Reject", "拒绝"),
    "peers.withdraw": ("Withdraw the approval", "撤回批准"),
    "peers.did_approve": (
        "The card of {name} is approved as you saw it. An agent asks it once you give a grant.",
        "已按您所见批准 {name} 的名片。给出授权后，智能体才会请求它。",
    ),
    "peers.did_reject": ("The card of {name} is rejected; nobody asks it.", "已拒绝 {name} 的名片；没有人会请求它。"),
    "peers.did_withdraw": ("Nobody asks {name} any more.", "不再请求 {name}。"),
}
