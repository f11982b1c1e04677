//! The tar around a bundle: POSIX ustar in one spelling, written and read as a stream.
//!
//! A header follows from path and size alone. The reader writes the header that belongs to what it read and refuses
//! every other, so that two tars with the same contents are the same bytes and nothing hides in a field.

use std::io::{self, Read, Write};

/// Bytes of a header and of the blocks that files are padded to.
pub const BLOCK_SIZE_BYTES: usize = 512;

/// Longest path: the field has 100 bytes, the last of them zero.
pub const PATH_SIZE_MAX_BYTES: usize = 99;

/// Largest file: what eleven octal digits can say.
pub const FILE_SIZE_MAX_BYTES: u64 = 0o777_7777_7777;

/// Bytes after the last file.
const END_SIZE_BYTES: usize = 2 * BLOCK_SIZE_BYTES;

/// Why a tar cannot be read or written further.
#[derive(Debug, thiserror::Error)]
pub enum TarError {
    /// The file ends where more belongs.
    #[error("the bundle ends in the middle: copy it again")]
    Truncated,
    /// A header that this format does not write.
    #[error("a header of the bundle is not one that doudi writes: unpack nothing, and ask for the bundle again")]
    Header,
    /// Bytes after a file or after the end that are not zero.
    #[error("the bundle has bytes where zeros belong: they are in no file of it")]
    Padding,
    /// The path cannot stand in a header.
    #[error("a path of {0} bytes: at most {PATH_SIZE_MAX_BYTES} ASCII bytes are possible")]
    Path(usize),
    /// A file is larger than its kind can be.
    #[error("{path} has {size} bytes, at most {size_max} are possible")]
    TooLarge {
        /// The file.
        path: String,
        /// What its header says.
        size: u64,
        /// What is accepted.
        size_max: u64,
    },
    /// The file system, or whatever is below.
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for TarError {
    fn from(error: io::Error) -> TarError {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            TarError::Truncated
        } else {
            TarError::Io(error)
        }
    }
}

/// The header of a file.
///
/// # Errors
/// [`TarError::Path`], or [`TarError::TooLarge`].
pub fn header(path: &str, size: u64) -> Result<[u8; BLOCK_SIZE_BYTES], TarError> {
    if path.is_empty() || path.len() > PATH_SIZE_MAX_BYTES || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(TarError::Path(path.len()));
    }
    if size > FILE_SIZE_MAX_BYTES {
        let path = path.to_owned();
        let size_max = FILE_SIZE_MAX_BYTES;
        return Err(TarError::TooLarge { path, size, size_max });
    }
    let mut block = [0_u8; BLOCK_SIZE_BYTES];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, path.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    put(329, b"0000000\0");
    put(337, b"0000000\0");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(block)
}

/// Zeros that follow a file of this size.
#[must_use]
pub const fn padding(size: u64) -> usize {
    let over = (size % BLOCK_SIZE_BYTES as u64) as usize;
    if over == 0 { 0 } else { BLOCK_SIZE_BYTES - over }
}

/// Writes files one after the other.
pub struct TarWriter<W> {
    out: W,
}

impl<W: Write> TarWriter<W> {
    /// Begins a tar.
    pub fn new(out: W) -> TarWriter<W> {
        TarWriter { out }
    }

    /// Adds a file.
    ///
    /// # Errors
    /// [`TarError`].
    pub fn add(&mut self, path: &str, bytes: &[u8]) -> Result<(), TarError> {
        self.out.write_all(&header(path, bytes.len() as u64)?)?;
        self.out.write_all(bytes)?;
        let zeros = [0_u8; BLOCK_SIZE_BYTES];
        self.out.write_all(&zeros[..padding(bytes.len() as u64)])?;
        Ok(())
    }

    /// Ends the tar and gives back what it was written to.
    ///
    /// # Errors
    /// [`TarError`].
    pub fn finish(mut self) -> Result<W, TarError> {
        self.out.write_all(&[0; END_SIZE_BYTES])?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// What it is written to: for whole files with their headers that stand elsewhere already.
    pub fn out(&mut self) -> &mut W {
        &mut self.out
    }
}

/// A file that the reader stands before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
}

/// Reads files one after the other.
pub struct TarReader<R> {
    input: R,
    /// The file whose bytes come next.
    before: Option<Member>,
}

impl<R: Read> TarReader<R> {
    /// Begins to read.
    pub fn new(input: R) -> TarReader<R> {
        TarReader { input, before: None }
    }

    /// The next file; none at the end. What was not taken of the one before is passed over.
    ///
    /// # Errors
    /// [`TarError`]. After one nothing more can be read.
    pub fn next_file(&mut self) -> Result<Option<Member>, TarError> {
        self.pass()?;
        let mut block = [0_u8; BLOCK_SIZE_BYTES];
        self.input.read_exact(&mut block)?;
        if block == [0; BLOCK_SIZE_BYTES] {
            self.input.read_exact(&mut block)?;
            let mut more = [0_u8; 1];
            let ended = block == [0; BLOCK_SIZE_BYTES] && self.input.read(&mut more)? == 0;
            return if ended { Ok(None) } else { Err(TarError::Padding) };
        }
        let member = read_header(&block).ok_or(TarError::Header)?;
        self.before = Some(member.clone());
        Ok(Some(member))
    }

    /// The bytes of the file that [`TarReader::next_file`] gave, if it has at most so many.
    ///
    /// # Errors
    /// [`TarError`].
    pub fn take(&mut self, size_max: u64) -> Result<Vec<u8>, TarError> {
        let Some(member) = self.before.take() else {
            return Ok(Vec::new());
        };
        if member.size > size_max {
            let (path, size) = (member.path.clone(), member.size);
            self.before = Some(member);
            return Err(TarError::TooLarge { path, size, size_max });
        }
        // Grows with what is really there, not with what a header claims.
        let mut bytes = Vec::new();
        if member.size <= TRUSTED_SIZE_BYTES {
            bytes.reserve_exact(usize::try_from(member.size).unwrap_or_default());
        }
        let count = (&mut self.input).take(member.size).read_to_end(&mut bytes)?;
        if count as u64 != member.size {
            return Err(TarError::Truncated);
        }
        self.zeros(member.size)?;
        Ok(bytes)
    }

    /// Passes over the file that was not taken.
    fn pass(&mut self) -> Result<(), TarError> {
        let Some(member) = self.before.take() else {
            return Ok(());
        };
        let passed = io::copy(&mut (&mut self.input).take(member.size), &mut io::sink())?;
        if passed != member.size {
            return Err(TarError::Truncated);
        }
        self.zeros(member.size)
    }

    fn zeros(&mut self, size: u64) -> Result<(), TarError> {
        let mut block = [0_u8; BLOCK_SIZE_BYTES];
        let rest = &mut block[..padding(size)];
        self.input.read_exact(rest)?;
        if rest.iter().all(|byte| *byte == 0) {
            Ok(())
        } else {
            Err(TarError::Padding)
        }
    }
}

/// Sizes up to this one are allocated at once; a tile's documents seldom have more.
const TRUSTED_SIZE_BYTES: u64 = 4 * 1024 * 1024;

/// Path and size, if this is the very header that belongs to them.
fn read_header(block: &[u8; BLOCK_SIZE_BYTES]) -> Option<Member> {
    let end = block.iter().position(|byte| *byte == 0)?;
    let path = std::str::from_utf8(block.get(..end)?).ok()?;
    let digits = std::str::from_utf8(&block[124..135]).ok()?;
    let size = u64::from_str_radix(digits, 8).ok()?;
    let written = header(path, size).ok()?;
    (written == *block).then(|| Member {
        path: path.to_owned(),
        size,
    })
}
