"""The words of signing in."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "enter.title": ("Sign in", "登录"),
    "enter.how": (
        "On the machine where ErgOS runs, type this; it prints an address that signs you in:",
        "在运行 ErgOS 的机器上输入以下命令，它会显示一个用于登录的地址：",
    ),
    "enter.code": ("One-time code or token", "一次性代码或令牌"),
    "enter.code_is": (
        "A code is good once and for five minutes.",
        "代码只能使用一次，五分钟内有效。",
    ),
    "enter.go": ("Sign in", "登录"),
    "enter.oidc": ("Sign in with your organisation", "使用所在组织的账号登录"),
    "enter.again": (
        "You are signed in as {name}. A new code makes this sign-in fresh, so that you can decide.",
        "您已以 {name} 登录。使用新代码重新登录后即可做决定。",
    ),
    "enter.turned": ("Not let in", "未能进入"),
}
