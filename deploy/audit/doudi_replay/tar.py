"""The tar around a bundle: POSIX ustar in one spelling (src/log/FORMAT.md section 20)."""

BLOCK = 512
PATH_MAX = 99
CHUNK = 1024 * 1024


class TarError(ValueError):
    """Bytes that are not such a tar."""


def header(path, size):
    """The header of a file."""
    name = path.encode("ascii")
    if not 0 < len(name) <= PATH_MAX or not 0 <= size < 8**11:
        raise TarError("a path or a size that no header can hold")
    head = name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % size + b"0" * 11 + b"\0"
    tail = b"0" + bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2 + bytes(167)
    total = sum(head) + 8 * ord(" ") + sum(tail)
    return head + b"%06o\0 " % total + tail


def files(file, size_max):
    """(path, bytes) of every file of an open tar; refuses whatever the format does not write.

    `size_max` says how large a file may be by its path; a larger one is refused before it is read.
    """
    while True:
        block = _exactly(file, BLOCK)
        if block == bytes(BLOCK):
            if _exactly(file, BLOCK) != bytes(BLOCK) or file.read(1):
                raise TarError("bytes after the last file")
            return
        path = block[:100].split(b"\0", 1)[0]
        try:
            path, size = path.decode("ascii"), int(block[124:135].decode("ascii"), 8)
            expected = header(path, size)
        except ValueError:
            raise TarError("a header is malformed") from None
        if expected != block:
            raise TarError("the header of %s is not the one of its path and size" % path)
        if size > size_max(path):
            raise TarError("%s is none of a bundle, or too large" % path)
        data = _exactly(file, size)
        if any(_exactly(file, -size % BLOCK)):
            raise TarError("bytes behind %s" % path)
        yield path, data


def _exactly(file, size):
    # By and by: a header may claim much more than there is.
    parts, left = [], size
    while left:
        part = file.read(min(left, CHUNK))
        if not part:
            raise TarError("the bundle ends in the middle")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
