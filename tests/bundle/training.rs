//! Writes what `deploy/profiled/run` has the program work on: a bundle of the golden corpus, and a call for the load.
//!
//! A program of its own, so that its dependencies are those of the `doudi` that is trained. It is no part of what is
//! shipped.

#![expect(clippy::unwrap_used, reason = "a program that cannot write its files must stop")]

mod synthetic;

use std::fs;
use std::path::PathBuf;

use clap::Parser;
use doudi::api::pb;
use prost::Message;

use synthetic::{Corpus, key, write};

const EXAMPLE: &str = "\
Example: a bundle of 20,000 decisions, and how long the installed program takes for it:

  doudi-training /tmp/training --decisions 20000
  doudi verify --key \"$(cat /tmp/training/key)\" --threads 1 /tmp/training/bundle.tar";

/// Writes FOLDER/bundle.tar, FOLDER/key (the public key of its log) and FOLDER/request.bin (a DetermineRequest).
///
/// The decisions are those of the golden corpus, one after another; the folder of the repository must be the current one.
#[derive(Debug, Parser)]
#[command(name = "doudi-training", after_help = EXAMPLE)]
struct Arguments {
    /// Where the files go; made if it does not exist
    folder: PathBuf,
    /// How many decisions the bundle has
    #[arg(long, value_name = "COUNT", default_value_t = 20_000)]
    decisions: u64,
}

fn main() {
    let arguments = Arguments::parse();
    fs::create_dir_all(&arguments.folder).unwrap();
    let bundle = arguments.folder.join("bundle.tar");
    write(&bundle, &Corpus::read(), arguments.decisions, &|_, _| {});
    fs::write(arguments.folder.join("key"), format!("{}\n", key())).unwrap();
    fs::write(arguments.folder.join("request.bin"), request().encode_to_vec()).unwrap();
}

fn day(year: i32, month: i32, day: i32) -> Option<pb::Date> {
    Some(pb::Date { year, month, day })
}

/// Two parents and a child apply in the county of the demo; the first has 900 yuan a month.
fn request() -> pb::DetermineRequest {
    pb::DetermineRequest {
        area: "340321".to_owned(),
        input: Some(pb::DecisionInput {
            decision_date: day(2021, 8, 18),
            month: day(2021, 8, 0),
            facts: Some(facts()),
            officer: Some(pb::Officer {
                id: "n1".to_owned(),
                role: "确认".to_owned(),
                unit: "怀远县民政局".to_owned(),
                delegation: String::new(),
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn facts() -> pb::HouseholdFacts {
    let mut members = [
        ("m1", pb::MemberRelation::Self_, 1980),
        ("m2", pb::MemberRelation::Spouse, 1982),
        ("m3", pb::MemberRelation::MinorChild, 2016),
    ]
    .map(|(id, relation, year)| pb::Member {
        id: id.to_owned(),
        relation: Some(relation.into()),
        birth: day(year, 5, 6),
        labour: Some(pb::Labour::Full.into()),
        ..Default::default()
    });
    members[0].incomes.push(pb::Income {
        id: "i1".to_owned(),
        kind: Some(pb::IncomeKind::Other.into()),
        regularity: Some(pb::Regularity::Monthly.into()),
        amount_fen: Some(90_000),
        ..Default::default()
    });
    pb::HouseholdFacts {
        case: Some(pb::CaseFacts {
            residence_kind: Some(pb::ResidenceKind::Rural.into()),
            property_ok: Some(true),
            income_unstable: Some(false),
            obligor_status: Some(pb::ObligorStatus::None.into()),
            applied_on: day(2021, 8, 2),
            accepted_on: day(2021, 8, 2),
            checked_on: day(2021, 8, 18),
            ..Default::default()
        }),
        notice: Some(pb::NoticeFacts {
            reasons_written: Some(true),
            ..Default::default()
        }),
        members: members.into(),
        ..Default::default()
    }
}
