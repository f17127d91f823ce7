"""What people ask for, and the tools that do it: several where several services would do. English and Chinese."""

from __future__ import annotations

ENGLISH = """
open an issue on github about the broken login | github.create_issue
which pull requests are open in our gitlab repository | gitlab.list_pull_requests
merge the pull request on github | github.merge_pull_request
look for a function name across all github code | github.search_code
start a new branch on gitea | gitea.create_branch
publish a new release of our github project | github.create_release
move the jira ticket to done | jira.transition_ticket
give the linear ticket to Maria | linear.assign_ticket
email the report to my boss | gmail.send_email outlook.send_email
answer this mail in gmail | gmail.reply_to_message
download the attachment from the outlook message | outlook.get_attachment
find a time when everybody is free for a meeting | google_calendar.find_free_slots outlook_calendar.find_free_slots
put lunch with Anna in my google calendar | google_calendar.create_event
decline the meeting invitation in outlook | outlook_calendar.respond_to_invitation
tell the team in slack that the build is green | slack.post_message
what was said in the discord channel recently | discord.get_channel_history
message Bob privately on teams | teams.send_direct_message
read the file config.yaml | filesystem.read_file
rename a file on disk | filesystem.move_file
show the directory as a tree | filesystem.directory_tree
who wrote this line of code | git.git_blame
commit my changes locally with git | git.git_commit
switch to another git branch | git.git_checkout
run a sql query against postgres | postgres.query
which columns does the mysql table have | mysql.describe_table
why is this sqlite query slow | sqlite.explain
expire a redis key after an hour | redis.set
upload a backup to an s3 bucket | s3.put_object
temporary download link for an azure blob object | azure_blob.presign_url
shut down the ec2 machine | ec2.stop_instance
reboot the gce virtual machine | gce.reboot_instance
show me logs of the crashing pod | kubernetes.get_pod_logs
scale the deployment to five replicas | kubernetes.scale_deployment
build a docker image | docker.build_image
mute the datadog alert for two hours | datadog.silence_alert
which alerts are firing in prometheus | prometheus.list_alerts
stack trace of the sentry error | sentry.get_error
refund the customer through stripe | stripe.refund_payment
send an invoice with paypal | paypal.send_invoice
how much money is on my bank accounts | bank.list_accounts
wire 200 euros to my landlord's iban | bank.transfer_money
block my stolen card | bank.freeze_card
add a new person to hubspot | hubspot.create_contact
move the salesforce deal to negotiation | salesforce.update_deal_stage
how many of this product are in stock, set it to 40 in shopify | shopify.update_inventory
create a 20 percent coupon in woocommerce | woocommerce.create_discount_code
write a new notion page | notion.create_page
search the confluence wiki | confluence.search_pages
share the dropbox document with Lee | dropbox.share_document
export a google drive document as pdf | google_drive.export_as_pdf
append a row to the google sheet | google_sheets.append_row
draw a chart in excel | excel.create_chart
click the submit button on the page | browser.click
search the web for cheap laptops | web.search
latest items of an rss feed | web.read_feed
will it rain tomorrow in Paris | weather.forecast weather.current
is the air polluted in Delhi | weather.air_quality
how do I get to the airport | maps.directions
coordinates of this address | maps.geocode
find a flight to Tokyo | travel.search_flights
reserve a hotel room | travel.book_hotel travel.search_hotels
do I need a visa for India | travel.visa_requirements
switch on the kitchen light | smarthome.turn_on_light
make the bedroom warmer, 21 degrees | smarthome.set_thermostat
play some jazz music | media.play_song
transcribe the interview recording | media.transcribe_audio
make this picture smaller | image.resize_image
read the text in a scanned image | image.ocr
combine these pdfs into one | pdf.merge_pdfs
translate the letter to German | text.translate
summarize this article | text.summarize news.search_articles
find spelling mistakes | text.check_grammar
what time is it in Sydney | time.get_current_time
miles to kilometers | math.convert_units
solve x squared minus 4 equals 0 | math.solve_equation
current price of Apple shares | finance.stock_quote
euro to dollar rate | finance.exchange_rate
generate a strong password | crypto.generate_password
how did I sleep last week | health.sleep_report
make an appointment with a dermatologist | health.book_appointment health.find_doctor
scientific papers about graphene | research.search_papers
today's headlines | news.headlines
ask for vacation days in August | hr.request_leave
track my parcel | shipping.track_parcel
record a taxi expense | accounting.record_expense
make a quiz about photosynthesis | education.create_quiz
run a shell command | shell.run_command
when does our TLS certificate expire | dns.check_certificate
text my mother that I am late | twilio.send_sms
texts similar to this paragraph | vector_store.similar
how many jobs are waiting in the queue | queue.queue_length
replace the api secret by a new one | secrets.rotate_secret
submit an approval request in feishu | feishu.提交审批
find the phone book entry of a colleague in dingtalk | dingtalk.搜索通讯录
buy a train ticket on train12306 | train12306.购买车票
delete a record of the erp system | erp.delete_record
"""

CHINESE = """
在 github 上提一个登录失败的问题 | github.create_issue
gitlab 仓库里有哪些合并请求 | gitlab.list_pull_requests
在 github 搜索代码 | github.search_code
把 jira 工单改成已完成状态 | jira.transition_ticket
给老板发一封邮件 | gmail.send_email outlook.send_email
在 gmail 里回复这封邮件 | gmail.reply_to_message
把 outlook 邮件转发给财务 | outlook.forward_message
删除 gmail 里的这封邮件 | gmail.delete_message
大家什么时候有空开会 | google_calendar.find_free_slots outlook_calendar.find_free_slots
在 google calendar 里新建日程 | google_calendar.create_event
在 slack 频道发消息 | slack.post_message
读取文件内容 | filesystem.read_file
列出目录里的文件 | filesystem.list_directory
移动文件到另一个文件夹 | filesystem.move_file
git 提交历史 | git.git_log
用 postgres 查询数据库 | postgres.query
mysql 里有哪些表 | mysql.list_tables
上传文件到 s3 存储桶 | s3.put_object
下载 oss 里的对象 | oss.get_object
重启 aliyun_ecs 云主机 | aliyun_ecs.reboot_instance
停止 docker 容器 | docker.stop_container
查看 kubernetes 的 pod 日志 | kubernetes.get_pod_logs
grafana 现在有哪些告警 | grafana.list_alerts
给客户退款 stripe | stripe.refund_payment
用 paypal 创建发票 | paypal.create_invoice
银行账户余额还有多少 | bank.list_accounts
转账给房东 | bank.transfer_money
在 hubspot 里添加联系人 | hubspot.create_contact
shopify 的订单列表 | shopify.list_orders
更新 shopify 商品库存 | shopify.update_inventory
在 notion 新建页面 | notion.create_page
搜索 confluence 页面 | confluence.search_pages
分享 dropbox 文档给同事 | dropbox.share_document
把 google_drive 文档导出成 pdf | google_drive.export_as_pdf
在 google_sheets 电子表格追加一行 | google_sheets.append_row
用 excel 画图表 | excel.create_chart
打开网页 | browser.navigate web.fetch
给页面截图 | browser.screenshot
上网搜索便宜的笔记本电脑 | web.search
明天北京天气怎么样 | weather.forecast weather.current
空气质量 | weather.air_quality
去机场怎么走 | maps.directions
查找航班 | travel.search_flights
预订酒店 | travel.book_hotel
打开客厅的灯光 | smarthome.turn_on_light
把卧室温度调到 21 度 | smarthome.set_thermostat
播放音乐 | media.play_song
录音转文字 音频 | media.transcribe_audio
缩放图片 | image.resize_image
识别图片里的文字 | image.ocr
合并 pdf | pdf.merge_pdfs
把这封信翻译成德语 | text.translate
总结这段文字 | text.summarize
检查语法错误 | text.check_grammar
东京现在几点 | time.get_current_time
解方程 | math.solve_equation
单位换算 | math.convert_units
苹果股价 | finance.stock_quote
欧元兑美元汇率 | finance.exchange_rate
生成随机密码 | crypto.generate_password
加密文件 | crypto.encrypt_file
上周睡眠怎么样 | health.sleep_report
查一下这两种药品会不会冲突 | health.drug_interactions
找关于石墨烯的论文 | research.search_papers
今天的新闻头条 | news.headlines
申请休假 | hr.request_leave
我的包裹到哪里了 | shipping.track_parcel express.查询快递
记录一笔开销 | accounting.record_expense
运行一段 python 代码 | shell.run_python
证书什么时候过期 | dns.check_certificate
给妈妈发短信 | twilio.send_sms
训练模型 | ml.train_model
在飞书 feishu 群里发消息 | feishu.发送消息
钉钉 dingtalk 提交审批 | dingtalk.提交审批
查看企业微信 wecom 的考勤打卡 | wecom.查看考勤
附近有什么餐厅 | meituan.搜索餐厅 maps.search_places
点一份外卖 | meituan.点外卖
查询去上海的火车票 | train12306.查询车票 travel.search_trains
退掉火车票 | train12306.退票
寄快递 | express.寄快递
预约医院挂号 | hospital.预约挂号
删除 erp 系统里的一条记录 | erp.delete_record
"""

# Written after the words of `tool_words` were, and never used to change them.
HELD_OUT_ENGLISH = """
comment on the gitlab issue | gitlab.add_issue_comment
fork a repo on github | github.fork_repository
what projects exist in asana | asana.list_projects
save an outlook mail as a draft | outlook.create_draft
search gmail for the contract | gmail.search_messages
cancel the dentist event in my google calendar | google_calendar.delete_event
react with a thumbs up in slack | slack.add_reaction
overwrite a file with new content | filesystem.write_file
find files whose name ends in .log | filesystem.search_files
show unstaged git changes | git.git_diff_unstaged
list the tables of the duckdb database | duckdb.list_tables
delete an object from the gcs bucket | gcs.delete_object
snapshot an ec2 disk | ec2.create_snapshot
which nodes are in the kubernetes cluster | kubernetes.list_nodes
pull an image with docker | docker.pull_image
search grafana log lines | grafana.search_logs
cancel a customer's stripe subscription | stripe.cancel_subscription
list bank transactions of last month | bank.list_transactions
open opportunities in salesforce | salesforce.list_deals
mark a shopify order as shipped | shopify.fulfill_order
fill in the login form on the website | browser.fill
storm warnings for Florida | weather.severe_warnings
rent a car in Rome | travel.rent_car
lock the front door | smarthome.lock_door
read this text aloud | media.text_to_speech
remove the background of a photo | image.remove_background
add subtitles to a movie | video.add_subtitles
split a pdf into pages | pdf.split_pdf
which language is this text | text.detect_language
standard deviation of these values | math.statistics
bitcoin price | finance.crypto_price
log my workout | health.log_workout
who cites this paper | research.citations
schedule a social post for tomorrow | social.schedule_post
show my payslip for May | hr.payslip
estimate the taxes for this year | accounting.tax_estimate
how much does shipping a parcel cost | shipping.shipping_rates
install a python package | shell.install_package
who owns this domain | dns.whois
send an sms to a phone | twilio.send_sms
"""

HELD_OUT_CHINESE = """
在 gitlab 的问题下面评论 | gitlab.add_issue_comment
创建 github 分支 | github.create_branch
搜索 outlook 邮箱 | outlook.search_messages
取消 google_calendar 的活动 | google_calendar.delete_event
teams 里给某人发私信 消息 | teams.send_direct_message
写入文件 | filesystem.write_file
查找文件 | filesystem.search_files
列出 duckdb 的表 | duckdb.list_tables
删除 gcs 对象 | gcs.delete_object
备份 ec2 磁盘 | ec2.create_snapshot
集群有哪些节点 | kubernetes.list_nodes
搜索 datadog 日志 | datadog.search_logs
取消 stripe 订阅 | stripe.cancel_subscription
冻结银行卡 | bank.freeze_card
salesforce 商机列表 | salesforce.list_deals
删除图片背景 | image.remove_background
加字幕 视频 | video.add_subtitles
拆分 pdf | pdf.split_pdf
检测文本是什么语言 | text.detect_language
比特币价格 | finance.crypto_price
记录运动 | health.log_workout
下载论文全文 | research.download_pdf
查看本月工资 | hr.payslip
估算税费 | accounting.tax_estimate
安装 python 软件包 | shell.install_package
锁门 | smarthome.lock_door
台风暴雨预警 | weather.severe_warnings
租汽车 | travel.rent_car
在 dingtalk 创建日程 | dingtalk.创建日程
查询检查报告 | hospital.查询报告
"""


def queries(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Queries with the tools that would do."""
    lines = [line.partition(" | ") for line in text.strip().splitlines()]
    return [(query, tuple(wanted.split())) for query, _, wanted in lines]
