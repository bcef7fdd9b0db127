"""The outbox's own certificate authority, for HTTPS on this machine."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from workers.outbox.signing import private_pem, write_secret

CA, CERTIFICATE, KEY = "ca.pem", "certificate.pem", "certificate-key.pem"
#: How long a certificate lasts; browsers and TLS libraries refuse more than 825 days.
LIFETIME = timedelta(days=365)
#: A certificate that ends sooner is made anew at start.
MARGIN = timedelta(days=30)
_Key = ec.EllipticCurvePrivateKey


def certificate(folder: Path) -> tuple[Path, Path]:
    """(certificate, key) for 127.0.0.1 and localhost; clients trust ``ca.pem`` beside them."""
    if not _is_fresh(folder):
        _make(folder)
    return folder / CERTIFICATE, folder / KEY


def _is_fresh(folder: Path) -> bool:
    if not all((folder / name).exists() for name in (CA, CERTIFICATE, KEY)):
        return False
    found = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
    return found.not_valid_after_utc > datetime.now(UTC) + MARGIN


def _make(folder: Path) -> None:
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _authority(ca_key)
    leaf = _leaf(key, ca, ca_key)
    write_secret(folder / KEY, private_pem(key))
    write_secret(folder / CERTIFICATE, leaf.public_bytes(serialization.Encoding.PEM))
    # The authority's key is forgotten here: nobody can make another certificate that ca.pem's readers trust.
    (folder / CA).write_bytes(ca.public_bytes(serialization.Encoding.PEM))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _draft(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _authority(key: _Key) -> x509.Certificate:
    name = _name("Mobilise outbox, this machine only")
    draft = _draft(name, name, key.public_key())
    draft = draft.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return draft.add_extension(_usage(signs_certificates=True), critical=True).sign(key, hashes.SHA256())


def _leaf(key: _Key, ca: x509.Certificate, ca_key: _Key) -> x509.Certificate:
    places = [x509.DNSName("localhost"), x509.DNSName("outbox"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    draft = _draft(_name("localhost"), ca.subject, key.public_key())
    draft = draft.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    draft = draft.add_extension(x509.SubjectAlternativeName(places), critical=False)
    draft = draft.add_extension(issuer, critical=False)
    draft = draft.add_extension(_usage(signs_certificates=False), critical=True)
    draft = draft.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return draft.sign(ca_key, hashes.SHA256())
