"""Opens sealed documents with their data key (src/log/FORMAT.md section 6): AES-256-GCM, FIPS 197 and SP 800-38D.

The tag is not looked at: what is decrypted is held to the entry's commitment, which binds every byte of it.
"""

import struct

NONCE_SIZE_BYTES = 12
TAG_SIZE_BYTES = 16
SALT_SIZE_BYTES = 32
ROUNDS = 14
FIRST_COUNTER = 2
"""Counter 1 makes the tag."""


def _tables():
    """The S-box, and SubBytes with MixColumns as one table of words a row."""
    exponents, power = [0] * 255, 1
    logarithms = [0] * 256
    for exponent in range(255):
        exponents[exponent], logarithms[power] = power, exponent
        power ^= (power << 1) ^ (0x11B if power & 0x80 else 0)
    box = []
    for value in range(256):
        inverse = exponents[-logarithms[value] % 255] if value else 0
        mixed = 0x63
        for shift in range(5):
            mixed ^= (inverse << shift | inverse >> 8 - shift) & 0xFF
        box.append(mixed)
    rows = [[], [], [], []]
    for value in box:
        double = value << 1 ^ (0x11B if value & 0x80 else 0)
        word = double << 24 | value << 16 | value << 8 | value ^ double
        for row in range(4):
            rows[row].append((word >> 8 * row | word << 32 - 8 * row) & 0xFFFFFFFF)
    return box, rows


_BOX, (_T0, _T1, _T2, _T3) = _tables()


def _schedule(key):
    """The words of the round keys."""
    words, factor = list(struct.unpack(">8I", key)), 1
    for at in range(8, 4 * (ROUNDS + 1)):
        word = words[-1]
        if at % 8 == 0:
            word = _substitute((word << 8 | word >> 24) & 0xFFFFFFFF) ^ factor << 24
            factor <<= 1
        elif at % 8 == 4:
            word = _substitute(word)
        words.append(words[at - 8] ^ word)
    return words


def _substitute(word):
    return _BOX[word >> 24] << 24 | _BOX[word >> 16 & 255] << 16 | _BOX[word >> 8 & 255] << 8 | _BOX[word & 255]


def _block(words, a, b, c, d):
    """One encrypted block."""
    a, b, c, d = a ^ words[0], b ^ words[1], c ^ words[2], d ^ words[3]
    for at in range(4, 4 * ROUNDS, 4):
        a, b, c, d = (
            _T0[a >> 24] ^ _T1[b >> 16 & 255] ^ _T2[c >> 8 & 255] ^ _T3[d & 255] ^ words[at],
            _T0[b >> 24] ^ _T1[c >> 16 & 255] ^ _T2[d >> 8 & 255] ^ _T3[a & 255] ^ words[at + 1],
            _T0[c >> 24] ^ _T1[d >> 16 & 255] ^ _T2[a >> 8 & 255] ^ _T3[b & 255] ^ words[at + 2],
            _T0[d >> 24] ^ _T1[a >> 16 & 255] ^ _T2[b >> 8 & 255] ^ _T3[c & 255] ^ words[at + 3],
        )
    columns = (a, b, c, d), (b, c, d, a), (c, d, a, b), (d, a, b, c)
    return struct.pack(
        ">4I",
        *[
            (_BOX[w >> 24] << 24 | _BOX[x >> 16 & 255] << 16 | _BOX[y >> 8 & 255] << 8 | _BOX[z & 255]) ^ words[at]
            for at, (w, x, y, z) in enumerate(columns, 4 * ROUNDS)
        ]
    )


def open_sealed(key, sealed):
    """(salt, document) of a sealed document; ValueError if it is too short to be one."""
    if len(key) != 32 or len(sealed) < NONCE_SIZE_BYTES + SALT_SIZE_BYTES + TAG_SIZE_BYTES:
        raise ValueError("no sealed document, or no data key of 32 bytes")
    nonce = struct.unpack(">3I", sealed[:NONCE_SIZE_BYTES])
    data = sealed[NONCE_SIZE_BYTES:-TAG_SIZE_BYTES]
    words = _schedule(key)
    count = (len(data) + 15) // 16
    stream = b"".join(_block(words, *nonce, FIRST_COUNTER + number) for number in range(count))[: len(data)]
    plain = (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")
    return plain[:SALT_SIZE_BYTES], plain[SALT_SIZE_BYTES:]
