#!/usr/bin/env python3
"""Writes the Grafana dashboards in grafana/ beside it; a test holds that the files are what this writes.

    python3 deploy/observe/dashboards.py

A row of the tables below is a panel: title in English and Chinese, kind, unit, and its queries with their legends. The
test runs every query against a real Prometheus that scrapes a real server under load. The panels of a trace ask a trace
store (Tempo), which no test has: they are checked for their shape alone, and say so.
"""

import json
import pathlib

COUNT = "rpc_server_call_duration_seconds_count"
BUCKET = "rpc_server_call_duration_seconds_bucket"
FAILED = "UNKNOWN|DEADLINE_EXCEEDED|INTERNAL|UNAVAILABLE|DATA_LOSS"
RATE = "[$__rate_interval]"
NOT_RUN = "Asks a trace store; checked for its shape alone. 查询链路库，仅检查结构。"


def quantile(q, bucket, by="le", labels=""):
    return f"histogram_quantile({q}, sum by ({by}) (rate({bucket}{labels}{RATE})))"


SERVICE = [
    ("Calls by method / 按方法的调用量", "timeseries", "reqps",
     [(f"sum by (rpc_method) (rate({COUNT}{RATE}))", "{{rpc_method}}")]),
    ("Calls by status / 按状态的调用量", "timeseries", "reqps",
     [(f"sum by (rpc_response_status_code) (rate({COUNT}{RATE}))", "{{rpc_response_status_code}}")]),
    ("Time of a call / 调用时长", "timeseries", "s",
     [(quantile("0.5", BUCKET), "p50"), (quantile("0.99", BUCKET), "p99")]),
    ("Time of a decision, p99 / 决定时长 p99", "timeseries", "s",
     [(quantile("0.99", BUCKET, "le, rpc_method", '{rpc_method=~".*/(Determine|Review|DecideExit)"}'), "{{rpc_method}}")]),
    ("Failed calls, of all / 失败比例", "timeseries", "percentunit",
     [("doudi:call_errors:ratio_rate5m", "5 min"), ("doudi:call_errors:ratio_rate1h", "1 h")]),
    ("Decisions over 50 ms, of all / 超过 50 毫秒的比例", "timeseries", "percentunit",
     [("doudi:call_slow:ratio_rate5m", "5 min"), ("doudi:call_slow:ratio_rate1h", "1 h")]),
    ("In flight / 处理中", "timeseries", "short", [("sum by (instance) (doudi_calls_in_flight)", "{{instance}}")]),
    ("Denied and over their rate / 被拒与超速", "timeseries", "reqps",
     [(f"sum by (reason) (rate(doudi_calls_denied_total{RATE}))", "denied: {{reason}}"),
      (f"sum by (action) (rate(doudi_calls_rate_limited_total{RATE}))", "over rate: {{action}}")]),
    ("Waiting for the log / 等待写入", "timeseries", "short",
     [("sum by (instance) (doudi_sequencer_queue_items)", "all {{instance}}"),
      ("max by (instance) (doudi_sequencer_longest_queue_items)", "longest {{instance}}")]),
    ("Connections to the database / 数据库连接", "timeseries", "short",
     [("sum by (pool, state) (doudi_store_connections)", "{{pool}} {{state}}"),
      ("sum by (pool) (doudi_store_connections_max)", "{{pool}} most")]),
    ("Ready / 就绪", "stat", "short", [("sum(doudi_ready)", "ready"), ("sum(doudi_draining)", "draining")]),
    ("Versions / 版本", "stat", "short", [("count by (version) (doudi_build_info)", "{{version}}")]),
]

DECISIONS = [
    ("Determinations by outcome / 按结论", "timeseries", "short",
     [(f"sum by (outcome) (rate(doudi_determinations_total{RATE})) * 60", "{{outcome}}")]),
    ("Determinations by kind / 按类别", "timeseries", "short",
     [(f"sum by (kind) (rate(doudi_determinations_total{RATE})) * 60", "{{kind}}")]),
    ("Mix of the last hour / 最近一小时构成", "piechart", "short",
     [("sum by (kind, outcome) (increase(doudi_determinations_total[1h]))", "{{kind}} {{outcome}}")]),
    ("Time of the rules / 规则计算时长", "timeseries", "s",
     [(quantile("0.5", "doudi_rules_decide_duration_seconds_bucket"), "p50"),
      (quantile("0.99", "doudi_rules_decide_duration_seconds_bucket"), "p99")]),
    ("Due within 30 days or this month / 即将到期", "table", "short",
     [('max by (area, clock) (doudi_cases_due{area=~"$area"})', "{{area}} {{clock}}")]),
    ("Overdue / 已逾期", "table", "short",
     [('max by (area, clock) (doudi_cases_overdue{area=~"$area"})', "{{area}} {{clock}}")]),
    ("Overdue over time / 逾期变化", "timeseries", "short",
     [("sum by (clock) (doudi:cases_overdue:max)", "{{clock}}")]),
    ("Age of these counts / 统计时间", "stat", "s", [("time() - max(doudi_cases_counted_timestamp_seconds)", "age")]),
]

LOG = [
    ("Read-only logs / 只读日志", "stat", "short",
     [('sum(max by (area) (doudi_log_read_only{area=~"$area"}))', "read-only")]),
    ("Damage that was met / 发现的损坏", "stat", "short",
     [(f'sum({COUNT}{{rpc_response_status_code="DATA_LOSS"}}) or vector(0)', "calls")]),
    ("Entries / 日志大小", "timeseries", "short", [('max by (area) (doudi_log_entries{area=~"$area"})', "{{area}}")]),
    ("Growth / 增长", "timeseries", "short",
     [('max by (area) (deriv(doudi_log_entries{area=~"$area"}[5m])) * 60', "{{area}} a minute")]),
    ("Age of the newest checkpoint / 最新检查点的时间", "timeseries", "s",
     [('doudi:log_checkpoint_age_seconds:min{area=~"$area"}', "{{area}}")]),
    ("Lag of the witnesses / 见证人落后", "timeseries", "s",
     [('max by (area) (doudi_log_witness_lag_seconds{area=~"$area"})', "{{area}}")]),
    ("Time of a commit / 提交时长", "timeseries", "s",
     [(quantile("0.5", "doudi_sequencer_commit_duration_seconds_bucket"), "p50"),
      ("doudi:sequencer_commit_seconds:p99_5m", "p99")]),
    ("Wait for a commit / 提交前等待", "timeseries", "s",
     [(quantile("0.99", "doudi_sequencer_wait_duration_seconds_bucket"), "p99")]),
    ("Items of a commit / 每次提交的条数", "timeseries", "short",
     [(f"sum(rate(doudi_sequencer_batch_items_sum{RATE})) / sum(rate(doudi_sequencer_batch_items_count{RATE}))", "mean")]),
    ("Commits by result / 提交结果", "timeseries", "short",
     [(f"sum by (result) (rate(doudi_sequencer_commits_total{RATE}))", "{{result}}")]),
]

# The trace id of a decision stands in its sealed facts; ListEntries with a trace id leads from a trace to its entries.
TRACE = [
    ("Calls with examples: a point leads to its trace / 点击样本进入链路", "timeseries", "s",
     [(quantile("0.99", BUCKET, "le, rpc_method"), "{{rpc_method}}")]),
    ("The trace / 链路", "traces", None, [("$trace_id", None)]),
    ("Slow decisions / 较慢的决定", "table", None,
     [('{resource.service.name="doudi" && span.rpc.method=~"doudi.v1.*" && kind=server && duration>50ms}', None)]),
    ("Failed statements / 失败的语句", "table", None,
     [('{resource.service.name="doudi" && span.db.system.name!="" && status=error}', None)]),
]

DASHBOARDS = {
    "service": ("Doudi: service health / 服务状况", SERVICE),
    "decisions": ("Doudi: decisions and outcomes / 决定与结论", DECISIONS),
    "log": ("Doudi: integrity of the logs / 日志完整性", LOG),
    "trace": ("Doudi: the trace of a decision / 一次决定的链路", TRACE),
}


def variable(name, label, kind, **more):
    return {"name": name, "label": label, "type": kind, "hide": 0, **more}


def variables(panels):
    found = [variable("datasource", "Prometheus", "datasource", query="prometheus")]
    text = json.dumps(panels)
    if "$area" in text:
        found.append(variable("area", "Area / 区域", "query", query="label_values(doudi_log_entries, area)",
                              datasource={"type": "prometheus", "uid": "${datasource}"}, includeAll=True,
                              allValue=".*", current={"text": "All", "value": "$__all"}, refresh=2))
    if "$trace_id" in text:
        found.append(variable("tempo", "Tempo", "datasource", query="tempo"))
        found.append(variable("trace_id", "Trace id", "textbox", query=""))
    return found


def target(at, expr, legend):
    ref = chr(ord("A") + at)
    if legend is None:
        return {"refId": ref, "query": expr, "queryType": "traceql", "limit": 20,
                "datasource": {"type": "tempo", "uid": "${tempo}"}}
    return {"refId": ref, "expr": expr, "legendFormat": legend, "exemplar": "_bucket" in expr, "range": True,
            "datasource": {"type": "prometheus", "uid": "${datasource}"}}


def panel(at, title, kind, unit, queries):
    targets = [target(number, *query) for number, query in enumerate(queries)]
    made = {
        "id": at + 1, "title": title, "type": kind, "datasource": targets[0]["datasource"],
        "gridPos": {"x": 12 * (at % 2), "y": 8 * (at // 2), "w": 12, "h": 8},
        "fieldConfig": {"defaults": {"unit": unit} if unit else {}, "overrides": []},
        "options": {}, "targets": targets,
    }
    if targets[0]["datasource"]["type"] == "tempo":
        made["description"] = NOT_RUN
    elif kind == "table":
        for asked in targets:
            asked.update(format="table", instant=True, range=False)
    return made


def dashboard(name):
    title, rows = DASHBOARDS[name]
    panels = [panel(at, *row) for at, row in enumerate(rows)]
    return {
        "uid": f"doudi-{name}", "title": title, "tags": ["doudi"], "schemaVersion": 39, "version": 1, "editable": False,
        "refresh": "30s", "time": {"from": "now-6h", "to": "now"}, "timezone": "Asia/Shanghai",
        "templating": {"list": variables(panels)}, "annotations": {"list": []}, "panels": panels,
    }


def write(name):
    return json.dumps(dashboard(name), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    for each in DASHBOARDS:
        path = pathlib.Path(__file__).parent / "grafana" / f"{each}.json"
        path.write_text(write(each), encoding="utf-8")
