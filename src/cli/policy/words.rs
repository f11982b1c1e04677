//! What the policy commands say themselves, in Chinese and English.

use crate::rules::compile::Cost;
use crate::rules::language::say::phrases;

phrases! {
    /// Words of `check`, `test`, `diff` and `publish`.
    Words {
        BrokenAbove { file: String } => "{file} above is broken; check it first", "上级文件 {file} 有误，请先检查它";
        Errors { count: usize } => "{count} errors", "共 {count} 处错误";
        OneError => "1 error", "共 1 处错误";
        Law { area: String } => "law of {area}", "{area} 适用的规则";
        LawCost { clauses: usize, nodes: usize, depth: usize, calls: usize, evaluations: u64 } =>
            "{clauses} clauses, {nodes} nodes, depth {depth} (through clauses {calls}), at most {evaluations} node evaluations a decision",
            "条款 {clauses} 个，节点 {nodes} 个，深度 {depth}（含所引条款 {calls}），每次决定最多求值 {evaluations} 个节点";
        Passes { file: String, clauses: usize, nodes: usize, depth: usize, parameters: usize, rows: usize, guards: usize, digest: String } =>
            "{file}: {clauses} clauses ({nodes} nodes, depth {depth}), {parameters} parameters, {rows} outcome rows, {guards} guards; {digest}",
            "{file}：条款 {clauses} 个（节点 {nodes} 个，深度 {depth}），参数 {parameters} 个，结果 {rows} 行，程序要求 {guards} 项；{digest}";
        NoVocabulary => "no vocabulary is there; name its folder with --above", "没有词汇表；请用 --above 指明其所在文件夹";
        NoCalendar => "no calendar is there; name its folder with --above", "没有日历；请用 --above 指明其所在文件夹";
        NotAnArea { area: String } => "`{area}` is not an area", "`{area}` 不是区划代码";
        Cases { count: usize, wrong: usize } => "{count} cases, {wrong} differ", "算例 {count} 个，不符 {wrong} 个";
        Accepted { policy: String, digest: String, cases: i32 } =>
            "{policy} {digest}: {cases} cases pass; nothing recorded", "{policy} {digest}：{cases} 个算例相符；未记录";
        Published { policy: String, name: String, index: u64, cases: i32 } =>
            "{policy} as {name}: entry {index}, {cases} cases", "{policy} 发布为 {name}：第 {index} 条，{cases} 个算例相符";
        ShadowsBelow { policy: String, count: usize } =>
            "{policy}: subordinate documents set {count} of its rules as well:", "{policy}：下级文件另有规定的共 {count} 处：";
    }
}

phrases! {
    /// The word before a finding.
    Mark {
        Error => "error", "错误";
        Ok => "ok", "通过";
        Differs => "differs", "不符";
        Published => "published", "已发布";
        Law => "law", "规则";
        Shadow => "shadow", "上下级并存";
    }
}

/// The bound of a law's cost.
pub fn cost(cost: &Cost) -> Words {
    Words::LawCost {
        clauses: cost.clauses,
        nodes: cost.nodes,
        depth: cost.depth,
        calls: cost.call_depth,
        evaluations: cost.evaluations,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::policy::impact_words;
    use crate::rules::language::say::held::translated;

    #[test]
    fn every_sentence_of_the_commands_stands_in_both_languages() {
        translated(Words::WRITTEN);
        translated(Mark::WRITTEN);
        translated(impact_words::Words::WRITTEN);
        translated(impact_words::DecisionWords::WRITTEN);
    }
}
