"""Words and signs of time in English and Chinese, each with what it stands for.

Rules: tables only. A pattern has no nested repetition, so that reading is linear; the first that fits at a place holds.
"""

# The linter counts a Chinese character as two columns, and a pattern is read best on one line.
# ruff: noqa: E501

from __future__ import annotations

from typing import Final

NUMBERS_EN: Final = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split()
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
ORDINALS_EN: Final = {
    word: value
    for value, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
        "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(),
        1,
    )
} | {"thirtieth": 30, "last": -1, "final": -1, "penultimate": -2, "second last": -2, "second-to-last": -2}
MONTHS_EN: Final = {
    name: number
    for number, name in enumerate(
        "january february march april may june july august september october november december".split(), 1
    )
}
DAYS_EN: Final = {
    name: number for number, name in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())
}
UNITS: Final = {
    "second": "second", "sec": "second", "minute": "minute", "min": "minute", "hour": "hour", "hr": "hour", "day": "day",
    "week": "week", "fortnight": "fortnight", "month": "month", "quarter": "quarter", "year": "year", "night": "night",
    "秒": "second", "秒钟": "second", "分钟": "minute", "分": "minute", "小时": "hour", "钟头": "hour", "天": "day",
    "日": "day", "晚": "night", "周": "week", "星期": "week", "礼拜": "week", "月": "month", "季": "quarter",
    "季度": "quarter", "年": "year", "工作日": "workday", "刻钟": "quarter_hour", "工作天": "workday",
}  # fmt: skip
DAYPARTS_WORDS: Final = {
    "dawn": "dawn", "daybreak": "dawn", "sunrise": "early", "morning": "morning", "midmorning": "forenoon",
    "lunch": "noon", "lunchtime": "noon", "lunch time": "noon", "afternoon": "afternoon", "evening": "evening",
    "night": "night", "nighttime": "night", "night time": "night",
    "business hours": "business", "working hours": "business", "office hours": "business", "work hours": "business",
    "工作时间": "business", "上班时间": "business", "营业时间": "business", "办公时间": "business", "凌晨": "dawn", "清晨": "early", "清早": "early", "一大早": "early", "早晨": "morning", "早上": "morning", "早": "morning",
    "大清早": "early", "早间": "morning", "上午": "forenoon", "中午": "noon", "正午": "noon", "午间": "noon", "下午": "afternoon",
    "午后": "afternoon", "傍晚": "dusk", "黄昏": "dusk", "晚上": "evening_zh", "晚间": "evening_zh", "晚": "evening_zh",
    "夜里": "night", "夜间": "night", "夜晚": "night", "深夜": "night", "半夜": "midnight", "午夜": "midnight", "大半夜": "midnight",
}  # fmt: skip
ADVERBS: Final = {
    "hourly": ("hour", 1), "daily": ("day", 1), "nightly": ("night", 1), "weekly": ("week", 1), "biweekly": ("week", 2),
    "bi-weekly": ("week", 2), "fortnightly": ("week", 2), "monthly": ("month", 1), "bimonthly": ("month", 2),
    "bi-monthly": ("month", 2), "quarterly": ("quarter", 1), "yearly": ("year", 1), "annually": ("year", 1),
    "semiannually": ("month", 6), "semi-annually": ("month", 6), "annual": ("year", 1),
}  # fmt: skip
HOLIDAYS: Final = {
    "christmas eve": (12, 24), "christmas day": (12, 25), "christmas": (12, 25), "xmas": (12, 25),
    "boxing day": (12, 26), "new year's day": (1, 1), "new year’s day": (1, 1), "new year's eve": (12, 31),
    "new year’s eve": (12, 31), "valentine's day": (2, 14), "halloween": (10, 31), "独立日": (7, 4),
    "元旦": (1, 1), "情人节": (2, 14), "妇女节": (3, 8), "劳动节": (5, 1), "五一": (5, 1), "儿童节": (6, 1), "国庆节": (10, 1),
    "国庆": (10, 1), "平安夜": (12, 24), "圣诞节": (12, 25), "圣诞": (12, 25),
}  # fmt: skip
UNKNOWN_DAYS: Final = (
    "public holidays", "public holiday", "bank holidays", "bank holiday", "national holidays", "federal holidays", "holidays",
    "holiday", "easter", "thanksgiving", "ramadan", "chinese new year", "lunar new year", "节假日", "法定假日", "法定节假日",
    "假期", "节日", "春节", "除夕", "大年初一", "大年三十", "元宵节", "元宵", "清明节", "清明", "端午节", "端午", "中秋节", "中秋",
    "七夕", "重阳节", "重阳", "复活节", "感恩节",
)  # fmt: skip
"""Days that move from year to year or from place to place: said to be not understood, never guessed."""

ZONES: Final = {
    "utc": "UTC", "gmt": "UTC", "zulu": "UTC", "cet": "Europe/Berlin", "cest": "Europe/Berlin", "est": "America/New_York",
    "edt": "America/New_York", "et": "America/New_York", "eastern": "America/New_York", "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles", "pt": "America/Los_Angeles", "pacific": "America/Los_Angeles", "mst": "America/Denver",
    "mdt": "America/Denver", "mountain": "America/Denver", "central": "America/Chicago", "cdt": "America/Chicago",
    "jst": "Asia/Tokyo", "kst": "Asia/Seoul", "hkt": "Asia/Hong_Kong", "sgt": "Asia/Singapore", "aest": "Australia/Sydney",
    "aedt": "Australia/Sydney", "wet": "Europe/Lisbon", "eet": "Europe/Athens", "msk": "Europe/Moscow",
    "beijing": "Asia/Shanghai", "china": "Asia/Shanghai", "shenzhen": "Asia/Shanghai", "hangzhou": "Asia/Shanghai",
    "san francisco": "America/Los_Angeles", "seattle": "America/Los_Angeles", "boston": "America/New_York",
    "washington": "America/New_York", "miami": "America/New_York", "munich": "Europe/Berlin", "frankfurt": "Europe/Berlin",
    "hamburg": "Europe/Berlin", "cologne": "Europe/Berlin", "german": "Europe/Berlin", "geneva": "Europe/Zurich",
    "barcelona": "Europe/Madrid", "milan": "Europe/Rome", "japan": "Asia/Tokyo", "osaka": "Asia/Tokyo", "uk": "Europe/London",
    "mumbai": "Asia/Kolkata", "delhi": "Asia/Kolkata", "new delhi": "Asia/Kolkata", "bangalore": "Asia/Kolkata",
    "india": "Asia/Kolkata", "tel aviv": "Asia/Jerusalem", "st petersburg": "Europe/Moscow", "abu dhabi": "Asia/Dubai",
    "北京": "Asia/Shanghai", "上海": "Asia/Shanghai", "中国": "Asia/Shanghai", "深圳": "Asia/Shanghai", "广州": "Asia/Shanghai",
    "香港": "Asia/Hong_Kong", "台北": "Asia/Taipei", "台湾": "Asia/Taipei", "澳门": "Asia/Macau", "东京": "Asia/Tokyo",
    "日本": "Asia/Tokyo", "首尔": "Asia/Seoul", "韩国": "Asia/Seoul", "新加坡": "Asia/Singapore", "纽约": "America/New_York",
    "美东": "America/New_York", "美国东部": "America/New_York", "华盛顿": "America/New_York", "波士顿": "America/New_York",
    "美西": "America/Los_Angeles", "美国西部": "America/Los_Angeles", "旧金山": "America/Los_Angeles", "洛杉矶": "America/Los_Angeles",
    "西雅图": "America/Los_Angeles", "太平洋": "America/Los_Angeles", "芝加哥": "America/Chicago", "伦敦": "Europe/London",
    "英国": "Europe/London", "柏林": "Europe/Berlin", "德国": "Europe/Berlin", "慕尼黑": "Europe/Berlin", "巴黎": "Europe/Paris",
    "法国": "Europe/Paris", "莫斯科": "Europe/Moscow", "悉尼": "Australia/Sydney", "迪拜": "Asia/Dubai", "格林威治": "UTC",
    "格林尼治": "UTC", "世界协调": "UTC", "协调世界": "UTC", "多伦多": "America/Toronto", "温哥华": "America/Vancouver",
    "苏黎世": "Europe/Zurich", "罗马": "Europe/Rome", "马德里": "Europe/Madrid", "曼谷": "Asia/Bangkok", "孟买": "Asia/Kolkata",
    "乌鲁木齐": "Asia/Urumqi", "墨尔本": "Australia/Melbourne",
}  # fmt: skip
UNCLEAR_ZONES: Final = {
    "cst": ("America/Chicago", "Asia/Shanghai"),
    "ist": ("Asia/Kolkata", "Asia/Jerusalem"),
    "bst": ("Europe/London", "Asia/Dhaka"),
}
"""Abbreviations that several zones share."""
