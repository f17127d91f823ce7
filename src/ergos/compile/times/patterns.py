"""Patterns of words and signs of time, English and Chinese: kind and pattern, earlier ones first.

Rules: tables only; no pattern repeats within a repetition, so that reading is linear.
"""

# The linter counts a Chinese character as two columns, and a pattern is read best on one line.
# ruff: noqa: E501, ISC004

from __future__ import annotations

from typing import Final

from ergos.compile.times.words import (
    ADVERBS,
    DAYPARTS_WORDS,
    HOLIDAYS,
    NUMBERS_EN,
    ORDINALS_EN,
    UNKNOWN_DAYS,
    ZONES,
)

_ZH_N: Final = r"(?:\d{1,3}|[零〇一二两三四五六七八九十百]{1,4})"
_ZH_DAY: Final = "[一二三四五六日天]"
_ZH_WEEK: Final = "(?:周|星期|礼拜)"
_ZH_PART: Final = "|".join(sorted((word for word in DAYPARTS_WORDS if not word.isascii()), key=lambda word: -len(word)))
_EN_N: Final = "|".join(sorted(NUMBERS_EN, key=lambda word: -len(word)))
_EN_COUNT: Final = rf"(?:\d{{1,4}}|(?:{_EN_N})(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?)"
_EN_MONTH: Final = (
    "January|February|April|June|July|August|September|October|November|December|(?-i:May|MAY|March|MARCH)"
    r"|(?-i:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
)
_EN_UNIT: Final = "seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|fortnights?|months?|quarters?|years?"
_AM: Final = r"(?:[ap]\.\s?m\b\.?|[ap]\s?m\b)"
_YEAR: Final = r"(?:19|20|21)\d\d"
_NTH: Final = r"(?:st|nd|rd|th)"
_NOT_S: Final = r"(?!['’]s)"

# Kind, and pattern. Earlier ones win at the same place. Words of English letters begin and end at a word's edge.
_SMALL: Final = "one|two|three|four|five|six|seven|eight|nine"
_MINUTES: Final = rf"(?:ten|fifteen|(?:twenty|thirty|forty|fifty)(?:[\s-](?:{_SMALL}))?)"
_ORDINAL: Final = r"(?:twenty|thirty)[\s-](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|" + "|".join(
    sorted((word for word, value in ORDINALS_EN.items() if value > 0), key=lambda word: -len(word))
)

_TELL: Final = (
    "disturb|bother|wake|ping|message|notify|contact|call|text|interrupt|alert|write(?:\\sto)?|email|e-mail|mail|reach"
)
"""What is done to somebody who is told something."""

ENGLISH: Final[tuple[tuple[str, str], ...]] = (
    ("iso", rf"(?P<y>{_YEAR})-(?P<m>\d\d?)-(?P<d>\d\d?)(?:(?:T|\s)(?P<h>\d\d):(?P<n>\d\d)(?::\d\d)?)?(?![\d-])"),
    ("slash", rf"(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})(?:/(?P<y>{_YEAR}|\d\d))?(?![\d/])"),
    ("iso", rf"(?P<y>{_YEAR})[/.](?P<m>\d\d?)[/.](?P<d>\d\d?)(?![\d/.]\d)"),
    ("daymonth", rf"(?P<o>{_ORDINAL})\s(?:of\s)?(?P<mon>{_EN_MONTH})(?:,?\s+(?P<y>{_YEAR}))?(?!\w)"),
    ("daymonth", rf"(?P<mon>{_EN_MONTH})\s(?:the\s)?(?P<o>{_ORDINAL})\b(?:,?\s+(?P<y>{_YEAR}))?"),
    ("dotted", rf"(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})\.(?P<y>{_YEAR})(?![\d.])"),
    ("daymonth", rf"(?P<d>\d{{1,2}}){_NTH}?(?:\s+of)?[\s-]+(?P<mon>{_EN_MONTH})(?:,?[\s-]+(?P<y>{_YEAR}))?(?![\w])"),
    ("daymonth", rf"(?P<mon>{_EN_MONTH})(?:\s+(?:the\s+)?|(?<=\.))(?P<d>\d{{1,2}}){_NTH}?(?:,?\s+(?P<y>{_YEAR}))?(?![\w:]|\s?{_AM})"),
    ("holiday", "(?P<name>" + "|".join(word for word in HOLIDAYS if word.isascii() or "’" in word) + r")\b"),
    ("unknown_day", "(?:" + "|".join(word for word in UNKNOWN_DAYS if word.isascii()) + r")\b"),
    ("clock", rf"(?P<h>\d{{1,2}})[:.h](?P<n>\d\d)(?::\d\d)?\s?(?P<am>{_AM})"),
    ("clock", r"(?P<h>\d{1,2}):(?P<n>\d\d)(?::\d\d)?(?!\d|:\d)(?:\s?h\b)?"),
    ("clock", r"(?<=\bat\s)(?P<h>\d{1,2})\.(?P<n>[0-5]\d)(?![\d.%])(?!\s?(?:dollars|euros|percent|usd|eur)\b)"),
    ("clock", rf"(?P<h>\d{{1,2}})(?P<n>\d\d)?\s?(?P<am>{_AM})"),
    ("clock", rf"(?P<w>{_EN_N})(?:[\s-](?P<wn>{_MINUTES}))?\s(?P<am>{_AM})"),
    ("clock", rf"(?<=\bat\s)(?P<w>{_EN_N})[\s-](?P<wn>{_MINUTES})\b(?!\s?(?:minutes|hours|dollars|percent|pages))"),
    ("clock", rf"(?P<w>\d{{1,2}}|{_EN_N})\s?(?:o['’]?\s?clock)(?:\s(?P<am>{_AM}))?"),
    (
        "past",
        rf"(?:an?\s)?(?P<q>half|quarter|three quarters|(?P<c>\d{{1,2}}|{_EN_N})(?:\smin(?:ute)?s?|(?=\spast)))\s(?P<dir>past|to|before|after)"
        rf"\s(?P<w>\d{{1,2}}|{_EN_N})(?:\s?o['’]?clock)?(?:\s?(?P<am>{_AM}))?(?![\w:])",
    ),
    ("past", rf"(?<=\bat\s)(?P<q>(?P<c>five|ten|twenty-five|twenty|5|10|20|25))\s(?P<dir>to)\s(?P<w>\d{{1,2}}|{_EN_N})\b(?!:)(?:\s?(?P<am>{_AM}))?"),
    ("minute", r"(?:at\s)?(?:a\s)?(?P<q>half|quarter|(?P<c>\d{1,2})(?:\sminutes)?)\spast(?:\s(?:the|each|every)\shour|(?=\s?[,.;]|\Z))|on the (?:(?P<half>half)[ -]?)hour\b"),
    ("noon", r"(?:12\s)?(?P<p>noon|mid[ -]?day|mid[ -]?night)(?:ish)?\b"),
    ("zone", r"(?P<offset>(?:UTC|GMT)\s?[+-]\d{1,2}(?::?\d\d)?)\b"),
    ("zone", r"(?P<iana>(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc|US)/[A-Za-z_]+(?:/[A-Za-z_]+)?)"),
    ("zone", r"(?P<place>(?-i:[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?))\s?(?P<time>time\b|时间)"),
    ("zone", r"(?P<abbr>(?-i:UTC|GMT|CES?T|E[SD]?T|P[SD]?T|C[SD]T|M[SD]T|JST|KST|HKT|SGT|IST|BST|AE[SD]T|WET|EET|MSK))(?![A-Za-z\d])(?:\s?time\b|时间)?"),
    (
        "zone",
        r"(?P<place>(?-i:[A-Z][a-z]+(?:[ -][A-Z][a-z]+)?)|eastern|pacific|central|mountain|beijing|berlin|london|tokyo|paris)\s(?:(?:standard|daylight|summer)\s)?(?P<time>time)\b",
    ),
    ("times", rf"(?P<n>once|twice|thrice|(?P<x>{_EN_COUNT})\s(?:times|x))\s(?:an?|per|each|every)\s(?P<u>hour|day|night|week|month|quarter|year)\b"),
    ("times", rf"(?P<n>once|twice|thrice|(?P<x>{_EN_COUNT})\stimes)\s(?P<ly>hourly|daily|nightly|weekly|monthly|yearly|annually)\b"),
    ("total", rf"(?P<x>{_EN_COUNT})\stimes\s(?:in total|altogether|overall|only)\b"),
    ("adverb", "(?P<a>" + "|".join(ADVERBS) + r")\b(?!\s(?:mail|telegraph|mirror|express|beast|star)\b)"),
    ("workdays", r"(?:week-?days?|work(?:ing)?[\s-]?days?|school[\s-]?days?|business[\s-]days?)\b" + _NOT_S),
    ("weekend", r"weekends?\b" + _NOT_S),
    ("day", r"(?P<day>Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?P<s>s)?\b" + _NOT_S),
    ("day", r"(?P<day>(?-i:Mon|Tues?|Wed|Thur?s?|Fri|Sat|Sun|MON|TUE|WED|THU|FRI|SAT|SUN))\b\.?(?!['’]s)"),
    ("rel", r"(?P<r>the day after tomorrow|day after tomorrow|today|tomorrow|tonight)\b" + _NOT_S),
    ("lookback", rf"(?!(?:the\s)?last\sday\b)(?:(?:the\s)?(?:last|past|previous|preceding)\s(?:{_EN_COUNT}\s)?(?:{_EN_UNIT}|weekends?|nights?)\b(?!\sof)|yesterday\b|{_EN_COUNT}\s(?:{_EN_UNIT})\sago\b|(?:older|newer|more|less|longer|within|in under)(?:\sthan)?\s(?:the\s)?(?:last\s)?{_EN_COUNT}\s(?:{_EN_UNIT})\b)(?:['’]s?)?"),
    ("payday", r"(?:each|every)\spay[\s-]?day\b|pay[\s-]?days\b"),
    ("parity", r"(?P<p>odd|even)(?:[\s-]numbered)?\s(?:days|dates)\b(?:\sof\s(?:the|each|every)\smonth\b)?"),
    ("every", r"(?P<other>(?:every|each)\s(?:other|second|2nd|alternate)|alternate)\b|(?P<every>every(?:\ssingle)?|each)\b|(?P<all>(?:on\s)?all)\s(?=work|week|mon|tue|wed|thu|fri|sat|sun)"),
    ("only", rf"only\s(?:ever\s)?(?:{_TELL})\s(?:me|us)\b|(?:{_TELL})\s(?:me|us)\sonly(?=\s(?:between|from|on|during|in|at)\b)"),
    ("overnight", r"overnight\b|after (?:(?:work(?:ing)?|office|business) )?hours\b|after work\b"),
    ("quiet", rf"(?:(?:do\s?n['’]?o?['’]?t|do not|never|no one should|please don['’]t)\s(?:ever\s)?(?:disturb|{_TELL}|page)\s(?:me|us)(?:\sup)?|stop (?:bothering|disturbing|messaging|pinging|texting|calling|notifying|emailing|mailing)(?: me| us)?|quiet hours|quiet time|be quiet|(?:stay|be|remain|keep) (?:quiet|silent)|keep (?:it|things) quiet|silence(?=\s(?:from|between|after|at|on|during)\b)|mute yourself|do not disturb|leave me (?:alone|in peace)|(?:i['’]?m|i am) (?:asleep|sleeping|in bed|off)(?=\s(?:from|between|after|at|on|until)\b)|i sleep(?=\s(?:from|between|after)\b)|(?:i )?(?:do\s?n['’]?o?['’]?t|do not) want (?:to hear (?:from you|anything)|to be (?:disturbed|bothered|contacted|pinged|woken(?: up)?)|(?:any )?(?:messages|notifications|pings))|hold (?:all |any |my |your )?(?:messages|notifications|pings|alerts)|nothing(?=\s(?:between|after|before|overnight|at night)\b)|(?:do\s?n['’]?o?['’]?t|do not|never) send me (?:anything|any messages?|messages|notifications)|(?:no|without) (?:notifications?|messages|pings?|alerts|disturbances?|interruptions?|questions|contact))\b"),
    ("except", r"(?:except(?:ing)?(?:\sfor)?|excluding|but not|but never|never|other than|apart from|save for|skip(?:ping)?|outside(?:\sof)?|not)(?:\s(?=(?:on|at|during|in|between|from|before|after|over)\b)|\b)"),
    ("until", r"(?:until|till|(?:ends?|stops?|expires?)\s(?:on|by)(?=\s(?:the\s)?(?:end|\d|[A-Z]|next|tomorrow))|up to and including|up until|ending|through(?:\sto)?(?=\s(?:the\send|\d|[A-Z]|next|tomorrow)))\b"),
    ("from", r"(?:starting(?:\s(?:from|on|with|at))?|beginning(?:\s(?:from|on|with|at|in))?|as of|from|commencing|effective|since)\b(?!\s(?:the\s)?(?:last|past|previous))"),
    ("by", r"(?:by|no later than|not later than|due(?:\s(?:on|by|date(?:\sis)?))?|deadline(?:\s(?:is|of))?:?|before|prior to)\b"),
    ("after", r"(?:after|past|later than|from)\b"),
    ("between", r"between\b"),
    ("for", r"for\b(?=\s(?:the\s)?(?:next\s)?[\w-]+\s(?:minute|hour|day|week|month|year|quarter)s?\b)"),
    ("next", r"(?P<next>next|following)\b|(?P<this>this(?:\scoming)?|coming)\b"),
    ("within", r"in\b(?=\s(?:an?|the next)?\s?[\w-]+\s?(?:-?\w+\s)?(?:minute|min|hour|hr|day|week|month|year|fortnight)s?\b|\san?\s(?:hour|minute|week|day|month|year|fortnight))"),
    ("end", r"(?:the\s)?(?P<which>end|beginning|start)\sof\b"),
    ("part", r"(?P<p>(?:business|working|office|work)\shours|mornings?|mid-?morning|lunch(?:\s?time)?|(?:mid[ -]?)?afternoons?|evenings?|nights?(?:\s?time)?|dawn|daybreak|sunrise)\b" + _NOT_S),
    ("ord", rf"(?P<n>\d{{1,2}}){_NTH}\b|(?P<o>second[ -](?:to-)?last|" + "|".join(word for word in ORDINALS_EN if word.isalpha()) + r")\b"),
    ("unit", rf"(?P<u>{_EN_UNIT})\b(?P<s>['’]s)?"),
    ("month", rf"(?P<mon>{_EN_MONTH})(?:\s+(?P<y>{_YEAR}))?(?![\w'’])"),
    ("half", r"(?:a\s)?half(?:[\s-]an?)?(?=[\s-]hour)"),
    ("at", r"(?:at|@|around|about|approximately)(?:\b|\s)(?!\s?(?:most|least|once|all)\b)"),
    ("on", r"on\b"),
    ("in", r"(?:in|during|over)\b"),
    ("of", r"(?:of|in)\b"),
    ("the", r"(?:the|my|our|at the|precisely|exactly|sharp)\b"),
    ("a", r"an?\b"),
    ("to", r"(?:to|through|thru)\b"),
    ("and", r"(?:and(?:\salso)?|plus|as well as|&|\+)(?!\w)"),
    ("or", r"or\b"),
    ("num", rf"(?P<n>\d{{1,4}})(?![\d%‰$€£¥]|[.,]\d|[a-zA-Z])|(?P<w>{_EN_N})\b"),
)  # fmt: skip
CHINESE: Final[tuple[tuple[str, str], ...]] = (
    ("zhdate", rf"(?:(?P<y>{_YEAR}|[二][〇零一二三四五六七八九]{{3}})\s?年\s?|(?P<ry>今年|明年|后年))(?P<m>{_ZH_N})\s?月\s?(?P<d>{_ZH_N})\s?[日号]?(?![个])"),
    ("zhdate", rf"(?P<m>{_ZH_N})\s?月\s?(?P<d>{_ZH_N})\s?[日号]?(?![个])"),
    ("holiday", "(?P<name>" + "|".join(word for word in HOLIDAYS if not word.isascii() and "’" not in word) + ")"),
    ("unknown_day", "(?:" + "|".join(sorted((word for word in UNKNOWN_DAYS if not word.isascii()), key=lambda word: -len(word))) + ")|农历|阴历|正月(?:初[一二三四五六七八九十]|十五)?|腊月(?:二十[一二三四五六七八九]|三十)?"),
    ("zone", "(?P<city>" + "|".join(sorted((word for word in ZONES if not word.isascii()), key=lambda word: -len(word))) + r")(?:标准|当地|本地)?时(?:间|区)"),
    ("zone", "(?P<city>" + "|".join(sorted((word for word in ZONES if not word.isascii()), key=lambda word: -len(word))) + rf")(?=(?:的)?(?:{_ZH_PART})?\s?(?:\d{{1,2}}|[一二两三四五六七八九十]{{1,3}})(?:点|:\d\d))"),
    ("zone", r"(?P<zhplace>[\u4e00-\u9fff]{1,3}(?:市|国|州|城|岛))时间"),
    ("zone", r"(?P<zhplace>[\u4e00-\u9fff]{2,4}?)(?<!当地)(?<!本地)(?<!什么)(?<!这段)(?<!一段)(?<!的)(?:标准|当地)时间"),
    ("zhtimes", rf"每\s?(?:个)?(?P<u>天|日|周|星期|礼拜|月|季度?|年|小时)\s?(?P<n>{_ZH_N})\s?[次回遍](?!数)"),
    ("zhtimes", rf"(?P<n>一)\s?(?P<u>天|日|周|星期|礼拜|个月|季度?|年|小时)\s?(?P<x>{_ZH_N})\s?[次回遍](?!数)"),
    ("zhevery", rf"(?:每\s?隔|隔)\s?(?P<gap>{_ZH_N}|半)\s?(?:个)?\s?(?P<u>秒钟?|分钟|小时|钟头|刻钟|天|日|周|星期|礼拜|月|季度?|年)(?:一次)?"),
    ("zhweekdays", rf"隔\s?{_ZH_WEEK}(?:的?\s?{_ZH_WEEK})?(?P<alternate>(?P<list>{_ZH_DAY}))(?![个份篇条次点月])"),
    ("payday", r"(?:每(?:个|逢)?|逢)(?:月的?)?(?:发薪日|发工资日?|工资日)"),
    ("parity", r"(?:每(?:个|逢)?月?的?|逢)(?P<p>[单双偶奇])(?:数)?[日号](?!子)"),
    ("zhedge", r"每\s?个?(?P<u>季度?|月|年)的?(?P<edge>底|末|初)"),
    ("zhevery", r"(?P<alt>隔)(?P<u>天|日|周|月|年)"),
    ("zhevery", r"(?P<dual>双)(?P<u>周|月)(?![刊报])"),
    ("zhclock", r"(?P<both>早晚)(?:各)?\s?(?P<h>\d{1,2}|[一二两三四五六七八九十]{1,3})\s?(?P<sign>点)(?P<half>半)?"),
    ("zhevery", rf"每\s?(?P<n>{_ZH_N}|半)?\s?(?:个)?\s?(?P<u>秒钟?|分钟|小时|钟头|刻钟|天|日|晚(?!上|间)|工作日|工作天|月|季度?|年)(?:一次)?"),
    ("zhevery", r"(?:每\s?(?:个|逢)?|逢)\s?(?P<part>早上|早晨|清晨|上午|中午|下午|傍晚|晚上|晚间|夜里|凌晨|早|晚)"),
    ("zhevery", rf"(?P<n>{_ZH_N}|半)\s?(?:个)?\s?(?P<u>分钟|小时|钟头|刻钟|天|周|星期|礼拜|月|季度|年)一次"),
    ("zhevery", r"(?P<every>(?<![明今昨后前])天天)|(?P<eachday>(?<![明今昨])日日)"),
    ("zhweekdays", rf"(?P<pre>(?:每\s?(?P<n>{_ZH_N})?\s?(?:个)?|逢|每逢|单双)?)(?P<w>{_ZH_WEEK})\s?(?P<a>{_ZH_DAY})\s?(?:到|至|-|~|–|—)\s?{_ZH_WEEK}?(?P<b>{_ZH_DAY})(?![个份篇条次月])"),
    ("zhweekdays", rf"(?P<next>下下个?|下个?|这个?|本|上个?){_ZH_WEEK}(?P<list>{_ZH_DAY})(?![个份篇条次])"),
    ("zhweekdays", rf"(?P<pre>(?:每\s?(?P<n>{_ZH_N})?\s?(?:个)?|每逢|逢)?){_ZH_WEEK}\s?(?P<list>{_ZH_DAY}(?:(?:\s?[、,和及与跟]\s?{_ZH_WEEK}?|{_ZH_WEEK})?{_ZH_DAY}){{0,6}})(?![个份篇条次])"),
    ("zhevery", rf"每\s?(?P<n>{_ZH_N})?\s?(?:个)?\s?(?P<u>周|星期|礼拜)(?:一次)?(?!末)"),
    ("zhperiod", r"(?P<p>下下周|下下个?月[底末初]?|下个?月[底末初]?|下个?周|下个?星期|这个?月|本月|这周|本周|下个?季度|本季度|(?:明年|后年|今年)(?!\s?[\d一二三四五六七八九十]{1,3}\s?月))"),
    ("lookback", rf"上个?(?:周|月|星期|季度)|昨天|前天|昨日|去年|前年|(?:过去|最近|近|前)(?:的)?{_ZH_N}?\s?(?:个)?(?:天|日|周|星期|月|年|小时|分钟)|{_ZH_N}\s?(?:个)?(?:天|日|周|星期|月|年|小时|分钟)(?:之前|以前|前)(?!提醒)"),
    ("rel", r"(?P<r>大后天|后天|明天|明日|明早|明晚|今天|今日|今早|今晨|今晚|当天)(?!的|天气|气温|会不会|有没有|有什么|有哪些|吃什么|穿什么|要不要)"),
    ("zhrel_in", rf"(?:(?:再)?过\s?)?(?P<n>{_ZH_N}|半)\s?(?:个)?(?P<half>半)?\s?(?P<u>分钟|小时|钟头|天|日|周|星期|礼拜|月|年)\s?(?:之后|以后|后|过后)(?!天)"),
    ("zhfor", rf"(?:接下来|未来|今后|往后|之后|以后)的?\s?(?P<n>{_ZH_N}|半)?\s?(?:个)?\s?(?P<u>天|日|周|星期|礼拜|月|年|季度)(?:内|里)?"),
    ("zhfor", rf"(?<=起)(?P<n>{_ZH_N})\s?(?:个)?\s?(?P<u>天|日|周|星期|礼拜|月|年|季度)(?:之)?(?:内|里)"),
    ("minute", r"(?P<zh>(?<=每小时)(?:的)?(?:第)?(?P<c>\d{1,2})分钟?|(?<=每小时)(?:的)?(?P<q>半))(?!一次)"),
    ("zhtotal", rf"(?:一共|总共|共|只)\s?(?:执行|运行|跑|做)?\s?(?P<n>{_ZH_N})\s?[次回遍]"),
    ("clock", rf"(?P<part>{_ZH_PART})(?:的)?\s?(?P<h>\d{{1,2}}):(?P<n>\d\d)(?![\d:])"),
    (
        "zhclock",
        rf"(?P<part>(?:{_ZH_PART})?)(?:的)?\s?(?P<h>\d{{1,2}}|[零〇一二两三四五六七八九十]{{1,3}})\s?(?P<sign>点钟|点整|点|时(?!间|候|段|差|长|期|刻))"
        r"(?:(?P<half>半)|(?P<k>[一三])刻|\s?(?P<m>\d{1,2}|零[一二三四五六七八九]|[一二三四五]?十[一二三四五六七八九]?)分?(?![钟])|整)?"
        r"(?!建议|要求|意见|原因|不同|想法|结论|内容|[一二三四五六七八九]|儿|也|都不|数|评|赞|击)",
    ),
    ("the", r"次日|第二天|翌日"),
    ("zhevery", r"(?:每逢|每到|逢|每个|每)?(?P<hour>整点)(?:时)?(?!新闻|报时)"),
    ("part", r"(?P<p>工作时间|上班时间|营业时间|办公时间)"),
    ("workdays", r"工作日|工作天|平日|上学日"),
    ("weekend", r"周末|双休日|礼拜天和礼拜六"),
    ("nth", rf"(?P<first>首个?|第\s?(?P<n>{_ZH_N})\s?个?|最后\s?(?:一|1)?\s?个?|倒数第(?P<back>{_ZH_N})个?)\s?(?P<what>工作日|{_ZH_WEEK}{_ZH_DAY}|天|日)"),
    ("monthend", r"(?P<p>月底|月末|月初(?![一二三四五六七八九十])|年底|年末|年初|季末|季度末|季初|季度初)"),
    ("zhmonth", rf"(?P<ry>今年|明年|后年)?(?:(?P<y>{_YEAR})\s?年\s?)?(?P<m>{_ZH_N})\s?月(?:份)?(?P<edge>底|末|初|中旬)?(?![个])"),
    ("dom", rf"(?P<n>{_ZH_N})\s?[号日](?![线楼店机])"),
    ("only", r"只(?:能|可以?|准|许)?(?:在|于)(?=[^。；;！!\n]{1,24}?(?:通知|联系|打扰|找|提醒|叫|给我发(?:消息|通知)))|(?:才|再)(?:能|可以?|来)?(?:通知|联系|打扰|找)我"),
    ("overnight", r"下班(?:之?后|以后)|休息时间(?=[^(（\d]{0,6}(?:不要|别|勿))"),
    ("quiet", r"(?:请)?保持安静|(?:不要|别|勿)(?:再)?(?:给我)?(?:发|推送)(?:任何)?(?:通知|消息|提醒)|(?:请|都)?(?:不要|别|勿|不许|不得|莫|不能|不可以?)\s?(?:再|来|随便)?(?:打扰|打搅|骚扰|吵|叫醒|通知|联系|发消息|烦)(?:给)?(?:我)?|免打扰(?:时间|时段)?|勿扰(?:时间|时段|模式)?|安静(?:时间|时段)|静音(?:时间|时段)?"),
    ("zhexcept", r"(?P<post>(?:都)?(?:除外|不算|不要(?:运行|执行|跑|做|发)?(?=[,。;，；、\s]|\Z)|别(?:运行|执行|跑|做|发)|不(?:运行|执行|跑|发|做|用|需要|工作)|跳过|休息|例外|以外|之外))"),
    ("except", r"除了|除|不包括|不包含|不含|跳过|排除|但不要?在?|但不|不要?在|别在|请勿在|绝不在?|千万不要在?|避开"),
    ("zhuntil", r"(?P<end>为止|截止|结束)"),
    ("until", r"(?:做到|干到|跑到|运行到|执行到)(?=\d|明|后|今|下|月底|年底|周)|截止到?|截至|直到|直至|持续到|一直到|到(?=[^,。;，；]{1,12}(?:为止|截止|结束))"),
    ("zhstart", r"(?P<s>起(?!草|来|点|因|码)|开始(?!写|读|处理)|以来)"),
    ("from", r"从|自"),
    ("zhdue", r"(?P<s>之前|以前|前)(?!十|\d|[一二三五六七八九]|端|往|面|台|沿|言|景|提|瞻|列|后)"),
    ("by", r"最晚|最迟|不晚于|不迟于|截止日期(?:是|为|:)?|期限(?:是|为|:)?|赶在"),
    ("zhafter", r"(?P<s>以后|之后|过后|后(?!天|台|续|面|来|年|端|记|果))"),
    ("between_post", r"之间|期间|的时候"),
    ("part", rf"(?P<p>{_ZH_PART})"),
    ("to", r"到|至|~|–|—"),
    ("and", r"、|和|以及|及|与|跟|还有"),
    ("or", r"或者|或"),
    ("of", r"的"),
    ("on", r"在|于"),
    ("zhunit", r"(?P<u>个小时|小时|半小时)"),
)  # fmt: skip
