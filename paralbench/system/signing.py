"""Ed25519 signatures beside files; needs the package ``cryptography``, the extra 'sign'.

A signature is a small JSON file, made with a private key in PEM, as ``openssl genpkey -algorithm
ed25519 -out key.pem`` writes it. It covers a sha256 and the purpose it was signed for, so that the
signature of a bundle is none of a report.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paralbench.records.errors import ParalbenchError
from paralbench.system.atomic_file import write_atomically

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NO_NUMBERS = "it signs what was computed elsewhere"
SUFFIX = ".sig"
BUNDLE = "bundle"
"""The purpose of the signature of a screener's bundle."""
_FORMAT = "paralbench-signature/1"
_LARGEST = 4096


def sign(file: Path, purpose: str, sha256: str, key: Path) -> str:
    """Write the signature of ``sha256`` beside ``file``; the public key in hexadecimal.

    Raises:
        ParalbenchError: where the key cannot be used.
    """
    private = _key(key, private=True)
    public: str = private.public_key().public_bytes_raw().hex()
    values = {
        "format": _FORMAT, "algorithm": "ed25519", "purpose": purpose, "sha256": sha256,
        "public_key": public, "signature": private.sign(_message(purpose, sha256)).hex(),
    }  # fmt: skip
    write_atomically(_beside(file), json.dumps(values, indent=1) + "\n")
    return public


def write_key(file: Path) -> Path:
    """Write a new private key, readable by its owner only, and beside it FILE.pub.pem, its public half.

    Raises:
        ParalbenchError: where one of the files exists.
    """
    ed25519, _ = _ed25519()
    from cryptography.hazmat.primitives import serialization as form

    public = file.with_suffix(f".pub{file.suffix}")
    for place in (file, public):
        if place.exists():
            raise ParalbenchError(f"{place}: it exists; a key is never overwritten.")
    key = ed25519.Ed25519PrivateKey.generate()
    content = key.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    )  # fmt: skip
    file.touch(mode=0o600)
    file.write_bytes(content)
    public.write_bytes(
        key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    )
    return public


def public_key(file: Path, *, private: bool = False) -> str:
    """The public key of a PEM file in hexadecimal; ``private`` where the file holds its private half."""
    key = _key(file, private=private)
    public: bytes = (key.public_key() if private else key).public_bytes_raw()
    return public.hex()


def check_key(key: Path) -> None:
    """Raise :class:`ParalbenchError` where a private key cannot be used, before hours of work."""
    _key(key, private=True)


def verified(file: Path, purpose: str, sha256: str, trusted: Path | None = None) -> str | None:
    """The public key that signed ``sha256``, in hexadecimal; None where there is no signature.

    Args:
        file: the signed file, its signature beside it.
        purpose: what it was signed for.
        sha256: of what was signed.
        trusted: PEM of the only key that is accepted; a missing signature is then an error.

    Raises:
        ParalbenchError: where the signature is of something else, forged, or by another key.
    """
    place = _beside(file)
    if not place.exists():
        if trusted is not None:
            raise ParalbenchError(f"{file}: it is not signed; {place.name} is missing beside it.")
        return None
    try:
        values = json.loads(place.read_bytes()[:_LARGEST])
        fields = [values[name] for name in ("format", "purpose", "sha256")]
        public, signature = bytes.fromhex(values["public_key"]), bytes.fromhex(values["signature"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        raise ParalbenchError(f"{place}: it is not a signature of paralbench.") from None
    if fields != [_FORMAT, purpose, sha256]:
        raise ParalbenchError(
            f"{place}: it is the signature of something else than this {purpose}."
        )
    if trusted is not None and _key(trusted, private=False).public_bytes_raw() != public:
        raise ParalbenchError(
            f"{place}: it is signed with the key {public.hex()}, which is not that of {trusted}."
        )
    ed25519, invalid = _ed25519()
    try:
        key: Ed25519PublicKey = ed25519.Ed25519PublicKey.from_public_bytes(public)
        key.verify(signature, _message(purpose, sha256))
    except (invalid, ValueError):
        raise ParalbenchError(f"{place}: the signature is forged or damaged.") from None
    return public.hex()


def _beside(file: Path) -> Path:
    return file.with_name(file.name + SUFFIX)


def _message(purpose: str, sha256: str) -> bytes:
    return f"{_FORMAT}\n{purpose}\n{sha256}\n".encode()


def _key(file: Path, private: bool) -> Any:
    """The private or public Ed25519 key in a PEM file."""
    ed25519, _ = _ed25519()
    from cryptography.hazmat.primitives import serialization

    kind = "private" if private else "public"
    try:
        content = file.read_bytes()
        key: Any
        if private:
            key = serialization.load_pem_private_key(content, password=None)
        else:
            key = serialization.load_pem_public_key(content)
    except OSError as error:
        raise ParalbenchError(f"{file}: it cannot be read ({error.strerror or error}).") from None
    except (ValueError, TypeError):
        key = None
    expected = ed25519.Ed25519PrivateKey if private else ed25519.Ed25519PublicKey
    if not isinstance(key, expected):
        raise ParalbenchError(
            f"{file}: expected a {kind} Ed25519 key in PEM, without a password; 'openssl genpkey "
            "-algorithm ed25519 -out key.pem' makes one, 'openssl pkey -in key.pem -pubout' its "
            "public half."
        )
    return key


def _ed25519() -> tuple[Any, type[Exception]]:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ModuleNotFoundError:
        raise ParalbenchError(
            "signatures need the package cryptography: pip install 'paralbench[sign]'."
        ) from None
    return ed25519, InvalidSignature
