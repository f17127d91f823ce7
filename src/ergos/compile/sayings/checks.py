"""Diagnostics about a program as it is: permissions, cost, order, triggers (C330 to C348, C357, C358, C360)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from ergos.compile.sayings.saying import Saying

CHECKS: Final[MappingProxyType[str, Saying]] = MappingProxyType(
    {
        "C330": Saying(
            "warning",
            "no step uses the permission {grant}",
            "take it out",
            "没有步骤用到权限 {grant}",
            "请删除它",
        ),
        "C331": Saying(
            "error",
            "the step {step} has no permission for {name}",
            "add a grant for it",
            "步骤 {step} 没有使用 {name} 的权限",
            "请为它添加授权",
        ),
        "C332": Saying(
            "warning",
            "the worst case of {period} is {worst}, above the budget of {budget}",
            "raise the budget, or let it run more rarely; it stops when the budget is used up",
            "{period}最坏情况下花费 {worst}，超过预算 {budget}",
            "请提高预算，或减少运行次数；预算用尽即停止",
        ),
        "C333": Saying(
            "warning",
            "it is expected to spend {expected} in {period}, above the budget of {budget}",
            "raise the budget, or let it run more rarely",
            "{period}预计花费 {expected}，超过预算 {budget}",
            "请提高预算，或减少运行次数",
        ),
        "C334": Saying(
            "warning",
            "nothing checks what {step} gives",
            "add it under `acceptance`",
            "没有任何检验针对 {step} 的结果",
            "请在 acceptance 下添加",
        ),
        "C335": Saying(
            "error",
            "{finding}",
            "{remedy}",
            "{finding}",
            "{remedy}",
        ),
        "C336": Saying(
            "warning",
            "{finding}",
            "{remedy}",
            "{finding}",
            "{remedy}",
        ),
        "C337": Saying(
            "error",
            "the trigger {name} can never fire: {why}",
            "correct it",
            "触发器 {name} 永远不会触发：{why}",
            "请更正",
        ),
        "C338": Saying(
            "warning",
            "the trigger {name} fires {count} times an hour",
            "let it run more rarely, unless it is meant so",
            "触发器 {name} 每小时触发 {count} 次",
            "若非有意，请减少次数",
        ),
        "C339": Saying(
            "error",
            "{when} is over: the trigger {name} never fires",
            "give a time to come",
            "{when} 已经过去：触发器 {name} 不会触发",
            "请给出将来的时间",
        ),
        "C340": Saying(
            "warning",
            "{step} cannot be taken back, and comes before {check} is checked",
            "put it after the check, or have it asked",
            "{step} 不可撤回，却排在检验 {check} 之前",
            "请把它放到检验之后，或要求先询问您",
        ),
        "C341": Saying(
            "error",
            "{step} refers to {what}, which nothing gives",
            "name a step before it",
            "{step} 引用了 {what}，但没有步骤给出它",
            "请引用它之前的步骤",
        ),
        "C342": Saying(
            "error",
            "there is no tool {name}",
            "{near}",
            "没有名为 {name} 的工具",
            "{near}",
        ),
        "C358": Saying(
            "error",
            "there is no task {name}",
            "{near}",
            "没有名为 {name} 的任务",
            "{near}",
        ),
        "C343": Saying(
            "error",
            "what {step} writes wakes it again by {name}",
            "write outside the folder that is watched, or narrow its pattern",
            "{step} 写出的文件会再次触发 {name}",
            "请写到被监视的文件夹之外，或收窄文件名模式",
        ),
        "C344": Saying(
            "warning",
            "{step} may need a model that is paid for, and there is no budget: it would be refused",
            "say what it may spend: 'at most $5 a month'",
            "{step} 可能需要付费模型，却没有预算：会被拒绝",
            "请写明可花多少：“每月最多 5 美元”",
        ),
        "C345": Saying(
            "warning",
            "quiet hours last {hours} of 24 hours: what is asked then waits, and an approval may have expired",
            "shorten them",
            "免打扰时段占 24 小时中的 {hours} 小时：期间的询问要等到结束，批准可能已过期",
            "请缩短",
        ),
        "C346": Saying(
            "warning",
            "no agent {who} was started here yet",
            "check its name",
            "这里还没有启动过名为 {who} 的智能体",
            "请检查名称",
        ),
        "C347": Saying(
            "warning",
            "{step} needs a model, and there is none",
            "set one up: `ergos models`; until then this step fails",
            "{step} 需要模型，但目前没有",
            "请配置模型：`ergos models`；在此之前这一步会失败",
        ),
        "C348": Saying(
            "error",
            "there is no check {name}",
            "{near}",
            "没有名为 {name} 的检验",
            "{near}",
        ),
        "C360": Saying(
            "warning",
            "the home lets nothing reach {host}",
            'write into settings.toml: [egress.{name}] host = "{host}"',
            "本机不允许访问 {host}",
            '请在 settings.toml 中写入：[egress.{name}] host = "{host}"',
        ),
        "C357": Saying(
            "warning",
            "{grant} has no words of yours that gave it",
            "write them under `words`, or take the grant out",
            "{grant} 没有注明来自您的哪句话",
            "请写在 words 下，或删除该授权",
        ),
    }
)
