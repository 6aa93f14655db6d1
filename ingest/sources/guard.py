"""An address flows in; it flows out again if it may be fetched. It alone knows which addresses are refused, and connects
to the very address that was checked, so that a name which resolves anew to another one gains nothing (DNS rebinding)."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import quote, urlsplit, urlunsplit

import httpcore

from alignment_qa.errors import FetchFailed

_NAT64 = ip_network("64:ff9b::/96")
_SHADOW = re.compile(
    r"(?:^|\.)(?:libgen|gen\.lib|library\.lol|sci-?hub|z-?lib(?:rary)?|1lib|b-ok|booksc|bookfi|annas-archive|pdfdrive)\b"
)


def checked_url(url: str) -> str:
    """The address in the letters that HTTP takes. Raises FetchFailed if it is not http(s), carries a password, or
    belongs to a shadow library."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").encode("idna").decode().lower(), parts.port
    except ValueError:  # UnicodeError is one
        raise FetchFailed(f"{url[:200]} is not a web address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise FetchFailed(f"{url[:200]} is not an http or https address")
    if parts.username or parts.password:
        raise FetchFailed("an address with a user name in it is not fetched")
    if _SHADOW.search(host):
        raise FetchFailed(f"{host} is a shadow library, from which nothing is fetched")
    name = f"[{host}]" if ":" in host else host
    place = name if port in (None, 80 if parts.scheme == "http" else 443) else f"{name}:{port}"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return urlunsplit((parts.scheme, place, path, quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]"), ""))


def addresses(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The numbers of a host, all of which may be connected to. Raises FetchFailed: one that is private refuses all."""
    try:
        found = list(dict.fromkeys(str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except (OSError, UnicodeError):
        raise FetchFailed(f"{host} is not known to the network") from None
    private = [number for number in found if not _public(number)]
    if private and not allow_private:
        shown = host if host == private[0] else f"{host} ({private[0]})"
        raise FetchFailed(f"{shown} is a private address; --allow-private allows that")
    return found


def _public(number: str) -> bool:
    address = ip_address(number.partition("%")[0])
    return all(each.is_global and not each.is_multicast for each in [address, *_inner(address)])


def _inner(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The addresses that an IPv6 address leads to through a gateway."""
    if isinstance(address, IPv4Address):
        return []
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in inner if each is not None]


class Checked(httpcore.NetworkBackend):
    """Connections to addresses that were checked. Certificates are still checked against the name."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for number in addresses(host, port, allow_private=self._allow_private):
            try:
                return self._sockets.connect_tcp(number, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure
