//! Who calls: by certificate and table, or on a server without TLS by name, from the same machine alone.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::{Extensions, HeaderMap};
use tonic::Request;

use super::admission::call_id::CallId;
use super::admission::outcome::Watch;
use super::rpcs;
use crate::app::caller::{Principal, TraceContext};
use crate::app::rights::{Areas, Roles};
use crate::app::{AppError, Caller};
use crate::identity::Peer;
use crate::identity::certificate::Certificate;
use crate::identity::principals::Holder;
use crate::identity::watch::Identity;

/// Names the caller, for programs on the same machine: the deciding system, the demo, the tests.
const PRINCIPAL_HEADER: &str = "doudi-principal";

/// How often a caller of a long call is looked up again: as often as the table itself is read again.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// What a caller proved, and where it is looked up.
#[derive(Clone)]
pub struct Proof {
    identity: Arc<Identity>,
    certificate: Arc<Certificate>,
}

impl Proof {
    /// What was proved over a connection; nothing without TLS.
    pub fn of(identity: Option<&Arc<Identity>>, extensions: &Extensions) -> Option<Proof> {
        let certificate = extensions.get::<Peer>()?.certificate.as_ref()?;
        Some(Proof {
            identity: Arc::clone(identity?),
            certificate: Arc::clone(certificate),
        })
    }
}

/// A caller of whom the gate knows who they are.
#[derive(Clone)]
pub struct Known {
    holder: Arc<Holder>,
    /// None on this machine, where nobody is asked for certificates.
    proof: Option<Proof>,
    /// In which call.
    pub call_id: CallId,
    /// Of what.
    pub rpc: Option<&'static str>,
    /// Where in its trace.
    trace: TraceContext,
}

impl Known {
    /// What the gate knows.
    pub fn new(holder: Arc<Holder>, proof: Option<Proof>, watch: &Watch) -> Known {
        Known {
            holder,
            proof,
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
            local: self.proof.is_none(),
            roles: self.holder.roles,
            areas: self.holder.areas.clone(),
        }
    }

    /// What they may do.
    pub fn roles(&self) -> Roles {
        self.holder.roles
    }

    /// The same caller by the table as it stands now: a stream outlives what was known at its start.
    ///
    /// # Errors
    /// As a new call: [`AppError::Unauthenticated`] for a certificate that is nobody's any more or has expired,
    /// [`AppError::PermissionDenied`] for a caller whose roles are not those of the call any more.
    pub fn again(&self) -> Result<Known, AppError> {
        let Some(proof) = &self.proof else {
            return Ok(self.clone());
        };
        let known = Known {
            holder: of_certificate(&proof.identity, &proof.certificate)?,
            ..self.clone()
        };
        match self.rpc.and_then(rpcs::rpc) {
            Some(rpc) if !known.roles().has_any(rpc.roles) => Err(AppError::PermissionDenied),
            Some(_) | None => Ok(known),
        }
    }

    /// Does long work for the caller, and stops it when they may not have it any more; `reaches` says whether they may
    /// still act where it is done.
    ///
    /// # Errors
    /// Those of the work, those of [`Known::again`] and those of `reaches`.
    pub async fn during<T>(
        &self,
        reaches: impl Fn(&Caller) -> Result<(), AppError>,
        work: impl Future<Output = Result<T, AppError>>,
    ) -> Result<T, AppError> {
        let ends = async {
            loop {
                tokio::time::sleep(LOOK_INTERVAL).await;
                if let Err(error) = self.again().and_then(|known| reaches(&known.caller())) {
                    return error;
                }
            }
        };
        tokio::select! {
            done = work => done,
            error = ends => Err(error),
        }
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
        (Some(identity), Some(certificate)) => of_certificate(identity, certificate),
        (None, None) if peer.is_local() => Ok(Arc::new(Holder {
            principal: named(headers)?,
            roles: Roles::of_loopback(),
            areas: Areas::everywhere(),
        })),
        (Some(_) | None, Some(_) | None) => Err(AppError::Unauthenticated),
    }
}

/// Whose a certificate is by the table as it stands now.
fn of_certificate(identity: &Identity, certificate: &Certificate) -> Result<Arc<Holder>, AppError> {
    let state = identity.state();
    let holder = state
        .principals
        .holder(certificate)
        .filter(|_| !certificate.has_expired());
    holder.map(Arc::clone).ok_or(AppError::Unauthenticated)
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
