//! What PreviewImpact streams.

use super::determination::outcome;
use super::{date, month};
use crate::api::pb;
use crate::app::impact::result::{ImpactEvent, ImpactOutcome, ImpactProgress, ImpactTotal, Impacted};

/// One message of the stream.
pub fn impact(event: ImpactEvent) -> pb::PreviewImpactResponse {
    use pb::preview_impact_response::Event;
    let event = match event {
        ImpactEvent::Decision(impacted) => Event::Decision(decision(*impacted)),
        ImpactEvent::Progress(progress) => Event::Progress(self::progress(progress)),
        ImpactEvent::Total(total) => Event::Total(self::total(total)),
    };
    pb::PreviewImpactResponse { event: Some(event) }
}

fn decision(impacted: Impacted) -> pb::ImpactedDecision {
    let (alternative, reason) = match impacted.alternative {
        Ok(alternative) => (Some(one(alternative)), String::new()),
        Err(reason) => (None, reason),
    };
    let months = impacted.months.into_iter().map(|difference| pb::ImpactMonth {
        month: Some(month(difference.month)),
        recorded_fen: difference.was.get(),
        alternative_fen: difference.now.get(),
    });
    pb::ImpactedDecision {
        determination: impacted.name.to_string(),
        epoch: impacted.epoch,
        index: impacted.index.get(),
        decision_date: Some(date(impacted.decision_date)),
        recorded: Some(one(impacted.recorded)),
        alternative,
        reason,
        months: months.collect(),
        overpaid_fen: impacted.overpaid,
        underpaid_fen: impacted.underpaid,
    }
}

fn one(found: ImpactOutcome) -> pb::ImpactOutcome {
    pb::ImpactOutcome {
        outcome: outcome(found.outcome).into(),
        proposes: found.proposes.map_or(pb::Outcome::Unspecified, outcome).into(),
        amount_fen: found.amount.map(crate::rules::money::Fen::get),
    }
}

fn progress(progress: ImpactProgress) -> pb::ImpactProgress {
    pb::ImpactProgress {
        area: progress.area.to_string(),
        epoch: progress.epoch,
        next_index: progress.next.get(),
        scanned: progress.scanned,
        total: progress.total,
        recomputed: progress.recomputed,
        impacted: progress.impacted,
    }
}

fn total(total: ImpactTotal) -> pb::ImpactTotal {
    let months = total.months.into_iter().map(|(of, sums)| pb::ImpactMonthTotal {
        month: Some(month(of)),
        decisions: sums.decisions,
        overpaid_fen: sums.overpaid,
        underpaid_fen: sums.underpaid,
    });
    pb::ImpactTotal {
        scanned: total.scanned,
        recomputed: total.recomputed,
        impacted: total.impacted,
        erased: total.erased,
        restricted: total.restricted,
        months: months.collect(),
        overpaid_fen: total.overpaid,
        underpaid_fen: total.underpaid,
    }
}
