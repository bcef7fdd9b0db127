"""SendGrid's Signed Event Webhook, from the sender's side."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
PRIVATE_KEY = "event-private-key.pem"
PUBLIC_KEY = "event-public-key.txt"


class Signer:
    """Signs timestamp and raw body with ECDSA over P-256 and SHA-256, as base64 DER."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key

    @property
    def public_key(self) -> str:
        """In SendGrid's form: base64 of the DER SubjectPublicKeyInfo."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return base64.b64encode(self._key.public_key().public_bytes(serialization.Encoding.DER, form)).decode()

    def headers(self, body: bytes, timestamp: int) -> dict[str, str]:
        """The two headers that vouch for ``body``."""
        signature = self._key.sign(str(timestamp).encode() + body, ec.ECDSA(hashes.SHA256()))
        return {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: str(timestamp)}


def signer(folder: Path) -> Signer:
    """The folder's own key, made the first time; its public half is left in ``event-public-key.txt``."""
    path = folder / PRIVATE_KEY
    if not path.exists():
        write_secret(path, private_pem(ec.generate_private_key(ec.SECP256R1())))
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{PRIVATE_KEY} holds another kind of key")
    made = Signer(key)
    (folder / PUBLIC_KEY).write_text(made.public_key + "\n")
    return made


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """PKCS 8, not encrypted."""
    none = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, none)


def write_secret(path: Path, content: bytes) -> None:
    """Whole or not at all, and for the owner only from its first byte."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
