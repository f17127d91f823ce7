"""Chinese words of news with their English ones, as data: places, and what reports count and tell.

Rules: our own selection; one English word each, the commonest; a word stands here only to let two reports meet, and
nothing is ever claimed because of it. Must not know: documents, how the words are used.
"""

from __future__ import annotations

from typing import Final


def _pairs(rows: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in rows.split():
        english, _, chinese = entry.partition("=")
        for word in chinese.split("/"):
            found[word] = english.replace("_", " ")
    return found


PLACES: Final[dict[str, str]] = _pairs("""
chile=智利 peru=秘鲁 brazil=巴西 argentina=阿根廷 mexico=墨西哥 canada=加拿大 venezuela=委内瑞拉 colombia=哥伦比亚 cuba=古巴 ecuador=厄瓜多尔
spain=西班牙 portugal=葡萄牙 italy=意大利 greece=希腊 turkey=土耳其 poland=波兰 hungary=匈牙利 austria=奥地利 switzerland=瑞士 sweden=瑞典
norway=挪威 denmark=丹麦 finland=芬兰 netherlands=荷兰 belgium=比利时 ireland=爱尔兰 ukraine=乌克兰 czech=捷克 romania=罗马尼亚 serbia=塞尔维亚
iran=伊朗 iraq=伊拉克 israel=以色列 gaza=加沙 syria=叙利亚 lebanon=黎巴嫩 saudi=沙特/沙特阿拉伯 qatar=卡塔尔 egypt=埃及 yemen=也门
australia=澳大利亚 new_zealand=新西兰 indonesia=印尼/印度尼西亚 malaysia=马来西亚 thailand=泰国 vietnam=越南 philippines=菲律宾 myanmar=缅甸
singapore=新加坡 pakistan=巴基斯坦 afghanistan=阿富汗 bangladesh=孟加拉国 nepal=尼泊尔 sri_lanka=斯里兰卡 mongolia=蒙古 north_korea=朝鲜 kazakhstan=哈萨克斯坦
nigeria=尼日利亚 kenya=肯尼亚 ethiopia=埃塞俄比亚 sudan=苏丹 south_africa=南非 morocco=摩洛哥 algeria=阿尔及利亚 mali=马里 congo=刚果 ghana=加纳
london=伦敦 paris=巴黎 berlin=柏林 munich=慕尼黑 frankfurt=法兰克福 hamburg=汉堡 rome=罗马 milan=米兰 madrid=马德里 barcelona=巴塞罗那 lisbon=里斯本
vienna=维也纳 zurich=苏黎世 geneva=日内瓦 brussels=布鲁塞尔 amsterdam=阿姆斯特丹 moscow=莫斯科 kyiv=基辅 warsaw=华沙 athens=雅典 istanbul=伊斯坦布尔
tokyo=东京 osaka=大阪 seoul=首尔 delhi=新德里/德里 mumbai=孟买 bangkok=曼谷 hanoi=河内 jakarta=雅加达 manila=马尼拉 sydney=悉尼 melbourne=墨尔本
new_york=纽约 washington=华盛顿 san_francisco=旧金山 los_angeles=洛杉矶 chicago=芝加哥 texas=得克萨斯/德州 california=加州/加利福尼亚 florida=佛罗里达 virginia=弗吉尼亚 arizona=亚利桑那
toronto=多伦多 cairo=开罗 dubai=迪拜 tehran=德黑兰 jerusalem=耶路撒冷 guangzhou=广州 wuhan=武汉 chengdu=成都 chongqing=重庆 nanjing=南京 tianjin=天津
suzhou=苏州 xinjiang=新疆 tibet=西藏 inner_mongolia=内蒙古 hainan=海南 guangdong=广东 zhejiang=浙江 wuzhen=乌镇 macau=澳门 dresden=德累斯顿
europe=欧洲 asia=亚洲 africa=非洲 latin_america=拉美/拉丁美洲 middle_east=中东 antarctica=南极 arctic=北极 moon=月球 mars=火星
""")
"""Chinese names of places with the lower-case English one."""

TERMS: Final[dict[str, str]] = _pairs("""
download=下载 revenue=收入/营收 profit=利润/净利 sale=销量/销售额 user=用户 model=模型 investment=投资 infrastructure=基础设施 cloud=云 economy=经济
global=全球 employee=员工 valuation=估值 output=产量 delivery=交付 chip=芯片 patent=专利 order=订单 dead=死亡/遇难/丧生 injured=受伤
earthquake=地震 flood=洪水/洪灾/水灾 fire=火灾/大火 storm=风暴/暴风 typhoon=台风 hurricane=飓风 drought=干旱 rain=暴雨/降雨 volcano=火山 explosion=爆炸
evacuated=撤离/疏散 rescue=救援 missing=失踪 victim=遇难者/受害者 crash=坠毁/相撞/崩溃 accident=事故 house=房屋/住房 bridge=桥梁/大桥 road=公路 train=列车
railway=铁路 airport=机场 flight=航班 airline=航空公司 pilot=飞行员 ship=船只/轮船 port=港口 car=汽车/轿车 battery=电池 factory=工厂/厂房
strike=罢工 union=工会 worker=工人 wage=工资/薪资 job=就业/岗位 layoff=裁员 pension=养老金 tax=税 tariff=关税 subsidy=补贴
inflation=通胀/通货膨胀 interest=利率 deposit=存款 loan=贷款 bank=银行 bond=债券 share=股票/股份/股价 market=市场 exchange=交易所 currency=货币
budget=预算 debt=债务 deficit=赤字 export=出口 import=进口 trade=贸易 price=价格 oil=石油/原油 gas=天然气 coal=煤炭 power=电力 energy=能源/能耗
electricity=用电/电量 solar=光伏/太阳能 wind=风电 nuclear=核电/核能 reactor=反应堆 emission=排放 climate=气候 temperature=气温/温度 pollution=污染
election=选举/大选 vote=投票 seat=席 party=党 parliament=议会 president=总统 minister=部长/大臣 government=政府 law=法案/法律 court=法院 judge=法官
trial=审判 appeal=上诉 fine=罚款 prison=监狱 police=警方/警察 arrest=逮捕 protest=抗议 attack=袭击/攻击 war=战争 ceasefire=停火 missile=导弹
drone=无人机 army=军队 sanction=制裁 treaty=条约 agreement=协议/协定 summit=峰会 talk=会谈/谈判 visit=访问 refugee=难民 border=边境
vaccine=疫苗 virus=病毒 disease=疾病 cancer=癌症 malaria=疟疾 hospital=医院 patient=患者/病人 doctor=医生 drug=药物/药品 child=儿童 birth=出生
newborn=新生儿 school=学校 university=大学 student=学生 teacher=教师 researcher=研究人员 scientist=科学家 study=研究 paper=论文 experiment=实验
space=航天 satellite=卫星 rocket=火箭 probe=探测器 launch=发射 astronaut=宇航员/航天员 sample=样品/样本 rock=岩石 landed=着陆
film=电影 box_office=票房 music=音乐 book=图书 game=游戏 match=比赛 goal=进球 champion=冠军 league=联赛 olympic=奥运 team=球队 coach=教练 medal=奖牌
acquire=收购 merger=合并 company=公司 shareholder=股东 listing=上市 startup=初创 founder=创始人 chief_executive=首席执行官 fund=基金 bankrupt=破产
contract=合同 plant=工厂 capacity=产能 supplier=供应商 customer=客户 store=门店 brand=品牌 recall=召回 defect=缺陷 quarter=季度 growth=增长率
server=服务器 repository=仓库 archive=归档 protocol=协议 session=会话 handshake=握手 stateless=无状态 request=请求 version=版本 deprecated=弃用
foundation=基金会 member=会员/成员 donated=捐出/捐赠 developer=开发者 tool=工具 agent=智能体 parameter=参数 context=上下文 benchmark=基准 leaderboard=榜首/榜单
software=软件 hardware=硬件 computer=计算机/电脑 phone=手机 network=网络 internet=互联网 data=数据 privacy=隐私 security=安全 vulnerability=漏洞 malware=恶意软件
outage=宕机/故障 password=密码 hacker=黑客 algorithm=算法 robot=机器人 search=搜索 advertising=广告 platform=平台 payment=支付 refund=退款 retry=重试
checkpoint=检查点 idempotency=幂等 step=步 error=出错/错误 voting=投票 answer=答案 slower=变慢/耗时 random=随机 task=任务 memory=内存/记忆
licence=许可证/许可 release=发布 token=词元 training=训练 inference=推理 operating_system=操作系统 bus=总线 interface=接口 superintelligence=超级智能 certainty=确定性
labour=劳动 knowledge=知识 reshaped=重塑 population=人口 tourist=游客 hotel=酒店 food=食品/粮食 wheat=小麦 water=供水 river=河流 forest=森林
""")
"""Chinese words for what reports count and tell, with the English stem."""
