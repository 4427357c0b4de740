"""Signatures, against the cryptography package and openssl's key format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from paralbench.records.errors import ParalbenchError
from paralbench.system import signing

SHA256 = "ab" * 32


def keys(folder: Path, name: str = "key") -> tuple[Path, Path]:
    """A pair of keys in PEM: private and public."""
    pair = Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub.pem"
    private.write_bytes(
        pair.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    public.write_bytes(
        pair.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return private, public


def test_a_signature_is_verified_by_another_reader(tmp_path: Path) -> None:
    private, public = keys(tmp_path)
    file = tmp_path / "screener.plb"
    signer = signing.sign(file, "bundle", SHA256, private)
    assert signing.verified(file, "bundle", SHA256) == signer
    assert signing.verified(file, "bundle", SHA256, public) == signer
    values = json.loads((tmp_path / "screener.plb.sig").read_text())
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signer))
    message = f"paralbench-signature/1\nbundle\n{SHA256}\n".encode()
    key.verify(bytes.fromhex(values["signature"]), message)  # raises where it is not


def test_anything_else_is_refused(tmp_path: Path) -> None:
    private, public = keys(tmp_path)
    _, other = keys(tmp_path, "other")
    file, beside = tmp_path / "a.plb", tmp_path / "a.plb.sig"
    assert signing.verified(file, "bundle", SHA256) is None
    with pytest.raises(ParalbenchError, match="not signed"):
        signing.verified(file, "bundle", SHA256, public)
    signing.sign(file, "bundle", SHA256, private)
    with pytest.raises(ParalbenchError, match="something else"):
        signing.verified(file, "closing", SHA256)
    with pytest.raises(ParalbenchError, match="something else"):
        signing.verified(file, "bundle", "cd" * 32)
    with pytest.raises(ParalbenchError, match="which is not that of"):
        signing.verified(file, "bundle", SHA256, other)
    values = json.loads(beside.read_text())
    forged = "00" + values["signature"][2:]
    beside.write_text(json.dumps({**values, "signature": forged}))
    with pytest.raises(ParalbenchError, match="forged"):
        signing.verified(file, "bundle", SHA256)
    for content in ("", "[]", "{}", json.dumps({**values, "public_key": "xyz"}), "[" * 5000):
        beside.write_text(content)
        with pytest.raises(ParalbenchError, match="not a signature"):
            signing.verified(file, "bundle", SHA256)
    beside.write_text(json.dumps({**values, "public_key": "00"}))
    with pytest.raises(ParalbenchError, match="forged"):
        signing.verified(file, "bundle", SHA256)


def test_keys_that_do_not_fit_are_named(tmp_path: Path) -> None:
    private, public = keys(tmp_path)
    curve = tmp_path / "curve.pem"
    curve.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    signing.check_key(private)
    for key in (public, curve):
        with pytest.raises(ParalbenchError, match="private Ed25519 key in PEM"):
            signing.check_key(key)
    with pytest.raises(ParalbenchError, match="cannot be read"):
        signing.check_key(tmp_path / "none.pem")
