//! The two languages of a report, and the words for codes.

use crate::statistics::Method;

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Chinese.
    Zh,
    /// English, with the legal terms in Chinese beside it.
    En,
}

impl Lang {
    /// One of the two.
    pub fn say<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// The attribute `lang`.
    pub fn tag(self) -> &'static str {
        self.say("zh-CN", "en")
    }

    /// The word for a code of the record; a code that is not known is shown as it is.
    pub fn word(self, code: &str) -> &str {
        let found = WORDS.iter().find(|(known, ..)| *known == code);
        found.map_or(code, |(_, zh, en)| self.say(zh, en))
    }

    /// How an interval was computed.
    pub fn method(self, method: Method) -> &'static str {
        match method {
            Method::Wilson => self.say("威尔逊区间", "Wilson"),
            Method::ClopperPearson => self.say("克洛珀-皮尔逊精确区间", "Clopper-Pearson, exact"),
            Method::OneSided => self.say("精确单侧上限", "exact, one-sided"),
            Method::StratifiedNormal => self.say("分层正态区间", "stratified, normal"),
            Method::Mover => self.say("各层精确区间合并", "exact by stratum, combined (MOVER)"),
            Method::Ratio => self.say("比率估计", "ratio, Student's t"),
            Method::HansenHurwitz => self.say("汉森-赫维茨估计", "Hansen-Hurwitz, Student's t"),
            Method::MonetaryUnit => self.say("货币单元上限", "monetary units, upper bound"),
            Method::Census => self.say("全部复核（计数）", "counted, everything was reviewed"),
        }
    }
}

/// Code, Chinese, English.
const WORDS: &[(&str, &str, &str)] = &[
    ("correct", "无差错", "Correct 无差错"),
    ("overpaid", "多发", "Overpaid 多发"),
    ("underpaid", "少发", "Underpaid 少发"),
    ("ineligible_paid", "错保", "Ineligible, paid 错保"),
    ("eligible_refused", "漏保", "Eligible, refused or stopped 漏保"),
    ("procedure", "程序差错", "Procedure 程序"),
    ("evidence_insufficient", "证据不足", "Evidence insufficient 证据不足"),
    ("not_reviewable", "无法复核", "Could not be reviewed 无法复核"),
    ("agency", "经办机构", "Agency 经办"),
    ("client", "救助对象", "Client 对象"),
    ("data", "数据", "Data 数据"),
    ("rule", "政策规则", "Rule 政策"),
    ("system", "系统", "System 系统"),
    ("clock", "超时限", "time limit 时限"),
    ("notice", "告知", "notice 告知"),
    ("publicity", "公示", "publicity 公示"),
    ("hearing", "听证", "hearing 听证"),
    ("other", "其他", "other"),
    ("agrees", "认可", "agrees"),
    ("disputes", "有异议", "disputes"),
    ("silent", "未答复", "no answer"),
    ("refused", "拒绝揭示", "refused"),
    ("revealed", "已揭示", "revealed"),
    ("waiting", "待揭示", "has not answered"),
    ("auditor", "审计方", "auditor"),
    ("operator", "运营方", "operator"),
    ("third", "第三方", "third party"),
    ("decisions", "全部决定", "every decision"),
    ("paid", "有给付的决定", "decisions that pay"),
    ("negative", "不予救助与停发决定", "refusals and stops"),
    ("simple", "简单随机", "simple random"),
    ("stratified", "分层随机", "stratified random"),
    ("size_proportional", "按金额概率比例", "proportional to the amount"),
    ("proportional", "按比例", "proportional"),
    ("neyman", "内曼分配", "Neyman"),
    ("none", "不开示", "none"),
    ("sample", "仅样本", "the sample"),
    ("all", "全部", "every decision"),
    ("equal", "一致", "same bytes"),
    ("different", "不一致", "differs"),
    ("erased", "已销毁", "erased"),
    ("restricted", "限制处理", "restricted"),
    ("township", "乡镇", "township 乡镇"),
    ("programme", "救助项目", "programme 项目"),
    ("outcome", "决定结果", "outcome"),
    ("residence_kind", "城乡", "urban or rural 城乡"),
    ("urban", "城市", "urban"),
    ("rural", "农村", "rural"),
    ("continuing", "延续给付", "continuing"),
    ("source", "来源", "source"),
    ("decider", "决定人代号", "decider"),
    ("DIBAO", "低保", "DIBAO 低保"),
    ("SINGLE_DIBAO", "单人户低保", "SINGLE_DIBAO 单人户"),
    ("TEKUN", "特困供养", "TEKUN 特困"),
    ("GRACE", "渐退", "GRACE 渐退"),
    ("EDGE", "低保边缘", "EDGE 低保边缘"),
    ("RIGID", "刚性支出困难", "RIGID 刚性支出困难"),
    ("OTHER_LOW_INCOME", "其他低收入", "OTHER_LOW_INCOME 其他低收入"),
    ("REFUSED", "不予确认", "REFUSED 不予确认"),
    ("STOP", "停发", "STOP 停发"),
    ("PROPOSED_ENTRY", "拟给付（程序未完）", "PROPOSED_ENTRY 拟给付"),
    ("PROPOSED_INCREASE", "拟增发（程序未完）", "PROPOSED_INCREASE 拟增发"),
    ("PROPOSED_SAME", "拟维持（程序未完）", "PROPOSED_SAME 拟维持"),
    ("PROPOSED_DECREASE", "拟减发（程序未完）", "PROPOSED_DECREASE 拟减发"),
    ("PROPOSED_STOP", "拟停发（程序未完）", "PROPOSED_STOP 拟停发"),
    ("NEEDS_FACTS", "缺少事实", "NEEDS_FACTS 缺少事实"),
    ("NEEDS_RULE", "缺少规则", "NEEDS_RULE 缺少规则"),
    ("ERROR", "无法计算", "ERROR 无法计算"),
    ("live", "系统办理", "live 系统办理"),
    ("import", "历史导入", "import 历史导入"),
    ("absent", "未开示", "not opened"),
    ("facts", "事实", "facts"),
    ("policy", "政策文件", "policy"),
    ("engine", "计算程序", "engine"),
    (
        "decisions_unopened",
        "有决定未在证据包中开示：其事实和决定未重新计算",
        "",
    ),
    (
        "erasures",
        "有应开示的决定被称已销毁或限制处理：须由运营方以密钥逐一说明",
        "",
    ),
    (
        "findings_unopened",
        "有检查结论未开示：须由运营方以密钥说明其个案已销毁或限制处理，被其取代的结论可能仍显示为有效",
        "",
    ),
    (
        "frames_unopened",
        "抽样时有决定的抽样框不能开示，未列入总体：须由运营方以密钥逐一说明",
        "",
    ),
    ("sample_erased", "抽样之后有抽样框被销毁：样本只能在其余部分上核对", ""),
    (
        "law_older",
        "有决定所依据的政策，在决定登记之前 10 分钟以上已被修订或者增补，而系统总是按最新政策作出决定：其原因须由人查明",
        "",
    ),
    ("kinds_unknown", "有本版本不认识种类的条目：仅核对了其哈希", ""),
    ("previous", "未提供上次审计留存的检查点：不能说明此前历史未被改写", ""),
    ("witnesses", "未要求见证方：不能说明他人看到的是同一日志", ""),
];

/// What a code of `not_checked` says; its English text comes with the verification, and stands behind where it names
/// entries or kinds.
pub fn unchecked(lang: Lang, code: &str, text: &str) -> String {
    match (lang, code) {
        (Lang::En, _) => text.to_owned(),
        (Lang::Zh, "sample") => "日志中另有本证据包未涉及的样本".to_owned(),
        (Lang::Zh, "facts") => "事实是否真实、政策文件是否与规范性文件原文一致，须由人判断".to_owned(),
        (Lang::Zh, "law_older" | "kinds_unknown") => format!("{}（程序原文：{text}）", Lang::Zh.word(code)),
        (Lang::Zh, _) => {
            let word = Lang::Zh.word(code);
            if word == code { text } else { word }.to_owned()
        }
    }
}

/// What a violation of a code means; the text of the verification, which is English, stands behind it as it was said.
pub fn violation(lang: Lang, code: &str, text: &str) -> String {
    let zh = VIOLATIONS.iter().find(|(known, _)| *known == code);
    match (lang, zh) {
        (Lang::Zh, Some((_, zh))) => format!("{zh}（程序原文：{text}）"),
        (Lang::Zh, None) | (Lang::En, _) => text.to_owned(),
    }
}

/// What is wrong with a sample.
pub fn sample_problem(lang: Lang, text: &str) -> String {
    match (lang, text) {
        (Lang::En, _) => text.to_owned(),
        (Lang::Zh, "the log holds no result for this period yet") => "日志中尚无该周期的抽样结果".to_owned(),
        (Lang::Zh, "the log records another sample than the seed draws") => {
            "日志记载的样本不是由种子抽出的那一份".to_owned()
        }
        (Lang::Zh, _) => format!("样本无法重新抽取（程序原文：{text}）"),
    }
}

/// Code of a violation, Chinese: the codes of `FORMAT.md`, section 20.
const VIOLATIONS: &[(&str, &str)] = &[
    ("TAR", "证据包的打包格式不符"),
    ("MANIFEST", "清单所述与证据包不符"),
    ("MISSING", "缺少文件"),
    ("UNLISTED", "有不应存在的文件"),
    ("SIZE", "文件大小与清单不符"),
    ("CHECKPOINT", "检查点未经所给公钥签名"),
    ("QUORUM", "信任策略要求的见证方未会签"),
    ("ENTRIES", "条目文件无法读取"),
    ("TILE", "瓦片中的哈希与其下层不符"),
    ("ROOT", "全部条目得不出所签名的树根"),
    ("PREVIOUS", "日志没有接续上次审计留存的检查点"),
    ("CONSISTENCY", "证据包自带的接续证明不成立"),
    ("ENTRY", "条目格式不符，或属于另一日志"),
    ("TIME", "条目的登记时间早于前一条"),
    ("DOCUMENT", "文件不是条目所承诺的那一份"),
    ("DOCUMENT_MISSING", "缺少应当开示的文件"),
    ("DOCUMENT_UNASKED", "有未经要求而开示的文件"),
    ("OPENING", "所开示的内容未在开示条目中登记"),
    ("REPLAY", "决定不能由其记录重新得出"),
    ("SAMPLE", "样本不是由种子抽出的那一份"),
    ("RECEIPT", "回执不属于其条目"),
    ("FRAME", "抽样框文件所述与其决定不符"),
    ("FINDING", "检查结论的形式或者复核人不合规则"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::bundle::Code;
    use crate::rules::outcome::{Outcome, Programme};

    /// Whether it is said in Chinese, and not left as it is.
    fn is_chinese(text: &str) -> bool {
        text.chars().any(|character| character >= '\u{4e00}')
    }

    #[test]
    fn every_outcome_programme_and_violation_has_chinese_words() {
        let outcomes = Outcome::ALL.iter().map(|outcome| outcome.code());
        for code in outcomes.chain(Programme::ALL.iter().map(|programme| programme.code())) {
            assert!(is_chinese(Lang::Zh.word(code)), "{code}");
        }
        for code in Code::ALL.iter().map(|code| code.code()) {
            let said = violation(Lang::Zh, code, "as it was said");
            assert!(is_chinese(&said) && said.contains("as it was said"), "{code}");
            assert_eq!(violation(Lang::En, code, "as it was said"), "as it was said");
        }
    }
}
