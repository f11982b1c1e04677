//! Authorities and certificates of the tests.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};

/// A certificate with its key, in PEM.
pub struct Issued {
    pub certificate: String,
    pub key: String,
}

pub struct Authority(CertifiedIssuer<'static, KeyPair>);

fn key() -> KeyPair {
    KeyPair::generate().expect("the system has random bytes")
}

impl Authority {
    pub fn new(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Authority(CertifiedIssuer::self_signed(params, key()).expect("signed"))
    }

    pub fn certificate(&self) -> String {
        self.0.pem()
    }

    fn issue(&self, params: &CertificateParams) -> Issued {
        let key = key();
        Issued {
            certificate: params.signed_by(&key, &self.0).expect("signed").pem(),
            key: key.serialize_pem(),
        }
    }

    pub fn server(&self) -> Issued {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(&params)
    }

    pub fn expired_server(&self) -> Issued {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        params.not_after = date_time_ymd(2020, 1, 1);
        self.issue(&params)
    }

    fn params(uri: &str, usage: ExtendedKeyUsagePurpose) -> CertificateParams {
        let mut params = CertificateParams::default();
        let uri = uri.try_into().expect("ASCII");
        params.subject_alt_names = vec![SanType::URI(uri)];
        params.extended_key_usages = vec![usage];
        params
    }

    pub fn client(&self, uri: &str) -> Issued {
        self.issue(&Authority::params(uri, ExtendedKeyUsagePurpose::ClientAuth))
    }

    pub fn expired_client(&self, uri: &str) -> Issued {
        let mut params = Authority::params(uri, ExtendedKeyUsagePurpose::ClientAuth);
        params.not_after = date_time_ymd(2020, 1, 1);
        self.issue(&params)
    }

    pub fn future_client(&self, uri: &str) -> Issued {
        let mut params = Authority::params(uri, ExtendedKeyUsagePurpose::ClientAuth);
        params.not_before = date_time_ymd(2200, 1, 1);
        self.issue(&params)
    }

    /// A server's certificate in a client's hand.
    pub fn for_servers_alone(&self, uri: &str) -> Issued {
        self.issue(&Authority::params(uri, ExtendedKeyUsagePurpose::ServerAuth))
    }
}
