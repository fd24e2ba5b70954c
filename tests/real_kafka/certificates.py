"""Certificates for a broker and its clients, as PEM files: two authorities, of which only one is to be trusted."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = dt.timedelta(days=1)


class Authority(NamedTuple):
    """One that signs: its certificate and key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


class Certificates(NamedTuple):
    """Paths of PEM files. Those of the broker hold key and certificates in one, as Kafka wants them.

    :param ca: the authority that signed broker and client
    :param other_ca: one that signed neither
    :param broker: certificate for ``localhost`` and ``127.0.0.1``
    :param misnamed: certificate for a host of another name
    :param client: certificate of ``CN=client``
    :param client_key: its key
    :param stranger: certificate of ``CN=stranger`` by the other authority
    :param stranger_key: its key
    """

    ca: Path
    other_ca: Path
    broker: Path
    misnamed: Path
    client: Path
    client_key: Path
    stranger: Path
    stranger_key: Path


def make_certificates(folder: Path) -> Certificates:
    """Make everything anew in a folder."""
    found = Certificates(*(folder / f"{name}.pem" for name in Certificates._fields))
    ca, other = _authority("tests"), _authority("others")
    found.ca.write_bytes(_pem(ca.certificate))
    found.other_ca.write_bytes(_pem(other.certificate))
    local = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    for path, names in ((found.broker, local), (found.misnamed, [x509.DNSName("kafka.example.com")])):
        certificate, key = _signed(ca, "broker", names)
        path.write_bytes(_key(key) + _pem(certificate) + _pem(ca.certificate))
    for path, key_path, authority, name in (
        (found.client, found.client_key, ca, "client"),
        (found.stranger, found.stranger_key, other, "stranger"),
    ):
        certificate, key = _signed(authority, name, [])
        path.write_bytes(_pem(certificate))
        key_path.write_bytes(_key(key))
    return found


def _authority(name: str) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = _builder(subject, subject, key).add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    return Authority(builder.sign(key, hashes.SHA256()), key)


def _signed(
    authority: Authority, name: str, names: list[x509.GeneralName]
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(name), authority.certificate.subject, key)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    return builder.sign(authority.key, hashes.SHA256()), key


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
