"""The table of faults: what is broken, what is promised then, and the words that the server says.

`deploy/operate/FAULTS.md` is made from it. A test looks its row up and finds the words; a row names its test.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One fault in both languages; `says`: texts that the test finds in log, readiness or answer; `test`: its name."""

    key: str
    test: str
    fault: str
    fault_zh: str
    what: str
    what_zh: str
    back: str = "by itself"
    back_zh: str = "自行恢复"
    says: tuple = ()


NOT_READY = "database: the store cannot be reached"
AGAIN = "append failed, reading again"
UNKNOWN = "the outcome of the commit is unknown"
REFUSED = "STORE_UNAVAILABLE"

ROWS = (
    # Processes.
    Row("server-killed", "test_a_server_killed_again_and_again_loses_nothing_it_acknowledged",
        "the server is killed (kill -9) in a stream", "服务进程在流式调用中被 kill -9",
        "what was acknowledged stands; a retry gets the first answer", "已确认的都在；重试得到首次的答复",
        "when it is started", "启动后恢复"),
    Row("replica-killed", "test_two_replicas_write_one_log_and_one_may_die",
        "one of two servers on a log is killed", "同一日志的两个服务之一被杀死",
        "the other answers for both", "另一个代为答复"),
    Row("replicas", "test_two_and_four_replicas_on_one_log_under_load",
        "two and four servers write one log", "两个、四个服务写同一日志",
        "one log without a gap; every server shows the same", "日志连续，各服务所见相同", "nothing is broken", "无故障"),
    Row("overload", "test_ten_times_the_load_is_refused_and_nothing_acknowledged_is_lost",
        "ten times the load", "十倍负载",
        "RESOURCE_EXHAUSTED with the time to come back; memory stays flat", "以 RESOURCE_EXHAUSTED 拒绝并告知重试时间；内存平稳"),
    Row("soak", "test_acknowledged_is_stored_once_while_server_and_database_are_killed",
        "servers and PostgreSQL killed at random at 80 % of capacity", "80% 容量下随机杀死服务和 PostgreSQL",
        "acknowledged is stored, once each", "已确认即已存储，各一次"),
    Row("stuck-client", "test_a_client_that_holds_its_stream_does_not_keep_the_server",
        "a client holds its stream while the server shuts down", "停机时客户端占住流不放",
        "the stream ends with SHUTTING_DOWN, the server in seconds with exit code 0", "流以 SHUTTING_DOWN 结束，服务数秒内以 0 退出",
        "the client retries", "客户端重试", ("shutting down: not serving any more",)),
    Row("deaf-client", "test_a_client_that_takes_no_answers_is_cut_off_after_the_bound",
        "a client takes no answers from its stream while the server shuts down", "停机时客户端不取流中的答复",
        "it is cut off after 30 s, the server ends with an exit code that says so", "30 秒后被切断，服务以相应的退出码结束",
        "the client retries", "客户端重试", ("a step of the shutdown was cut off",)),
    # PostgreSQL.
    Row("postgres-killed", "test_a_database_killed_under_load_and_started_again",
        "PostgreSQL is killed (kill -9) under load and started again", "负载下 PostgreSQL 被 kill -9 后重启",
        "calls are refused with UNAVAILABLE; not ready", "调用以 UNAVAILABLE 拒绝；未就绪",
        says=(NOT_READY, AGAIN)),
    Row("backends-terminated", "test_connections_terminated_under_load",
        "its connections are terminated under load", "负载下其连接被终止",
        "the batch is tried again; callers see nothing, or UNAVAILABLE", "该批重试；调用方无感，或得到 UNAVAILABLE", says=(AGAIN,)),
    Row("commit-cut", "test_a_connection_cut_between_commit_and_its_reply",
        "a connection is cut before COMMIT arrives, or between COMMIT and its reply", "连接在 COMMIT 到达之前，或 COMMIT 与其答复之间被切断",
        "the head is read again and what stands is answered", "重读日志头，以已存在者作答", says=(UNKNOWN, AGAIN)),
    Row("commit-cut-away", "test_a_commit_without_a_reply_and_then_no_database",
        "the reply to COMMIT is lost and PostgreSQL with it", "COMMIT 的答复丢失，PostgreSQL 随之失联",
        "the caller is told UNAVAILABLE; its retry gets the answer that was stored", "调用方得到 UNAVAILABLE；重试得到已存储的答复",
        says=(UNKNOWN, "the outcome is unknown: retry with the same request id")),
    Row("database-silent", "test_a_database_that_falls_silent",
        "PostgreSQL's machine is gone without ending a connection", "PostgreSQL 主机消失而连接未断",
        "not ready after seconds; a COMMIT without a reply is given up after 15 s", "数秒后未就绪；无答复的 COMMIT 15 秒后放弃",
        "by itself, when the address answers again", "地址恢复应答后自行恢复", (NOT_READY, "PostgreSQL did not answer in time")),
    Row("standby-synchronous", "test_a_synchronous_standby_takes_over_with_every_acknowledged_decision",
        "the primary is killed, the synchronous standby takes over", "主库被杀，同步备库接管",
        "every acknowledged decision is there", "已确认的认定都在", says=(AGAIN,)),
    Row("standby-lagging", "test_a_standby_that_lagged_behind_is_refused_until_the_loss_is_confirmed",
        "a standby takes over that lagged behind", "落后的备库接管",
        "FAILED_PRECONDITION: the log is read-only, what it holds is answered", "FAILED_PRECONDITION：日志只读，已有者仍作答",
        "when the right database is back, or an operator confirms the loss: `doudi log next-epoch --confirm-fork`",
        "正确的数据库恢复，或操作员确认丢失：`doudi log next-epoch --confirm-fork`", ("LOG_ROLLED_BACK", "read-only log:")),
    Row("restored", "test_a_restored_backup_is_read_only_until_its_fork_is_confirmed",
        "an old backup is restored", "恢复了旧备份", "the same", "同上", "the same", "同上"),
    # The machine.
    Row("sqlite-disk-full", "test_a_full_disk_under_sqlite",
        "the disk is full (SQLite)", "磁盘已满（SQLite）",
        "decisions are refused with UNAVAILABLE, reads are answered", "认定以 UNAVAILABLE 拒绝，读取照常",
        "by itself, when there is room", "有空间后自行恢复", (REFUSED, "database or disk is full")),
    Row("postgres-disk-full", "test_a_full_disk_under_postgresql",
        "the disk of PostgreSQL's tables is full", "PostgreSQL 表空间的磁盘已满",
        "decisions are refused with UNAVAILABLE, reads are answered", "认定以 UNAVAILABLE 拒绝，读取照常",
        "by itself, when there is room", "有空间后自行恢复", (REFUSED, "No space left on device")),
    Row("disk-read-only", "test_a_disk_that_is_read_only_when_the_server_starts",
        "the disk is read-only when the server starts (SQLite)", "启动时磁盘只读（SQLite）",
        "it does not start and says why", "不启动并说明原因", "when it is started on a writable disk", "磁盘可写后启动",
        ("cannot be written: Read-only file system",)),
    Row("clock-back", "test_a_clock_that_jumps",
        "the clock jumps back by more than 5 s", "时钟回拨超过 5 秒",
        "decisions are refused with UNAVAILABLE; by less, entries keep the time of the last one", "认定以 UNAVAILABLE 拒绝；较小时沿用末条时间",
        "by itself, when the clock is right", "时钟正确后自行恢复", (REFUSED, "the clock is more than 5 s behind the log's last entry")),
    Row("clock-ahead", "test_a_clock_that_jumps",
        "the clock jumps ahead by more than a day", "时钟前跳超过一天",
        "decisions are refused with UNAVAILABLE", "认定以 UNAVAILABLE 拒绝",
        "by itself, when the clock is right", "时钟正确后自行恢复", (REFUSED, "the clock is more than 24 h ahead of the log's last entry")),
    Row("clock-differs", "test_a_clock_that_jumps",
        "the clocks of server and PostgreSQL differ by more than 5 s", "服务与 PostgreSQL 的时钟相差超过 5 秒",
        "decisions are refused with UNAVAILABLE", "认定以 UNAVAILABLE 拒绝",
        "by itself, when the clocks agree", "时钟一致后自行恢复", (REFUSED, "the clocks of this machine and of the database differ")),
    Row("quiet-time", "test_a_quiet_time_needs_an_operator_who_confirms_the_clock",
        "a server is started more than a day after the last entry", "末条记录一天多之后才启动服务",
        "decisions are refused with UNAVAILABLE", "认定以 UNAVAILABLE 拒绝",
        "when it is started once with `--confirm-clock`", "以 `--confirm-clock` 启动一次", (REFUSED, "--confirm-clock")),
    Row("certificates-expired", "test_certificates_that_run_out_and_are_renewed_while_the_server_runs",
        "certificates of server and client run out while the server runs", "运行中服务端与客户端证书到期",
        "calls on the old connection are refused with UNAUTHENTICATED, new connections fail", "旧连接上的调用以 UNAUTHENTICATED 拒绝，新连接失败",
        "when the files are renewed, without a restart", "更新证书文件后恢复，无需重启", ("CREDENTIALS_INVALID", "CERTIFICATE_EXPIRED")),
    # What is stored.
    Row("document-damaged", "test_a_flipped_bit_in_a_document_takes_the_server_out_of_service",
        "a bit of a stored document is flipped", "已存储的文书有一位翻转",
        "DATA_LOSS to whoever reads it, and the server says not ready until it is restarted; what is whole is answered",
        "读到者得 DATA_LOSS，服务报告未就绪直至重启；完好者仍作答",
        "when it is repaired and the server restarted; see `doudi fsck`", "修复并重启服务后恢复；见 `doudi fsck`",
        ("stored bytes do not match their hash: stop writing", "not ready: health says NOT_SERVING")),
    # The store by itself, in the tests of its rooms.
    Row("unknown-lost-kept", "an_unknown_outcome_is_settled_by_reading_again",
        "a COMMIT fails with and without having been stored", "COMMIT 失败，或已存储或未存储",
        "the batch is settled by reading again, each item once", "重读后确定，各一次"),
    Row("signature-late", "a_signer_that_is_slow_for_a_moment_is_asked_again_and_no_caller_hears_of_it",
        "a signature takes longer than 100 ms: a slow module, or a machine without time", "签名超过 100 毫秒：签名模块缓慢或机器繁忙",
        "the batch is tried again, callers see nothing; UNAVAILABLE where it stays so", "该批重试，调用方无感；持续如此则 UNAVAILABLE"),
    Row("mark-unwritable", "a_mark_that_cannot_be_written_holds_up_the_next_append_and_no_answer",
        "the high-water mark cannot be written", "高水位标记写不下去",
        "what is durable is answered, the next append waits", "已持久的照常作答，下一次追加等待"),
    Row("head-damaged", "a_flipped_bit_in_the_head_stops_the_log",
        "a bit of the head is flipped", "日志头有一位翻转", "DATA_LOSS: nothing is appended", "DATA_LOSS：停止追加",
        "when it is repaired; see `doudi fsck`", "修复后恢复；见 `doudi fsck`"),
)


def row(key):
    [found] = [row for row in ROWS if row.key == key]
    return found


HEAD = """\
# Faults, and what happens / 故障与后果

Each line is done by the test that it names: to a real server, the last four to a store within the test. After it every
acknowledged receipt verifies, nothing is lost or doubled, the log has no gap, and `doudi fsck` finds nothing; where a
line speaks of a lagging standby or an old backup, the receipts beyond it are what convicts it. The words are those that
the test finds in the server's log, in the body of `/readyz` or in the answer. A caller retries with the same request
id, whatever it was told.
Made by `tests/python/test_faults.py` from the table that the tests keep.

每一行都由所列测试施加：对真实的服务，末四行对测试内的存储。此后每份已确认的回执均可验证，无丢失、无重复，日志连续，
`doudi fsck` 无发现；落后的备库与旧备份之后的回执正是其证据。
“说明”是测试在服务日志、`/readyz` 正文或答复中找到的原文。无论得到何种答复，调用方都以同一请求号重试。
本表由 `tests/python/test_faults.py` 从测试遵守的表生成。

| fault 故障 | what happens 后果 | words 说明 | comes back 恢复 | test 测试 |
|---|---|---|---|---|
"""


def written():
    """The table for operators."""
    lines = (
        f"| {row.fault} {row.fault_zh} | {row.what} {row.what_zh} | {', '.join(f'`{text}`' for text in row.says)} | "
        f"{row.back} {row.back_zh} | `{row.test}` |\n" for row in ROWS)
    return HEAD + "".join(lines)
