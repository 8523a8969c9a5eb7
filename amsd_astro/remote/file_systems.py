"""The file system of an address, by fsspec, and what its errors mean: refused, or failed on the way."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

from amsd_astro.errors import FrameError, FrameNotFoundError
from amsd_astro.printable import one_line
from amsd_astro.remote.addresses import protocol_of, secrets_in, shown_name

__all__ = ["asked", "opened_system"]

_EXTRA = "amsd_astro[remote]"
_HTTP = ("http", "https")
_MISSING = (404, 410)
_PASSING = (408, 425, 429)  # refusals that a later try may not meet
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.ENOMEM)
_SILENCE = 60.0  # seconds without a byte


def opened_system(address: str, refused: Callable[[str], Exception] | None = None) -> tuple[Any, str]:
    """Return the file system that an address belongs to, and its path there.

    Parameters
    ----------
    address : str
        The address.
    refused : callable, optional
        Makes the error of a message; by default a `FrameError` that names the address.

    Raises
    ------
    FrameError
        fsspec, or the package that it needs for this protocol, is not installed, or does not know the protocol.
    """
    refused = refused or (lambda message: FrameError(message, path=shown_name(address)))
    protocol = protocol_of(address)
    try:
        import fsspec
    except ImportError:
        raise refused(f"addresses need the package fsspec, in the extra {_EXTRA}.") from None
    try:
        kind = fsspec.get_filesystem_class(protocol)
    except ImportError as error:
        needed = _EXTRA if protocol in _HTTP else "see there"
        raise refused(f"{protocol} needs a package of its own ({needed}): {one_line(str(error))}") from None
    except ValueError:
        raise refused(f"the protocol of an address must be one that fsspec knows. Received: {protocol}") from None
    settings = _http_settings() if protocol in _HTTP else {}
    return (
        asked(address, lambda: kind(**settings, **kind._get_kwargs_from_urls(address))),
        asked(address, lambda: kind._strip_protocol(address)),
    )


def _http_settings() -> dict[str, Any]:
    import aiohttp

    # by default it gives a whole file five minutes, and does not look for proxies
    times = aiohttp.ClientTimeout(total=None, sock_connect=_SILENCE, sock_read=_SILENCE)
    return {"client_kwargs": {"timeout": times, "trust_env": True}}


def asked(address: str, call: Callable[[], Any]) -> Any:
    """Return what a call returns; what goes wrong in it becomes an error of ours, whose text has no credentials.

    Parameters
    ----------
    address : str
        What is asked for.
    call : callable
        Asks for it.

    Raises
    ------
    FrameNotFoundError, FrameError
        There is no such file; the host refuses it.
    OSError
        The connection failed, or the host did.
    """
    try:
        return call()
    except (FrameError, MemoryError):
        raise
    except Exception as error:  # each protocol has errors of its own
        if isinstance(error, OSError) and error.errno in _FULL:
            raise
        told = _told(error, address)
    raise told  # out here, so that no traceback shows the error that it came from


def _told(error: Exception, address: str) -> Exception:
    name, status = shown_name(address), getattr(error, "status", None)
    if isinstance(error, FileNotFoundError) or status in _MISSING:
        return FrameNotFoundError("there is no such file at the host.", path=name)
    if isinstance(status, int):
        answer = f"{status} {_harmless(getattr(error, 'message', ''), address)}".strip()
        if 400 <= status < 500 and status not in _PASSING:
            return FrameError(f"the host refuses it: {answer}", path=name)
        return OSError(errno.EIO, f"the host failed: {answer}", name)
    reason = _harmless(str(error), address) or type(error).__name__
    refusal = isinstance(error, PermissionError | ValueError | TypeError | ImportError | IsADirectoryError)
    if refusal or "Credential" in type(error).__name__:
        return FrameError(f"the host or its protocol refuses it: {reason}", path=name)
    return OSError(errno.EIO, f"the connection failed: {reason}", name)


def _harmless(text: object, address: str) -> str:
    """Return the text of an error, without the address; nothing where a part of that may be in it still."""
    told = one_line(str(text)).replace(address, shown_name(address))
    return "" if any(secret in told for secret in secrets_in(address)) else told[:200]
