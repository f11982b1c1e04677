//! Aggregates over the instances of a scope.

use std::ops::Range;

use super::Evaluation;
use crate::rules::compile::{AggregateNode, Binary, Extent, Kind, Node, NodeIndex, Source};
use crate::rules::value::{Cell, Fault, Gap};

impl Evaluation<'_> {
    #[inline(never)]
    pub(super) fn aggregate(&mut self, index: u32, at: u32) -> Cell {
        let law = self.law;
        let node = law.code.aggregate_at(index);
        let range = self.instances_of(node, at);
        match (node.kind, range.is_empty()) {
            (Kind::Sum | Kind::Count, true) => return Cell::Int(0),
            (Kind::Any, true) => return Cell::No,
            (Kind::All, true) => return Cell::Yes,
            _ => {}
        }
        match node.kind.deciding() {
            Some(deciding) => self.decide(node, range, deciding),
            None => self.collect(node, range, at),
        }
    }

    /// The instances under the anchor: tables are in document order, so they are one run.
    #[inline]
    pub(super) fn instances_of(&self, node: &AggregateNode, at: u32) -> Range<u32> {
        match node.extent {
            Extent::Whole => 0..self.facts.counts[node.scope.at()],
            Extent::Under => {
                let starts = &self.facts.tables[node.scope.at()].starts;
                starts[at as usize]..starts[at as usize + 1]
            }
            Extent::Way => self.instances_on_the_way(node, at),
        }
    }

    fn instances_on_the_way(&self, node: &AggregateNode, at: u32) -> Range<u32> {
        let anchor = self.climb(node.anchor, at);
        node.path.iter().fold(anchor..anchor + 1, |range, scope| {
            let starts = &self.facts.tables[scope.at()].starts;
            starts[range.start as usize]..starts[range.end as usize]
        })
    }

    /// Whether an instance is looked at: yes, no, or what the filter is instead.
    #[inline(always)]
    fn filter(&mut self, filter: Option<NodeIndex>, instance: u32) -> Cell {
        match filter {
            None => Cell::Yes,
            Some(filter) => self.truth(filter, instance),
        }
    }

    /// A node as a condition; what is no bool is E_TYPE.
    #[inline(always)]
    fn truth(&mut self, node: NodeIndex, at: u32) -> Cell {
        match self.part(node, at) {
            truth @ (Cell::Yes | Cell::No | Cell::Missing(_) | Cell::Error(_)) => truth,
            _ => Cell::Error(Fault::Type),
        }
    }

    /// [`Evaluation::run`], with what most parts of aggregates are answered on the spot: a clause of the instance.
    #[inline(always)]
    fn part(&mut self, node: NodeIndex, at: u32) -> Cell {
        match self.nodes[node.0 as usize] {
            Node::Clause(Source::Own(_), clause) => self.clause_cell(clause, at),
            _ => self.run(node, at),
        }
    }

    /// `any` where `deciding` is yes, `all` where it is no.
    fn decide(&mut self, node: &AggregateNode, range: Range<u32>, deciding: Cell) -> Cell {
        let mut missing: Option<Gap> = None;
        for instance in range {
            let unsure = match self.filter(node.filter, instance) {
                Cell::Yes => None,
                Cell::No => continue,
                Cell::Missing(gap) => Some(gap),
                stop => return stop,
            };
            let Some(value) = node.value else { continue };
            let gap = match (self.truth(value, instance), unsure) {
                (stop @ Cell::Error(_), _) => return stop,
                (Cell::Missing(gap), unsure) => self.also(unsure, gap),
                (truth, _) if truth != deciding => continue,
                (_, None) => return deciding,
                (_, Some(gap)) => gap,
            };
            missing = Some(self.also(missing, gap));
        }
        match (missing, deciding) {
            (Some(gap), _) => Cell::Missing(gap),
            (None, Cell::Yes) => Cell::No,
            (None, _) => Cell::Yes,
        }
    }

    /// The aggregates that need every instance.
    fn collect(&mut self, node: &AggregateNode, range: Range<u32>, at: u32) -> Cell {
        let mut missing: Option<Gap> = None;
        // The value so far and the instance it stems from.
        let mut held: Option<(Cell, u32)> = None;
        let mut fault: Option<Fault> = None;
        let mut count: i64 = 0;
        for instance in range {
            match self.filter(node.filter, instance) {
                Cell::Yes => count += 1,
                Cell::No => continue,
                Cell::Missing(gap) => {
                    missing = Some(self.also(missing, gap));
                    continue;
                }
                stop => return stop,
            }
            let Some(value) = node.value else { continue };
            match self.part(value, instance) {
                stop @ Cell::Error(_) => return stop,
                Cell::Missing(gap) => missing = Some(self.also(missing, gap)),
                // A fault of the aggregate itself waits: something missing outweighs it.
                value if fault.is_none() => match self.take(node.kind, held, value, instance) {
                    Ok(next) => held = Some(next),
                    Err(found) => fault = Some(found),
                },
                _ => {}
            }
        }
        if let Some(gap) = missing {
            return Cell::Missing(gap);
        }
        if let Some(fault) = fault {
            return Cell::Error(fault);
        }
        match (node.kind, held) {
            (Kind::Count, _) => Cell::Int(count),
            (Kind::Sum, held) => held.map_or(Cell::Int(0), |(sum, _)| sum),
            (Kind::First, Some((_, instance))) => node
                .taken
                .map_or(Cell::Error(Fault::Type), |taken| self.run(taken, instance)),
            (Kind::Least | Kind::Greatest, Some((value, _))) => value,
            (Kind::Least | Kind::Greatest | Kind::First, None) => match node.default {
                Some(default) => self.run(default, at),
                None => self.nothing_recorded(node, at),
            },
            (Kind::Any | Kind::All, _) => Cell::Error(Fault::Type),
        }
    }

    #[inline]
    fn take(
        &mut self,
        kind: Kind,
        held: Option<(Cell, u32)>,
        value: Cell,
        instance: u32,
    ) -> Result<(Cell, u32), Fault> {
        // The commonest, without the ways of the others.
        if let (Kind::Sum, Cell::Int(added)) = (kind, value) {
            match held {
                None => return Ok((value, instance)),
                Some((Cell::Int(sum), _)) => {
                    if let Some(sum) = sum.checked_add(added) {
                        return Ok((Cell::Int(sum), instance));
                    }
                }
                Some(_) => {}
            }
        }
        let Some((earlier, from)) = held else {
            return match kind {
                Kind::Sum => self.added(Cell::Int(0), value).map(|sum| (sum, instance)),
                // Comparing a value with itself refuses kinds that have no order.
                Kind::Count | Kind::Any | Kind::All | Kind::Least | Kind::Greatest | Kind::First => {
                    self.order(value, value).map(|_| (value, instance))
                }
            };
        };
        match kind {
            Kind::Sum => self.added(earlier, value).map(|sum| (sum, instance)),
            Kind::Greatest if self.order(value, earlier)?.is_gt() => Ok((value, instance)),
            Kind::Least | Kind::First if self.order(value, earlier)?.is_lt() => Ok((value, instance)),
            Kind::Count | Kind::Any | Kind::All | Kind::Least | Kind::Greatest | Kind::First => Ok((earlier, from)),
        }
    }

    fn added(&mut self, sum: Cell, value: Cell) -> Result<Cell, Fault> {
        match self.binary(Binary::Add, sum, value) {
            Cell::Error(fault) => Err(fault),
            sum => Ok(sum),
        }
    }

    /// `first` over nothing without a default needs a record of the scope.
    fn nothing_recorded(&self, node: &AggregateNode, at: u32) -> Cell {
        let above = node.parent.map_or(0, |reach| self.climb(reach, at));
        let instance = self.facts.count(node.scope) + above;
        match self.law.schema.scopes[node.scope.at()].facts.first() {
            Some(fact) => Cell::Missing(Gap::fact(*fact, instance)),
            None => Cell::Error(Fault::Type),
        }
    }
}
