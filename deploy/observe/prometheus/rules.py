#!/usr/bin/env python3
"""Writes rules.yaml beside it: the recording rules of the objectives and the alerts. The burn-rate rules differ by
window and factor alone, so they are written from one table; a test holds that the file is what this writes.

    python3 deploy/observe/prometheus/rules.py
"""

import json
import pathlib

# Calls that the server failed. UNIMPLEMENTED is left out: anybody can ask for a method that is not there.
FAILED = "UNKNOWN|DEADLINE_EXCEEDED|INTERNAL|UNAVAILABLE|DATA_LOSS"
# The calls in which somebody waits for a decision.
DECIDING = "doudi.v1.(DeterminationService/Determine|ReviewService/Review|ExitService/DecideExit)"
COUNT = "rpc_server_call_duration_seconds_count"
BUCKET = "rpc_server_call_duration_seconds_bucket"

# The objectives: of all calls 99.9% do not fail; of the deciding calls 99% are answered within 50 ms.
OBJECTIVES = {
    "errors": {"budget": 0.001, "zh": "调用失败", "en": "calls fail"},
    "slow": {"budget": 0.01, "zh": "决定超过 50 毫秒", "en": "decisions take more than 50 ms"},
}
# How fast the budget of 30 days burns, over which long and short window, and who is told.
BURNS = [("14.4", "1h", "5m", "page"), ("6", "6h", "30m", "page"), ("3", "1d", "2h", "ticket"), ("1", "3d", "6h", "ticket")]
WINDOWS = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]
# Below so many calls an hour a ratio says nothing: three failures of four calls are no burning budget.
CALLS_PER_HOUR_MIN = 100


def recording():
    for window in WINDOWS:
        calls = f"sum(rate({COUNT}[{window}]))"
        failed = f'sum(rate({COUNT}{{rpc_response_status_code=~"{FAILED}"}}[{window}]))'
        deciding = f'sum(rate({COUNT}{{rpc_method=~"{DECIDING}"}}[{window}]))'
        quick = f'sum(rate({BUCKET}{{rpc_method=~"{DECIDING}",le="0.05"}}[{window}]))'
        yield {"record": f"doudi:calls:rate{window}", "expr": calls}
        yield {"record": f"doudi:deciding_calls:rate{window}", "expr": deciding}
        yield {"record": f"doudi:call_errors:ratio_rate{window}", "expr": f"({failed} or vector(0)) / ({calls} > 0)"}
        yield {"record": f"doudi:call_slow:ratio_rate{window}", "expr": f"1 - ({quick} / ({deciding} > 0))"}
    yield {"record": "doudi:sequencer_commit_seconds:p99_5m",
           "expr": "histogram_quantile(0.99, sum by (le) (rate(doudi_sequencer_commit_duration_seconds_bucket[5m])))"}
    yield {"record": "doudi:cases_overdue:max", "expr": "max by (area, clock) (doudi_cases_overdue)"}
    # Replicas read the same head, each at its own moment.
    yield {"record": "doudi:log_checkpoint_age_seconds:min", "expr": "min by (area) (doudi_log_checkpoint_age_seconds)"}


def alert(name, expr, severity, zh, en, wait="0m"):
    return {"alert": name, "expr": expr, "for": wait, "labels": {"severity": severity},
            "annotations": {"summary": f"{en} / {zh}", "runbook": f"deploy/observe/README.md#{name.lower()}"}}


def burning():
    for objective, said in OBJECTIVES.items():
        calls = "calls" if objective == "errors" else "deciding_calls"
        for factor, long, short, severity in BURNS:
            limit = f"({factor} * {said['budget']})"
            ratio = f"doudi:call_{objective}:ratio_rate"
            expr = (f"{ratio}{long} > {limit} and {ratio}{short} > {limit} "
                    f"and doudi:{calls}:rate{long} * 3600 >= {CALLS_PER_HOUR_MIN}")
            yield alert(f"Doudi{objective.capitalize()}Burn{factor.replace('.', '_')}x", expr, severity,
                        f"{said['zh']}：误差预算以 {factor} 倍速度消耗", f"{said['en']}: the budget burns {factor} times too fast")


def service():
    yield alert("DoudiDown", 'up{job="doudi"} == 0', "page", "服务进程无应答", "a replica does not answer", "2m")
    yield alert("DoudiNotReady", "doudi_ready == 0 and doudi_draining == 0", "page",
                "未就绪：数据库无应答", "not ready: the database does not answer", "2m")
    yield alert("DoudiRefusesLoad",
                f'sum(rate({COUNT}{{rpc_response_status_code="RESOURCE_EXHAUSTED"}}[5m])) / sum(rate({COUNT}[5m])) > 0.01',
                "ticket", "过载：超过 1% 的调用被拒绝", "more than 1% of the calls are refused for load", "10m")
    yield alert("DoudiQueueLong", "doudi_sequencer_longest_queue_items > 512", "page",
                "排队超过一半", "a queue is half full: callers will be told to come later", "1m")
    yield alert("DoudiConnectionsUsed", "doudi_store_connections{state=\"used\"} / on (instance, pool) "
                "doudi_store_connections_max >= 1 and on (instance, pool) doudi_store_connections_max > 1", "ticket",
                "数据库连接用尽", "every connection of a pool works", "5m")
    yield alert("DoudiCallersUnknown", 'increase(doudi_calls_denied_total{reason="credentials"}[10m]) > 20', "ticket",
                "身份不明的调用增多", "many calls come with credentials that nobody knows")


def integrity():
    yield alert("DoudiLogReadOnly", "max by (area) (doudi_log_read_only) == 1", "page",
                "日志只读：数据库与已签名的日志不符", "a log is read-only: the database does not hold what was signed")
    # Damage does not pass with a window: it is told until the process was stopped by whoever looked after it.
    yield alert("DoudiLogCorrupt", f'sum({COUNT}{{rpc_response_status_code="DATA_LOSS"}}) > 0', "page",
                "存储内容与哈希不符", "stored bytes do not match their hashes: stop writing and run doudi fsck")
    yield alert("DoudiAppendsFail", 'sum(rate(doudi_sequencer_commits_total{result="failed"}[5m])) > 0', "page",
                "写入日志失败", "transactions of the log fail", "2m")
    yield alert("DoudiCheckpointStale",
                'sum(rate(doudi_sequencer_wait_duration_seconds_count[10m])) > 0 and '
                'sum(rate(doudi_sequencer_commits_total{result="committed"}[10m])) == 0 and '
                "min(doudi:log_checkpoint_age_seconds:min) > 600", "page",
                "有写入请求但十分钟没有新检查点", "entries wait and no checkpoint was signed for ten minutes", "1m")
    yield alert("DoudiLogQuiet", "doudi:log_checkpoint_age_seconds:min > 20 * 3600", "ticket",
                "日志二十小时无新记录：满一天后新进程须确认时钟",
                "a log is quiet for 20 hours: after a day a new process appends only with --confirm-clock")
    yield alert("DoudiWitnessLag", "max by (area) (doudi_log_witness_lag_seconds) > 60", "page",
                "见证人落后超过一分钟", "the witnesses lag by more than a minute: nothing is appended where they are required", "1m")


def cases():
    yield alert("DoudiCasesOverdue", "doudi:cases_overdue:max > 0", "ticket",
                "有逾期未核查或宽限期已满未决定的案件", "reviews are overdue, or grace periods ended without a decision", "1h")
    yield alert("DoudiCountsOld", "time() - max(doudi_cases_counted_timestamp_seconds) > 900", "ticket",
                "到期统计超过十五分钟未更新", "what is due was not counted for 15 minutes", "5m")


def text(value):
    """A scalar of YAML: JSON text is one."""
    return json.dumps(value, ensure_ascii=False)


def write():
    lines = ["# Written by rules.py; change that and run it. 由 rules.py 生成。", "groups:"]
    groups = {"doudi-objectives": recording(), "doudi-burn": burning(), "doudi-service": service(),
              "doudi-integrity": integrity(), "doudi-cases": cases()}
    for name, rules in groups.items():
        lines += [f"  - name: {name}", "    rules:"]
        for rule in rules:
            lead = "- "
            for key, value in rule.items():
                if isinstance(value, dict):
                    lines.append(f"        {key}:")
                    lines += [f"          {inner}: {text(said)}" for inner, said in value.items()]
                else:
                    lines.append(f"      {lead}{key}: {text(value)}")
                lead = "  "
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    pathlib.Path(__file__).with_name("rules.yaml").write_text(write(), encoding="utf-8")
