//! The server asks for certificates: who gets in, who may do what and where, and what changes while it runs.

mod flow;
mod handshake;
mod matrix;
mod pki;
mod reload;
mod trace;

use std::fmt::Write as _;
use std::path::Path;

use tonic::transport::{Certificate, ClientTlsConfig, Identity as Shown};

use self::pki::{Authority, Issued};
use super::flow::AREA;
use super::*;
use crate::app::rights::Role;
use crate::identity::watch::{Files, Identity};

/// A server that asks for certificates, with the authority of its callers.
struct Secured {
    folder: tempfile::TempDir,
    authority: Authority,
    identity: Arc<Identity>,
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

/// A line of the table: name, roles, areas.
type Row<'a> = (&'a str, &'a [Role], &'a [&'a str]);

/// The table; each caller's certificate says `urn:doudi:NAME`.
fn table(rows: &[Row<'_>]) -> String {
    let quoted = |texts: Vec<&str>| {
        texts
            .iter()
            .map(|text| format!("{text:?}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut text = String::new();
    for (name, roles, areas) in rows {
        let roles = quoted(roles.iter().map(|role| role.code()).collect());
        let areas = quoted(areas.to_vec());
        write!(
            text,
            "[[principal]]\nname = {name:?}\ncertificates = [\"uri:urn:doudi:{name}\"]\nroles = [{roles}]\nareas = [{areas}]\n"
        )
        .expect("a string");
    }
    text
}

fn files(folder: &Path) -> Files {
    let path = |name: &str| folder.join(name);
    Files {
        certificate: path("server.pem"),
        key: path("server.key"),
        client_ca: path("ca.pem"),
        principals: path("principals.toml"),
    }
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a folder of our own");
}

fn write_server(files: &Files, issued: &Issued) {
    write(&files.certificate, &issued.certificate);
    write(&files.key, &issued.key);
}

impl Secured {
    async fn start(rows: &[Row<'_>]) -> Secured {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::new("callers");
        let files = files(folder.path());
        write_server(&files, &authority.server());
        write(&files.client_ca, &authority.certificate());
        write(&files.principals, &table(rows));
        let identity = Identity::open(files).expect("good files");
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (stop, stopped) = oneshot::channel::<()>();
        let app = app(&folder).await;
        let access = Access {
            identity: Some(Arc::clone(&identity)),
            ..Access::default()
        };
        tokio::spawn(async move {
            let stop = async { drop(stopped.await) };
            serve(listener, app, access, BOUNDS, stop, async {}).await
        });
        Secured {
            folder,
            authority,
            identity,
            address,
            _stop: stop,
        }
    }

    fn files(&self) -> Files {
        files(self.folder.path())
    }

    /// A connection that shows this certificate, if the server lets it in.
    async fn connect(&self, shown: Option<&Issued>) -> Result<Channel, tonic::transport::Error> {
        let mut tls = ClientTlsConfig::new()
            .domain_name("localhost")
            .ca_certificate(Certificate::from_pem(self.authority.certificate()));
        if let Some(shown) = shown {
            tls = tls.identity(Shown::from_pem(&shown.certificate, &shown.key));
        }
        let endpoint = Channel::from_shared(format!("https://{}", self.address)).expect("an address");
        endpoint.tls_config(tls).expect("a configuration").connect().await
    }

    /// A connection of a caller of the table.
    async fn caller(&self, name: &str) -> Channel {
        let issued = self.authority.client(&format!("urn:doudi:{name}"));
        self.connect(Some(&issued)).await.expect("let in")
    }
}

/// The answer to a call that everybody of the table may make.
async fn ask(channel: &Channel) -> Result<(), Status> {
    let request = pb::ListPoliciesRequest {
        area: AREA.to_owned(),
        ..Default::default()
    };
    let mut client = crate::api::pb::policy_service_client::PolicyServiceClient::new(channel.clone());
    client.list_policies(request).await.map(drop)
}

/// Whether the caller is known; an area without a log is a known caller's answer.
async fn is_known(channel: &Channel) -> bool {
    match ask(channel).await {
        Ok(()) => true,
        Err(status) => status.code() == Code::NotFound,
    }
}
