//! What to do about what is wrong, in English and Chinese.

use super::words::{Example, Joined, TyWords, Wanted};
use crate::rules::language::say::phrases;

phrases! {
    /// What to do.
    Fix {
        // For many mistakes.
        Write { word: String } => "write `{word}`", "请改为 `{word}`";
        AddKey { key: &'static str } => "add `{key}:`", "请补上 `{key}:`";
        KeepOne => "keep one of the two", "请只保留一个";
        AnotherId => "give it another id", "请换一个编号";
        AnotherName => "give it another name", "请换一个名称";
        OverrideOrId => "say `overrides:` and on what basis, or give it another id", "请写明 `overrides:` 及其依据，或者换一个编号";
        HouseholdOrMember => "write household or member", "请写 household 或者 member";
        WriteOneOf { words: String } => "write {words}", "请写 {words} 之一";

        // The file.
        SplitByLevel => "split it by level of government", "请按政府层级拆分";
        BeginWithKeys => "begin with `policy:`, `semantics:` and `area:`", "请以 `policy:`、`semantics:`、`area:` 开头";
        OneDocument => "keep one document in a file", "一个文件只放一份文档";
        WriteValueOut => "write the value out", "请直接写出值";
        NoTag => "leave it out, or quote a text that begins with `!`", "请去掉，或者给以 `!` 开头的文本加引号";
        Flatten => "flatten it", "请减少嵌套";
        QuoteKey => "quote the text: one that begins with `[` or `{{` is read as a list or a map", "请给文本加引号：以 `[` 或者 `{{` 开头会被读作列表或者映射";
        KeepOneOfKeys => "keep one of the two; YAML readers would keep either", "请只保留一个；不同的 YAML 读取程序会留下不同的那个";
        IndentWithBlanks => "indent with blanks", "请用空格缩进";
        QuoteIt =>
            "put the text into single quotes, or write `>-` after the key and the text on the next line",
            "请给文本加单引号，或者在键后写 `>-` 并把文本写到下一行";
        CheckIndentation => "check the indentation and the quotes of this line and the one before", "请检查本行和上一行的缩进与引号";

        // Keys and values.
        WriteSemantics { ours: &'static str } => "write `semantics: {ours}`", "请写 `semantics: {ours}`";
        AreaLike => "write the GB/T 2260 code, like 340321; 100000 is the nation", "请写 GB/T 2260 代码，例如 340321；100000 表示全国";
        WriteKeys { keys: String } => "write keys: {keys}", "请写这些键：{keys}";
        KeysAre { keys: String } => "the keys here are: {keys}", "这里可用的键是：{keys}";
        TrueOrFalse => "write `true` or `false`", "请写 `true` 或者 `false`";
        QuoteExpression =>
            "quote the expression: YAML reads a text that begins with `[` or `{{` as a list or a map",
            "请给表达式加引号：YAML 会把以 `[` 或者 `{{` 开头的文本读作列表或者映射";
        AddExpression { key: &'static str } => "add `{key}:` with an expression", "请补上 `{key}:` 和表达式";
        LeaveOut { key: &'static str } => "leave `{key}:` out", "请去掉 `{key}:`";
        WriteEntries => "write entries with `- `", "请用 `- ` 逐条列出";
        Comment { cut: String } => "YAML reads `{cut}` as a comment: quote the text", "YAML 把 `{cut}` 读作注释：请给文本加引号";
        ValueOrLeaveOut => "write a value, or leave the key out", "请写一个值，或者去掉这个键";
        QuoteTextOrOne => "quote a text that begins with `[` or `{{`, or write one value", "请给以 `[` 或者 `{{` 开头的文本加引号，或者只写一个值";
        IdForm =>
            "begin with a letter a-z, then a-z, 0-9 and _, at most 64; the Chinese name goes into `name`",
            "编号以 a-z 开头，后接 a-z、0-9 和 _，最多 64 个字符；中文名写在 `name` 里";
        DateForm => "write 2021-07-01, or 2021-07 for the whole month", "请写 2021-07-01；整月写 2021-07";
        UntilIsLast => "`until` is the last day of effect", "`until` 是有效的最后一天";
        ByForm =>
            "write 核算月, 决定日 or 申请日; a lookup may give another date as its last argument",
            "请写“核算月”“决定日”或者“申请日”；查表时可以在最后一个参数另给日期";

        // Calendar and cases.
        FourDigits => "write four digits, like 2021", "请写四位数字，例如 2021";
        SpanForm { max: usize } => "write at most {max} days, first day first", "最多 {max} 天，先写第一天";
        OffAndWork =>
            "`off` lists weekdays that are off, `work` weekend days that are worked",
            "`off` 只列放假的工作日，`work` 只列上班的周末";
        WriteMap => "write it as a map", "请写成映射";
        CiteNotice => "add `cite:` of the notice, or `sample: true`", "请补上通知的 `cite:`，或者写 `sample: true`";

        // Instruments.
        ArticlesAsMap => "write `articles:` as a map: `二（一）: {{quote: ...}}`", "请把 `articles:` 写成映射：`二（一）: {{quote: ...}}`";
        KeepQuote => "keep the quote where the text is held, the summary where it is not", "持有原文的保留原文，未持有的保留摘要";
        QuoteOrSummary =>
            "write `{{quote: words of the held text}}` or `{{summary: our words}}`",
            "请写 `{{quote: 持有的原文}}` 或者 `{{summary: 摘要}}`";
        CiteWithoutDeclaring => "cite it without declaring it, or give another id", "请直接引用，不要重复声明；或者换一个编号";
        PutText => "put the text into policy/texts, or leave `held` out", "请把原文放进 policy/texts，或者去掉 `held`";
        WriteSummary => "write it as `summary:`, or hold the text", "请写成 `summary:`，或者先取得原文";
        CopyWords =>
            "copy the words of the text (…… for what is left out), or write a summary",
            "请照抄原文（略去的部分用……），或者写成摘要";
        DeclareNotHeld => "declare it; a text that is not held is declared without `held`", "请声明该文件；未持有原文的不写 `held`";
        DeclareInstrument => "declare it under `instruments:` of this or a superior document", "请在本文件或者上级文件的 `instruments:` 中声明";
        AddArticle { id: String } => "add the article to `articles:` of {id}, as a quote or a summary", "请把该条补进 {id} 的 `articles:`，写原文或者摘要";

        // Vocabulary.
        WholeAboveZero => "write a whole number above 0", "请写大于 0 的整数";
        AddCodes => "add `codes: {{code: 名称}}`", "请补上 `codes: {{代码: 名称}}`";
        CodeMap => "write {{code: 名称}}", "请写成 {{代码: 名称}}";
        OwnName => "give each its own name", "请各用不同的名称";
        OneVocabulary => "keep all facts in the one vocabulary document", "所有事实都放在同一份词汇表里";
        OnlyHousehold => "only household has none: add `parent:`", "只有 household 没有上层：请补上 `parent:`";
        ParentsFirst => "list parents first", "请先列上层";
        OwnPathAndName => "give each fact of a scope its own path and name", "同一层级的事实各用不同的路径和名称";
        PathForm => "write the record and the field, like member.birth", "请写记录和字段，例如 member.birth";
        AnotherFactName => "give the fact another name", "请给该事实换一个名称";
        ScopeLike => "write a scope of the vocabulary, such as household, member or job", "请写词汇表中的层级，例如 household、member 或者 job";
        WriteId { id: String } => "write the id, such as {id}", "请写编号，例如 {id}";
        TypesAre =>
            "write fen, fen_per_person, ratio, persons, count, months, days, years, bool, date, month, area or code:LIST",
            "请写 fen、fen_per_person、ratio、persons、count、months、days、years、bool、date、month、area 或者 code:代码表";

        // Choices.
        ChoiceIdForm =>
            "write P and its number, with a suffix where one point has several values: P10, P4_wages",
            "请写 P 加序号；同一问题有几个值时加后缀：P10、P4_wages";
        KeepOneOrDates => "keep one, or give each its own `in_force`", "请只保留一个，或者各写各的 `in_force`";
        ListOptions => "list `options: [a, b]` in the first document that names the choice", "请在首先提出该选项的文件中列出 `options: [a, b]`";
        AddQuestion => "add the question as `name:`", "请用 `name:` 写明问题";
        LeaveOptionsOut => "leave `options` out: a lower document chooses, it does not add", "请去掉 `options`：下级文件只能选定，不能增加可选项";
        OptionsAre { options: String } => "the options are: {options}", "可选项是：{options}";
        WriteChoice { id: String } => "write 选项.{id}", "请写 选项.{id}";
        DeclareChoice => "declare it under `choices:` with its options", "请在 `choices:` 中声明并列出可选项";

        // Parameters.
        ValueIntoRow => "put the value into a row of `values`", "请把值写进 `values` 的一行";
        ItIntoRow => "put it into a row of `values`", "请写进 `values` 的一行";
        WriteOrDeclare { word: String } => "write `{word}`, or declare it with `name` and `unit`", "请改为 `{word}`，或者用 `name` 和 `unit` 声明";
        DeclareWithUnit => "declare it with `name` and `unit`", "请用 `name` 和 `unit` 声明";
        ValuesAlone => "give `values` and `bounds` alone", "请只给出 `values` 和 `bounds`";
        SetBy { levels: String } => "it is set by: {levels}", "有权设定的是：{levels}";
        KeepOneOrFrom => "keep one, or give each its own `from`", "请只保留一行，或者各写各的 `from`";
        AreaFirst => "write `keys: [area, ...]`, one area at most", "请写 `keys: [area, ...]`，区划最多一个";
        LevelsAre { levels: String } => "the levels are: {levels}", "层级有：{levels}";
        TakeBoundsAway => "take the bounds away", "请去掉范围";
        Exchange => "exchange them", "请对调";
        OnlyNarrow => "a lower document may only narrow them", "下级文件只能缩小范围";
        TakeAreaAway => "take `area` away", "请去掉 `area`";
        ForForm => "write `for:` with one value a key, \"*\" for any code", "请在 `for:` 中逐键写值，\"*\" 表示任何代码";
        CiteOrSample => "add `cite:`, or `sample: true` where nobody has found the text", "请补上 `cite:`；没有找到原文的写 `sample: true`";
        SixOrNine => "write 6 or 9 digits", "请写六位或者九位数字";
        SetHigher => "set it in the document of a level that both lie in", "请在两者共同所属的上级文件中设定";
        ChooseInside => "choose a value inside them", "请在范围之内取值";
        DeclareParameter => "declare it under `parameters:` of this or a superior document", "请在本文件或者上级文件的 `parameters:` 中声明";
        WriteAlone { name: String } => "write `{name}` alone, or one date in brackets", "请只写 `{name}`，或者在方括号里写一个日期";
        WriteWithKeys { name: String, keys: Joined } => "write {name}[{keys}], with a date after them if wanted", "请写 {name}[{keys}]，需要时在后面加日期";
        BoundsOfParameter => "界限 reads the bounds of a parameter", "“界限”读取的是参数的范围";
        GiveBounds => "give it `bounds: {{min, max, cite}}` in this or a superior document", "请在本文件或者上级文件中给出 `bounds: {{min, max, cite}}`";

        // Clauses, guards, schedules, carries.
        AnotherClauseName => "give the clause another name", "请给条款换一个名称";
        SameVersion { name: String, scope: String, unit: Option<TyWords> } =>
            "write name {name}, scope {scope}, unit: {unit}", "请写名称 {name}、层级 {scope}、单位：{unit}";
        AnotherGroupName => "give the group another name", "请给分组换一个名称";
        FilterAsClause => "make it a clause, and name the clause in the filter", "请写成条款，再在筛选条件中引用该条款";
        EndOrOverride => "give the earlier one `until`, or say `overrides:` and on what basis", "请给较早的版本写 `until`，或者写明 `overrides:` 及其依据";
        GiveInForce => "give the clause `in_force`, or take `on_lapse` away", "请给条款写 `in_force`，或者去掉 `on_lapse`";
        AddAppliesTo => "add `applies_to: {{outcome: [...], effect: [...]}}`", "请补上 `applies_to: {{outcome: [...], effect: [...]}}`";
        NameOutcomes => "name outcomes or effects", "请写明结果或者效果";
        OnFailureForm =>
            "write `propose` where a step is missing, `refuse` where a choice is out of bounds",
            "缺少程序步骤的写 `propose`，选择超出范围的写 `refuse`";
        EffectsAre { codes: String } => "the effects are: {codes}", "效果有：{codes}";
        OtherIdOrDates => "give one of them another id or `in_force`", "请给其中一项换编号或者 `in_force`";
        HistoryPath => "write the path of a history fact", "请写历史事实的路径";
        CarryHistory => "carry facts with `source: history` alone", "只有 `source: history` 的事实才能带入下次";

        // Outcomes.
        FlagsAsMap => "write `flags:` as a map from code to condition", "请把 `flags:` 写成从代码到条件的映射";
        LastRow =>
            "add a last row with `when: 真`: a household that no row meets must have an outcome too",
            "请在最后加一行 `when: 真`：哪一行都不符合的家庭也要有结果";
        LeaveScopeAndKinds => "leave `scope` and `kinds` out", "请去掉 `scope` 和 `kinds`";
        LeaveConcernsOut => "leave `concerns` out", "请去掉 `concerns`";
        PutBefore => "put it before, or take it away", "请放到前面，或者删去";
        IdOfItsOwn => "give one of them an `id:` of its own", "请给其中一行另写 `id:`";
        OverrideOrRowId => "say `overrides:` and on what basis, or give it another `id:`", "请写明 `overrides:` 及其依据，或者换一个 `id:`";
        KindsAmong { kinds: String } => "name `kinds:` among {kinds}", "请在 {kinds} 中写明 `kinds:`";
        BeforeNames =>
            "rows of this document stand in their order; `before` names a superior row",
            "本文件的行按书写顺序排列；`before` 写的是上级文件的行";
        KeepOneEntitlement => "keep one: an open entitlement or a calendar", "请只保留一种：不定期发放或者逐月发放";
        AddAmount => "add `amount:` and `from:`, or `months: {{from, count, amount}}`", "请补上 `amount:` 和 `from:`，或者 `months: {{from, count, amount}}`";
        TakeAmountAway => "take `amount` away, or use `shows:` for what is shown and not granted", "请去掉 `amount`；只展示不发放的用 `shows:`";
        OutcomesAre { codes: String } => "the outcomes are: {codes}", "结果有：{codes}";
        Capitals => "write capitals, digits and _, like INCOME_ABOVE_LINE", "请用大写字母、数字和 _，例如 INCOME_ABOVE_LINE";

        // Reading an expression.
        DayThatExists => "write a day that exists, like 2021-07-01", "请写存在的日期，例如 2021-07-01";
        SmallerNumber => "write a smaller number", "请写小一些的数";
        UnitsAre =>
            "put a blank before a word that is no unit, or use one of 元 元/人 人 个月 日 岁 次 个工作日 %",
            "不是单位的词前面请加空格；可用的单位是 元 元/人 人 个月 日 岁 次 个工作日 %";
        TwoDecimals => "write at most two decimals of a yuan", "以元计最多写两位小数";
        WholeHalfYear => "write a whole number; half a year is 6个月", "请写整数；半年写 6个月";
        TakeItOut => "take it out", "请去掉";
        NameParts => "give parts of it names as clauses", "请把其中的部分写成条款";
        CompleteIt => "complete it", "请补全";
        BlankAfter { keyword: String } => "put a blank after `{keyword}`", "请在 `{keyword}` 后面加空格";
        OperatorBetween => "write an operator between two values, or take one away", "请在两个值之间写运算符，或者去掉一个";
        CheckParentheses => "check the parentheses and commas", "请检查括号和逗号";
        WriteOperator => "write an operator between two values", "请在两个值之间写运算符";
        NameAPart => "give a part of it a name as a clause", "请把其中一部分写成条款";
        TakeBothAway => "two negations are none: take both away", "两次否定等于没有否定：请都去掉";
        WriteAnd => "write `a 且 b`, or `x 在 lo..hi`", "请写 `甲 且 乙`，或者 `x 在 下限..上限`";
        NameACode => "name at least one code", "请至少写一个代码";
        AddOrTakeArguments => "add or take away arguments", "请增减参数";
        WriteWanted { wanted: Wanted } => "write {wanted}", "请写{wanted}";
        FormIs { form: &'static str } => "the form is {form}", "写法是 {form}";
        BlankOrBrackets { keyword: String } => "put a blank after `{keyword}`; a parameter is read with brackets", "请在 `{keyword}` 后面加空格；参数用方括号读取";
        ParenthesesCall =>
            "parentheses call functions; a parameter is read with brackets: 低保标准[本地, 城乡]",
            "圆括号用于函数；参数用方括号读取：低保标准[本地, 城乡]";

        // Names, types and units.
        ThroughSum { scope: String, name: String } => "read it through an aggregate: 合计({scope}, {name})", "请通过汇总读取：合计({scope}, {name})";
        WritePath { path: String } => "write the path `{path}`, or the id of the clause", "请写路径 `{path}`，或者条款的编号";
        ThroughAggregate { list: String, name: String } =>
            "read it through an aggregate, such as 合计({list}, {name}) or 任一({list}, ...)",
            "请通过汇总读取，例如 合计({list}, {name}) 或者 任一({list}, ...)";
        CountOrSum { name: String } => "write 个数({name}) or 合计({name}, ...)", "请写 个数({name}) 或者 合计({name}, ...)";
        BlankOrDeclare { keyword: String } => "put a blank after `{keyword}`, or declare the name", "请在 `{keyword}` 后面加空格，或者声明该名称";
        DeclareName =>
            "declare it as a fact of the vocabulary, a clause or a parameter of this or a superior document",
            "请声明它：词汇表的事实，或者本文件、上级文件的条款、参数";
        TimesPersons => "multiply by a number of persons: `* 1人` or `* 计入人数`", "请乘以人数：`* 1人` 或者 `* 计入人数`";
        DividePersons => "divide by a number of persons", "请除以人数";
        MoneyUnit => "write money with its unit: 650.00元", "金额要写单位：650.00元";
        UnitLike { example: &'static str } => "write the unit: {example}", "请写单位：{example}";
        MonthEdges => "write 月首日(...) or 月末日(...)", "请写 月首日(...) 或者 月末日(...)";
        MonthOf => "write 月(...)", "请写 月(...)";
        CompareIt => "compare it with something", "请与别的值比较";
        MakeIt { ty: TyWords } => "make it {ty}", "请改成{ty}";
        WholeNumber => "write a whole number", "请写整数";
        AreaCodeLike => "write the GB/T 2260 code, like 340321", "请写 GB/T 2260 代码，例如 340321";
        CodesAre { codes: String } => "its codes are: {codes}", "其代码有：{codes}";
        UseIf => "use 若 ... 则 ... 否则 ...", "请用 若 ... 则 ... 否则 ...";
        OneArm => "keep one arm a code", "每个代码只写一次";
        AddArms => "add an arm for each code; several codes may share one: `a, b: value`", "请为每个代码写一项；几个代码可以合写：`甲, 乙: 值`";
        CompareEqual => "compare with = or <>, or 在 {{a, b}}", "请用 = 或者 <> 比较，或者用 在 {{甲, 乙}}";
        DateOrMonth => "write a date or a month", "请写日期或者月份";
        DateFunctions => "use 月加, 日加, 月差 or 日差", "请用 月加、日加、月差 或者 日差";
        AndOr => "use 且 or 或", "请用“且”或者“或”";
        NumbersAlone => "it works on numbers alone", "它只能用于数值";
        CountOrAny => "use 个数 to count, 任一 or 全部 for conditions", "计数用“个数”，条件用“任一”或者“全部”";
        UseFirst => "use 首个(... 按 次序, 值)", "请用 首个(... 按 次序, 值)";
        OrderBy => "order by a date, a month or a number", "请按日期、月份或者数值排序";
        ListLike => "write a list of the vocabulary, such as 成员, or a group of this document", "请写词汇表中的列表，例如 成员，或者本文件的分组";
        ListInside => "write a list inside it, such as 成员", "请写其中的列表，例如 成员";
        WalkFirst { parent: String, list: String } => "walk {parent} first: 合计({parent}, 合计({list}, ...))", "请先经过{parent}：合计({parent}, 合计({list}, ...))";
        DateOrTakeOut => "write a date or a month, or take it out", "请写日期或者月份，或者去掉";
        NameFacts => "name the facts that the clause reads", "请写该条款所读的事实";
        NeverAGuess => "a parameter without a value is NEEDS_RULE, never a guess", "没有数值的参数得出 NEEDS_RULE，不作猜测";
        TrueOrFalseLiteral => "write true or false", "请写 true 或者 false";
        MonthLike => "write a month, like 2021-07", "请写月份，例如 2021-07";
        AreaOf6Or9 => "write an area code of 6 or 9 digits", "请写六位或者九位的区划代码";
        ValueOfType => "write a value of this type", "请写这种类型的值";
        LiteralLike { example: Example } => "write {example}", "请写 {example}";

        // The whole document.
        MultiplyAcross =>
            "multiply across instead, give the parameter `bounds` above 0, or write 较大(1, ...) with the unit",
            "请改用交叉相乘，或者给参数大于 0 的 `bounds`，或者写带单位的 较大(1, ...)";
        CompareExact => "compare the exact value, and round only what is paid", "请比较精确值，只对发放的金额取整";
        RoundIt => "write 取整(..., 分, 四舍五入) around it, as the choice on rounding says", "请按取整的选项写 取整(..., 分, 四舍五入)";
        ShareOrSplit => "move what several clauses compute into one clause, or split the document", "请把几个条款共同的计算写成一个条款，或者拆分文件";
        NoSelfReading => "no clause may read itself, not by way of others either: take one reading away", "条款不能引用自己，间接引用也不行：请去掉一处引用";
        KeepTo { max: usize } => "keep to {max}", "最多 {max} 个";

        // The register of areas.
        WriteAreas => "write `areas:` and a list under it", "请写 `areas:` 并在下面列出";
        AreaEntryForm =>
            "write {{code: \"340321\", name: 怀远县, level: county, from: 2018-01-01}}",
            "请写 {{code: \"340321\", name: 怀远县, level: county, from: 2018-01-01}}";
        UseOneOf { keys: String } => "use one of {keys}", "请用 {keys} 之一";
        WriteKeyValue { key: &'static str } => "write {key}: and its value", "请写 {key}: 和它的值";
        ByItsForm { form: String } => "{form}", "请按格式书写：{form}";
        WriteLevel { level: &'static str } => "write level: {level}", "请写 level: {level}";
    }
}

impl Fix {
    /// Write this word instead.
    #[must_use]
    pub fn write(word: impl Into<String>) -> Fix {
        Fix::Write { word: word.into() }
    }

    /// A keyword was glued to a name.
    #[must_use]
    pub fn blank_after(keyword: impl Into<String>) -> Fix {
        Fix::BlankAfter {
            keyword: keyword.into(),
        }
    }
}
