"""Short invented reports, labelled with the event they tell; what story grouping is measured on.

Many come in both languages or in two wordings; the hard ones tell another event of the same company, place, kind or day.
`REPORTS` were at hand while the grouping was made; `HELD_OUT` were written afterwards, and nothing was fitted to them.
"""

from __future__ import annotations

import hashlib
from typing import Final

from ergos.base.documents import Document
from ergos.drivers.system1.language import detect

DAY_NS: Final = 86_400 * 10**9
NOW_NS: Final = 20_000 * DAY_NS

REPORTS: Final[tuple[tuple[str, float, str, str], ...]] = (
    ("quake", 1, "Earthquake in northern Chile kills 14", "An earthquake of magnitude 7.1 struck northern Chile on Monday night. At least 14 people died in Antofagasta, the interior ministry said, and 2,300 houses were damaged."),
    ("quake", 1, "智利北部发生7.1级地震，14人遇难", "当地时间周一夜间，智利北部发生7.1级地震。内政部表示，安托法加斯塔至少14人死亡，2300栋房屋受损。"),
    ("quake", 0.5, "Chile counts the damage after the tremor", "Rescue teams searched collapsed houses in Antofagasta on Tuesday after a magnitude 7.1 earthquake shook the north of Chile and left 14 dead."),
    ("quake-peru", 1, "Tremor felt in Lima", "A tremor of magnitude 4.9 was felt in Lima on Monday. Nobody was hurt, the fire brigade of Peru said."),
    ("rate", 2, "ECB cuts its deposit rate to 2.25 %", "The European Central Bank cut its deposit rate by a quarter point to 2.25 % on Thursday, its third cut this year. Christine Lagarde said that inflation would reach 2 % in the spring."),
    ("rate", 2, "欧洲央行将存款利率下调至2.25%", "欧洲央行周四将存款利率下调25个基点至2.25%，为今年第三次降息。行长拉加德（Christine Lagarde）表示，通胀将在春季降至2%。"),
    ("rate", 1, "Euro falls after Lagarde lowers rates again", "The euro slipped after the European Central Bank lowered its deposit rate to 2.25 %. Analysts had expected the third cut of the year."),
    ("rate-fed", 2, "Federal Reserve leaves rates alone", "The Federal Reserve kept its rate at 4.5 % on Wednesday and said that inflation remains too high. Jerome Powell gave no date for a cut."),
    ("rate-japan", 2, "日本央行维持利率不变", "日本央行周四宣布维持政策利率0.5%不变，行长植田和男表示将继续观察工资与物价。"),
    ("byd", 1, "BYD opens its plant in Hungary", "BYD opened its first European car plant in Szeged, Hungary, on Friday. The factory cost 4 billion euros and is to build 200,000 cars a year."),
    ("byd", 1, "比亚迪匈牙利工厂投产", "比亚迪首座欧洲乘用车工厂周五在匈牙利赛格德（Szeged）投产，投资40亿欧元，设计年产能20万辆。"),
    ("byd-sales", 2, "BYD sells 410,000 cars in October", "BYD sold 410,000 cars in October, 6 % fewer than a year before, the company told the exchange in Hong Kong."),
    ("byd-sales", 2, "比亚迪10月销量41万辆，同比下降6%", "比亚迪向港交所公告，10月销售汽车41万辆，同比下降6%。"),
    ("byd-recall", 1, "BYD recalls cars over a battery defect", "BYD recalls 88,981 hybrids because a defect in the battery pack can cut the power, the Chinese regulator said."),
    ("merger", 3, "Novartis to buy Avidity for 12 billion dollars", "Novartis agreed to buy the American biotech firm Avidity Biosciences for 12 billion dollars in cash, 72.00 dollars a share."),
    ("merger", 3, "诺华将以120亿美元收购Avidity", "诺华（Novartis）同意以每股72美元现金收购美国生物技术公司Avidity Biosciences，总价约120亿美元。"),
    ("merger", 2, "Swiss drug maker pays 12 billion dollars for Avidity", "With Avidity Biosciences the drug maker Novartis gains three late-stage drugs against muscle diseases. Shareholders receive 72 dollars a share."),
    ("novartis-result", 2, "Novartis raises its forecast", "Novartis raised its profit forecast for the year after sales of the heart drug Entresto grew 11 % in the third quarter."),
    ("chip", 1, "TSMC will build a second fab in Dresden", "TSMC plans a second factory in Dresden and will spend 10 billion euros on it, chief executive C.C. Wei said on Tuesday. Production is to start in 2029."),
    ("chip", 1, "台积电将在德累斯顿建第二座晶圆厂", "台积电总裁魏哲家周二表示，公司计划在德国德累斯顿（Dresden）建设第二座工厂，投资100亿欧元，2029年投产。"),
    ("chip-arizona", 1, "TSMC's Arizona plant runs at full capacity", "The plant of TSMC in Arizona runs at full capacity, and Apple takes a third of its wafers, suppliers said."),
    ("chip-intel", 1, "Intel delays its factory in Magdeburg again", "Intel postponed its factory in Magdeburg by two more years. The state of Saxony-Anhalt had promised 10 billion euros."),
    ("flood", 4, "Floods in Valencia force 9,000 from their homes", "After 300 litres of rain per square metre within a day, 9,000 people in the region of Valencia left their homes. The Turia burst its banks."),
    ("flood", 3.5, "Valencia under water: thousands evacuated", "Rivers burst their banks in the Spanish region of Valencia; about 9,000 residents were evacuated after record rain."),
    ("flood", 4, "西班牙瓦伦西亚洪灾，9000人撤离", "西班牙瓦伦西亚（Valencia）大区一天内降雨300毫米，图里亚河（Turia）决堤，9000人被迫撤离家园。"),
    ("flood-jakarta", 4, "Jakarta streets under water", "Heavy rain flooded streets in Jakarta, and about 1,200 people spent the night in schools."),
    ("model", 1, "DeepSeek releases V4 with a million tokens of context", "DeepSeek released its model V4 on Wednesday. It reads a context of 1 million tokens, has 1.6 trillion parameters and costs 0.28 dollars per million input tokens."),
    ("model", 1, "DeepSeek发布V4，支持百万上下文", "DeepSeek周三发布V4模型，支持100万Token上下文，总参数1.6万亿，输入价格为每百万Token 0.28美元。"),
    ("model-qwen", 1, "Qwen 4 tops the open leaderboard", "Alibaba's Qwen 4 took first place on the open leaderboard of language models. It has 480 billion parameters and an Apache licence."),
    ("model-qwen", 0.5, "千问4登顶开源模型榜首", "阿里巴巴的Qwen 4以4800亿参数登上开源语言模型榜首，采用Apache许可证。"),
    ("outage", 1, "Cloudflare outage takes down banks and shops", "A faulty configuration file at Cloudflare took thousands of sites offline for 3 hours on Tuesday, among them banks in Britain."),
    ("outage", 1, "Configuration error behind Cloudflare failure, company says", "Cloudflare blamed a configuration file that grew too large for the outage which took sites offline on Tuesday for three hours."),
    ("outage-aws", 2, "AWS outage in Virginia lasts seven hours", "Amazon Web Services failed for seven hours in its Virginia region because of an error in its name service."),
    ("election", 1, "Liberals win the election in Norway", "The Labour Party of Norway lost the election on Monday; the Progress Party won 48 of 169 seats, and Jonas Gahr Store conceded."),
    ("election", 1, "挪威大选：工党败选", "挪威工党周一在大选中落败，进步党获得169席中的48席，首相斯特勒（Jonas Gahr Store）承认失利。"),
    ("election-chile", 1, "Chile votes for a president", "Voters in Chile choose between two candidates for president on Sunday; polls see both at 45 %."),
    ("match", 1, "Arsenal beat Inter 3-1 in Milan", "Arsenal won 3-1 at Inter in the Champions League on Tuesday. Bukayo Saka scored twice in San Siro."),
    ("match", 1, "Saka double sinks Inter", "Two goals by Bukayo Saka gave Arsenal a 3-1 victory over Inter at San Siro in the Champions League."),
    ("match-other", 1, "Bayern beat Benfica 4-0", "Bayern Munich beat Benfica 4-0 in the Champions League on Tuesday. Harry Kane scored three goals."),
    ("vaccine", 5, "WHO approves the first malaria vaccine for newborns", "The World Health Organization approved a malaria vaccine for newborns on Friday. In a trial with 4,800 children in Mali it prevented 78 % of severe cases."),
    ("vaccine", 5, "世卫组织批准首款新生儿疟疾疫苗", "世界卫生组织周五批准首款用于新生儿的疟疾疫苗。在马里对4800名儿童的试验中，它预防了78%的重症。"),
    ("vaccine-flu", 5, "Flu season begins early in Europe", "Doctors in Europe report an early flu season; in Italy 12 % more patients came to them than a year before."),
    ("court", 2, "Google must share search data, court rules", "A federal appeals court in Washington ruled that Google has to share search data with rivals. The fine of 2.7 billion dollars stands."),
    ("court", 2, "美国法院裁定谷歌须共享搜索数据", "美国华盛顿联邦上诉法院裁定，谷歌必须向竞争对手共享搜索数据，27亿美元罚款维持不变。"),
    ("court-apple", 2, "Apple loses appeal over App Store fees", "A federal appeals court in San Francisco ruled that Apple may not charge 27 % on purchases outside its App Store."),
    ("court-apple", 1.5, "苹果App Store抽成案上诉失败", "美国旧金山联邦上诉法院裁定，苹果不得对App Store之外的购买收取27%的费用。"),
    ("google-energy", 2, "Google buys power from a new reactor", "Google signed a contract for 500 MW from a small reactor in Tennessee that is to run from 2030."),
    ("space", 1, "China brings rock from the far side of the Moon", "The Chang'e 7 probe landed in Inner Mongolia on Sunday with 1.9 kg of rock from the far side of the Moon."),
    ("space", 1, "嫦娥七号携1.9公斤月背样品返回", "嫦娥七号（Chang'e 7）周日在内蒙古着陆，带回月球背面样品1.9公斤。"),
    ("strike", 1, "Lufthansa pilots strike for two days", "Pilots of Lufthansa stop work on Thursday and Friday; 1,400 flights are cancelled in Frankfurt and Munich."),
    ("strike", 1, "汉莎飞行员罢工两天，1400个航班取消", "汉莎航空（Lufthansa）飞行员周四和周五罢工，法兰克福和慕尼黑共1400个航班取消。"),
    ("strike-rail", 1, "Rail strike in Belgium", "Unions of the Belgian railways call a strike of three days against a reform of pensions."),
    ("tax", 6, "中国下调新能源车购置税优惠", "财政部宣布，2026年起新能源汽车购置税由全免改为减半，单车减税上限1.5万元。"),
    ("tax", 6, "新能源车购置税明年起减半征收", "财政部公告显示，自2026年起新能源汽车购置税减半征收，每辆车最高减免1.5万元。"),
    ("subsidy", 6, "财政部下达家电以旧换新补贴690亿元", "财政部下达第四批690亿元资金，支持家电、手机等以旧换新。"),
    ("film", 1, "《哪吒3》首日票房破8亿", "动画电影《哪吒3》上映首日票房超过8亿元，观影人次1700万。"),
    ("film", 0.5, "哪吒系列新作首日8亿元", "上映首日，《哪吒3》吸引1700万人次观影，票房达8.1亿元，刷新动画片纪录。"),
    ("film-other", 1, "《流浪地球3》定档春节", "科幻电影《流浪地球3》宣布2027年春节上映，导演郭帆表示拍摄已完成八成。"),
)  # fmt: skip

HELD_OUT: Final[tuple[tuple[str, float, str, str], ...]] = (
    ("recall",1,"Toyota recalls 2.1 million hybrids","Toyota recalls 2.1 million Prius hybrids worldwide because the brake booster can leak, the company said on Friday in Nagoya."),
    ("recall",1,"丰田召回210万辆混合动力汽车","丰田周五宣布在全球召回210万辆普锐斯（Prius）混合动力汽车，原因是制动助力器可能漏液。"),
    ("toyota-result",1,"Toyota's profit falls 9 %","Toyota reported that operating profit fell 9 % to 1.1 trillion yen in the quarter to September."),
    ("toyota-result",1,"丰田季度营业利润下降9%","丰田公布，截至9月的季度营业利润下降9%，为1.1万亿日元。"),
    ("wildfire",2,"Wildfire near Athens burns 40 houses","A wildfire driven by strong wind burned 40 houses in the north of Athens. Firemen evacuated three villages."),
    ("wildfire",2,"雅典北部山火烧毁40栋房屋","受强风影响，希腊雅典北部山火烧毁40栋房屋，消防部门疏散了三个村庄。"),
    ("wildfire-usa",2,"Wildfires in California grow","Wildfires near Los Angeles burned 3,000 hectares, and 12,000 people left their homes."),
    ("round",3,"OpenAI raises 40 billion dollars","OpenAI raised 40 billion dollars at a valuation of 300 billion dollars; SoftBank leads the round."),
    ("round",3,"OpenAI融资400亿美元，估值3000亿美元","OpenAI完成400亿美元融资，软银领投，公司估值达3000亿美元。"),
    ("office",3,"OpenAI opens an office in Seoul","OpenAI opened an office in Seoul and will work with Kakao on a chat product for South Korea."),
    ("stake",3,"SoftBank sells its stake in T-Mobile","SoftBank sold shares of T-Mobile US worth 4.8 billion dollars."),
    ("ferry",1,"Ferry sinks off Luzon","A ferry with 260 passengers sank off the Philippine island of Luzon; the coast guard saved 215 people."),
    ("ferry",1,"Coast guard rescues 215 after Philippine ferry disaster","The coast guard rescued 215 of the 260 people aboard a ferry that went down near Luzon."),
    ("ferry",1,"菲律宾渡轮沉没，215人获救","一艘载有260人的渡轮在菲律宾吕宋岛附近沉没，海岸警卫队救起215人。"),
    ("python",1,"Python 3.15 is out","Python 3.15 was released on Wednesday. The new version has a faster interpreter and lazy imports."),
    ("python",1,"Python 3.15发布","Python 3.15周三发布，新版本带来更快的解释器和惰性导入。"),
    ("packages",1,"PyPI removes 1,200 malicious packages","PyPI removed 1,200 malicious packages that stole passwords of developers."),
    ("rust",1,"Rust 1.95 is out","Rust 1.95 was released on Thursday with faster builds."),
    ("prices",4,"Germany's inflation falls to 1.9 %","Inflation in Germany fell to 1.9 % in November, the statistics office in Wiesbaden said."),
    ("prices",4,"德国11月通胀率降至1.9%","德国联邦统计局表示，11月通胀率降至1.9%。"),
    ("prices-france",4,"法国11月通胀率升至1.3%","法国统计局表示，11月通胀率升至1.3%。"),
    ("nvidia",1,"Nvidia's revenue rises 62 % to 57 billion dollars","Nvidia earned more than expected: revenue rose 62 % to 57 billion dollars, Jensen Huang said that Blackwell sales are off the charts."),
    ("nvidia",1,"英伟达季度营收570亿美元，同比增长62%","英伟达公布季度营收570亿美元，同比增长62%。黄仁勋称Blackwell芯片供不应求。"),
    ("nvidia",0.5,"Nvidia beats forecasts","Shares of Nvidia rose after the chip designer reported revenue of 57 billion dollars, up 62 %."),
    ("nvidia-nokia",1,"Nvidia invests in Nokia","Nvidia buys shares of Nokia for 1 billion dollars and will build radio networks with it."),
    ("metro",1,"北京地铁新线开通","北京地铁18号线周六开通，全长20公里，设13座车站。"),
    ("metro",1,"地铁18号线周六通车","周六，全长20公里的北京地铁18号线正式通车，共有13座车站。"),
    ("metro-fares",1,"上海地铁票价不变","上海地铁表示，明年票价不作调整。"),
)  # fmt: skip


def documents(reports: tuple[tuple[str, float, str, str], ...] = REPORTS) -> tuple[Document, ...]:
    """The reports as documents, each of a source of its own."""
    return tuple(
        Document(
            id=hashlib.sha256(f"{title}\n{text}".encode()).hexdigest()[:16],
            url=f"https://source{at}.example/{at}",
            title=title,
            text=text,
            source=f"Source {at}",
            published_ns=NOW_NS - int(age_days * DAY_NS),
            language=detect(text),
        )
        for at, (_, age_days, title, text) in enumerate(reports)
    )
