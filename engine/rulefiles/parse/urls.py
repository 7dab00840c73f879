"""Addresses: which URLs a customer's file may name, so that it cannot point Muster at the network it runs in.

This judges what is written. What a name resolves to is looked at when it is called (``connectors``).
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from msgspec import Struct

_PRIVATE_ENDINGS = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "localdomain", "home.arpa")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_ALLOW = "the operator can allow it by MUSTER_ALLOW_PRIVATE_HOSTS"


class UrlFault(Struct, frozen=True):
    """Why an address is refused, to stand behind the option's name. Never holds the address."""

    message: str
    hint: str
    secret: bool = False
    """Whether the address holds a password, which must not be shown."""


def url_fault(url: str, *, allow_private_hosts: bool = False) -> UrlFault | None:
    """What is wrong with the address; None when it may be called."""
    how = "write it like https://school.example.org"
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
        _ = parts.port
    except ValueError:
        return UrlFault("is no address", how)
    if "@" in parts.netloc:
        return UrlFault("holds a user name or password", "take it out; secrets have options of their own", secret=True)
    if not host or parts.scheme not in ("https", "http") or re.search(r"[\s\x00-\x20\\]", url):
        return UrlFault("is no https address", how)
    private = is_private(host)
    if parts.scheme == "http":
        if not (allow_private_hosts and _is_loopback(host)):
            return UrlFault("is not encrypted", "write https instead of http")
        return None
    if private and not allow_private_hosts:
        return UrlFault("names a host inside a private network", f"write the public address; {_ALLOW}")
    if private is None:
        return UrlFault("names no host", how)
    return None


def is_private(host: str) -> bool | None:
    """Whether a host is inside: a private, link-local or loopback address or name. None when it is no host at all."""
    address = _address(host)
    if address is not None:
        return _is_inside(address)
    try:
        labels = host.encode("idna").decode("ascii").split(".")
    except UnicodeError:
        return None
    if not all(_LABEL.fullmatch(label) for label in labels):
        return None
    # A last label of digits is an address in another writing, such as 127.1 or 0x7f.1.
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        return True
    name = ".".join(labels)
    return len(labels) == 1 or any(name == end or name.endswith(f".{end}") for end in _PRIVATE_ENDINGS)


def is_public(address: str) -> bool:
    """Whether what is written is an address, and one that anybody may reach; also where one holds another."""
    found = _address(address)
    return found is not None and not _is_inside(found)


def _is_inside(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    # Python calls the old site-local addresses (fec0::/10) global.
    site_local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    return not address.is_global or address.is_multicast or address.is_reserved or site_local


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address a host is written as; of an IPv6 address that carries an IPv4 one, the latter."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
