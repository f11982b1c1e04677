//! What a determination cites, in words: instruments and articles out of the law's documents.

use std::collections::BTreeMap;

use super::laws::AdoptedLaw;
use super::result::{Citation, ExplanationStep};
use crate::canonical::Json;
use crate::rules::determination::{Decided, Determination};
use crate::rules::document::ArticleText;

impl AdoptedLaw {
    /// Every citation of a determination that the law's documents hold.
    pub(super) fn citations(&self, determination: &Determination) -> BTreeMap<String, Citation> {
        let decided = |decided: &Decided| {
            let steps = decided.required_steps.iter().filter_map(|step| step.cite.clone());
            decided.cite.clone().into_iter().chain(steps).collect::<Vec<_>>()
        };
        let mut cites = decided(&determination.household);
        cites.extend(determination.members.iter().flat_map(|member| decided(&member.decided)));
        cites.extend(determination.due.iter().map(|due| due.cite.clone()));
        cites.extend(determination.parameters.iter().filter_map(|read| read.cite.clone()));
        cites.extend(determination.choices.iter().filter_map(|read| read.cite.clone()));
        cites
            .into_iter()
            .filter_map(|cite| self.citation(&cite).map(|citation| (cite, citation)))
            .collect()
    }

    /// A citation `instrument#article`, or an instrument alone.
    fn citation(&self, cite: &str) -> Option<Citation> {
        let (id, article) = cite.split_once('#').unwrap_or((cite, ""));
        let mut instruments = self
            .documents
            .iter()
            .flat_map(|published| &published.document.instruments);
        let instrument = instruments.find(|instrument| instrument.id == id)?;
        let found = instrument.articles.iter().find(|held| held.id == article);
        let (text, quoted) = match found.map(|held| &held.text) {
            Some(ArticleText::Quote(text)) => (text.clone(), true),
            Some(ArticleText::Summary(text)) => (text.clone(), false),
            None => (String::new(), false),
        };
        Some(Citation {
            number: instrument.number.clone(),
            title: instrument.title.clone(),
            article: article.to_owned(),
            text,
            quoted,
        })
    }

    /// The readable trace as steps of an explanation: each clause that was demanded.
    pub(super) fn explained(&self, trace: &Json) -> Vec<ExplanationStep> {
        let clauses = trace.get("clauses").and_then(Json::as_list).unwrap_or_default();
        let text = |step: &Json, key: &str| step.get(key).and_then(Json::as_text).unwrap_or_default().to_owned();
        let step = |step: &Json| {
            let clause = text(step, "clause");
            let mut known = self.documents.iter().flat_map(|published| &published.document.clauses);
            let definition = known.find(|definition| definition.id == clause);
            ExplanationStep {
                name: text(step, "name"),
                at: text(step, "at"),
                value: step.get("value").map(ToString::to_string).unwrap_or_default(),
                unit: definition.map(|definition| definition.unit.word()).unwrap_or_default(),
                text: step.get("reads").map(ToString::to_string).unwrap_or_default(),
                cite: step.get("cite").and_then(Json::as_text).map(str::to_owned),
                clause,
            }
        };
        clauses.iter().map(step).collect()
    }
}
