"""OAuth 1.0a: the RFC's own examples, and oauthlib as the judge of any other."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qsl, quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oauthlib.oauth1.rfc5849 import signature as judge

from outbox.auth.oauth1 import Method, Signer, base_string

# RFC 5849, 1.2
PHOTOS = Signer("dpf43f3p2l4k3l03", "kd94hf93k423kf44", "nnch734d00sl2jdk", "pfkkdhi9sl3r4s00", Method.HMAC_SHA1)
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=5)


def test_the_example_of_the_rfc_is_signed_as_it_says() -> None:
    header = replace(PHOTOS, realm="Photos").header(
        "GET", "http://photos.example.net/photos?file=vacation.jpg&size=original",
        nonce="chapoH", timestamp=137131202,
    )  # fmt: skip
    assert header.startswith('OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03"')
    # The RFC's request has no oauth_version; with it the base string, and so the signature, is another.
    wanted = judge.sign_hmac_sha1_with_client(base_of(header), Client(PHOTOS))
    assert unquote(signature_of(header)) == wanted


def test_the_base_string_is_the_rfcs() -> None:
    fields = [
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
        ("c2", ""),
        ("a3", "2 q"),
    ]
    assert base_string("post", "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", fields) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q"
        "%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_"
        "key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_m"
        "ethod%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )  # RFC 5849, 3.4.1.1


@given(
    query=PAIRS,
    form=PAIRS,
    key=st.text("abc123", min_size=1),
    secret=TEXT,
    nonce=st.text("abc", min_size=1),
    method=st.sampled_from(Method),
    host=st.sampled_from(["shop.example", "Shop.Example:443", "shop.example:8443", "127.0.0.1:8080"]),
)
@settings(max_examples=100, deadline=None)
def test_what_is_signed_is_what_oauthlib_would_sign(
    query: list[tuple[str, str]],
    form: list[tuple[str, str]],
    key: str,
    secret: str,
    nonce: str,
    method: Method,
    host: str,
) -> None:
    signer = Signer(key, secret, method=method)
    asked = "&".join(f"{quote(name)}={quote(value)}" for name, value in query)
    url = f"https://{host}/wp-json/wc/v3/orders" + (f"?{asked}" if asked else "")
    header = signer.header("POST", url, nonce=nonce, timestamp=1_795_168_800, form=form)
    own = [
        (name, unquote(value))
        for name, value in re.findall(r'(oauth_\w+)="([^"]*)"', header)
        if name != "oauth_signature"
    ]
    collected = [*parse_qsl(asked, keep_blank_values=True), *own, *form]
    base = judge.signature_base_string("POST", judge.base_string_uri(url), judge.normalize_parameters(collected))
    sign = judge.sign_hmac_sha1_with_client if method is Method.HMAC_SHA1 else judge.sign_hmac_sha256_with_client
    assert unquote(signature_of(header)) == sign(base, Client(signer))


def test_the_query_form_carries_the_same_signature() -> None:
    signer, url = Signer("ck", "cs"), "http://shop.example/wp-json/wc/v3/orders?page=2"
    header = signer.header("GET", url, nonce="n", timestamp=1)
    query = dict(parse_qsl(signer.query("GET", url, nonce="n", timestamp=1)))
    assert query["oauth_signature"] == unquote(signature_of(header))
    assert query["oauth_signature_method"] == "HMAC-SHA256"


@pytest.mark.parametrize("other", [{"nonce": "m"}, {"timestamp": 2}])
def test_another_nonce_or_time_is_another_signature(other: dict[str, object]) -> None:
    signer, usual = Signer("ck", "cs"), {"nonce": "n", "timestamp": 1}
    one, two = (signer.header("GET", "https://shop.example/", **(usual | more)) for more in ({}, other))  # type: ignore[arg-type]  # a test's own keywords
    assert signature_of(one) != signature_of(two)


def test_secrets_are_not_in_what_is_shown() -> None:
    assert "kd94hf93k423kf44" not in repr(PHOTOS)
    assert "pfkkdhi9sl3r4s00" not in repr(PHOTOS)


class Client:
    """What oauthlib wants to be given."""

    def __init__(self, signer: Signer) -> None:
        self.client_secret = signer.secret
        self.resource_owner_secret = signer.token_secret


def signature_of(header: str) -> str:
    found = re.search(r'oauth_signature="([^"]+)"', header)
    assert found is not None
    return found[1]


def base_of(header: str) -> str:
    own = [(n, unquote(v)) for n, v in re.findall(r'(oauth_\w+)="([^"]*)"', header) if n != "oauth_signature"]
    collected = [("file", "vacation.jpg"), ("size", "original"), *own]
    return str(
        judge.signature_base_string("GET", "http://photos.example.net/photos", judge.normalize_parameters(collected))
    )
