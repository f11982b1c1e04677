//! What changes while the server runs, and what a broken file does not change.

use super::*;
use crate::identity::watch::Reloads;

const ROWS: &[Row<'_>] = &[("one", &[Role::Audit], &["34"]), ("two", &[Role::Operate], &["34"])];

#[tokio::test]
async fn a_caller_taken_out_of_the_table_is_out_at_once_on_an_open_connection() {
    let server = Secured::start(ROWS).await;
    let (one, two) = (server.caller("one").await, server.caller("two").await);
    assert!(is_known(&one).await && is_known(&two).await);
    write(&server.files().principals, &table(&ROWS[1..]));
    server.identity.look();
    assert_eq!(ask(&one).await.expect_err("refused").code(), Code::Unauthenticated);
    assert!(is_known(&two).await);
    assert_eq!(server.identity.reloads(), Reloads { done: 1, refused: 0 });
}

#[tokio::test]
async fn a_broken_file_of_any_kind_leaves_everything_as_it_was_and_is_counted_once() {
    let server = Secured::start(ROWS).await;
    let files = server.files();
    let other = Authority::new("others").server();
    let expired = server.authority.expired_server();
    let mut refused = 0;
    for (path, text) in [
        (&files.principals, "principal = 3".to_owned()),
        (
            &files.principals,
            table(&[("one", &[Role::Audit, Role::Decide], &["34"])]),
        ),
        (&files.certificate, "no PEM".to_owned()),
        (&files.certificate, expired.certificate.clone()),
        (&files.key, other.key.clone()),
        (&files.client_ca, String::new()),
    ] {
        let good = std::fs::read_to_string(path).expect("written before");
        write(path, &text);
        server.identity.look();
        server.identity.look();
        refused += 1;
        assert_eq!(server.identity.reloads().refused, refused, "{} {text}", path.display());
        let new = server.caller("one").await;
        assert!(is_known(&new).await);
        write(path, &good);
        server.identity.look();
    }
    std::fs::remove_file(&files.key).expect("there");
    server.identity.look();
    assert_eq!(server.identity.reloads().refused, refused + 1);
    assert!(is_known(&server.caller("one").await).await);
}

#[tokio::test]
async fn a_renewed_server_certificate_and_another_authority_are_used_by_the_next_connections() {
    let server = Secured::start(ROWS).await;
    let old = server.caller("one").await;
    assert!(is_known(&old).await);
    let (ours, next) = (&server.authority, Authority::new("next"));
    write_server(&server.files(), &ours.server());
    write(&server.files().client_ca, &next.certificate());
    server.identity.look();
    assert_eq!(server.identity.reloads(), Reloads { done: 1, refused: 0 });
    let of_next = server
        .connect(Some(&next.client("urn:doudi:one")))
        .await
        .expect("let in");
    assert!(
        is_known(&of_next).await,
        "a certificate of the next authority keeps its principal"
    );
    let of_old = server.connect(Some(&ours.client("urn:doudi:one"))).await;
    let through = match of_old {
        Ok(channel) => is_known(&channel).await,
        Err(_) => false,
    };
    assert!(!through, "the old authority is not asked any more");
    assert!(is_known(&old).await, "a connection that is open ends by its age");
}

#[tokio::test]
async fn a_start_with_a_broken_file_is_refused_and_names_it() {
    let server = Secured::start(ROWS).await;
    let files = server.files();
    let said = |text: &str| {
        write(&files.principals, text);
        Identity::open(files.clone()).err().expect("refused").to_string()
    };
    let text = said(&table(&[("one", &[Role::Policy, Role::Decide], &["34"])]));
    assert!(
        text.contains("principals.toml: line 4: \"policy\" and \"decide\" together"),
        "{text}"
    );
    write(&files.key, &server.authority.server().key);
    assert!(said("").contains("the server key does not fit its certificate"));
}
