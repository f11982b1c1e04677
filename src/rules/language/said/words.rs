//! Words that sentences are made of: places, kinds, types, what is wanted.

use crate::rules::expr::Unit;
use crate::rules::language::say::{Lang, Say, phrases};

phrases! {
    /// What a mistake stands in.
    At {
        Calendar => "calendar", "日历";
        Carry => "carry", "带入事项";
        Case => "case", "算例";
        Choice => "choice", "选项";
        Clause => "clause", "条款";
        Codes => "codes", "代码表";
        Fact => "fact", "事实";
        Group => "group", "分组";
        Guard => "guard", "程序要求";
        Instrument => "instrument", "依据文件";
        OutcomeList => "outcome list", "结果表";
        Outcomes => "outcomes", "结果表";
        Parameter => "parameter", "参数";
        Schedule => "schedule", "期限";
        Scope => "scope", "层级";
        Vocabulary => "vocabulary", "词汇表";
    }
}

phrases! {
    /// What stands in a YAML file.
    NodeKind {
        Nothing => "nothing", "空值";
        Text => "a text", "文本";
        List => "a list", "列表";
        Map => "a map", "映射";
    }
}

phrases! {
    /// What should stand in an expression.
    Wanted {
        Mark { mark: String } => "`{mark}`", " `{mark}` ";
        Then => "则 (then)", "“则”";
        Else => "否则 (else)", "“否则”";
        Value => "a value", "一个值";
        Code => "a code", "代码";
        Name => "a name", "名称";
        ParameterName => "the name of a parameter", "参数的名称";
        FactName => "the name of a fact", "事实的名称";
        End => "the end of the expression", "表达式的结尾";
        ListOrGroup => "a list such as 成员 or 工作, or a group", "列表（如 成员、工作）或者分组";
        Quantum => "分, 角 or 元", "“分”“角”或者“元”";
        RoundMode => "四舍五入, 进位 or 舍去", "“四舍五入”“进位”或者“舍去”";
        CommaOrClose => "`,` or `)`", " `,` 或者 `)` ";
    }
}

phrases! {
    /// How many.
    Count {
        Exactly { count: usize } => "{count}", "{count}";
        Between { least: usize, most: usize } => "{least} to {most}", "{least} 至 {most}";
    }
}

phrases! {
    /// The bounds that hold.
    Range {
        Of { min: String, max: String, cite: String } => "{min}..{max} of {cite}", " {cite} 的 {min}..{max}";
        Above => "the bounds above", "上级文件的范围";
    }
}

phrases! {
    /// A literal of each unit, for showing.
    Example {
        Fen => "650.00元", "650.00元";
        FenPerPerson => "650.00元 or 650.00元/人", "650.00元 或者 650.00元/人";
        Ratio => "50% or 1.5", "50% 或者 1.5";
        Persons => "1人", "1人";
        Count => "3", "3";
        Months => "12个月", "12个月";
        Days => "7日", "7日";
        Years => "60岁", "60岁";
    }
}

phrases! {
    /// A type in words.
    TyWords {
        Fen => "an amount (元)", "金额（元）";
        FenPerPerson => "an amount per person (元/人)", "每人金额（元/人）";
        Ratio => "a ratio", "比例";
        Persons => "a number of persons (人)", "人数（人）";
        Count => "a count", "次数";
        Months => "a number of months (个月)", "月数（个月）";
        Days => "a number of days (日)", "日数（日）";
        Years => "a number of years (岁)", "岁数（岁）";
        Compound { powers: Powers } => "{powers}", "单位为 {powers} 的数";
        Bare => "a number without a unit", "没有单位的数";
        Bool => "true or false", "真假值";
        Code { list: String } => "a code of {list}", "代码表 {list} 的代码";
        Date => "a date", "日期";
        Month => "a month", "月份";
        Area => "an area", "区划";
    }
}

impl From<Unit> for TyWords {
    fn from(unit: Unit) -> TyWords {
        match unit {
            Unit::Fen => TyWords::Fen,
            Unit::FenPerPerson => TyWords::FenPerPerson,
            Unit::Ratio => TyWords::Ratio,
            Unit::Persons => TyWords::Persons,
            Unit::Count => TyWords::Count,
            Unit::Months => TyWords::Months,
            Unit::Days => TyWords::Days,
            Unit::Years => TyWords::Years,
        }
    }
}

phrases! {
    /// A base unit.
    Base {
        Fen => "fen", "分";
        Persons => "persons", "人";
        Months => "months", "月";
        Days => "days", "日";
        Years => "years", "岁";
    }
}

/// A unit that no value may end in: powers of base units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Powers(pub Vec<(Base, i8)>);

impl Say for Powers {
    fn say(&self, lang: Lang) -> String {
        let shown = self.0.iter().map(|(base, power)| match power {
            1 => base.say(lang),
            power => format!("{}^{power}", base.say(lang)),
        });
        shown.collect::<Vec<_>>().join(" × ")
    }
}

/// Types in a row, as keys of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined(pub Vec<TyWords>);

impl Say for Joined {
    fn say(&self, lang: Lang) -> String {
        let between = match lang {
            Lang::En => ", ",
            Lang::Zh => "，",
        };
        self.0
            .iter()
            .map(|words| words.say(lang))
            .collect::<Vec<_>>()
            .join(between)
    }
}

impl Say for Option<TyWords> {
    fn say(&self, lang: Lang) -> String {
        self.as_ref().map(|words| words.say(lang)).unwrap_or_default()
    }
}
