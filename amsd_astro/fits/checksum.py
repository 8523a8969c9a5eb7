"""The FITS checksum: 32-bit ones' complement sum and its ASCII form (FITS standard 4.0, appendix J)."""

from __future__ import annotations

import numpy as np

__all__ = ["Sum32", "encode_sum"]

_MASK = 0xFFFFFFFF
# Characters between the digits and the letters are not allowed in the encoded string.
_EXCLUDED = frozenset(range(0x3A, 0x41)) | frozenset(range(0x5B, 0x61))


class Sum32:
    """Ones' complement sum of big-endian 32-bit words, fed in pieces of any length.

    Attributes
    ----------
    n_bytes : int
        Bytes seen so far.
    """

    def __init__(self) -> None:
        self._sum = 0
        self._rest = b""
        self.n_bytes = 0

    def update(self, piece: bytes | bytearray | memoryview | np.ndarray) -> None:
        """Add bytes. A numpy array is taken byte by byte as it lies in memory (it must be contiguous)."""
        view = (
            memoryview(piece).cast("B") if not isinstance(piece, np.ndarray) else piece.reshape(-1).view(np.uint8).data
        )
        self.n_bytes += len(view)
        if self._rest:
            need = min(4 - len(self._rest), len(view))
            self._rest += bytes(view[:need])
            view = view[need:]
            if len(self._rest) < 4:
                return
            self._add(np.frombuffer(self._rest, dtype=">u4"))
            self._rest = b""
        whole = len(view) // 4 * 4
        if whole:
            self._add(np.frombuffer(view[:whole], dtype=">u4"))
        self._rest = bytes(view[whole:])

    def _add(self, words: np.ndarray) -> None:
        total = self._sum + int(words.sum(dtype=np.uint64))
        while total >> 32:
            total = (total & _MASK) + (total >> 32)
        self._sum = total

    @property
    def value(self) -> int:
        """The sum so far, the last word filled up with zeros."""
        total = self._sum + int.from_bytes(self._rest.ljust(4, b"\0"), "big")
        while total >> 32:
            total = (total & _MASK) + (total >> 32)
        return total


def encode_sum(value: int) -> str:
    """Return the 16 characters that make the sum of an HDU all ones.

    Parameters
    ----------
    value : int
        Sum of the HDU with the CHECKSUM string set to sixteen zeros.
    """
    complement = _MASK ^ value
    columns = []
    for shift in (24, 16, 8, 0):
        byte = complement >> shift & 0xFF
        quotient, remainder = divmod(byte, 4)
        four = [quotient + remainder + 48, quotient + 48, quotient + 48, quotient + 48]
        while any(code in _EXCLUDED for code in four):
            for pair in (0, 2):
                if four[pair] in _EXCLUDED or four[pair + 1] in _EXCLUDED:
                    four[pair] += 1
                    four[pair + 1] -= 1
        columns.append(four)
    text = "".join(chr(columns[byte][row]) for row in range(4) for byte in range(4))
    return text[-1] + text[:-1]
