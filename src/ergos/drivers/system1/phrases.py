"""The words System 1 writes and watches for, in English and Chinese: templates, signal words, boilerplate.

Rules: data only. A template holds no figure, number word, proper name or quotation of its own, because whatever
a sentence of a brief says must stand in its sources; `{…}` slots are filled from sources. Both languages have
the same keys. Must not know: documents, how the words are used.
"""

from __future__ import annotations

from typing import Final, Literal

Written = Literal["en", "zh"]
"""The languages System 1 writes a brief in."""

HEADINGS: Final[dict[Written, dict[str, str]]] = {
    "en": {
        "lead": "In short",
        "change": "What changed",
        "number": "Numbers",
        "disagreement": "Where sources disagree",
        "other": "Also reported",
        "note": "About this brief",
    },
    "zh": {
        "lead": "要点",
        "change": "变化",
        "number": "数字",
        "disagreement": "说法不一之处",
        "other": "其他消息",
        "note": "关于本简报",
    },
}

TITLES: Final[dict[Written, dict[str, str]]] = {
    "en": {
        "headline": "{headline}",
        "headlines": "{headline}; {other}",
        "titled": "{subjects}: brief of {day}",
        "plain": "Brief of {day}",
        "empty": "Nothing to report on {day}",
        "joint": ", ",
    },
    "zh": {
        "headline": "{headline}",
        "headlines": "{headline}；{other}",
        "titled": "{subjects}：{day}简报",
        "plain": "{day}简报",
        "empty": "{day}无可报道",
        "joint": "、",
    },
}

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

SENTENCES: Final[dict[Written, dict[str, str]]] = {
    "en": {
        "foreign": "{source}, in the original: “{quote}”.",
        "foreign_unnamed": "In the original: “{quote}”.",
        "headline": "{source} headlines: “{quote}”.",
        "headline_unnamed": "A headline reads: “{quote}”.",
        "differ": "{source} says: “{quote}”; {other} says: “{counter}”.",
        "differ_unnamed": "A source says: “{quote}”; another says: “{counter}”.",
        "differ_same": "{source} says: “{quote}”; elsewhere it says: “{counter}”.",
        "sum": "The figures given here do not multiply out to the result given: “{quote}”.",
        "sum_apart": "The figures given here, “{quote}”, do not multiply out to the result given: “{counter}”.",
        "reported": "A source says itself that counts differ: “{quote}”.",
        "loose": "Figures differ, perhaps because periods or definitions do. {comparison}",
        "note": (
            "What is in another language stands here in the original, "
            "because the program that quoted it does not translate."
        ),
    },
    "zh": {
        "foreign": "{source}（原文）：「{quote}」。",
        "foreign_unnamed": "原文：「{quote}」。",
        "headline": "{source}的标题：「{quote}」。",
        "headline_unnamed": "标题：「{quote}」。",
        "differ": "{source}称：「{quote}」；{other}则称：「{counter}」。",
        "differ_unnamed": "有来源称：「{quote}」；另有来源称：「{counter}」。",
        "differ_same": "{source}称：「{quote}」；另处又称：「{counter}」。",
        "sum": "下文给出的数字相乘，得不出文中的结果：「{quote}」。",
        "sum_apart": "由「{quote}」相乘，得不出文中的结果：「{counter}」。",
        "reported": "来源自己写明数字不一：「{quote}」。",
        "loose": "数字不同，时段或口径可能不同。{comparison}",
        "note": "与本简报语言不同的内容均照录原文，因为摘录程序不做翻译。",
    },
}

DANGLING: Final[dict[Written, str]] = {
    "en": (
        "he she it they this that these those his her its their such both neither but and or however so then also "
        "moreover still yet instead meanwhile therefore thus hence here there additionally furthermore similarly "
        "likewise nonetheless nevertheless otherwise besides consequently accordingly conversely finally again "
        "another others which who whose because"
    ),
    "zh": (
        "他 她 它 其 这 那 该 此 但 而 并且 还 又 且 则 因此 所以 然而 不过 同时 另外 于是 最后 然后 接着 随后 "
        "对此 与此 总之 例如 比如 换句话 也就是 以及 或者 如果说 甚至 尤其 特别是 当然 反之 因为"
    ),
}
"""Openings, parted by blanks, that lean on a sentence the reader has not seen."""

PERSONAL: Final[dict[Written, tuple[str, ...]]] = {
    "en": ("i", "i'm", "i’m", "i've", "i’ve", "my", "me", "we", "we're", "we’re", "our", "us", "you", "your"),
    "zh": ("我", "咱", "你", "您", "笔者", "小编", "大家"),
}
"""Words of people who talk to each other; a report seldom has them."""

BOILERPLATE: Final = (
    r"\b(?:subscribe|newsletter|sign ?up|sign in|log ?in|unsubscribe|cookies?|privacy policy|terms of (?:use|service))\b",
    r"\b(?:click|tap) (?:here|on|the|to)\b|\bread (?:more|next|also|the full)\b|\bcontinue reading\b|\blearn more\b",
    r"\ball rights reserved\b|\bcopyright\b|©|\bterms and conditions\b|\baffiliate (?:links?|commission)\b",
    r"\bfollow (?:us|me|him|her|them) on\b|\bshare (?:this|on)\b|\bleave a (?:comment|reply)\b|\bcomments? (?:are|is) closed\b",
    r"\b(?:photo|image|picture|photograph|credit|caption|video)s?(?: credit| by| courtesy)?\s*[:/]",
    r"\bsponsored\b|\badvertis\w+\b|\bthis (?:article|story|post) (?:was|has been|is|originally|first|appeared)\b",
    r"\b(?:enable|turn on) javascript\b|\byour browser\b|\bskip to (?:main|content)\b|\btable of contents\b",
    r"\b(?:posted|published|updated|written|filed) (?:by|on|in|under|at)\b.{0,60}$|\bcontact us\b|\bpowered by\b",
    r"点击|关注(?:我们|公众号|微信)|公众号|扫码|二维码|订阅|版权|未经授权|责任编辑|责编|编辑[:：]|转载|免责声明|广告",
    r"阅读(?:全文|原文|更多)|下载(?:客户端|APP|应用)|登录|注册账号|图源|图片来源|来源[:：]|作者[:：]|记者[:：]|本文(?:由|来自|首发|系|作者)",
    r"\bJetzt anmelden\b|\bDatenschutz\b|\bNewsletter\b|\bimpressum\b|\balle rechte vorbehalten\b|\btous droits\b",
)
"""Patterns, case-insensitive, of sentences that belong to the page and not to the report."""

DATELINES: Final = (
    r"[A-Z][A-Z .,'’-]{2,40}(?:,? (?:[A-Z][a-z]{2,8}\.? \d{1,2}|\d{1,2}\.? [A-Za-z]{3,9}))?(?:, \d{4})?\s*(?:\([A-Za-z /.]{2,30}\))?\s*(?:--|[-–—])\s+",
    r"\([A-Z][A-Za-z /.]{1,30}\)\s*(?:--|[-–—])\s*",
    r"【[^】]{1,40}】\s*",
    r"(?:新华社|中新社|中新网|央视网|人民网|本报|本刊)[^，。：:]{0,24}(?:电|讯)\s*[，,：:]?\s*(?:（[^）]{1,30}）)?\s*",
    r"[一-鿿A-Za-z0-9]{2,8}(?:\d{1,2}月\d{1,2}日)(?:电|讯|消息)[，,：:]?\s*",
    r"(?:[-–—•·*▪●○◦]|\d{1,2}[.)、])\s+",
)
"""Patterns of what stands before the first word of a report: place and agency, brackets, list marks."""

CHANGE_WORDS: Final[dict[Written, str]] = {
    "en": (
        r"\b(?:rose|risen|rises|rising|grew|grown|grows|growing|growth|increas(?:e|es|ed|ing)|climb(?:s|ed)|jump(?:s|ed)"
        r"|surg(?:e|es|ed)|soar(?:s|ed)|gain(?:s|ed)|expand(?:s|ed)|fell|fallen|falls|drop(?:s|ped)?|declin(?:e|es|ed)"
        r"|decreas(?:e|es|ed)|shr(?:ank|unk|inks)|slump(?:s|ed)|plunge[sd]?|tumble[sd]?|slid(?:es)?|cut|cuts|slash(?:es|ed)"
        r"|lower(?:s|ed)|rais(?:es|ed)|doubl(?:e|es|ed|ing)|tripl(?:e|es|ed|ing)|quadrupl(?:e|es|ed)|halv(?:es|ed)"
        r"|(?:up|down) (?:from|by|\d)|(?:more|fewer|less|higher|lower) than (?:last|a year|the year))\b"
    ),
    "zh": (
        r"增长|增加|上升|上涨|增至|升至|涨至|提高|提升至|扩大|激增|飙升|翻(?:了)?[一二两三四五六七八九十\d]*[倍番]|下降|下跌|减少|下滑|降至|跌至"
        r"|降低|缩减|收窄|腰斩|同比|环比|从[^，。]{1,20}(?:到|至|增|升|降|涨|跌)"
    ),
}
"""Words that tell a change."""

ALONE_CHANGES: Final[dict[Written, str]] = {
    "en": r"\b(?:doubl(?:es|ed|ing)|tripl(?:es|ed|ing)|quadrupl(?:es|ed)|halv(?:es|ed))\b",
    "zh": r"翻(?:了)?[一二两三四五六七八九十\d]*[倍番]|腰斩",
}
"""Changes whose size is in the word itself, so that the sentence needs no other figure."""

AT_LEAST: Final = r"(?:over|more than|at least|above|exceed(?:s|ed|ing)?|upwards of|no less than|beyond|超过|超|逾|高于|至少|不低于|突破|多达)\W{0,3}$"
AT_MOST: Final = (
    r"(?:under|less than|at most|below|up to|no more than|fewer than|不到|不足|低于|至多|最多|不超过)\W{0,3}$"
)
ABOUT: Final = (
    r"(?:about|around|nearly|almost|roughly|approximately|some|close to|circa|约|大约|近|将近|接近|左右)\W{0,3}$"
)
"""Hedges that stand right before a figure."""
MORE_AFTER: Final = r"^\s*(?:多|余|以上|\+|or more)"
ABOUT_AFTER: Final = r"^\s*(?:左右|上下|or so)"
"""Hedges that stand right after a figure."""

SHARE_LINKS: Final = (
    r"\bin it\b|\bshare of\b|\b(?:of that|of this|of it|of which|of those|of these|of them|thereof)\b|其中|当中|里面"
)
"""Words that make a share a share of the amount named before."""

TWO_NAMES: Final[dict[str, str]] = {
    "阿里巴巴": "alibaba", "阿里云": "alibaba cloud", "阿里": "alibaba", "腾讯": "tencent", "百度": "baidu",
    "字节跳动": "bytedance", "华为": "huawei", "小米": "xiaomi", "京东": "jd", "美团": "meituan",
    "比亚迪": "byd", "蚂蚁集团": "ant group", "联想": "lenovo", "中芯国际": "smic", "通义千问": "qwen", "千问": "qwen",
    "谷歌": "google", "微软": "microsoft", "苹果公司": "apple", "亚马逊": "amazon", "英伟达": "nvidia",
    "特斯拉": "tesla", "英特尔": "intel", "三星": "samsung", "台积电": "tsmc", "高通": "qualcomm",
    "西门子": "siemens", "索尼": "sony", "丰田": "toyota", "软银": "softbank", "甲骨文": "oracle", "思科": "cisco",
    "红杉": "sequoia", "高盛": "goldman sachs", "路透": "reuters", "彭博": "bloomberg", "新华社": "xinhua",
    "云栖大会": "apsara conference", "吴泳铭": "eddie wu", "马云": "jack ma", "蔡崇信": "joseph tsai", "马斯克": "musk",
    "黄仁勋": "jensen huang", "美国": "united states", "中国": "china", "欧盟": "eu", "英国": "britain",
    "日本": "japan", "韩国": "south korea", "印度": "india", "俄罗斯": "russia", "德国": "germany",
    "法国": "france", "北京": "beijing", "上海": "shanghai", "深圳": "shenzhen", "杭州": "hangzhou",
    "香港": "hong kong", "台湾": "taiwan", "硅谷": "silicon valley", "联合国": "united nations",
    "美联储": "federal reserve", "世界银行": "world bank", "欧洲央行": "ecb", "人工智能": "ai",
    "欧洲中央银行": "ecb", "世卫组织": "who", "世界卫生组织": "who", "国际货币基金组织": "imf", "北约": "nato", "欧佩克": "opec",
    "诺华": "novartis", "罗氏": "roche", "辉瑞": "pfizer", "拜耳": "bayer", "大众汽车": "volkswagen", "宝马": "bmw", "奔驰": "mercedes",
    "空客": "airbus", "波音": "boeing", "汉莎": "lufthansa", "壳牌": "shell", "雀巢": "nestle", "任天堂": "nintendo", "爱立信": "ericsson",
    "特朗普": "trump", "拜登": "biden", "普京": "putin", "泽连斯基": "zelensky", "马克龙": "macron", "默克尔": "merkel", "习近平": "xi jinping",
    "美联社": "associated press", "法新社": "afp", "通用人工智能": "agi", "超级人工智能": "asi", "清华大学": "tsinghua", "国际能源署": "international energy agency",
    "嫦娥": "chang'e", "欧冠": "champions league", "世界杯": "world cup",
    "大模型": "large model", "智能体": "agent", "数据中心": "data centre", "开源": "open source",
}  # fmt: skip
"""Chinese names and terms with the lower-case English one: what lets reports in both languages meet."""

GENERIC: Final[dict[Written, str]] = {
    "en": (
        "say said says saying tell told report reported reporting announce announced announcement accord according "
        "plan planned planning expect expected invest invested investing spend spent spending total overall amount "
        "year month week day today yesterday quarter time company firm group new now last next more most also over "
        "about around nearly almost roughly approximately least percent per cent billion million trillion thousand "
        "dollar yuan euro pound rmb usd cny us u.s bn mn people way thing lot make made get got use used using take "
        "took come came go going show shown showed see seen add added note noted include including want need help "
        "rise rose risen grow grew growth grown increase increased climb climbed jump jumped surge surged soar soared "
        "gain gained fall fell fallen drop dropped decline declined decrease decreased rising growing reach reached "
        "hit stand stood pass passed exceed exceeded become became begin began start started keep kept call called "
        "first second third part number figure high low big large small good great long top early late recent current "
        "one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred dozen half "
        "built led held lost won paid sent met set put ran run taken given known brought bought sold chance point trend "
        "different important many much several available today's work working would could should may might must ever"
    ),
    "zh": (
        "表示 宣布 称 指出 认为 介绍 报道 透露 预计 计划 未来 目前 今年 去年 近日 日前 今天 昨日 公司 集团 企业 记者 "
        "进行 实现 达到 超过 成为 推出 发布 显示 包括 其中 投入 投资 将 年 月 日 元 亿 万 亿元 万元 美元 人民币 增长 增加 "
        "上升 上涨 下降 下跌 减少 同比 环比 约 大约 左右 接近 近 超 达 总额 总计 共 新 大 高 多 时间 问题 方面 情况 工作 "
        "可以 能够 需要 已经 正在 通过 使用 最 更 不 人 个 次 一个 没有 发展 以上 累计 持续 这个 一 二 两 三 四 五 六 七 八 九 十 百 千 个 家 条 项 将近 提出 三到 需 做 让 来 去 看 说"
    ),
}
"""Words, parted by blanks, that say nothing of what a report is about; no theme is named by one."""

CONTRASTS: Final = (
    "january february march april may june july august september october november december monday tuesday "
    "wednesday thursday friday saturday sunday q1 q2 q3 q4 first second third fourth half spring summer autumn "
    "winter men women male female domestic overseas abroad net gross operating annual monthly weekly daily "
    "youth young adult elderly child core headline real nominal rural urban wholesale retail private public temporary "
    "permanent northern southern eastern western used second-hand new adjusted unadjusted "
    "quarterly not no excluding without target forecast previous previously earlier former initial initially "
    "青年 老年 儿童 核心 名义 实际 农村 城镇 城市 批发 零售 民营 国有 临时 二手 "
    "上季 下季 上半年 下半年 季度 月份 男性 女性 国内 海外 净 毛 不含 除 目标 预测 此前 原 原先 最初 人均"
)
"""Words, parted by blanks, that make two otherwise equal subjects different ones."""
