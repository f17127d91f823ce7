"""What words for times mean where they leave something open: the one table of readings.

Canonical rules: FREQ, INTERVAL, BYMONTH, BYMONTHDAY, BYDAY, BYSETPOS, BYHOUR, BYMINUTE, UNTIL, COUNT, in this order;
BYHOUR is never without BYMINUTE.

| words | rule |
|---|---|
| every day, daily, 每天 | FREQ=DAILY;BYHOUR=9;BYMINUTE=0 |
| every morning; at 8:30 and 17:00 | FREQ=DAILY;BYHOUR=8;BYMINUTE=0; a line for each set of minutes |
| weekdays, Mondays, every Friday | FREQ=WEEKLY;BYDAY=…, from MO to SU; 'except weekends' leaves out days of it |
| weekly | FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0 |
| every other Friday | FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;…, `start` is its first firing |
| monthly; on the 1st and 15th; last day | FREQ=MONTHLY;BYMONTHDAY=1; =1,15; =-1 |
| first Monday, last Friday of the month | FREQ=MONTHLY;BYDAY=1MO; =-1FR |
| first, last working day of the month | FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1; =-1 |
| two days before the end of each month | FREQ=MONTHLY;BYMONTHDAY=-3 |
| on odd days, 每月双号 | FREQ=MONTHLY;BYMONTHDAY=1,3,…,31; =2,4,…,30 |
| every payday (the 27th) | FREQ=MONTHLY;BYMONTHDAY=27 |
| quarterly; last … of the quarter | FREQ=MONTHLY;BYMONTH=1,4,7,10;BYMONTHDAY=1; BYMONTH=3,6,9,12 |
| yearly; every 3 March | FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1; BYMONTH=3;BYMONTHDAY=3 |
| hourly; every 2 hours | FREQ=HOURLY;BYMINUTE=0; FREQ=HOURLY;INTERVAL=2;BYMINUTE=0 and `start` at an even hour |
| every hour between 9 and 17 | FREQ=HOURLY;BYHOUR=9,…,17;BYMINUTE=0 |
| every 2 hours between 9 and 17 | FREQ=DAILY;BYHOUR=9,11,13,15,17;BYMINUTE=0 |
| every 15 minutes | FREQ=MINUTELY;INTERVAL=15, `start` at a whole quarter |
| … between 9 and 17 | FREQ=MINUTELY;INTERVAL=15;BYHOUR=9,…,16, and a line FREQ=DAILY;BYHOUR=17;BYMINUTE=0 |
| twice a day, a week, a month, a year | see `TIMES_A_DAY` and those beside it |
| until the end of March | UNTIL=20270331T235959, and `TimesRead.until` |
| from 1 December | `start` is the first firing on or after that day |
| tomorrow at 5, in two hours | `at` |

Rules: whatever is read by this table and was not said is a note to the owner.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

DAYPARTS: Final[MappingProxyType[str, tuple[int, int]]] = MappingProxyType(
    {
        "dawn": (3, 0), "early": (6, 0), "morning": (8, 0), "forenoon": (9, 0), "noon": (12, 0), "afternoon": (15, 0),
        "dusk": (18, 0), "evening": (18, 0), "evening_zh": (20, 0), "night": (22, 0), "midnight": (0, 0),
        "business": (9, 0),
    }
)  # fmt: skip
"""Hour and minute of a part of the day without a time: 凌晨 dawn, 清晨 early, morning 早上, 上午 forenoon, 中午 noon,
afternoon 下午, 傍晚 dusk, evening, 晚上 evening_zh, night 夜里, midnight 午夜."""

SPANS: Final[MappingProxyType[str, tuple[int, int]]] = MappingProxyType(
    {
        "dawn": (0, 6), "early": (5, 8), "morning": (6, 12), "forenoon": (8, 12), "noon": (11, 14),
        "afternoon": (12, 18),
        "dusk": (17, 20), "evening": (18, 22), "evening_zh": (18, 24), "night": (22, 7), "midnight": (0, 1),
        "business": (9, 17),
    }
)  # fmt: skip
"""From which hour to which (not included) a part of the day lasts, where something is to happen then, or not."""

DAY_TIME: Final = (9, 0)  # of a day without a time
WEEK_DAY: Final = 0  # Monday, of a week without a day
TIMES_A_DAY: Final = MappingProxyType({1: (9,), 2: (9, 18), 3: (8, 13, 18), 4: (8, 12, 16, 20)})
TIMES_A_WEEK: Final = MappingProxyType(
    {1: (0,), 2: (0, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4), 6: (0, 1, 2, 3, 4, 5)}
)
TIMES_A_MONTH: Final = MappingProxyType({1: (1,), 2: (1, 15), 3: (1, 11, 21), 4: (1, 8, 15, 22)})
TIMES_A_YEAR: Final = MappingProxyType({1: (1,), 2: (1, 7), 3: (1, 5, 9), 4: (1, 4, 7, 10), 6: (1, 3, 5, 7, 9, 11)})

AFTERNOON_HOURS: Final = (1, 2, 3, 4, 5)  # 'at 5' without am or pm is in the afternoon; every other hour as it stands
OFF_WORK: Final = (18, 9)  # hours from which to which nobody works, where somebody is not to be told anything
QUIET_END: Final = "07:00"  # of 'after 10 pm', and of a night
EXCEPT_YEARS: Final = 5  # years ahead in which a yearly day ('except on Christmas') is left out
