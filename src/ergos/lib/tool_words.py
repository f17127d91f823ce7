"""Words that mean the same in requests and in definitions of tools, in English and Chinese.

A tool is often described in another language than the one it is asked for, and with another word: who wants a mail
sent finds `email.deliver`. Each line below is one meaning; its words are found by each other. It holds what tools
are for everywhere (people's verbs, the things of offices and computers) and no product's name.

Rules: a word stands on as few lines as possible; the first word of a line names the meaning. Chinese words have two
or more characters, because one character means too much.
"""

from __future__ import annotations

from typing import Final

MEANINGS: Final = """
send deliver dispatch transmit 发送 寄出 发出 发给 投递
receive incoming 接收 收取 收到
read view show display open inspect look 读取 查看 显示 打开 阅读 浏览 看看
write save store put persist 写入 保存 存储 存入 写到 写下
create make add new insert generate build 创建 新建 添加 新增 生成 增加 建立 制作
delete remove erase drop purge destroy 删除 移除 清除 删掉 去掉 销毁
update change edit modify alter patch 更新 修改 编辑 更改 变更 改成 改为
list enumerate all 列出 列表 全部 所有 清单
search find lookup query locate seek 搜索 查找 查询 检索 寻找 找出 搜一下 查一下
get fetch retrieve obtain 获取 取得 得到 拿到 获得
download 下载
upload 上传
copy duplicate clone 复制 拷贝 克隆
move relocate 移动 移到 搬到
rename 重命名 改名
start run launch execute begin invoke 启动 运行 执行 开始 跑一下
stop halt end terminate kill 停止 终止 结束 杀掉 停掉
restart reboot 重启 重新启动
pause suspend 暂停
resume continue 继续 恢复
cancel abort 取消 撤销 作废
approve accept confirm 批准 同意 确认 通过 接受
reject decline refuse deny 拒绝 驳回 谢绝
reply answer respond response 回复 答复 回答 回信
forward 转发
share 分享 共享
invite 邀请
assign 分配 指派 指定 交给
schedule plan book reserve appointment 安排 预约 预订 预定 计划 排期
remind reminder alarm 提醒 闹钟
notify alert notification 通知 告警 警报
subscribe follow 订阅 关注
unsubscribe unfollow 退订 取关
translate translation 翻译 译成 译文
summarize summary summarise digest abstract 摘要 总结 概括 小结 归纳
convert transform 转换 换算 转成 转为 转化
compress zip archive pack 压缩 打包 归档 存档
extract unpack unzip decompress 解压 提取 抽取 解包
merge combine join 合并 拼接
split divide 拆分 分割 切分
compare diff difference 比较 对比 差异 区别 不同
sort order rank 排序 排名
filter 过滤 筛选
count number total 计数 统计 数量 总数 多少
calculate compute calculator arithmetic 计算 算出 运算 算一下
validate check verify test 验证 检查 校验 核对 检测 测试
analyze analyse analysis 分析 解析
monitor watch track 监控 跟踪 追踪 监测 观察
measure 测量 度量
predict forecast 预测 预报
recommend suggest 推荐 建议
rate review 评价 评分 评论 审查 审核
sync synchronize 同步
import ingest 导入
export dump 导出
backup snapshot 备份 快照
restore recover rollback 还原 复原 回滚
encrypt cipher 加密
decrypt 解密
sign signature 签名 签署 签字
login authenticate signin 登录 认证
print 打印
scan 扫描
record log 记录 日志 录制
play playback 播放
draw plot chart graph diagram 绘制 画图 图表 作图 曲线
resize scale 缩放 调整大小
crop trim cut 裁剪 剪切 剪裁
rotate 旋转
deploy release rollout 部署 发布 上线
install setup 安装
uninstall 卸载
publish post 发表 发帖 发布
pay payment 支付 付款 缴费 付钱
transfer wire remit 转账 汇款 划转
refund reimburse 退款 报销
buy purchase 购买 采购 买入
sell 出售 卖出
charge bill invoice 账单 发票 收费
email mail message inbox 邮件 邮箱 电子邮件 信件 收件箱
sms texting 短信
chat im 聊天
call phone telephone dial 电话 拨打 打电话 通话
contact contacts address 联系人 通讯录
calendar agenda 日历 日程
event 事件 活动
meeting conference 会议 开会
task todo 任务 待办
issue bug ticket defect 问题 工单 缺陷 故障单
comment annotation remark 评论 注释 批注 备注 留言
project 项目
file document doc 文件 文档
folder directory 文件夹 目录
path 路径
content contents 内容
image picture photo 图片 图像 照片 相片
video film movie 视频 影片 电影
audio sound voice speech 音频 声音 语音
music song 音乐 歌曲
page webpage website site web 网页 网站 页面
url link 链接 网址
browser 浏览器
screenshot capture 截图 截屏 屏幕
database db 数据库
table 表格 数据表
row entry 记录 条目
column field 字段 列名
sql 语句
spreadsheet sheet excel 电子表格 工作表
cell 单元格
slide presentation slides 幻灯片 演示文稿
pdf
repository repo 仓库 代码库
branch 分支
commit 提交
code source program script 代码 程序 源码 脚本
function 函数
package library dependency 软件包 依赖 程序库
server host machine 服务器 主机 机器
container docker 容器
cluster 集群
process 进程
service 服务
memory ram 内存
disk storage volume 磁盘 硬盘 存储
cpu processor 处理器
network 网络
internet web online 互联网 上网 网上 联网
dns domain 域名
port 端口
certificate cert tls ssl 证书
key secret credential password 密钥 密码 口令 凭证 凭据
user account member 用户 账户 账号 成员
customer client 客户 顾客
employee staff 员工 职员
team group 团队 小组 群组
role permission access 角色 权限 访问
company organization organisation 公司 组织 企业
product item goods 商品 产品 货物
cart basket 购物车
order 订单
price cost 价格 费用 成本 价钱
discount coupon 折扣 优惠券
stock inventory warehouse 库存 仓储 存货
share equity stocks 股票 股价
currency exchange forex 汇率 货币 外汇 兑换
bank 银行
balance 余额
budget 预算
tax 税款 税务 税费
salary payroll 工资 薪资 薪水
expense expenses 支出 开销 花费
report 报告 报表
weather 天气 气象
temperature 温度 气温
rain precipitation 下雨 降雨 降水
map maps 地图
location place position 位置 地点 定位
route direction directions navigation 路线 导航 怎么走
distance 距离
traffic 交通 路况 堵车
flight airline plane 航班 机票 飞机
train railway 火车 列车 高铁
hotel lodging accommodation 酒店 宾馆 住宿
restaurant dining 餐厅 饭店 餐馆
car taxi ride 汽车 打车 出租车
ticket 门票 车票
trip travel journey 旅行 行程 出差
news headline headlines 新闻 头条 资讯
article 文章
book 图书 书籍
paper papers 论文 文献
note notes memo 笔记 便签
recipe cooking 菜谱 食谱
health medical 健康 医疗
patient 病人 患者
doctor physician 医生 大夫
prescription 处方 药方
drug medicine medication 药品 药物
exercise workout fitness 运动 锻炼 健身
sleep 睡眠
language 语言
word dictionary 单词 词典 字典
grammar spelling 语法 拼写
time clock 时间 时刻 几点
date day 日期 日子
timezone 时区
today 今天
tomorrow 明天
week weekly 星期 每周 一周
month monthly 月份 每月
year 年份 每年
history past 历史 过去
status state 状态 情况
error failure exception 错误 失败 异常 报错
setting settings configuration config option 设置 配置 选项
version 版本
tag label 标签
category type kind 类别 分类 类型
color colour 颜色
size 大小 尺寸
name title 名称 名字 标题
id identifier 编号 标识
light lamp 灯光 电灯 照明 台灯
door lock 门锁
thermostat heating 恒温 暖气 空调
camera 摄像头 相机
sensor 传感器
device 设备
robot 机器人
model 模型
dataset 数据集 资料集
train 训练
embedding vector 向量 嵌入
similarity similar 相似 类似
regex pattern 正则 模式
json
xml
csv
markdown
hash checksum 哈希 校验和
random 随机
uuid
queue 队列
topic 主题 话题
webhook 回调
cache 缓存
metric metrics 指标
dashboard 仪表盘 看板
trace tracing 链路
contract agreement 合同 协议
law legal 法律 法规
license 许可证 执照
job vacancy 职位 招聘 岗位
candidate applicant 候选人 应聘者
course lesson class 课程 上课
student pupil 学生
exam quiz 考试 测验
grade score 成绩 分数
parcel shipment package shipping 包裹 快递 物流 运单
courier delivery 配送 送货
address street 地址
postcode zip 邮编
lead prospect 线索 潜在客户
deal opportunity 商机 交易
campaign advertising ad 营销 广告
form survey questionnaire 表单 问卷 调查
vote poll 投票
tell inform say announce post 告诉 告知 宣布
apply request application 申请 请求
approval approvals 审批 批复
colleague coworker teammate employee 同事
leave vacation holiday absence 休假 请假 年假 假期 放假
attendance checkin 考勤 打卡 签到
draft 草稿 草拟
attachment attached 附件
channel 频道
thread conversation 会话 对话 帖子
pull merge 合并
quality 质量 品质
air pollution 空气 污染
wind storm 刮风 大风 风暴 台风
warning 预警 警告
equation formula 方程 公式
math mathematics 数学
unit units 单位
percent percentage 百分比
average mean 平均
sum addition 求和 合计 加总
maximum max 最大
minimum min 最小
warm heat heating hot 暖和 加热 升温 变暖
cool cold cooling 降温 制冷 变冷
turn switch 开关 切换
on enable activate 开启 启用 打开
off disable deactivate 关闭 关掉 停用 禁用
lost missing 丢失 遗失 挂失
block freeze ban 冻结 屏蔽 封禁
seat table 座位 餐位
food meal dish 食物 餐食 饭菜 菜品
takeaway takeout delivery 外卖
passenger traveller 乘客 旅客
airport 机场
station stop 车站 站点
visa passport 签证 护照
room bedroom 房间 卧室 客厅
hospital clinic 医院 诊所 门诊
appointment visit 挂号 就诊
blood heart pulse 血压 心率 脉搏
weight calories 体重 热量 卡路里
phone mobile cellphone 手机
text texts 文本 文字 文段
letter characters 字母 字符
sentence paragraph 句子 段落
subtitle caption 字幕
format 格式
template 模板
link hyperlink shortlink 短链 外链
public publicly 公开
private confidential 私密 机密 保密
permission allow grant 授权 允许
share sharing 共用
owner own belongs 所有者 归属
author wrote writer written 作者 撰写
reader readers 读者
person people human 人员 人物 人们
friend follower followers 好友 粉丝
money fund funds cash 资金 现金 钱款
card 卡片 银行卡 信用卡
loan mortgage credit 贷款 信贷
insurance policy 保险 保单
revenue income earnings 收入 营收
profit margin 利润 盈利
loss deficit 亏损
subscription plan 套餐
license 许可
coin crypto bitcoin 加密货币 比特币
deadline due 截止 到期 期限
expire expiry expiration 过期 失效 有效期
period duration interval 期间 时长
latest newest recent recently 最新 最近
next upcoming 下一个 即将
duplicate duplicates 重复
empty blank 空白 清空
large big 大型
small tiny 小型
fast quick speed 速度 快速
slow latency 缓慢 延迟
broken crash crashed fault 崩溃 损坏 故障
fix repair solve resolve 修复 修理 解决
help support 帮助 支持 客服
question ask 提问 疑问
knowledge wiki 知识 知识库 百科
remember memory recall 记住 记忆 回忆
forget 忘记 忘掉
learn study 学习
teach teacher 教师 老师 教学
homework assignment 作业
research science scientific 研究 科研 科学
experiment trial 实验 试验
label sticker 标贴 面单
box crate 箱子
truck vehicle 卡车 车辆
clean vacuum 打扫 清扫 扫地
cook 做饭 烹饪
garden plant 花园 植物
energy electricity power 电力 能源 用电 电量
water 用水 水务
battery 电池
"""
"""A line: words of one meaning."""


def by_word() -> dict[str, tuple[str, ...]]:
    """The names of the meanings of every word. Cost: a pass over the lines; keep what it returns."""
    found: dict[str, tuple[str, ...]] = {}
    for line in MEANINGS.split("\n"):
        words = line.split()
        for word in dict.fromkeys(words):
            found[word] = (*found.get(word, ()), words[0])
    return found
