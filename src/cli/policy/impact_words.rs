//! A preview in words: a line a decision, and the table of the months.

use crate::app::impact::result::{ImpactOutcome, ImpactTotal, Impacted};
use crate::rules::language::error::columns;
use crate::rules::language::say::{Lang, Say as _, phrases};

phrases! {
    /// Words of `impact`.
    Words {
        Impacted { count: u64 } => "{count} would differ", "{count} 件会有不同";
        GoOn { area: String, epoch: u64, index: u64 } =>
            "to go on from there: --start-area {area} --start-epoch {epoch} --start {index}",
            "从中断处继续：--start-area {area} --start-epoch {epoch} --start {index}";
        Total { impacted: u64, recomputed: u64, scanned: u64, erased: u64, restricted: u64 } =>
            "{impacted} of {recomputed} recomputed decisions would differ; {scanned} entries read, {erased} erased, \
             {restricted} restricted",
            "重算决定 {recomputed} 件，其中 {impacted} 件会有不同；读取记录 {scanned} 条，已销毁 {erased} 条，限制处理 {restricted} 条";
        Month => "month", "月份";
        Decisions => "decisions", "决定件数";
        Overpaid => "overpaid (yuan)", "多发（元）";
        Underpaid => "underpaid (yuan)", "少发（元）";
        Sum => "sum", "合计";
    }
}

phrases! {
    /// One decision.
    DecisionWords {
        Paid { date: String, was: String, now: String, first: String, last: String, months: usize, over: String, under: String } =>
            "decided {date}: {was} -> {now}; {months} months {first}..{last}, overpaid {over}, underpaid {under}",
            "{date}决定：{was} -> {now}；{first}至{last}共 {months} 个月，多发 {over} 元，少发 {under} 元";
        NotPaid { date: String, was: String, now: String } =>
            "decided {date}: {was} -> {now}; no month is paid otherwise", "{date}决定：{was} -> {now}；各月发放不变";
        Unreadable { date: String, was: String, reason: String } =>
            "decided {date}: {was}; the other documents cannot read the facts: {reason}",
            "{date}决定：{was}；新文件不能读取当时的事实：{reason}";
    }
}

/// One decision in a line.
pub fn decision_words(impacted: &Impacted) -> DecisionWords {
    let date = impacted.decision_date.to_string();
    let was = outcome(impacted.recorded);
    let now = match &impacted.alternative {
        Err(reason) => {
            let reason = reason.clone();
            return DecisionWords::Unreadable { date, was, reason };
        }
        Ok(now) => outcome(*now),
    };
    match (impacted.months.first(), impacted.months.last()) {
        (Some(first), Some(last)) => DecisionWords::Paid {
            date,
            was,
            now,
            first: first.month.to_string(),
            last: last.month.to_string(),
            months: impacted.months.len(),
            over: yuan(impacted.overpaid),
            under: yuan(impacted.underpaid),
        },
        _ => DecisionWords::NotPaid { date, was, now },
    }
}

fn outcome(found: ImpactOutcome) -> String {
    let proposes = found
        .proposes
        .map(|outcome| format!("({})", outcome.code()))
        .unwrap_or_default();
    let amount = found.amount.map(|amount| format!(" {amount}")).unwrap_or_default();
    format!("{}{proposes}{amount}", found.outcome.code())
}

/// Yuan with two places; sums may be larger than one case's [`crate::rules::money::Fen`].
fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// The months with their sums, and a last line with all of them.
pub fn months_table(sums: &ImpactTotal, lang: Lang) -> Vec<String> {
    let head = [Words::Month, Words::Decisions, Words::Overpaid, Words::Underpaid];
    let mut rows = vec![head.map(|word| word.say(lang))];
    rows.extend(sums.months.iter().map(|(month, sums)| {
        [
            month.to_string(),
            sums.decisions.to_string(),
            yuan(sums.overpaid),
            yuan(sums.underpaid),
        ]
    }));
    rows.push([
        Words::Sum.say(lang),
        sums.impacted.to_string(),
        yuan(sums.overpaid),
        yuan(sums.underpaid),
    ]);
    let width = |at: usize| rows.iter().map(|row| columns(&row[at])).max().unwrap_or_default();
    let widths = [width(0), width(1), width(2), width(3)];
    let line = |row: &[String; 4]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| {
            // Numbers stand at the right; a Chinese character takes two columns.
            format!("{}{cell}", " ".repeat(width - columns(cell)))
        });
        cells.collect::<Vec<_>>().join("  ")
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::impact::result::ImpactMonth;

    #[test]
    fn the_table_stands_in_columns_in_either_language_and_ends_with_the_sums() {
        let month = ImpactMonth {
            decisions: 2,
            overpaid: 5,
            underpaid: 30_000,
        };
        let sums = ImpactTotal {
            impacted: 2,
            months: [("2021-09".parse().expect("a month"), month)].into(),
            overpaid: 5,
            underpaid: 30_000,
            ..ImpactTotal::default()
        };
        assert_eq!(
            months_table(&sums, Lang::En),
            [
                "  month  decisions  overpaid (yuan)  underpaid (yuan)",
                "2021-09          2             0.05            300.00",
                "    sum          2             0.05            300.00",
            ]
        );
        assert_eq!(
            months_table(&sums, Lang::Zh),
            [
                "   月份  决定件数  多发（元）  少发（元）",
                "2021-09         2        0.05      300.00",
                "   合计         2        0.05      300.00",
            ]
        );
    }
}
