//! What can be wrong with a document, in English and Chinese. What to do about it is `fix`.

use super::words::{At, Count, NodeKind, Range, TyWords, Wanted};
use crate::rules::language::say::phrases;

phrases! {
    /// What is wrong.
    Wrong {
        // The file.
        FileTooLarge { max: usize } => "the file has more than {max} bytes", "文件超过 {max} 字节";
        FileEmpty => "the file is empty", "文件是空的";
        SecondDocument => "a second document begins here", "这里开始了第二份文档";
        Anchor => "an anchor or alias (`&x`, `*x`) is not read", "不支持锚点和别名（`&x`、`*x`）";
        Tag => "a tag (`!x`) is not read", "不支持标签（`!x`）";
        NestedTooDeep { max: usize } => "nested more than {max} deep", "嵌套超过 {max} 层";
        KeyNotText => "a key must be a text", "键必须是文本";
        KeyTwice { key: String } => "`{key}` stands here twice", "`{key}` 在这里出现了两次";
        TabAtStart => "a tab stands at the start of the line", "行首有制表符";
        SecondColon =>
            "a second `: ` (colon and blank) in an unquoted text: YAML reads it as another key",
            "未加引号的文本中第二次出现 `: `（冒号加空格）：YAML 会把它读作另一个键";
        BeginsWithMark { mark: String, info: String } =>
            "a text that begins with `{mark}` means something else in YAML ({info})",
            "以 `{mark}` 开头的文本在 YAML 中另有含义（{info}）";
        NotYaml { info: String } => "this is not YAML: {info}", "这不是合法的 YAML：{info}";

        // Keys and values.
        OtherSemantics { ours: &'static str, theirs: String } =>
            "this engine reads {ours}, not {theirs}", "本引擎读取 {ours}，不读取 {theirs}";
        NotAreaCodeOf6 { code: String } => "`{code}` is not an area code of 6 digits", "`{code}` 不是六位区划代码";
        MapWanted { kind: NodeKind } => "{kind} stands where a map should stand", "这里应当是映射，实际是{kind}";
        NoKeyHere { key: String } => "there is no key `{key}` here", "这里没有 `{key}` 这个键";
        Missing { key: &'static str } => "`{key}` is missing", "缺少 `{key}`";
        IsValue { key: &'static str, value: String } => "`{key}` is {value}", "`{key}` 的值是 {value}";
        IsWord { key: &'static str, value: String } => "`{key}` is `{value}`", "`{key}` 的值是 `{value}`";
        IsKind { key: &'static str, kind: NodeKind } => "`{key}` is {kind}", "`{key}` 是{kind}";
        ExpressionWanted { kind: NodeKind, key: &'static str } =>
            "{kind} stands where `{key}` needs an expression", "`{key}` 需要表达式，这里却是{kind}";
        TwoIds { by_key: String, own: String, key: &'static str } =>
            "the entry is `{by_key}` by its key and `{own}` by `{key}`", "该条目的键是 `{by_key}`，而 `{key}` 写的是 `{own}`";
        ListWanted { key: String } => "a text stands where `{key}` needs a list", "`{key}` 需要列表，这里却是文本";
        Empty { key: String } => "`{key}` is empty", "`{key}` 是空的";
        TextWanted { kind: NodeKind, key: String } =>
            "{kind} stands where `{key}` needs a text", "`{key}` 需要文本，这里却是{kind}";
        NotAnId { text: String } => "`{text}` is not an id", "`{text}` 不是合格的编号";
        NotADate { text: String } => "`{text}` is not a date", "`{text}` 不是日期";
        UntilBeforeFrom => "`until` lies before `from`", "`until` 早于 `from`";
        Second { what: At, id: String } => "a second {what} `{id}`", "{what} `{id}` 重复";
        SecondCodeList { id: String } => "a second code list `{id}`", "代码表 `{id}` 重复";

        // Calendar and cases.
        NotAYear { text: String } => "`{text}` is not a year", "`{text}` 不是年份";
        YearTwice { year: i32 } => "the year {year} stands here twice", "{year} 年在这里出现了两次";
        NotASpan { text: String, year: i32 } => "{text} is not a span of days of {year}", "{text} 不是 {year} 年内的一段日期";
        OffAlready { text: String } => "{text} is off already", "{text} 本来就是休息日";
        WorkAlready { text: String } => "{text} is a working day already", "{text} 本来就是工作日";
        DayTwice { key: String } => "a day of `{key}` stands there twice", "`{key}` 中有一天重复";
        YearCitesNothing => "a year cites nothing", "该年没有写明依据";

        // Instruments.
        ArticleWithoutNumber => "an article has no number", "条文没有条号";
        ArticleTwoTexts { id: String } => "article {id} has a quote and a summary", "条文 {id} 既有原文又有摘要";
        ArticleWithoutText { id: String } => "article {id} has no text", "条文 {id} 没有内容";
        InstrumentAbove { id: String } => "a superior document declares `{id}` already", "上级文件已经声明了 `{id}`";
        NoHeldText { number: String } => "no held text has the number {number}", "持有的原文中没有文号 {number}";
        QuoteNotHeld { article: String } => "article {article} is quoted, and its text is not held", "条文 {article} 引了原文，但并不持有该文件的原文";
        NotTheWords { article: String } => "the held text does not have the words of article {article}", "持有的原文中没有条文 {article} 所引的文字";
        NoInstrument { id: String } => "there is no instrument `{id}`", "没有依据文件 `{id}`";
        NoArticle { id: String, article: String } => "{id} has no article `{article}` here", "{id} 在这里没有条文 `{article}`";

        // Vocabulary.
        TwoCodesCalled { name: String } => "two codes are called {name}", "有两个代码都叫 {name}";
        SecondVocabulary => "a second vocabulary", "第二份词汇表";
        ScopeWithoutParent => "a scope has no parent", "该层级没有上层";
        NoScopeBefore { parent: String } => "there is no scope `{parent}` before this one", "在此之前没有层级 `{parent}`";
        SecondFact { scope: String } => "{scope} has a second fact of this path or name", "{scope} 中已有同路径或者同名的事实";
        NotAPath { path: String } => "`{path}` is not a path", "`{path}` 不是路径";
        WordOfLanguage { name: String } => "`{name}` is a word of the language", "`{name}` 是语言的保留词";
        NoScope { name: String } => "there is no scope `{name}`", "没有层级 `{name}`";
        NamesScopes { name: String, count: usize } => "`{name}` names {count} scopes", "`{name}` 可以指 {count} 个层级";
        NoType { word: String } => "there is no type `{word}`", "没有类型 `{word}`";

        // Choices.
        NotAChoiceId { id: String } => "`{id}` is not the id of a choice", "`{id}` 不是选项的编号";
        ChosenTwice { id: String } => "{id} is chosen twice for one date", "{id} 在同一日期选定了两次";
        NoOptions { id: String } => "{id} has no options", "{id} 没有列出可选项";
        OtherOptions { id: String } => "{id} has other options in a superior document", "{id} 在上级文件中的可选项与此不同";
        NotAnOption { option: String, id: String } => "`{option}` is not an option of {id}", "`{option}` 不是 {id} 的可选项";
        NoChoice { id: String } => "there is no choice `{id}`", "没有选项 `{id}`";

        // Parameters.
        ValueAndValues => "both `value` and `values` stand here", "这里同时写了 `value` 和 `values`";
        WithoutValue { key: &'static str } => "`{key}` stands here without `value`", "这里写了 `{key}` 却没有 `value`";
        NotDeclaredAbove { id: String } => "no superior document declares `{id}`", "上级文件都没有声明 `{id}`";
        DeclaredBy { id: String, policy: String } => "`{id}` is declared by {policy} already", "`{id}` 已由 {policy} 声明";
        MayNotSet { level: &'static str, id: String } => "a {level} may not set `{id}`", "{level} 一级无权设定 `{id}`";
        RowTwice { id: String } => "a second row `{id}`: the same keys from the same day", "数值行 `{id}` 重复：键和起始日都相同";
        AreaNotFirst => "the area is not the first key", "区划不是第一个键";
        NoLevel { level: String } => "there is no level `{level}`", "没有 `{level}` 这一级";
        OnlyNumbersHaveBounds => "only numbers have bounds", "只有数值才有范围";
        MaxBelowMin => "`max` lies below `min`", "`max` 小于 `min`";
        BoundsOutside { min: String, max: String, of: Range } => "the bounds {min}..{max} lie outside {of}", "范围 {min}..{max} 超出了{of}";
        NoAreaKey { id: String } => "`{id}` has no area key", "`{id}` 没有区划这个键";
        ForKeys { count: usize, id: String, plain: usize } =>
            "`for` has {count} keys, and `{id}` has {plain} beside the area", "`for` 有 {count} 个键，而 `{id}` 除区划外有 {plain} 个";
        ValueCitesNothing => "a value cites nothing", "该数值没有写明依据";
        NotAnAreaCode { code: String } => "`{code}` is not an area code", "`{code}` 不是区划代码";
        NotInArea { area: String, own: String } => "{area} does not lie in {own}", "{area} 不在 {own} 之内";
        OutsideBounds { value: String, of: Range } => "{value} lies outside {of}", "{value} 超出了{of}";
        NoParameter { name: String } => "there is no parameter `{name}`", "没有参数 `{name}`";
        KeyCount { name: String, wanted: usize, count: usize } => "{name} has {wanted} keys and {count} stand here", "{name} 有 {wanted} 个键，这里写了 {count} 个";
        NoBounds { name: String } => "{name} has no bounds", "{name} 没有设定范围";

        // Clauses, guards, schedules, carries.
        NameIsKeyword => "the name is a word of the language", "该名称是语言的保留词";
        OtherVersion { id: String } => "`{id}` has another name, scope or unit in its other version", "`{id}` 的另一版本名称、层级或者单位与此不同";
        NameOfClause { name: String, id: String } => "`{name}` is the name of clause {id} already", "`{name}` 已经是条款 {id} 的名称";
        NameOfParameter { name: String, id: String } => "`{name}` is the name of parameter {id} already", "`{name}` 已经是参数 {id} 的名称";
        NameOfFact { name: String, path: String } => "`{name}` is the name of the fact {path} already", "`{name}` 已经是事实 {path} 的名称";
        NameOfScope { name: String } => "`{name}` is the name of a scope", "`{name}` 是层级的名称";
        FilterTooLarge { max: usize } => "the filter of a group has more than {max} nodes", "分组的筛选条件超过 {max} 个节点";
        TwoVersions { id: String } => "two versions of `{id}` are in force at one date", "`{id}` 有两个版本在同一日期有效";
        ReplacesClause { id: String, policy: String } => "this replaces `{id}` of {policy} without saying so", "这里取代了 {policy} 的 `{id}`，却没有声明";
        LapseNever => "`on_lapse` stands on a clause that never lapses", "条款永不失效，却写了 `on_lapse`";
        AppliesToNothing => "the guard applies to nothing", "该程序要求不适用于任何情形";
        ReplacesGuard { id: String, policy: String } =>
            "this replaces the guard `{id}` of {policy} without saying so", "这里取代了 {policy} 的程序要求 `{id}`，却没有声明";
        ReplacesOwnGuard { id: String } =>
            "this replaces the guard `{id}` of this document without saying so", "这里取代了本文件的程序要求 `{id}`，却没有声明";
        GuardScope { scope: String } => "a guard cannot stand in scope {scope}", "程序要求不能放在层级 {scope}";
        NoEffect { code: String } => "there is no effect `{code}`", "没有效果 `{code}`";
        TwoSchedules { id: String } => "two schedules `{id}` are in force at one date", "期限 `{id}` 有两项在同一日期有效";
        NoFact { name: String } => "there is no fact `{name}`", "没有事实 `{name}`";
        NotHistory { path: String } => "{path} is not a history fact", "{path} 不是历史事实";

        // Outcomes.
        FlagForm => "a flag has no code and condition", "标记没有写成代码加条件";
        NoEnd { kind: String } => "{kind} does not end in an outcome for everybody", "{kind} 没有以人人适用的结果收尾";
        ListScope { scope: String } => "a list cannot run in scope {scope}", "结果表不能放在层级 {scope}";
        ListDiffers { id: String } => "`{id}` has another scope or other kinds in a superior document", "`{id}` 在上级文件中的层级或者办理事项与此不同";
        ConcernsAgain { id: String } => "a superior document says whom `{id}` concerns", "`{id}` 适用于谁由上级文件规定";
        ConcernsHousehold => "only a list of scope `member` says whom it concerns", "只有层级为 `member` 的结果表才规定适用于谁";
        NeverReached => "a row after `when: 真` is never reached", "`when: 真` 之后的行永远走不到";
        SecondRow { id: String } => "a second row `{id}`", "结果行 `{id}` 重复";
        ReplacesRow { id: String } => "this replaces the row `{id}` of a superior document without saying so", "这里取代了上级文件的结果行 `{id}`，却没有声明";
        NotAKind { kind: String } => "`{kind}` is not a kind of decision", "`{kind}` 不是办理事项";
        NoSuperiorRow { id: String } => "no superior document has a row `{id}`", "上级文件没有结果行 `{id}`";
        AmountAndMonths => "a row has `amount` and `months`", "同一行既有 `amount` 又有 `months`";
        NoAmount { outcome: String } => "{outcome} says no amount or no first month", "{outcome} 没有写明金额或者起始月";
        StopWithoutMonth => "STOP says no first month without pay", "STOP 没有写明停发的起始月";
        PaysNothing { outcome: String } => "{outcome} pays nothing", "{outcome} 不发放金额";
        NoOutcome { code: String } => "there is no outcome `{code}`", "没有结果 `{code}`";
        NotACode { code: String } => "`{code}` is not a code", "`{code}` 不是代码";

        // Reading an expression.
        NotInCalendar { date: String } => "{date} is not in the calendar", "日历上没有 {date}";
        TooManyDigits { max: usize } => "a number has more than {max} digits", "数字超过 {max} 位";
        NotAUnit { word: String, number: String } => "`{word}` after {number} is not a unit", "{number} 后面的 `{word}` 不是单位";
        NumberTooLarge => "a number is too large", "数字过大";
        PartOfFen => "an amount has a part of a fen", "金额不足一分";
        PartOfSpan => "a span or a count has a decimal part", "时长或者次数带有小数";
        NoMeaning { mark: String } => "`{mark}` has no meaning in an expression", "`{mark}` 在表达式中没有意义";
        ExpressionTooLong { max: usize } => "the expression has more than {max} bytes", "表达式超过 {max} 字节";
        EndsWhere { wanted: Wanted } => "the expression ends where {wanted} should stand", "表达式在应当是{wanted}的地方结束了";
        StandsWhere { word: String, wanted: Wanted } => "`{word}` stands where {wanted} should stand", "这里应当是{wanted}，却写着 `{word}`";
        NumberWhere { wanted: Wanted } => "a number stands where {wanted} should stand", "这里应当是{wanted}，却写着数字";
        ExpressionNested { max: usize } => "the expression is nested more than {max} deep", "表达式嵌套超过 {max} 层";
        NotTwice => "非 stands twice", "连写了两个“非”";
        Chained => "comparisons cannot be chained", "比较不能连写";
        SetEmpty => "the set is empty", "集合是空的";
        TooManyParts { max: usize } => "an expression joins more than {max} parts", "表达式连接了超过 {max} 个部分";
        ArgumentCount { name: String, count: usize, wanted: Count } => "{name} has {count} arguments and takes {wanted}", "{name} 写了 {count} 个参数，应为 {wanted} 个";
        OnePartTooMany { name: String } => "{name} has one part too many", "{name} 多写了一个部分";
        FirstNeedsBy => "首个 needs 按 (by)", "“首个”需要“按”";
        TakesNoBy { name: String } => "{name} takes no 按", "{name} 不带“按”";
        TakesNoValue { name: String } => "{name} takes no value", "{name} 不带值";
        NeedsValue { name: String } => "{name} needs a value after the list", "{name} 在列表之后需要一个值";
        NoDefault { name: String } => "{name} over nothing has no value: 若无 (default) is missing", "列表为空时 {name} 没有值：缺少“若无”";
        TakesNoDefault { name: String } => "{name} takes no 若无", "{name} 不带“若无”";
        NoFunction { name: String } => "there is no function `{name}`", "没有函数 `{name}`";

        // Names, types and units.
        NotInside { name: String, scope: String } => "`{name}` does not stand inside {scope}", "`{name}` 不在{scope}之内";
        TwoMeanings { name: String } => "`{name}` has two meanings", "`{name}` 有两种含义";
        BelongsTo { name: String, list: String, here: String } => "`{name}` belongs to {list} and stands in {here} here", "`{name}` 属于{list}，这里却在{here}中";
        IsAList { name: String } => "`{name}` is a list, not a value", "`{name}` 是列表，不是值";
        NoName { name: String } => "there is no name `{name}`", "没有 `{name}` 这个名称";
        ThisIs { given: TyWords, wanted: TyWords } => "this is {given}, and {wanted} is wanted here", "这里需要{wanted}，实际是{given}";
        CountDecimal => "a count has a decimal part", "次数带有小数";
        AreaDigits => "an area code has 6 or 9 digits", "区划代码应为六位或者九位";
        NotACodeOf { name: String, list: String } => "`{name}` is not a code of {list}", "`{name}` 不是 {list} 的代码";
        CasesNeedCode { ty: TyWords } => "分情况 needs a code, and this is {ty}", "“分情况”需要代码，这里是{ty}";
        CodeTwice { code: String } => "`{code}` stands twice", "`{code}` 出现了两次";
        CasesLeaveOut { codes: String, list: String } => "分情况 leaves out {codes} of {list}", "“分情况”漏了 {list} 的 {codes}";
        NoOrder { ty: TyWords } => "{ty} has no order", "{ty}不分大小先后";
        DateOrMonthWanted { operator: &'static str, ty: TyWords } => "{operator} takes a date or a month, and this is {ty}", "{operator} 需要日期或者月份，这里是{ty}";
        DoesNotWorkOn { operator: &'static str, ty: TyWords } => "`{operator}` does not work on {ty}", "`{operator}` 不能用于{ty}";
        BranchesDiffer { one: TyWords, other: TyWords } => "one branch is {one}, the other {other}", "两个分支不一致：一个是{one}，另一个是{other}";
        Joins { operator: &'static str, one: TyWords, other: TyWords } => "`{operator}` joins {one} and {other}", "`{operator}` 的两边分别是{one}和{other}";
        SumNeedsUnit { ty: TyWords } => "合计 adds numbers with a unit, and this is {ty}", "“合计”只加带单位的数，这里是{ty}";
        ByNeedsOrder { ty: TyWords } => "按 takes what has an order, and this is {ty}", "“按”需要能分先后大小的值，这里是{ty}";
        NoList { name: String } => "there is no list `{name}`", "没有列表 `{name}`";
        NotAList { name: String } => "{name} is not a list", "{name}不是列表";
        LiesInside { list: String, parent: String } => "{list} lies inside {parent}, and this stands outside", "{list}在{parent}之内，这里却在其外";
        LastNotDate { ty: TyWords } => "the last argument is {ty}, and a date is wanted", "最后一个参数应当是日期，实际是{ty}";
        KnownClause => "已知 asks for a fact, and this is a clause", "“已知”问的是事实，这里是条款";
        KnownParameter => "已知 asks for a fact, and this is a parameter", "“已知”问的是事实，这里是参数";
        IsNot { text: String, ty: TyWords } => "`{text}` is not {ty}", "`{text}` 不是{ty}";
        MoneyWithoutUnit { text: String } => "`{text}` is money without its unit", "金额 `{text}` 没有写单位";

        // The whole document.
        DivisorMayBeZero => "this divisor may be 0", "这个除数可能是 0";
        RoundedCompared => "a rounded value is compared here", "这里比较的是取整以后的值";
        AmountMayHavePart => "this amount may have a part of a fen", "这个金额可能不足一分";
        TooManyNodes { max: usize } => "the expressions of the document have more than {max} nodes", "本文件的表达式超过 {max} 个节点";
        TooDeep { depth: usize, max: usize } => "the expression is {depth} deep and may be {max}", "表达式深 {depth} 层，最多 {max} 层";
        Cycle { path: String } => "a cycle: {path}", "循环引用：{path}";
        TooManyClauses { count: usize } => "the document has {count} clauses", "本文件有 {count} 个条款";

        // The register of areas.
        NoAreas => "no list of areas", "没有区划列表";
        NotAnAreaEntry => "not an area", "不是区划条目";
        UnknownKey { key: String } => "unknown key {key}", "没有 {key} 这个键";
        NoAreaField { key: &'static str } => "no {key}", "缺少 {key}";
        NotOfForm { key: &'static str } => "{key} is not of its form", "{key} 的格式不对";
        NotOfLevel { code: String, level: String } => "{code} is no {level}", "{code} 不是 {level} 一级";
    }
}
