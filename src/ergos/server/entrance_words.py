"""What somebody reads who is not let in, in English and Chinese.

Rules: says what is wrong and what to do, nothing about what is inside, and nothing that only the right person may know.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Why: TypeAlias = Literal[
    "host", "origin", "site", "method", "path", "url_token", "sign_in", "token", "role", "csrf", "form", "json",
    "multipart", "large", "busy", "tries", "proxy", "cookies", "upgrade", "wrong", "closed", "oidc", "stranger",
]  # fmt: skip
"""Why somebody is not let in."""

_EN: Final[dict[Why, str]] = {
    "host": "this server does not answer for that name; `[server] hosts` in settings.toml lists the names it has",
    "origin": "pages of that origin may not use this server; `[server] origins` in settings.toml lists those that may",
    "site": "this was asked by a page of another site",
    "method": "this method is not taken here",
    "path": "this address could be read in two ways",
    "url_token": "a token stands in the address, where logs keep it: revoke it, and send the new one as "
    "`Authorization: Bearer`",
    "sign_in": "sign in first: `ergos open` on the machine of this server prints an address",
    "token": "this token is not good here: it is unknown, revoked, ended, or made for another purpose",
    "role": "this credential does not reach here",
    "csrf": "this page is of an earlier sign-in: load it again",
    "form": "this takes a form of the type application/x-www-form-urlencoded",
    "json": "this takes a body of the type application/json",
    "multipart": "files are not taken here",
    "large": "this form is too large",
    "busy": "too many requests: wait a moment",
    "tries": "too many attempts: wait a moment",
    "proxy": "this server is reached through its proxy only",
    "cookies": "two sign-ins were sent at once; the cookies of this site were cleared, sign in again",
    "upgrade": "this server speaks no WebSocket here",
    "wrong": "this code or token is not good: codes are good once and for five minutes; `ergos open` prints a new one",
    "closed": "the register of this home cannot be read, so nobody is let in; `ergos access list` says why",
    "oidc": "the sign-in with your organisation did not succeed; try again",
    "stranger": "your organisation knows you, this home does not; its owner can let you in",
}
_ZH: Final[dict[Why, str]] = {
    "host": "本服务器不以该名称应答；settings.toml 的 `[server] hosts` 列出了它的名称",
    "origin": "该来源的网页不得使用本服务器；settings.toml 的 `[server] origins` 列出了可以使用的来源",
    "site": "这一请求来自另一个网站的页面",
    "method": "此处不接受该方法",
    "path": "这个地址可以有两种读法",
    "url_token": "地址里有令牌，日志会留下它：请撤销该令牌，并用 `Authorization: Bearer` 发送新的令牌",
    "sign_in": "请先登录：在本服务器所在的机器上运行 `ergos open`，它会显示一个地址",
    "token": "此令牌在这里无效：未知、已撤销、已过期，或是为别的用途而制",
    "role": "此凭证不能用在这里",
    "csrf": "此页面属于先前的登录：请重新载入",
    "form": "此处需要 application/x-www-form-urlencoded 类型的表单",
    "json": "此处需要 application/json 类型的正文",
    "multipart": "此处不接受文件",
    "large": "此表单过大",
    "busy": "请求过多：请稍候",
    "tries": "尝试次数过多：请稍候",
    "proxy": "本服务器只能经由其代理访问",
    "cookies": "同时收到两个登录；本站的 Cookie 已清除，请重新登录",
    "upgrade": "本服务器在此处不支持 WebSocket",
    "wrong": "此代码或令牌无效：代码只能使用一次，五分钟内有效；`ergos open` 会显示新的代码",
    "closed": "无法读取本主目录的登记册，因此不让任何人进入；`ergos access list` 会说明原因",
    "oidc": "通过所在组织登录未成功；请重试",
    "stranger": "您的组织认识您，但本主目录不认识；其所有者可以让您进入",
}
TITLES: Final = {"en": "Not let in", "zh": "未能进入"}
AGAIN: Final = {"en": "Sign in", "zh": "登录"}


def sentence(why: Why, language: str) -> str:
    """Why, in words."""
    return (_ZH if language == "zh" else _EN)[why]
