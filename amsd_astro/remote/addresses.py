"""What is an address (URL), and what of it may be shown."""

from __future__ import annotations

import os
import re
from typing import Any, TypeGuard
from urllib.parse import parse_qsl, unquote, urlencode

from amsd_astro.printable import printable

__all__ = ["absolute", "file_name", "identity", "is_address", "protocol_of", "secrets_in", "shown_name"]

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://", re.ASCII)
_HOST = re.compile(r"([^:]*|\[[^\]]*\])(:\d*)?\Z")
_SIGNING = re.compile(
    r"(x-(amz|goog|oss|cos)-.*|.*(signature|token|secret|credential|password|passwd|api-?_?key)|awsaccesskeyid|"
    r"googleaccessid|accesskeyid|key-pair-id|policy|expires|expiry|sig|s[eprvt]|sr|skoid|sktid|skt|ske|sks|skv|auth|key)\Z",
    re.IGNORECASE,
)
_LONGEST_NAME = 140  # bytes, as for other temporary names


def is_address(path: Any) -> TypeGuard[str]:
    """Return whether a name is an address, such as https://... or s3://...; a file of that very name comes first."""
    return isinstance(path, str) and _ADDRESS.match(path) is not None and not _is_there(path)


def absolute(path: str | os.PathLike[str]) -> str:
    """Return a path from the root; an address as it is."""
    return path if is_address(path) else os.path.abspath(path)


def protocol_of(address: str) -> str:
    """Return the protocol of an address."""
    found = _ADDRESS.match(address)
    assert found is not None  # it is an address
    return found[1].lower()


def shown_name(path: Any) -> str:
    """Return a name as it may be shown: an address without user, password, query and fragment; all else as it is."""
    text = os.fsdecode(path)
    if not is_address(text):
        return text
    head, _, rest = text.partition("://")
    bare = re.split(r"[?#]", rest, maxsplit=1)[0]
    before, slash, tail = bare.partition("/")
    host = before.rpartition("@")[2]
    if not _HOST.match(host) or (not slash and "@" in rest[len(bare) :]):  # a password with a sign that ends a host
        return f"{head}://..."
    return printable(f"{head}://{host}{slash}{tail}{'?...' if '?' in rest else ''}")


def identity(address: str) -> str:
    """Return what tells an address from others and is the same when it is signed anew."""
    bare, _, query = address.partition("#")[0].partition("?")
    host, slash, path = bare.partition("://")[2].partition("/")
    told = [(name, value) for name, value in parse_qsl(query, True) if not _SIGNING.match(name)]
    return f"{protocol_of(address)}://{host.rpartition('@')[2]}{slash}{path}?{urlencode(told)}"


def file_name(address: str) -> str:
    """Return a name for the file at an address: the last part of its path."""
    bare = re.split(r"[?#]", address.partition("://")[2], maxsplit=1)[0]
    host, _, path = bare.partition("/")
    if not path and protocol_of(address) not in ("http", "https", "ftp", "sftp"):
        path = host.rpartition("@")[2]  # where there are no hosts
    last = unquote(path.rpartition("/")[2])
    safe = re.sub(r"[/\\\0]", "_", last).encode("utf-8", "replace")[-_LONGEST_NAME:].decode("utf-8", "ignore")
    return safe if safe.strip(". ") else "exposure"


def secrets_in(address: str) -> list[str]:
    """Return the parts of an address that may not be shown, as they are written and as they are meant."""
    rest = address.partition("://")[2]
    user = rest.partition("/")[0].rpartition("@")[0]
    query = re.split(r"[?#]", rest, maxsplit=1)[1:]
    parts = [user, *user.split(":", 1), *query, *(value for text in query for _, value in parse_qsl(text))]
    return [one for part in parts if part for one in (part, unquote(part))]


def _is_there(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # what cannot be a name of a file
        return False
