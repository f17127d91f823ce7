"""What words mean in time: prose, and what is read from it on Thursday 26 November 2026, 10:00 in Berlin."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ergos.compile.times.grammar import TimesRead, read_times
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.kernel.permission.wording import Language

HOME: Final = "Europe/Berlin"
NOW_NS: Final = int(datetime(2026, 11, 26, 10, 0, tzinfo=ZoneInfo(HOME)).timestamp()) * 10**9
CALENDAR: Final = HostCalendar()

_WEEKDAYS: Final = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;"
_NINE: Final = "BYHOUR=9;BYMINUTE=0"
_DAYTIME: Final = ",".join(map(str, range(7, 22)))

ENGLISH: Final[dict[str, str]] = {
    "every morning": "FREQ=DAILY;BYHOUR=8;BYMINUTE=0",
    "every afternoon": "FREQ=DAILY;BYHOUR=15;BYMINUTE=0",
    "every evening at 7": "FREQ=DAILY;BYHOUR=19;BYMINUTE=0",
    "every night at 9": "FREQ=DAILY;BYHOUR=21;BYMINUTE=0",
    "nightly": "FREQ=DAILY;BYHOUR=22;BYMINUTE=0",
    "at noon every day": "FREQ=DAILY;BYHOUR=12;BYMINUTE=0",
    "daily at midnight": "FREQ=DAILY;BYHOUR=0;BYMINUTE=0",
    "every day": f"FREQ=DAILY;{_NINE}",
    "at 8am every weekday": f"{_WEEKDAYS}BYHOUR=8;BYMINUTE=0",
    "Mon-Fri at 9am": f"{_WEEKDAYS}{_NINE}",
    "from Monday to Friday at 18:00": f"{_WEEKDAYS}BYHOUR=18;BYMINUTE=0",
    "Mondays and Thursdays at noon": "FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=12;BYMINUTE=0",
    "Every Monday-Wednesday-Friday at 6:15 a.m.": "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=6;BYMINUTE=15",
    "on weekends at 11": "FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=11;BYMINUTE=0",
    "weekly": f"FREQ=WEEKLY;BYDAY=MO;{_NINE}",
    "weekly on Wednesday at 14:00": "FREQ=WEEKLY;BYDAY=WE;BYHOUR=14;BYMINUTE=0",
    "a weekly overview of the news on friday afternoon": "FREQ=WEEKLY;BYDAY=FR;BYHOUR=15;BYMINUTE=0",
    "twice a day": "FREQ=DAILY;BYHOUR=9,18;BYMINUTE=0",
    "twice a day at 8 and 20": "FREQ=DAILY;BYHOUR=8,20;BYMINUTE=0",
    "three times a week": f"FREQ=WEEKLY;BYDAY=MO,WE,FR;{_NINE}",
    "once a week on Monday": f"FREQ=WEEKLY;BYDAY=MO;{_NINE}",
    "twice a month": f"FREQ=MONTHLY;BYMONTHDAY=1,15;{_NINE}",
    "every other Friday": f"FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;{_NINE} from 2026-11-27T09:00",
    "every second Tuesday at 10": "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;BYHOUR=10;BYMINUTE=0 from 2026-12-01T10:00",
    "every 6 weeks remind me, Saturdays at 11": "FREQ=WEEKLY;INTERVAL=6;BYDAY=SA;BYHOUR=11;BYMINUTE=0 from 2026-11-28T11:00",
    "biweekly": f"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;{_NINE} from 2026-11-30T09:00",
    "every 3 days at 7am": "FREQ=DAILY;INTERVAL=3;BYHOUR=7;BYMINUTE=0 from 2026-11-27T07:00",
    "on the 1st and 15th": f"FREQ=MONTHLY;BYMONTHDAY=1,15;{_NINE}",
    "monthly on the 15th": f"FREQ=MONTHLY;BYMONTHDAY=15;{_NINE}",
    "monthly": f"FREQ=MONTHLY;BYMONTHDAY=1;{_NINE}",
    "the first of every month": f"FREQ=MONTHLY;BYMONTHDAY=1;{_NINE}",
    "on the last day of each month at 23:00": "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=23;BYMINUTE=0",
    "last working day of the month": f"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;{_NINE}",
    "the first Tuesday of every month at 10": "FREQ=MONTHLY;BYDAY=1TU;BYHOUR=10;BYMINUTE=0",
    "on the second and fourth Tuesday of each month": f"FREQ=MONTHLY;BYDAY=2TU,4TU;{_NINE}",
    "on the last Friday of the month at 17:00": "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17;BYMINUTE=0",
    "quarterly": f"FREQ=MONTHLY;BYMONTH=1,4,7,10;BYMONTHDAY=1;{_NINE}",
    "each quarter's first Monday": f"FREQ=MONTHLY;BYMONTH=1,4,7,10;BYDAY=1MO;{_NINE}",
    "on the last working day of the quarter": f"FREQ=MONTHLY;BYMONTH=3,6,9,12;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;{_NINE}",
    "Every quarter, on the first day at 9": f"FREQ=MONTHLY;BYMONTH=1,4,7,10;BYMONTHDAY=1;{_NINE}",
    "yearly on 3 March": f"FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3;{_NINE}",
    "every 3 March at noon": "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3;BYHOUR=12;BYMINUTE=0",
    "hourly": "FREQ=HOURLY;BYMINUTE=0",
    "Every hour at quarter past, fetch it": "FREQ=HOURLY;BYMINUTE=15",
    "every 2 hours": "FREQ=HOURLY;INTERVAL=2;BYMINUTE=0 from 2026-11-26T10:00",
    "every hour between 9 and 17": "FREQ=HOURLY;BYHOUR=9,10,11,12,13,14,15,16,17;BYMINUTE=0",
    "every hour 9–5 on weekdays": "FREQ=HOURLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9,10,11,12,13,14,15,16,17;BYMINUTE=0",
    "every 2 hours between 8am and 8pm": "FREQ=DAILY;BYHOUR=8,10,12,14,16,18,20;BYMINUTE=0",
    "every hour during business hours": "FREQ=HOURLY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0",
    "every 15 minutes": "FREQ=MINUTELY;INTERVAL=15 from 2026-11-26T10:00",
    "every half hour": "FREQ=MINUTELY;INTERVAL=30 from 2026-11-26T10:00",
    "every 15 minutes between 9 and 17": "FREQ=MINUTELY;INTERVAL=15;BYHOUR=9,10,11,12,13,14,15,16\nFREQ=DAILY;BYHOUR=17;BYMINUTE=0 from 2026-11-26T10:00",
    "every hour, never at night": f"FREQ=HOURLY;BYHOUR={_DAYTIME};BYMINUTE=0",
    "every hour, not between 22:00 and 7:00": f"FREQ=HOURLY;BYHOUR={_DAYTIME};BYMINUTE=0",
    "every day at 9am except weekends": f"{_WEEKDAYS}{_NINE}",
    "every weekday except Friday at 9am": f"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH;{_NINE}",
    "Every day at 17:00 mail today.txt to nina@shop.example, except on Sundays.": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA;BYHOUR=17;BYMINUTE=0",
    "every day at half past eight and quarter to nine": "FREQ=DAILY;BYHOUR=8;BYMINUTE=30,45",
    "every weekday at ten to nine": f"{_WEEKDAYS}BYHOUR=8;BYMINUTE=50",
    "at 8:30 and 17:00 daily": "FREQ=DAILY;BYHOUR=8;BYMINUTE=30\nFREQ=DAILY;BYHOUR=17;BYMINUTE=0",
    "At noon and at midnight check it": "FREQ=DAILY;BYHOUR=0,12;BYMINUTE=0",
    "every Monday at 8 in the morning and 6 in the evening": "FREQ=WEEKLY;BYDAY=MO;BYHOUR=8,18;BYMINUTE=0",
    "every day until the end of March": f"FREQ=DAILY;{_NINE};UNTIL=20270331T235959 until 2027-03-31",
    "daily for the next 30 days": f"FREQ=DAILY;{_NINE};UNTIL=20261226T235959 until 2026-12-26",
    "every day at 07:00 from 1 Dec": "FREQ=DAILY;BYHOUR=7;BYMINUTE=0 from 2026-12-01T07:00",
    "Between 1 and 24 December, every day at 07:00": "FREQ=DAILY;BYHOUR=7;BYMINUTE=0;UNTIL=20261224T235959 from 2026-12-01T07:00 until 2026-12-24",
    "every day at 9am, five times in total": f"FREQ=DAILY;{_NINE};COUNT=5",
    "every day at midnight UTC": "FREQ=DAILY;BYHOUR=0;BYMINUTE=0 in UTC",
    "at 3:30 pm Eastern Time every day": "FREQ=DAILY;BYHOUR=15;BYMINUTE=30 in America/New_York",
    "at 6 pm UTC+8 every day": "FREQ=DAILY;BYHOUR=18;BYMINUTE=0 in Etc/GMT-8",
    "At the top of every hour check it": "FREQ=HOURLY;BYMINUTE=0",
    "Every quarter of an hour": "FREQ=MINUTELY;INTERVAL=15 from 2026-11-26T10:00",
    "when a file arrives read it; this ends on 30 April 2027": "until 2027-04-30",
    "Monday, January 11th at 9am": "at 2027-01-11T09:00",
    "every day at eight thirty": "FREQ=DAILY;BYHOUR=8;BYMINUTE=30",
    "every March 3rd at 9am": "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=3;BYHOUR=9;BYMINUTE=0",
    "Every Tuesday, 7–9pm, every 20 minutes": "FREQ=MINUTELY;INTERVAL=20;BYDAY=TU;BYHOUR=19,20\nFREQ=WEEKLY;BYDAY=TU;BYHOUR=21;BYMINUTE=0 from 2026-11-26T10:00",
    "Weekdays 9-5 check every hour": "FREQ=HOURLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9,10,11,12,13,14,15,16,17;BYMINUTE=0",
    "at the end of every month": f"FREQ=MONTHLY;BYMONTHDAY=-1;{_NINE}",
    "on the second Tuesday of every other month": f"FREQ=MONTHLY;INTERVAL=2;BYDAY=2TU;{_NINE} from 2026-12-08T09:00",
    "twice daily": "FREQ=DAILY;BYHOUR=9,18;BYMINUTE=0",
    "every hour on the half hour": "FREQ=HOURLY;BYMINUTE=30",
    "once a month on the 28th at 15:00": "FREQ=MONTHLY;BYMONTHDAY=28;BYHOUR=15;BYMINUTE=0",
    "in two hours": "at 2026-11-26T12:00",
    "in half an hour": "at 2026-11-26T10:30",
    "in 3 days": "at 2026-11-29T10:00",
    "tomorrow at 5": "at 2026-11-27T17:00",
    "tomorrow morning": "at 2026-11-27T08:00",
    "tonight at 8": "at 2026-11-26T20:00",
    "on Friday at noon": "at 2026-11-27T12:00",
    "next Friday at 3pm": "at 2026-12-04T15:00",
    "on 3 January 2027 at 09:00 Tokyo time": "at 2027-01-03T09:00 in Asia/Tokyo",
    "on 24.12.2026 at 18:00": "at 2026-12-24T18:00",
    "2026-12-24 18:00": "at 2026-12-24T18:00",
    "at 4pm": "at 2026-11-26T16:00",
    "Don't disturb me between 10pm and 7am.": "quiet 22:00-07:00",
    "quiet hours 22:00-06:30": "quiet 22:00-06:30",
    "stop bothering me after 10pm (until 6 am)": "quiet 22:00-06:00",
    "Please don't message me on weekends.": "quiet 00:00-00:00 SA,SU",
    "do not disturb me at night": "quiet 22:00-07:00",
    "by 31 January finish the migration": "due 2027-01-31",
    "the draft by next Friday; the rest no later than 1 March 2027": "due 2026-12-04 due 2027-03-01",
}  # fmt: skip
CHINESE: Final[dict[str, str]] = {
    "每天早上八点读这三个源，写一份两页的中文简报，引用出处；发布前问我；每月最多花五美元": "FREQ=DAILY;BYHOUR=8;BYMINUTE=0",
    "每周一三五": f"FREQ=WEEKLY;BYDAY=MO,WE,FR;{_NINE}",
    "每周一、周三 9:00": f"FREQ=WEEKLY;BYDAY=MO,WE;{_NINE}",
    "周一到周五 18:00": f"{_WEEKDAYS}BYHOUR=18;BYMINUTE=0",
    "工作日上午": f"{_WEEKDAYS}{_NINE}",
    "每个工作日下午5点半": f"{_WEEKDAYS}BYHOUR=17;BYMINUTE=30",
    "周末上午十点": "FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=10;BYMINUTE=0",
    "每逢周五下午五点": "FREQ=WEEKLY;BYDAY=FR;BYHOUR=17;BYMINUTE=0",
    "每隔一天": f"FREQ=DAILY;INTERVAL=2;{_NINE} from 2026-11-27T09:00",
    "每两周": f"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;{_NINE} from 2026-11-30T09:00",
    "双周周一上午9点": f"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;{_NINE} from 2026-11-30T09:00",
    "每月最后一个工作日": f"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;{_NINE}",
    "每个月的第一个周一": f"FREQ=MONTHLY;BYDAY=1MO;{_NINE}",
    "每月最后一天": f"FREQ=MONTHLY;BYMONTHDAY=-1;{_NINE}",
    "每月1号和15号上午10点": "FREQ=MONTHLY;BYMONTHDAY=1,15;BYHOUR=10;BYMINUTE=0",
    "每两个月的15号": f"FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=15;{_NINE} from 2026-12-15T09:00",
    "每季度第一天": f"FREQ=MONTHLY;BYMONTH=1,4,7,10;BYMONTHDAY=1;{_NINE}",
    "每年五月一日": f"FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1;{_NINE}",
    "每小时": "FREQ=HOURLY;BYMINUTE=0",
    "每隔两小时": "FREQ=HOURLY;INTERVAL=2;BYMINUTE=0 from 2026-11-26T10:00",
    "每半小时": "FREQ=MINUTELY;INTERVAL=30 from 2026-11-26T10:00",
    "每10分钟": "FREQ=MINUTELY;INTERVAL=10 from 2026-11-26T10:00",
    "早上九点到下午六点之间每小时": "FREQ=HOURLY;BYHOUR=9,10,11,12,13,14,15,16,17,18;BYMINUTE=0",
    "每天8点到18点每2小时": "FREQ=DAILY;BYHOUR=8,10,12,14,16,18;BYMINUTE=0",
    "每小时一次，晚上不要运行": f"FREQ=HOURLY;BYHOUR={_DAYTIME};BYMINUTE=0",
    "除了周末，每天早上八点": f"{_WEEKDAYS}BYHOUR=8;BYMINUTE=0",
    "每天凌晨": "FREQ=DAILY;BYHOUR=3;BYMINUTE=0",
    "每天中午": "FREQ=DAILY;BYHOUR=12;BYMINUTE=0",
    "每天傍晚": "FREQ=DAILY;BYHOUR=18;BYMINUTE=0",
    "每天晚上": "FREQ=DAILY;BYHOUR=20;BYMINUTE=0",
    "每天八点一刻": "FREQ=DAILY;BYHOUR=8;BYMINUTE=15",
    "每天八点半": "FREQ=DAILY;BYHOUR=8;BYMINUTE=30",
    "每天８点３０分": "FREQ=DAILY;BYHOUR=8;BYMINUTE=30",
    "每天21:30": "FREQ=DAILY;BYHOUR=21;BYMINUTE=30",
    "每天早晚八点": "FREQ=DAILY;BYHOUR=8,20;BYMINUTE=0",
    "每天上午9点、下午3点各一次": "FREQ=DAILY;BYHOUR=9,15;BYMINUTE=0",
    "每周三次": f"FREQ=WEEKLY;BYDAY=MO,WE,FR;{_NINE}",
    "每周三下午两点半": "FREQ=WEEKLY;BYDAY=WE;BYHOUR=14;BYMINUTE=30",
    "一天两次": "FREQ=DAILY;BYHOUR=9,18;BYMINUTE=0",
    "从明年一月起每月一号": f"FREQ=MONTHLY;BYMONTHDAY=1;{_NINE} from 2027-01-01T09:00",
    "到三月底为止每天早上7点": "FREQ=DAILY;BYHOUR=7;BYMINUTE=0;UNTIL=20270331T235959 until 2027-03-31",
    "未来30天每天早上8点": "FREQ=DAILY;BYHOUR=8;BYMINUTE=0;UNTIL=20261226T235959 until 2026-12-26",
    "每天早上8点，从12月1日到明年3月31日": "FREQ=DAILY;BYHOUR=8;BYMINUTE=0;UNTIL=20270331T235959 from 2026-12-01T08:00 until 2027-03-31",
    "每天北京时间早上八点": "FREQ=DAILY;BYHOUR=8;BYMINUTE=0 in Asia/Shanghai",
    "每天纽约时间9:30": "FREQ=DAILY;BYHOUR=9;BYMINUTE=30 in America/New_York",
    "下周五下午三点": "at 2026-12-04T15:00",
    "后天": "at 2026-11-28T09:00",
    "明天下午三点": "at 2026-11-27T15:00",
    "今晚八点": "at 2026-11-26T20:00",
    "两小时后提醒我": "at 2026-11-26T12:00",
    "2027年1月3日上午9点": "at 2027-01-03T09:00",
    "下个月3号上午十点": "at 2026-12-03T10:00",
    "月底": "at 2026-11-30T09:00",
    "每天晚上九点总结当天的日志": "FREQ=DAILY;BYHOUR=21;BYMINUTE=0",
    "每星期二跟星期四下午两点": "FREQ=WEEKLY;BYDAY=TU,TH;BYHOUR=14;BYMINUTE=0",
    "十分钟一次": "FREQ=MINUTELY;INTERVAL=10 from 2026-11-26T10:00",
    "晚上10点到早上8点我在睡觉，别发通知。": "quiet 22:00-08:00",
    "逢整点查看": "FREQ=HOURLY;BYMINUTE=0",
    "晚间22点半至次日6点45分请保持安静": "quiet 22:30-06:45",
    "二〇二七年三月五日上午九点": "at 2027-03-05T09:00",
    "每天8:10读它，做到2027年3月31日": "FREQ=DAILY;BYHOUR=8;BYMINUTE=10;UNTIL=20270331T235959 until 2027-03-31",
    "晚上十点以后别打扰我": "quiet 22:00-07:00",
    "晚上十点到早上七点不要打扰": "quiet 22:00-07:00",
    "不要在晚上十点到早上七点打扰我": "quiet 22:00-07:00",
    "每晚十点之后不要打扰我，早上八点以后再说。": "quiet 22:00-08:00",
    "免打扰时间：23:00-06:00": "quiet 23:00-06:00",
    "周末别打扰我": "quiet 00:00-00:00 SA,SU",
    "周五之前完成": "due 2026-11-27",
}  # fmt: skip
NOTHING: Final = (
    "watch ./invoices; when a PDF arrives extract supplier, number, date, total; append to ledger.csv; ask me above 1,000 EUR",
    "top 10 of 5 items, python 3.11, version 2.0.1, above 1,000, two pages, 3 sources, 1/2 cup",
    "5 dollars a month at most", "spend no more than $2 per day and $20 per month", "at most 100,000 tokens a day",
    "notify me at most twice a day", "the May report; we may march on", "summarise the last 7 days of mail",
    "as soon as the agent nightly-backup fails", "append it to reports/weekly.md", "send \"every Monday at 9\" to the team",
    "tickets older than 30 days", "read /data/2026-01-01/today.csv", "mail it to daily@example.org",
    "三个源，两页，五条，前10名", "有两点建议，三点要求", "每月最多花五美元", "每天不能超过1美元", "最近七天的邮件", "这是一个意见", "一点都不",
    "nightly-backup 完成之后总结", "Stop after the first failure.", "tell me after the second time", "",
)  # fmt: skip


def read(prose: str, language: Language | None = None, timezone: str = HOME) -> TimesRead:
    """What is read of it."""
    said: Language = language or ("zh" if any("\u4e00" <= letter <= "\u9fff" for letter in prose) else "en")
    return read_times(prose, said, timezone=timezone, now_ns=NOW_NS, calendar=CALENDAR)


def shown(found: TimesRead) -> str:
    """On one line."""
    said: list[str] = []
    for schedule in (one.value for one in found.schedules):
        said.append(schedule.rule or f"at {schedule.at}")
        said += [f"from {schedule.start}"] if schedule.start else []
        said += [f"in {schedule.timezone}"] if schedule.timezone else []
    if found.until:
        said.append(f"until {found.until.value}")
    if found.timezone:
        said.append(f"in {found.timezone.value}")
    if found.quiet:
        quiet = found.quiet.value
        said.append(f"quiet {quiet.start}-{quiet.end}" + (f" {','.join(quiet.days)}" if quiet.days else ""))
    return " ".join([*said, *(f"due {due.value}" for due in found.dues)])
