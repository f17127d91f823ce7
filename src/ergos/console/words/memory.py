"""The words of Memory."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "memory.is": (
        "What an agent keeps from one process to the next, and where each entry came from.",
        "智能体从一个进程保留到下一个进程的内容，以及每一条的来源。",
    ),
    "memory.agent": ("Agent", "智能体"),
    "memory.prefix": ("Key begins with", "键的开头"),
    "memory.show": ("Show", "显示"),
    "memory.caption": ("What {agent} keeps", "{agent} 保留的内容"),
    "memory.key": ("Key", "键"),
    "memory.value": ("Value", "值"),
    "memory.from": ("Comes from", "来源"),
    "memory.readers": ("May be shown to", "可以展示给"),
    "memory.anybody": ("anybody", "任何人"),
    "memory.nobody": ("nobody", "无人"),
    "memory.back": ("All entries of this agent", "该智能体的所有条目"),
    "memory.none": ("Nothing is kept here.", "这里没有保留任何内容。"),
    "memory.none_more": (
        "An agent writes into its memory with the call “remember”.",
        "智能体通过 “remember” 调用写入其记忆。",
    ),
}
