"""What is an address, and what of it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from amsd_astro.remote.addresses import file_name, identity, is_address, shown_name


@pytest.mark.parametrize("name", ["https://host/a.fits", "s3://bucket/a.fits", "memory://a.fits", "HTTP://h/a b.fits"])
def test_addresses(name: str) -> None:
    assert is_address(name)


@pytest.mark.parametrize(
    "name",
    ["a.fits", "C:\\a.fits", "night:1/a.fits", "a://", "/a://b", "1://b", "://b", "\0://b", Path("https://h/a"), 3],
)
def test_names_of_files(name: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a:").mkdir()
    assert not is_address(name)


def test_a_file_of_that_name_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "memory://user:secret@night.fits?x#y"
    assert is_address(name)
    (tmp_path / "memory:").mkdir()
    (tmp_path / "memory:" / "user:secret@night.fits?x#y").write_bytes(b"")
    assert not is_address(name) and shown_name(name) == name


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://user:pass@host:80/a/b.fits", "https://host:80/a/b.fits"),
        ("https://user:p@ss@host/b.fits", "https://host/b.fits"),
        ("https://host/b.fits?X-Amz-Signature=abc&x=1", "https://host/b.fits?..."),
        ("https://u:p@host?token=abc", "https://host?..."),
        ("https://u:1?w@host/a.fits", "https://..."),
        ("https://u:p/w@host/a.fits", "https://..."),
        ("http://[::1]:80/a.fits", "http://[::1]:80/a.fits"),
        ("https://host/b.fits#token", "https://host/b.fits"),
        ("s3://bucket/night@home/a.fits", "s3://bucket/night@home/a.fits"),
        ("https://host/a\n.fits", "https://host/a\\n.fits"),
        ("night/a?b@c.fits", "night/a?b@c.fits"),
    ],
)
def test_what_is_shown(address: str, shown: str) -> None:
    assert shown_name(address) == shown


def test_an_address_that_is_signed_anew_is_the_same() -> None:
    first, second = (f"https://host/get?id={{}}&X-Amz-Date={n}&X-Amz-Signature=s{n}&sig={n}" for n in range(2))
    assert identity(first.format(1)) == identity(second.format(1)) != identity(second.format(2))
    assert "s0" not in identity(first)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://host/a/b%20c.fits?x=/d.fits", "b c.fits"),
        ("https://host/a/b%2Fc%00.fits", "b_c_.fits"),
        ("https://host/..", "exposure"),
        ("https://host/a/%2E%2E", "exposure"),
        ("https://host", "exposure"),
        ("memory://a.fits", "a.fits"),
        ("https://host/" + "é" * 200 + ".fits", "é" * 67 + ".fits"),
    ],
)
def test_the_name_of_a_file(address: str, name: str) -> None:
    assert file_name(address) == name
