//! Who calls: by certificate and table, or on a server without TLS by name, from the same machine alone.

use std::sync::Arc;

use http::{Extensions, HeaderMap};
use tonic::Request;

use super::admission::call_id::CallId;
use super::admission::outcome::Watch;
use crate::app::caller::{Principal, TraceContext};
use crate::app::rights::{Areas, Roles};
use crate::app::{AppError, Caller};
use crate::identity::Peer;
use crate::identity::principals::Holder;
use crate::identity::watch::Identity;

/// Names the caller, for programs on the same machine: the deciding system, the demo, the tests.
const PRINCIPAL_HEADER: &str = "doudi-principal";

/// A caller of whom the gate knows who they are.
#[derive(Clone, Debug)]
pub struct Known {
    holder: Arc<Holder>,
    /// On this machine, where nobody is asked for certificates.
    local: bool,
    /// In which call.
    pub call_id: CallId,
    /// Of what.
    pub rpc: Option<&'static str>,
    /// Where in its trace.
    trace: TraceContext,
}

impl Known {
    /// What the gate knows.
    pub fn new(holder: Arc<Holder>, local: bool, watch: &Watch) -> Known {
        Known {
            holder,
            local,
            call_id: watch.call_id,
            rpc: watch.rpc,
            trace: watch.trace.clone(),
        }
    }

    /// Their stable name.
    pub fn principal(&self) -> &Principal {
        &self.holder.principal
    }

    /// As the use cases know them.
    pub fn caller(&self) -> Caller {
        Caller {
            principal: self.holder.principal.clone(),
            trace: Some(self.trace.clone()),
            local: self.local,
            roles: self.holder.roles,
            areas: self.holder.areas.clone(),
        }
    }

    /// What they may do.
    pub fn roles(&self) -> Roles {
        self.holder.roles
    }
}

/// Who calls over a connection.
///
/// # Errors
/// [`AppError::Unauthenticated`] for a certificate that is nobody's or has expired since its handshake; without TLS
/// for a name that is none, and for everybody on another machine.
pub fn holder(
    identity: Option<&Identity>,
    extensions: &Extensions,
    headers: &HeaderMap,
) -> Result<Arc<Holder>, AppError> {
    let peer = extensions.get::<Peer>().ok_or(AppError::Unauthenticated)?;
    match (identity, &peer.certificate) {
        (Some(identity), Some(certificate)) => {
            let state = identity.state();
            let holder = state
                .principals
                .holder(certificate)
                .filter(|_| !certificate.has_expired());
            holder.map(Arc::clone).ok_or(AppError::Unauthenticated)
        }
        (None, None) if peer.is_local() => Ok(Arc::new(Holder {
            principal: named(headers)?,
            roles: Roles::of_loopback(),
            areas: Areas::everywhere(),
        })),
        (Some(_) | None, Some(_) | None) => Err(AppError::Unauthenticated),
    }
}

/// The caller of a request that the gate let in, and what the gate knows of them.
///
/// # Errors
/// [`AppError::Unauthenticated`] for one that came past it.
pub fn caller<T>(request: &Request<T>) -> Result<(Known, Caller), AppError> {
    let known = request.extensions().get::<Known>().ok_or(AppError::Unauthenticated)?;
    Ok((known.clone(), known.caller()))
}

fn named(headers: &HeaderMap) -> Result<Principal, AppError> {
    match headers.get(PRINCIPAL_HEADER) {
        None => Ok(Principal::anonymous()),
        Some(name) => {
            let name = name.to_str().ok().and_then(|name| name.parse().ok());
            name.ok_or(AppError::Unauthenticated)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(address: &str, name: Option<&'static str>) -> Result<String, AppError> {
        let mut extensions = Extensions::new();
        extensions.insert(Peer {
            address: Some(address.parse().expect("an address")),
            certificate: None,
        });
        let mut headers = HeaderMap::new();
        if let Some(name) = name {
            headers.insert(PRINCIPAL_HEADER, name.parse().expect("ASCII"));
        }
        holder(None, &extensions, &headers).map(|holder| holder.principal.to_string())
    }

    #[test]
    fn without_tls_a_name_is_believed_from_the_same_machine_and_nobody_else_is_let_in() {
        let known = |address, name| call(address, name).ok();
        assert_eq!(
            known("127.0.0.1:1", Some("province-34")),
            Some("province-34".to_owned())
        );
        assert_eq!(known("[::ffff:127.0.0.1]:1", None), Some("anonymous".to_owned()));
        assert_eq!(known("127.0.0.1:1", Some("No Name")), None);
        assert_eq!(known("192.0.2.1:1", Some("province-34")), None);
        assert_eq!(known("192.0.2.1:1", None), None);
    }

    #[test]
    fn a_connection_of_which_nothing_is_known_is_nobody() {
        assert!(holder(None, &Extensions::new(), &HeaderMap::new()).is_err());
    }
}
