//! Which file of which log a request names.

use crate::area::AreaCode;
use crate::log::tiles::TilePath;

/// Longest path that is looked at: `/340321/9999/tile/entries/` and seven groups of digits are far below.
pub const PATH_SIZE_MAX_BYTES: usize = 128;

/// A file of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// Area of the log.
    pub(super) area: AreaCode,
    /// Epoch of the log.
    pub(super) epoch: u32,
    /// The file.
    pub(super) file: File,
}

/// What a log's folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum File {
    /// The newest checkpoint.
    Checkpoint,
    /// A tile of hashes or a bundle of entries.
    Tile(TilePath),
}

impl Asked {
    /// Reads `/<area>/<epoch>/<file>`. One spelling each; none for anything else.
    pub(super) fn parse(path: &str) -> Option<Asked> {
        if path.len() > PATH_SIZE_MAX_BYTES {
            return None;
        }
        let (area_text, rest) = path.strip_prefix('/')?.split_once('/')?;
        let (epoch_text, file) = rest.split_once('/')?;
        let area: AreaCode = area_text.parse().ok()?;
        let epoch: u32 = epoch_text.parse().ok()?;
        let one_spelling = area.to_string() == area_text && epoch.to_string() == epoch_text;
        if !one_spelling {
            return None;
        }
        let file = match file {
            "checkpoint" => File::Checkpoint,
            tile => File::Tile(tile.parse().ok()?),
        };
        Some(Asked { area, epoch, file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tiles::TileKind;

    #[test]
    fn a_path_names_a_log_and_one_of_its_files() {
        let asked = Asked::parse("/340321/1/checkpoint").expect("a checkpoint");
        assert_eq!((asked.epoch, asked.file), (1, File::Checkpoint));
        assert_eq!(asked.area.to_string(), "340321");
        let asked = Asked::parse("/340321/12/tile/entries/x001/234.p/7").expect("a bundle");
        let tile = TilePath {
            kind: TileKind::Entries,
            n: 1234,
            width: 7,
        };
        assert_eq!((asked.epoch, asked.file), (12, File::Tile(tile)));
        assert!(Asked::parse("/340321/9999/tile/7/x018/x014/x398/x509/x481/983").is_some());
    }

    #[test]
    fn anything_else_names_nothing() {
        for path in [
            "",
            "/",
            "checkpoint",
            "/checkpoint",
            "/340321/checkpoint",
            "/340321/01/checkpoint",
            "/340321/+1/checkpoint",
            "/34032/1/checkpoint",
            "//340321/1/checkpoint",
            "/340321/1/checkpoint/",
            "/340321/1/Checkpoint",
            "/340321/1/../1/checkpoint",
            "/340321/1/tile/0/0",
            "/340321/1/tile/8/000",
            "/340321/1/tile/0/000.p/256",
            "/340321/1/%63heckpoint",
        ] {
            assert_eq!(Asked::parse(path), None, "{path}");
        }
        let long = format!("/340321/1/tile/0/{}", "x000/".repeat(30));
        assert_eq!(Asked::parse(&long), None);
    }
}
