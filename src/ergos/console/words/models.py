"""The words of Models and scheduler."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "models.running": ("Running", "运行中"),
    "models.waiting": ("Waiting", "等待中"),
    "models.programs": ("Programs", "程序"),
    "models.programs_more": ("whose cache is kept in mind", "其缓存被记住"),
    "models.endpoints": ("Endpoints", "模型端点"),
    "models.endpoints_caption": ("Endpoints of models and how they are", "模型端点及其状况"),
    "models.endpoint": ("Endpoint", "端点"),
    "models.health": ("Health", "健康"),
    "models.health_ok": ("well", "良好"),
    "models.health_pausing": ("waits for its rate limit", "等待速率限制"),
    "models.health_open": ("not asked after failures", "因失败暂停请求"),
    "models.health_probing": ("asked once to see", "试探中"),
    "models.at_once": ("At once", "并发上限"),
    "models.in_flight": ("Tokens under way", "处理中的词元"),
    "models.hits": ("From cache", "缓存命中"),
    "models.wait": ("A new call waits", "新调用需等待"),
    "models.none": ("No model is known here.", "这里没有已知的模型。"),
    "models.none_more": (
        "Agents work with System 1, which needs none. A key in the environment, a local server, or [models] in "
        "settings.toml adds one; “ergos models” lists what was found.",
        "智能体使用无需模型的 System 1 工作。在环境中设置密钥、运行本地服务器，或在 settings.toml 的 [models] 中"
        "添加即可；“ergos models” 列出已找到的模型。",
    ),
    "models.shares": ("Who is served", "服务分配"),
    "models.shares_caption": (
        "Owners, by the tokens they were served since the kernel started; capacity is shared by weight",
        "各所有者自内核启动以来获得的词元；容量按权重分配",
    ),
    "models.shares_none": ("Nobody has called a model since the kernel started.", "内核启动以来无人调用模型。"),
    "models.owner": ("Owner", "所有者"),
    "models.weight": ("Weight", "权重"),
    "models.served": ("Tokens served", "已服务词元"),
    "models.share": ("Share", "占比"),
    "models.delay": ("Waited lately", "近期等待"),
    "models.tools": ("Queues of tools", "工具队列"),
    "models.tools_caption": ("Queues of tools and what is in them", "工具队列及其内容"),
    "models.tools_none": ("No tool has run since the kernel started.", "内核启动以来没有运行过工具。"),
    "models.queue": ("Queue", "队列"),
    "models.spend": ("Paid in the last {days} days", "最近 {days} 天的支付"),
    "models.spend_none": ("Nothing was paid.", "没有支付。"),
    "models.paid": ("Who was paid", "收款方"),
    "models.calls": ("Calls", "调用"),
    "models.tokens": ("Tokens", "词元"),
    "models.money": ("Money", "金额"),
}
