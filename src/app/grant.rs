//! Who may see who somebody is: one question, asked in one place.
//!
//! Where callers have certificates their roles answer it; where nobody is asked for one, a setting does.

use super::App;
use super::caller::Caller;
use super::command::OpeningPurpose;
use super::error::AppError;
use super::rights::Role;

/// What the operator allows and how long records are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Duties {
    /// Callers on this machine may open identities, where nobody is asked for certificates.
    pub identity_to_loopback: bool,
    /// Years that a case is kept after its last record and its last month of assistance; none: nothing is erased.
    pub retention_years: Option<u16>,
}

/// The right to open identities for one purpose. Only [`App::identity_grant`] makes one.
#[derive(Clone, Copy, Debug)]
pub(super) struct IdentityGrant {
    /// What it was given for.
    pub(super) purpose: OpeningPurpose,
}

impl App {
    /// The right of this caller to open identities for this purpose.
    ///
    /// # Errors
    /// [`AppError::PermissionDenied`].
    pub(super) fn identity_grant(&self, caller: &Caller, purpose: OpeningPurpose) -> Result<IdentityGrant, AppError> {
        if caller.roles.has(Role::AuditIdentity) || caller.local && self.duties.identity_to_loopback {
            Ok(IdentityGrant { purpose })
        } else {
            Err(AppError::PermissionDenied)
        }
    }
}
