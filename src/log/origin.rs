//! The name of one log: `<domain>/<area code>/<epoch>`, also the name of its signing key.

use std::fmt;
use std::str::FromStr;

use crate::area::AreaCode;

/// Longest origin: the limit of a key name in a signed note.
pub const ORIGIN_SIZE_MAX_BYTES: usize = 255;

/// The name of one log. A new epoch begins only after a confirmed fork or a lost key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    domain: String,
    area: AreaCode,
    epoch: u32,
}

/// The parts do not name a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not the origin of a log: give <domain>/<six-digit area>/<epoch from 1>, \
     the domain in ASCII letters, digits, '.' and '-', at most 255 bytes in all"
)]
pub struct OriginError;

impl Origin {
    /// The log of an area under a configured domain.
    ///
    /// # Errors
    /// [`OriginError`] for a domain with other characters, a township, epoch 0 or excess length.
    pub fn new(domain: &str, area: AreaCode, epoch: u32) -> Result<Origin, OriginError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
        let origin = Origin {
            domain: domain.to_owned(),
            area,
            epoch,
        };
        let well_formed = !domain.is_empty() && domain.bytes().all(plain) && epoch > 0;
        // A township has no log of its own; its decisions stand in its county's.
        let has_log = area == area.without_township();
        if well_formed && has_log && origin.to_string().len() <= ORIGIN_SIZE_MAX_BYTES {
            Ok(origin)
        } else {
            Err(OriginError)
        }
    }

    /// The operator's domain.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The area whose decisions the log holds.
    #[must_use]
    pub fn area(&self) -> AreaCode {
        self.area
    }

    /// The epoch, from 1.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.epoch
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.domain, self.area, self.epoch)
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let mut parts = text.split('/');
        let (Some(domain), Some(area), Some(epoch), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(OriginError);
        };
        let area = area.parse().map_err(|_| OriginError)?;
        let origin = Origin::new(domain, area, epoch.parse().map_err(|_| OriginError)?)?;
        if origin.to_string() == text {
            Ok(origin)
        } else {
            Err(OriginError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_reads_back() {
        let origin: Origin = "doudi.example/340321/1".parse().expect("an origin");
        assert_eq!(origin.domain(), "doudi.example");
        assert_eq!(origin.area().to_string(), "340321");
        assert_eq!(origin.epoch(), 1);
        assert_eq!(origin.to_string(), "doudi.example/340321/1");
    }

    #[test]
    fn what_would_break_a_note_or_name_no_log_is_refused() {
        for text in [
            "",
            "doudi.example",
            "doudi.example/340321",
            "doudi.example/340321/0",
            "doudi.example/340321/01",
            "doudi.example/340321/1/2",
            "doudi.example/340321100/1",
            "dou di/340321/1",
            "dou+di/340321/1",
            "兜底/340321/1",
            "/340321/1",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(OriginError), "{text}");
        }
        let long = "a".repeat(ORIGIN_SIZE_MAX_BYTES - "/340321/1".len());
        let area = "340321".parse().expect("an area");
        assert!(Origin::new(&long, area, 1).is_ok());
        assert!(Origin::new(&format!("{long}a"), area, 1).is_err());
    }
}
