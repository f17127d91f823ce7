"""Over five hundred definitions of tools as servers really offer them: families of operations, of several services each.

Written by hand, in the words such servers use; a few services describe themselves in Chinese, as services in China do.
"""

from __future__ import annotations

from ergos.kernel.packages import ToolSpec

# services : operation(parameters) - summary; {s} is the service
FAMILIES = """
github gitlab gitea
create_issue(owner repo title body labels assignees) - Open a new issue in a {s} repository.
list_issues(owner repo state labels since) - List issues of a repository, filtered by state and labels.
get_issue(owner repo issue_number) - Details of one issue.
update_issue(owner repo issue_number title body state) - Change title, body or state of an existing issue.
add_issue_comment(owner repo issue_number body) - Comment on an issue.
create_pull_request(owner repo title head base body) - Open a pull request to merge one branch into another.
merge_pull_request(owner repo pull_number merge_method) - Merge a pull request.
list_pull_requests(owner repo state) - List pull requests of a repository.
create_branch(owner repo branch from_branch) - Create a branch.
list_commits(owner repo sha path) - Commits of a branch, newest first.
get_file_contents(owner repo path ref) - Contents of a file or directory of a repository.
create_or_update_file(owner repo path content message branch) - Commit a file to a repository.
search_code(q sort order) - Search for code across {s} repositories.
search_repositories(query page) - Find repositories.
fork_repository(owner repo organization) - Fork a repository.
list_workflow_runs(owner repo workflow_id) - Runs of a CI workflow.
create_release(owner repo tag_name name body) - Publish a release.

jira linear asana
create_ticket(project summary description priority assignee) - Create a ticket in a {s} project.
search_tickets(query limit) - Search {s} tickets.
transition_ticket(ticket_id status) - Move a ticket to another status, such as in progress or done.
assign_ticket(ticket_id user) - Assign a ticket to a person.
list_sprints(board) - Sprints of a board.
list_projects() - All {s} projects you can see.

gmail outlook
send_email(to cc bcc subject body attachments) - Send an email message.
search_messages(query max_results) - Search the mailbox.
read_message(message_id) - The full text of one message.
reply_to_message(message_id body) - Reply in the thread of a message.
forward_message(message_id to) - Forward a message to other people.
delete_message(message_id) - Move a message to the bin.
list_labels() - Labels or folders of the mailbox.
create_draft(to subject body) - Save a draft without sending it.
mark_as_read(message_id) - Mark a message as read.
get_attachment(message_id attachment_id) - Download an attachment of a message.

google_calendar outlook_calendar
create_event(title start end attendees location) - Put an event in the calendar and invite attendees.
list_events(from to calendar_id) - Events between two moments.
update_event(event_id start end) - Reschedule or change an event.
delete_event(event_id) - Remove an event from the calendar.
find_free_slots(attendees duration_minutes from to) - When all attendees are free for a meeting.
respond_to_invitation(event_id response) - Accept or decline an invitation.

slack teams discord
post_message(channel text thread_ts) - Post a message to a {s} channel.
list_channels(limit cursor) - Channels of the workspace.
get_channel_history(channel limit) - Recent messages of a channel.
send_direct_message(user text) - Send a private message to one person.
add_reaction(channel timestamp emoji) - React to a message with an emoji.
list_members(channel) - People in a channel.
upload_attachment(channel file title) - Upload a file to a channel.

filesystem
read_file(path) - The complete contents of a file.
read_multiple_files(paths) - Contents of several files at once.
write_file(path content) - Create a file or overwrite it.
edit_file(path edits dry_run) - Replace lines of a text file.
create_directory(path) - Create a directory.
list_directory(path) - Files and directories in a path.
directory_tree(path) - A recursive tree of a directory as JSON.
move_file(source destination) - Move or rename a file or directory.
search_files(path pattern exclude) - Find files whose names match a pattern.
get_file_info(path) - Size, times and permissions of a file.

git
git_status(repo_path) - Working tree status.
git_diff_unstaged(repo_path) - Changes that are not staged.
git_diff_staged(repo_path) - Changes that are staged for commit.
git_commit(repo_path message) - Record changes to the repository.
git_add(repo_path files) - Stage files.
git_reset(repo_path) - Unstage everything.
git_log(repo_path max_count) - Commit history.
git_checkout(repo_path branch) - Switch branches.
git_blame(repo_path path) - Who last changed each line of a file.

postgres mysql sqlite duckdb
query(sql) - Run a read-only SQL query on a {s} database.
execute(sql) - Run an SQL statement that changes data.
list_tables(schema) - Tables of the database.
describe_table(table) - Columns and types of a table.
create_table(sql) - Create a table.
explain(sql) - The plan of a query, to see why it is slow.

redis
get(key) - Value of a key.
set(key value ttl) - Set a key, with an expiry if wanted.
delete(key) - Delete keys.
list_keys(pattern) - Keys that match a pattern.
publish(channel message) - Publish to a channel.

s3 gcs azure_blob oss
list_buckets() - All {s} buckets.
list_objects(bucket prefix) - Objects in a bucket.
get_object(bucket key) - Download an object.
put_object(bucket key body) - Upload an object to a bucket.
delete_object(bucket key) - Delete an object.
presign_url(bucket key expires) - A temporary link by which anybody can download an object.

ec2 gce aliyun_ecs
list_instances(region) - Virtual machines and their states.
start_instance(instance_id) - Start a virtual machine.
stop_instance(instance_id) - Stop a virtual machine.
reboot_instance(instance_id) - Restart a virtual machine.
create_snapshot(volume_id) - Back up a disk.
resize_instance(instance_id type) - Give a machine more CPU or memory.

kubernetes
list_pods(namespace) - Pods of a namespace.
get_pod_logs(pod namespace tail) - Logs of a pod.
apply_manifest(yaml) - Apply a manifest to the cluster.
scale_deployment(name replicas) - Change the number of replicas.
rollout_restart(name) - Restart a deployment.
delete_resource(kind name) - Delete a resource.
list_nodes() - Nodes of the cluster and their health.

docker
list_containers(all) - Containers and their status.
run_container(image command env) - Run an image in a container.
stop_container(id) - Stop a container.
container_logs(id tail) - Output of a container.
build_image(path tag) - Build an image from a Dockerfile.
pull_image(name) - Pull an image from a registry.

prometheus grafana datadog
query_metrics(expression from to) - Evaluate an expression over metrics.
list_alerts(state) - Alerts that fire now.
silence_alert(alert_id duration) - Mute an alert for a while.
list_dashboards(query) - Dashboards.
get_dashboard(uid) - A dashboard and its panels.
search_logs(query from to) - Search log lines.

sentry
list_errors(project) - Unresolved errors of a project.
get_error(error_id) - Stack trace and context of one error.
resolve_error(error_id) - Mark an error as resolved.

stripe paypal
create_payment(amount currency customer) - Charge a customer.
refund_payment(payment_id amount) - Give a customer their money back.
list_payments(customer from to) - Payments of a customer.
create_invoice(customer items due_date) - Create an invoice.
send_invoice(invoice_id) - Send an invoice to the customer.
create_subscription(customer plan) - Subscribe a customer to a plan.
cancel_subscription(subscription_id) - End a subscription.
get_balance() - Balance of the account.

bank
list_accounts() - Accounts and their balances.
list_transactions(account from to) - Money that came in and went out.
transfer_money(from_account to_iban amount reference) - Transfer money to another account.
schedule_transfer(to_iban amount date) - Transfer money on a later day.
freeze_card(card_id) - Block a lost or stolen card.

salesforce hubspot
create_contact(name email phone company) - Add a person to the CRM.
search_contacts(query) - Find people in the CRM.
create_deal(title amount stage) - Record a sales opportunity.
update_deal_stage(deal_id stage) - Move a deal along the pipeline.
list_deals(stage owner) - Open opportunities.
log_activity(contact_id type notes) - Note a call or meeting with a contact.
create_lead(name company source) - Record a prospect.

shopify woocommerce
list_products(query) - Products of the shop.
create_product(title price stock) - Add a product to the shop.
update_inventory(sku quantity) - Set how many of a product are in stock.
list_orders(status) - Orders of the shop.
fulfill_order(order_id tracking_number) - Mark an order as shipped.
create_discount_code(code percent) - Create a coupon.

notion confluence
search_pages(query) - Search pages of the workspace.
get_page(page_id) - Text of a page.
create_page(parent title content) - Create a page.
update_page(page_id content) - Change a page.
append_block(page_id text) - Add text at the end of a page.
query_database(database_id filter) - Rows of a database that match a filter.

google_drive dropbox onedrive
search_documents(query) - Find documents by name or content.
download_document(file_id) - Download a document.
upload_document(name content folder) - Upload a document.
share_document(file_id email role) - Give somebody access to a document.
create_folder(name parent) - Create a folder.
export_as_pdf(file_id) - Turn a document into a PDF.

google_sheets excel
read_range(spreadsheet range) - Values of a range of cells.
write_range(spreadsheet range values) - Write values into cells.
append_row(spreadsheet values) - Add a row at the end of a sheet.
create_sheet(spreadsheet title) - Add a sheet.
create_chart(spreadsheet range kind) - Draw a chart from a range.

browser
navigate(url) - Open a page in the browser.
click(selector) - Click an element of the page.
fill(selector value) - Type into a form field.
screenshot(full_page) - Take a picture of the page.
evaluate(script) - Run JavaScript in the page.
get_text() - The visible text of the page.

web
search(query count) - Search the web.
fetch(url) - Fetch a page and turn it into Markdown.
read_feed(url) - Items of an RSS or Atom feed.
archive_page(url) - Save a page to a web archive.

weather
current(city) - Temperature, wind and rain at a place now.
forecast(city days) - Weather of the next days.
air_quality(city) - Fine dust and ozone at a place.
severe_warnings(region) - Storm and flood warnings.

maps
geocode(address) - Coordinates of an address.
reverse_geocode(lat lon) - Address at coordinates.
directions(origin destination mode) - How to get from one place to another.
distance_matrix(origins destinations) - Distances and travel times.
search_places(query near) - Restaurants, shops and other places nearby.
traffic(route) - Jams along a route.

travel
search_flights(origin destination date) - Find flights.
book_flight(offer_id passengers) - Book a flight.
search_hotels(city checkin checkout) - Find a place to stay.
book_hotel(hotel_id dates guests) - Book a room.
search_trains(origin destination date) - Find train connections.
rent_car(city from to) - Rent a car.
visa_requirements(nationality country) - Whether a visa is needed.

smarthome
list_devices() - Devices of the home.
turn_on_light(room brightness) - Switch a light on.
turn_off_light(room) - Switch a light off.
set_thermostat(room celsius) - Set the temperature of a room.
lock_door(door) - Lock a door.
camera_snapshot(camera) - A picture of a camera.
start_vacuum(room) - Let the robot clean.

media
play_song(query device) - Play music.
pause_playback(device) - Pause what is playing.
create_playlist(name tracks) - Create a playlist.
search_podcasts(query) - Find podcasts.
transcribe_audio(file language) - Write down what is said in a recording.
text_to_speech(text voice) - Read a text aloud.

image
resize_image(path width height) - Make a picture smaller or larger.
crop_image(path box) - Cut a part out of a picture.
convert_image(path format) - Save a picture in another format.
generate_image(prompt size) - Draw a picture from a description.
remove_background(path) - Cut out what is in front.
ocr(path language) - Read the text in a picture.

video
cut_video(path from to) - Cut a piece out of a film.
extract_frames(path every) - Pictures out of a film.
add_subtitles(path srt) - Add subtitles to a film.

pdf
extract_text(path pages) - Text of a PDF.
merge_pdfs(paths) - Put several PDFs together into one.
split_pdf(path pages) - Take a PDF apart.
fill_form(path fields) - Fill in a PDF form.
sign_pdf(path certificate) - Sign a PDF.

text
translate(text target) - Translate a text into another language.
detect_language(text) - Which language a text is in.
summarize(text sentences) - Summarise a text.
check_grammar(text) - Find mistakes in spelling and grammar.
sentiment(text) - Whether a text is friendly or angry.
extract_entities(text) - People, places and companies in a text.
compare_texts(a b) - What differs between two texts.

time
get_current_time(timezone) - What time it is in a time zone.
convert_time(time source target) - What a time is elsewhere.
business_days(from to country) - Working days between two dates.
parse_date(text) - The date a phrase like "next Friday" means.

math
evaluate(expression) - Work out an arithmetic expression.
solve_equation(equation variable) - Solve an equation.
convert_units(value from to) - Miles to kilometres, pounds to kilograms and so on.
statistics(values) - Mean, median and standard deviation.
plot_function(expression from to) - Draw the graph of a function.

finance
stock_quote(symbol) - Price of a share.
stock_history(symbol from to) - Past prices of a share.
exchange_rate(base quote) - What one currency is worth in another.
crypto_price(coin) - Price of a crypto coin.
company_financials(symbol) - Revenue and profit of a company.

crypto
hash_text(text algorithm) - Checksum of a text.
encrypt_file(path recipient) - Encrypt a file for somebody.
decrypt_file(path) - Decrypt a file.
generate_password(length) - A random password.
verify_signature(path signature) - Check a signature.

health
log_workout(kind minutes) - Record exercise.
sleep_report(from to) - How well you slept.
heart_rate(from to) - Pulse over time.
log_meal(food calories) - Record what you ate.
find_doctor(specialty city) - Find a physician.
book_appointment(doctor date) - Make an appointment with a physician.
drug_interactions(drugs) - Whether medicines harm each other.

research
search_papers(query year) - Find scientific papers.
get_paper(doi) - Abstract and metadata of a paper.
citations(doi) - Which papers cite this one.
download_pdf(doi) - The full text of a paper.

news
headlines(country topic) - What is in the news.
search_articles(query from to) - Find news articles.

social
post_update(text media) - Publish a post to your followers.
search_posts(query) - Find posts.
list_followers(user) - Who follows an account.
schedule_post(text at) - Publish a post later.

hr
list_employees(department) - People who work here.
request_leave(from to kind) - Ask for days off.
approve_leave(request_id) - Approve days off.
payslip(month) - Your pay of a month.
post_job(title description) - Publish a vacancy.
list_candidates(job_id) - Who applied for a job.
schedule_interview(candidate date) - Arrange a talk with an applicant.

accounting
record_expense(amount category receipt) - Record what was spent.
profit_and_loss(from to) - Revenue and cost of a period.
reconcile(account) - Match bank entries with the books.
tax_estimate(year) - How much tax is due.

shipping
track_parcel(tracking_number) - Where a parcel is.
create_label(from to weight) - A label for a parcel.
shipping_rates(from to weight) - What it costs to send a parcel.

education
list_courses(subject) - Courses.
create_quiz(topic questions) - Make a quiz.
grade_submission(submission_id score) - Grade homework.
list_students(course) - Students of a course.

memory
create_entities(entities) - Add things to the knowledge graph.
add_observations(observations) - Add facts about known things.
search_nodes(query) - Search the knowledge graph.
delete_entities(names) - Forget things.
read_graph() - Everything in the knowledge graph.

shell
run_command(command timeout) - Run a shell command.
run_python(code) - Run Python code.
install_package(name) - Install a Python package.

dns
lookup(name type) - DNS records of a name.
whois(domain) - Who owns a domain.
create_record(zone name type value) - Add a DNS record.
check_certificate(host) - When a TLS certificate expires.

survey
create_form(title questions) - Make a questionnaire.
list_responses(form_id) - Answers to a questionnaire.

legal
search_statutes(query) - Find laws.
compare_contracts(a b) - What differs between two contracts.
draft_nda(parties) - Write a confidentiality agreement.

twilio
send_sms(to text) - Send a text message to a phone.
make_call(to script) - Call a phone and read a script aloud.
list_calls(from to) - Past phone calls.

ml
train_model(dataset target) - Train a model on a data set.
predict(model_id rows) - What a model says of new rows.
embed_text(texts) - Vectors of texts.
list_models() - Trained models.

vector_store
upsert(id text) - Store a text for similarity search.
similar(text count) - Texts that are similar to this one.

queue
publish_job(queue payload) - Put a job in a queue.
queue_length(queue) - How many jobs wait.
dead_letters(queue) - Jobs that failed.

secrets
get_secret(name) - A secret.
rotate_secret(name) - Replace a secret by a new one.

feishu dingtalk wecom
发送消息(群 内容) - 向群聊发送一条消息。
创建日程(标题 开始 结束 参与人) - 在日历中创建日程并邀请参与人。
查询审批(编号) - 查询审批单的进度。
提交审批(类型 内容) - 提交一张审批单。
上传文件(文件 目录) - 把文件上传到云盘。
创建文档(标题 正文) - 新建一篇在线文档。
搜索通讯录(姓名) - 按姓名查找同事。
查看考勤(月份) - 查看某月的打卡记录。

meituan
搜索餐厅(城市 菜系) - 查找附近的餐厅。
预订座位(餐厅 时间 人数) - 预订餐厅座位。
点外卖(店铺 菜品 地址) - 下单外卖。

train12306
查询车票(出发 到达 日期) - 查询火车票余票。
购买车票(车次 乘客) - 购买火车票。
退票(订单) - 退掉火车票。

express
查询快递(单号) - 查询快递物流到哪里了。
寄快递(寄件人 收件人) - 预约快递员上门取件。

hospital
预约挂号(科室 医生 日期) - 预约医院门诊。
查询报告(编号) - 查询检查报告。
"""

# Two families that only vary in their service, as large installations have them.
for_each = "crm erp wms pos cms lms bpm mdm"
MORE = """
list_records(table filter) - Records of a table in the {s} system.
get_record(table id) - One record of the {s} system.
create_record(table values) - Add a record to the {s} system.
update_record(table id values) - Change a record of the {s} system.
delete_record(table id) - Delete a record of the {s} system.
export_records(table format) - Export records of the {s} system.
"""


def _spec(service: str, line: str) -> ToolSpec:
    head, _, summary = line.partition(" - ")
    name, _, parameters = head.partition("(")
    fields = parameters.rstrip(")").split()
    schema: dict[str, object] = {
        "type": "object",
        "properties": {field: {"type": "string", "description": f"The {field.replace('_', ' ')}."} for field in fields},
        "required": fields[:2],
        "additionalProperties": False,
    }
    return ToolSpec(
        name=f"{service}.{name}", summary=summary.format(s=service), parameters=schema, effect="irreversible"
    )


def catalogue() -> tuple[ToolSpec, ...]:
    """All of them, by name."""
    found: list[ToolSpec] = []
    for family in [*FAMILIES.strip().split("\n\n"), f"{for_each}\n{MORE.strip()}"]:
        services, *lines = family.split("\n")
        found += [_spec(service, line) for service in services.split() for line in lines]
    return tuple(sorted(found, key=lambda spec: spec.name))
