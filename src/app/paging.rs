//! Pages of lists: a cursor that callers can neither read nor change, bound to the list's arguments.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::App;
use super::command::Page;
use super::error::{AppError, ResourceKind};
use super::result::Listed;
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::log::{LogIndex, TreeSize};
use crate::store::{HeadRow, LogId, LogRow, RecordCursor};

impl App {
    /// The cursor of a page; none on the first page.
    pub(super) fn cursor(&self, scope: &Json, page: &Page) -> Result<Option<Json>, AppError> {
        let Some(token) = &page.token else { return Ok(None) };
        let token = URL_SAFE_NO_PAD.decode(token).map_err(|_| AppError::PageToken)?;
        self.vault.open_page(scope, &token).map(Some).ok_or(AppError::PageToken)
    }

    /// The place in the logs of an area after which a page of records begins; none on the first page.
    pub(super) async fn record_cursor(
        &self,
        area: AreaCode,
        scope: &Json,
        page: &Page,
    ) -> Result<Option<RecordCursor>, AppError> {
        let Some(cursor) = self.cursor(scope, page)? else {
            return Ok(None);
        };
        let index = LogIndex::new(count(&cursor, "index")?).map_err(|_| AppError::PageToken)?;
        let epoch = count(&cursor, "epoch")?;
        let logs = self.store.logs_of_area(area.without_township()).await?;
        let log = logs.into_iter().find(|log| u64::from(log.origin.epoch()) == epoch);
        Ok(Some((log.ok_or(AppError::PageToken)?.log_id, index)))
    }

    /// A page out of one row more than it holds: the row too many says that another page follows.
    pub(super) fn page<R, T>(
        &self,
        scope: &Json,
        page: &Page,
        mut rows: Vec<R>,
        cursor: impl FnOnce(&R) -> Json,
        item: impl FnMut(R) -> T,
    ) -> Result<Listed<T>, AppError> {
        let size = usize::from(page.size);
        let more = rows.len() > size;
        rows.truncate(size);
        let next = match rows.last().filter(|_| more) {
            Some(last) => Some(self.page_token(scope, &cursor(last))?),
            None => None,
        };
        Ok(Listed {
            items: rows.into_iter().map(item).collect(),
            next,
        })
    }

    /// The token with which the page after a cursor is asked for.
    pub(super) fn page_token(&self, scope: &Json, cursor: &Json) -> Result<String, AppError> {
        Ok(URL_SAFE_NO_PAD.encode(self.vault.seal_page(scope, cursor)?))
    }

    /// Every log of an area, the first epoch first: what a walk over all its records goes through.
    pub(super) async fn logs_of(&self, area: AreaCode) -> Result<Vec<LogRow>, AppError> {
        let county = area.without_township();
        let logs = self.store.logs_of_area(county).await?;
        if logs.is_empty() {
            let (kind, name) = (ResourceKind::Log, format!("areas/{county}"));
            return Err(AppError::NotFound { kind, name });
        }
        Ok(logs)
    }

    /// The open log of an area, at least as large as the caller asks.
    pub(super) async fn log_of(&self, area: AreaCode, min_tree_size: TreeSize) -> Result<LogRow, AppError> {
        let county = area.without_township();
        let missing = || AppError::NotFound {
            kind: ResourceKind::Log,
            name: format!("areas/{county}"),
        };
        let log = self.store.log_of_area(county).await?.ok_or_else(missing)?;
        if self.log_head(log.log_id).await?.size < min_tree_size {
            Err(AppError::TreeTooSmall)
        } else {
            Ok(log)
        }
    }

    /// The head of a log.
    pub(super) async fn log_head(&self, log: LogId) -> Result<HeadRow, AppError> {
        let head = self.store.head(log).await?;
        head.ok_or(AppError::corrupt("a log has no head"))
    }
}

/// A cursor after a record.
pub(super) fn place_cursor(log_id: LogId, index: LogIndex) -> Json {
    Json::object([
        ("epoch", Json::integer(log_id.epoch().into())),
        ("index", Json::integer(index.get().into())),
    ])
}

/// A text member of a cursor.
pub(super) fn text(cursor: &Json, key: &str) -> Result<String, AppError> {
    cursor
        .get(key)
        .and_then(Json::as_text)
        .map(str::to_owned)
        .ok_or(AppError::PageToken)
}

/// A count of a cursor.
pub(super) fn count(cursor: &Json, key: &str) -> Result<u64, AppError> {
    let value = cursor.get(key).and_then(Json::as_integer);
    value
        .and_then(|value| u64::try_from(value).ok())
        .ok_or(AppError::PageToken)
}

/// Rows to ask for: one more than the page holds.
pub(super) fn rows(page: &Page) -> u32 {
    u32::from(page.size) + 1
}
