//! Published documents by digest, out of a database or from a server.

use std::sync::Arc;

use tonic::transport::Channel;

use crate::api::pb::policy_service_client::PolicyServiceClient;
use crate::api::pb::{GetPolicyRequest, ListPoliciesRequest};
use crate::app::App;
use crate::app::command::{GetPolicy, ListPolicies, PAGE_SIZE_MAX, Page, PolicyName};
use crate::area::AreaCode;
use crate::canonical::Json;
use crate::cli::Failure;
use crate::cli::client::Shown;
use crate::cli::wiring::{self, Settings};
use crate::log::{Hash, TreeSize};
use crate::rules::document::Document;

/// Largest answer that is read: a document in two forms. The server sends no larger one.
const ANSWER_SIZE_MAX_BYTES: usize = crate::server::RESPONSE_SIZE_MAX_BYTES;

/// Where published documents are found.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// A service that has the published documents; without it the database of the settings is read
    #[arg(long, value_name = "URL", conflicts_with = "database")]
    server: Option<String>,
    #[command(flatten)]
    shown: Shown,
    /// The area in whose log the documents were published, for a bare digest
    #[arg(long, value_name = "CODE")]
    area: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

/// The published documents of one area.
pub struct Shelf {
    source: Source,
    area: AreaCode,
}

enum Source {
    Database(Arc<App>),
    Server(PolicyServiceClient<Channel>),
}

/// A published document as it was named: `areas/340321/policies/DIGEST`, or the digest alone.
pub fn named(text: &str) -> Option<(Option<AreaCode>, Hash)> {
    if let Ok(name) = text.parse::<PolicyName>() {
        return Some((Some(name.area), name.digest));
    }
    text.parse().ok().map(|digest| (None, digest))
}

impl Place {
    /// Opens the shelf of an area: the one in a name, or that of `--area`.
    pub async fn open(&self, of_name: Option<AreaCode>) -> Result<Shelf, Failure> {
        let area = match (of_name, &self.area) {
            (Some(area), _) => area,
            (None, Some(text)) => text
                .parse()
                .map_err(|_| Failure::usage(format!("{text}: not an area: give 6 digits")))?,
            (None, None) => {
                return Err(Failure::usage(
                    "a digest stands alone: give --area, or the name areas/AREA/policies/DIGEST",
                ));
            }
        };
        let source = match &self.server {
            Some(server) => {
                let client = PolicyServiceClient::new(self.shown.connect(server).await?);
                Source::Server(client.max_decoding_message_size(ANSWER_SIZE_MAX_BYTES))
            }
            None => Source::Database(wiring::app(&self.settings.load()?).await?),
        };
        Ok(Shelf { source, area })
    }
}

impl Shelf {
    /// The document of a digest.
    pub async fn document(&mut self, digest: Hash) -> Result<Document, Failure> {
        let name = PolicyName {
            area: self.area,
            digest,
        };
        let sealed = match &mut self.source {
            Source::Database(app) => {
                let command = GetPolicy {
                    name,
                    include_text: true,
                    include_rendering: false,
                };
                app.get_policy(command)
                    .await
                    .map_err(|error| Failure::failed(format!("{name}: {error}")))?
                    .sealed
            }
            Source::Server(client) => {
                let request = GetPolicyRequest {
                    name: name.to_string(),
                    include_text: true,
                    include_rendering: false,
                };
                let answer = client.get_policy(request).await;
                answer
                    .map_err(|status| Failure::failed(format!("{name}: {}", status.message())))?
                    .into_inner()
                    .sealed
            }
        };
        // What anybody sends under a digest is that document or nothing.
        if Hash::of(&sealed) != digest {
            return Err(Failure::failed(format!(
                "{name}: the bytes are not those of the digest; do not use them"
            )));
        }
        let broken = || Failure::failed(format!("{name}: the sealed form cannot be read by this version"));
        let json = Json::parse_canonical(&sealed).map_err(|_| broken())?;
        Document::from_json(&json).map_err(|_| broken())
    }

    /// The documents in use in the area, in the order in which they came into use.
    pub async fn in_use(&mut self) -> Result<Vec<Document>, Failure> {
        let mut documents = Vec::new();
        for digest in self.digests().await? {
            documents.push(self.document(digest).await?);
        }
        Ok(documents)
    }

    async fn digests(&mut self) -> Result<Vec<Hash>, Failure> {
        let mut digests = Vec::new();
        let mut token = String::new();
        loop {
            let (page, next) = match &mut self.source {
                Source::Database(app) => {
                    let command = ListPolicies {
                        area: self.area,
                        include_superseded: false,
                        page: Page {
                            size: PAGE_SIZE_MAX,
                            token: Some(token).filter(|token| !token.is_empty()),
                        },
                        min_tree_size: TreeSize::EMPTY,
                    };
                    let listed = app
                        .list_policies(command)
                        .await
                        .map_err(|error| Failure::failed(error.to_string()))?;
                    let page: Vec<Hash> = listed.items.into_iter().map(|policy| policy.digest).collect();
                    (page, listed.next.unwrap_or_default())
                }
                Source::Server(client) => {
                    let request = ListPoliciesRequest {
                        area: self.area.to_string(),
                        page_token: token,
                        ..ListPoliciesRequest::default()
                    };
                    let listed = client.list_policies(request).await;
                    let listed = listed.map_err(|status| Failure::failed(status.message()))?.into_inner();
                    let page = listed.policies.iter().map(|policy| Hash::from_slice(&policy.digest));
                    let page = page.collect::<Result<Vec<Hash>, _>>();
                    (
                        page.map_err(|error| Failure::failed(error.to_string()))?,
                        listed.next_page_token,
                    )
                }
            };
            digests.extend(page);
            if next.is_empty() {
                return Ok(digests);
            }
            token = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_document_is_named_by_its_digest_or_its_resource_name_and_a_file_by_neither() {
        let digest = "ab".repeat(32);
        let (area, found) = named(&format!("areas/340321/policies/{digest}")).expect("a name");
        assert_eq!(
            (area.map(|area| area.to_string()), found.to_string()),
            (Some("340321".to_owned()), digest.clone())
        );
        assert_eq!(named(&digest).map(|(area, _)| area), Some(None));
        for file in [
            "county.yaml",
            "policy/340321-huaiyuan.yaml",
            &digest[1..],
            &digest.to_uppercase(),
        ] {
            assert!(named(file).is_none(), "{file}");
        }
    }
}
