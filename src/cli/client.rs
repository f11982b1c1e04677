//! A connection of the command line to a server, with a certificate where the server asks for one.

use std::path::{Path, PathBuf};

use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};

use super::Failure;

/// What the command line shows to a server over https.
#[derive(Debug, clap::Args)]
pub struct Shown {
    /// The authority of the server's certificate (PEM), for an https server
    #[arg(long, value_name = "FILE")]
    server_ca: Option<PathBuf>,
    /// The caller's certificate chain (PEM)
    #[arg(long, value_name = "FILE", requires = "client_key")]
    client_certificate: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "client_certificate")]
    client_key: Option<PathBuf>,
}

impl Shown {
    /// Connects to `http://HOST:PORT` or `https://HOST:PORT`.
    pub async fn connect(&self, server: &str) -> Result<Channel, Failure> {
        let mut endpoint = Channel::from_shared(server.to_owned())
            .map_err(|error| Failure::usage(format!("--server {server}: {error}; write http://HOST:PORT")))?;
        if server.starts_with("https://") {
            let wrong = |error| Failure::usage(format!("the certificates cannot be used: {error}"));
            endpoint = endpoint.tls_config(self.tls()?).map_err(wrong)?;
        }
        endpoint.connect().await.map_err(|_| {
            Failure::failed(format!(
                "{server} does not answer, or refuses the certificate; start it with `doudi serve`"
            ))
        })
    }

    fn tls(&self) -> Result<ClientTlsConfig, Failure> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| Failure::file(path, &error));
        let authority = self
            .server_ca
            .as_deref()
            .ok_or_else(|| Failure::usage("an https server needs --server-ca: the authority of its certificate"))?;
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(authority)?));
        if let (Some(certificate), Some(key)) = (&self.client_certificate, &self.client_key) {
            tls = tls.identity(Identity::from_pem(read(certificate)?, read(key)?));
        }
        Ok(tls)
    }
}
