"""The reader of the network: what it refuses, how it waits, and how it asks only for what changed."""

from __future__ import annotations

import gzip
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from alignment_qa.errors import FetchFailed
from ingest.sources.fetch import Fetch, Seal
from ingest.sources.guard import addresses, checked_url
from tests.upstream_server import Answer, Asked, Upstream

HTML = frozenset({"text/html"})
PAGE = Answer("<p>Kelp forests are dense stands of brown algae.</p>")


# what is refused


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.org/x", "gopher://x/", "javascript:1", "//x", "x"]
)
def test_only_web_addresses_are_fetched(url: str) -> None:
    with pytest.raises(FetchFailed, match="not an http"):
        checked_url(url)


@pytest.mark.parametrize("host", ["libgen.is", "sci-hub.se", "www.z-library.sk", "annas-archive.org"])
def test_a_shadow_library_is_not_fetched_from(host: str) -> None:
    with pytest.raises(FetchFailed, match="shadow library"):
        checked_url(f"https://{host}/book/1")


def test_a_user_name_in_an_address_is_refused_and_odd_letters_are_quoted() -> None:
    with pytest.raises(FetchFailed, match="user name"):
        checked_url("https://a:b@example.org/")
    assert checked_url("https://bücher.example/a b?q=ü#x") == "https://xn--bcher-kva.example/a%20b?q=%C3%BC"


@pytest.mark.parametrize(
    "number",
    ["127.0.0.1", "10.0.0.8", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "::1", "fe80::1",
     "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::"],
)  # fmt: skip
def test_private_numbers_are_refused_in_every_dress(number: str) -> None:
    with pytest.raises(FetchFailed, match="private"):
        addresses(number, 80, allow_private=False)
    assert addresses(number, 80, allow_private=True)


def test_a_public_number_is_not_refused() -> None:
    assert addresses("93.184.216.34", 443, allow_private=False) == ["93.184.216.34"]


def test_loopback_is_refused_unless_it_is_allowed(upstream: Upstream) -> None:
    upstream.routes["/a"] = PAGE
    with Fetch(pace=0) as fetch, pytest.raises(FetchFailed, match="--allow-private"):
        fetch.get(upstream.address + "/a", HTML)
    assert upstream.asked == []


def test_a_name_is_connected_to_by_the_number_that_was_checked(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers a public number when it is checked and a private one when it is connected to."""
    public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("203.0.113.7", 80))
    private = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))
    asked: list[str] = []

    def resolve(host: object, *rest: object, **named: object) -> list[object]:
        asked.append(str(host))
        return [public] if asked.count("rebinding.example") == 1 else [private]

    connected: list[str] = []

    def connect(address: tuple[str, int], *rest: object, **named: object) -> socket.socket:
        connected.append(address[0])
        raise OSError("no way there")

    monkeypatch.setattr("ingest.sources.guard._public", lambda number: number == "203.0.113.7")
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with Fetch(pace=0, patience=0) as fetch, pytest.raises(FetchFailed):
        fetch.get("http://rebinding.example/", HTML, api=True)
    assert connected == ["203.0.113.7"]  # the second answer was refused before any connection


def test_a_certificate_is_checked_against_the_name_and_not_the_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=kelp.example -addext subjectAltName=DNS:kelp.example"
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run([*made.split(), *files], check=True, capture_output=True)
    (tmp_path / "both.pem").write_text((tmp_path / "key.pem").read_text() + (tmp_path / "cert.pem").read_text())
    here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **named: here if "example" in str(host) else resolve(host, *rest, **named),
    )
    with Upstream(tmp_path / "both.pem") as upstream:
        upstream.routes["/a"] = PAGE
        port = upstream.address.rpartition(":")[2]
        with Fetch(pace=0, patience=0, allow_private=True) as fetch, pytest.raises(FetchFailed, match="CERTIFICATE"):
            fetch.get(f"https://kelp.example:{port}/a", HTML, api=True)  # nobody vouches for it
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        with Fetch(pace=0, patience=0, allow_private=True) as fetch:
            assert fetch.get(f"https://kelp.example:{port}/a", HTML, api=True)
            with pytest.raises(FetchFailed, match="CERTIFICATE"):
                fetch.get(f"https://urchin.example:{port}/a", HTML, api=True)


def test_each_redirect_is_checked_again(upstream: Upstream, fetch: Fetch) -> None:
    upstream.routes["/away"] = Answer(status=302, headers={"Location": "file:///etc/passwd"})
    upstream.routes["/loop"] = Answer(status=302, headers={"Location": "/loop"})
    upstream.routes["/old"] = Answer(status=301, headers={"Location": "/new"})
    upstream.routes["/new"] = PAGE
    with pytest.raises(FetchFailed, match="not an http"):
        fetch.get(upstream.address + "/away", HTML)
    with pytest.raises(FetchFailed, match="without end"):
        fetch.get(upstream.address + "/loop", HTML)
    found = fetch.get(upstream.address + "/old", HTML)
    assert found is not None
    assert found.url == upstream.address + "/new"


def test_what_is_too_large_or_of_another_type_is_refused(upstream: Upstream, fetch: Fetch) -> None:
    upstream.routes["/large"] = Answer("x" * 5000)
    upstream.routes["/bomb"] = Answer(gzip.compress(b"x" * 5_000_000), headers={"Content-Encoding": "gzip"})
    upstream.routes["/image"] = Answer(b"\x89PNG", "image/png")
    for path, why in (("/large", "too large"), ("/bomb", "too large"), ("/image", "image/png")):
        with pytest.raises(FetchFailed, match=why):
            fetch.get(upstream.address + path, HTML, largest=4000 if path == "/large" else 1_000_000)


# how it asks


def test_it_says_who_it_is_and_unpacks_what_is_packed(upstream: Upstream, fetch: Fetch) -> None:
    upstream.routes["/a"] = Answer(gzip.compress(b"<p>Kelp</p>"), headers={"Content-Encoding": "gzip"})
    found = fetch.get(upstream.address + "/a", HTML)
    assert found is not None
    assert found.body == b"<p>Kelp</p>"
    assert "alignment-qa" in upstream.asked[-1].headers["user-agent"]


def test_robots_rules_are_obeyed_with_their_wildcards(upstream: Upstream, fetch: Fetch) -> None:
    upstream.routes["/robots.txt"] = Answer("User-agent: *\nDisallow: /private\nDisallow: /*?reply=", "text/plain")
    upstream.routes["/private/a"] = upstream.routes["/open"] = PAGE
    for path in ("/private/a", "/open?reply=1"):
        with pytest.raises(FetchFailed, match=r"robots\.txt"):
            fetch.get(upstream.address + path, HTML)
    assert fetch.get(upstream.address + "/open", HTML)
    assert upstream.paths() == ["/open"]
    assert len(upstream.asked) == 2  # robots.txt once


def test_a_site_whose_robots_file_fails_is_left_alone(upstream: Upstream, fetch: Fetch) -> None:
    upstream.routes["/robots.txt"] = Answer("down", status=503)
    upstream.routes["/open"] = PAGE
    with pytest.raises(FetchFailed, match=r"robots\.txt cannot be had"):
        fetch.get(upstream.address + "/open", HTML)
    assert upstream.paths() == []


def test_two_requests_are_apart_by_the_pace(upstream: Upstream) -> None:
    upstream.routes["/a"] = PAGE
    with Fetch(pace=0.2, allow_private=True) as fetch:
        started = time.monotonic()
        for _ in range(3):
            fetch.get(upstream.address + "/a", HTML, api=True)
    assert time.monotonic() - started >= 0.4


def test_a_robots_file_may_ask_for_more_time(upstream: Upstream, fetch: Fetch) -> None:
    upstream.routes["/robots.txt"] = Answer("User-agent: *\nCrawl-delay: 0.3", "text/plain")
    upstream.routes["/a"] = PAGE
    started = time.monotonic()
    fetch.get(upstream.address + "/a", HTML)
    fetch.get(upstream.address + "/a", HTML)
    assert time.monotonic() - started >= 0.6


def test_a_server_that_is_busy_is_asked_again_when_it_says(upstream: Upstream, fetch: Fetch) -> None:
    times: list[float] = []

    def busy(asked: Asked) -> Answer:
        times.append(time.monotonic())
        return Answer("busy", status=429, headers={"Retry-After": "1"}) if len(times) == 1 else PAGE

    upstream.routes["/a"] = busy
    assert fetch.get(upstream.address + "/a", HTML)
    assert times[1] - times[0] >= 1


@pytest.mark.parametrize("failure", [Answer("down", status=503), Answer("x" * 900, breaks_off=100)])
def test_a_failure_that_may_pass_is_tried_again(upstream: Upstream, fetch: Fetch, failure: Answer) -> None:
    upstream.routes["/a"] = lambda asked: PAGE if len(upstream.paths()) > 2 else failure
    found = fetch.get(upstream.address + "/a", HTML)
    assert found is not None
    assert found.body.startswith(b"<p>Kelp")
    upstream.routes["/b"] = failure
    with pytest.raises(FetchFailed, match="5 times"):
        fetch.get(upstream.address + "/b", HTML)


def test_a_server_that_asks_for_an_hour_is_not_waited_for(upstream: Upstream, fetch: Fetch) -> None:
    upstream.routes["/a"] = Answer("busy", status=429, headers={"Retry-After": "3600"})
    with pytest.raises(FetchFailed, match="3600 s"):
        fetch.get(upstream.address + "/a", HTML)


def test_what_has_not_changed_is_not_sent_again(upstream: Upstream, fetch: Fetch) -> None:
    upstream.routes["/a"] = Answer("<p>Kelp</p>", headers={"ETag": '"1"'})
    found = fetch.get(upstream.address + "/a", HTML)
    assert found is not None
    assert fetch.get(upstream.address + "/a", HTML, seal=found.seal) is None
    assert fetch.get(upstream.address + "/a", HTML, seal=Seal('"0"')) is not None


def test_a_header_that_opens_a_host_goes_to_that_host_only(upstream: Upstream) -> None:
    upstream.routes["/a"] = lambda asked: (
        PAGE if asked.headers.get("x-reader") == "s3" else Answer("Are you a person?", status=403)
    )
    with Fetch(pace=0, allow_private=True) as fetch, pytest.raises(FetchFailed, match="ALIGNMENT_QA_ACCESS"):
        fetch.get(upstream.address + "/a", HTML)
    with Fetch(pace=0, allow_private=True, access=("127.0.0.1", "X-Reader", "s3")) as fetch:
        assert fetch.get(upstream.address + "/a", HTML)
    with Fetch(pace=0, allow_private=True, access=("other.example", "X-Reader", "s3")) as fetch:
        with pytest.raises(FetchFailed):
            fetch.get(upstream.address + "/a", HTML)
        assert "x-reader" not in upstream.asked[-1].headers
