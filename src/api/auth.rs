//! Who calls. Nobody is asked for credentials yet: a name is believed only from the same machine.

use tonic::Request;
use tonic::metadata::MetadataMap;

use crate::app::caller::{Principal, TraceContext};
use crate::app::{AppError, Caller};

/// Names the caller, for programs on the same machine: the deciding system, the demo, the tests.
const PRINCIPAL_HEADER: &str = "doudi-principal";

/// W3C trace context.
const TRACEPARENT_HEADER: &str = "traceparent";

/// The caller of a request.
///
/// # Errors
/// [`AppError::Unauthenticated`] for a name that is none, or one from another machine.
pub fn caller<T>(request: &Request<T>) -> Result<Caller, AppError> {
    let from_here = request
        .remote_addr()
        .is_some_and(|address| address.ip().to_canonical().is_loopback());
    Ok(Caller {
        principal: principal(request.metadata(), from_here)?,
        trace: text(request.metadata(), TRACEPARENT_HEADER).and_then(TraceContext::from_traceparent),
        local: from_here,
    })
}

fn principal(metadata: &MetadataMap, from_here: bool) -> Result<Principal, AppError> {
    if metadata.get(PRINCIPAL_HEADER).is_none() {
        return Ok(Principal::anonymous());
    }
    let name = text(metadata, PRINCIPAL_HEADER).filter(|_| from_here);
    name.and_then(|name| name.parse().ok()).ok_or(AppError::Unauthenticated)
}

fn text<'a>(metadata: &'a MetadataMap, name: &str) -> Option<&'a str> {
    metadata.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &'static str) -> MetadataMap {
        let mut metadata = MetadataMap::new();
        metadata.insert(PRINCIPAL_HEADER, name.parse().expect("ASCII"));
        metadata
    }

    #[test]
    fn a_name_is_believed_only_from_the_same_machine() {
        assert_eq!(
            principal(&named("province-34"), true).map(|p| p.to_string()).ok(),
            Some("province-34".to_owned())
        );
        assert!(matches!(
            principal(&named("province-34"), false),
            Err(AppError::Unauthenticated)
        ));
        assert!(matches!(
            principal(&named("No Name"), true),
            Err(AppError::Unauthenticated)
        ));
        assert_eq!(principal(&MetadataMap::new(), false).ok(), Some(Principal::anonymous()));
    }
}
