"""A certificate for one's own machine, so that pages can be tried over HTTPS."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from e2evote.files import write_atomically

CERTIFICATE, KEY = "development.crt", "development.key"
DAYS = 90

_NAME = "e2evote development, trusted by nobody"


def development_certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """Return a self-signed certificate for this machine and its key; they are made anew when they are about to expire.

    Args:
        folder: where they are kept; the key for its owner alone.
        host: an address or a name that it is good for, besides localhost.
    """
    certificate, key = folder / CERTIFICATE, folder / KEY
    if not (certificate.is_file() and key.is_file() and _is_good(certificate.read_bytes(), host)):
        made = ec.generate_private_key(ec.SECP256R1())
        pem = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_atomically(key, pem, mode=0o600)
        write_atomically(certificate, _signed(made, host).public_bytes(serialization.Encoding.PEM))
    return certificate, key


def _signed(key: ec.EllipticCurvePrivateKey, host: str) -> x509.Certificate:
    now, name = datetime.now(UTC), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    places: list[x509.GeneralName] = [x509.DNSName("localhost")]
    places += [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1")]
    if _general_name(host) not in places:
        places.append(_general_name(host))
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(places), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _is_good(pem: bytes, host: str) -> bool:
    try:
        found = x509.load_pem_x509_certificate(pem)
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    lasting = found.not_valid_after_utc > datetime.now(UTC) + timedelta(days=1)
    return lasting and _general_name(host) in list(names)
