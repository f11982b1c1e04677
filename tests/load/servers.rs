//! The servers that are asked: a channel each, replaced when they come back at another address.

use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use doudi::api::pb::determination_service_client::DeterminationServiceClient;
use tonic::transport::Channel;

/// A client of one server.
pub type Client = DeterminationServiceClient<Channel>;

/// Connecting on one machine is a matter of milliseconds, unless nobody accepts.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// All servers, by their addresses.
pub struct Servers {
    file: Option<PathBuf>,
    known: Mutex<Vec<(String, Client)>>,
}

impl Servers {
    /// The servers at these addresses, for good.
    pub fn new(addresses: &[String]) -> Result<Self, String> {
        let clients = addresses.iter().map(|address| connect(address));
        Ok(Self {
            file: None,
            known: Mutex::new(clients.collect::<Result<_, _>>()?),
        })
    }

    /// The servers that a file names, and those that it names later.
    pub fn of_file(path: PathBuf) -> Result<Self, String> {
        let servers = Self {
            file: Some(path),
            known: Mutex::new(Vec::new()),
        };
        servers.read_again()?;
        Ok(servers)
    }

    /// The client for one caller.
    pub fn client(&self, caller: usize) -> Client {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known[caller % known.len()].1.clone()
    }

    /// Looks where the servers are now. One that is still there keeps its connection.
    pub fn read_again(&self) -> Result<(), String> {
        let Some(path) = &self.file else {
            return Ok(());
        };
        let text = fs::read_to_string(path).map_err(|error| format!("--servers-file {}: {error}", path.display()))?;
        let addresses: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if addresses.is_empty() {
            return Err(format!("--servers-file {} names no server", path.display()));
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = |address: &str| known.iter().find(|(of, _)| of == address).cloned();
        let clients = addresses
            .into_iter()
            .map(|address| kept(address).map_or_else(|| connect(address), Ok));
        *known = clients.collect::<Result<_, _>>()?;
        Ok(())
    }
}

/// A channel that connects when it is used, and again after it broke.
fn connect(address: &str) -> Result<(String, Client), String> {
    let endpoint = Channel::from_shared(address.to_owned())
        .map_err(|error| format!("server `{address}`: {error}; write http://HOST:PORT"))?;
    let channel = endpoint.connect_timeout(CONNECT_MAX).connect_lazy();
    Ok((address.to_owned(), DeterminationServiceClient::new(channel)))
}
