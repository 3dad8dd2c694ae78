"""OAuth 2.0 as values: what is asked, what comes back, and what is never shown."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from outbox.auth import credentials as credentials_
from outbox.auth.credentials import Credentials
from outbox.auth.oauth2 import (
    SignIn,
    SignInError,
    SignInFailed,
    SignInForeign,
    TokenRefused,
    TokenTrouble,
    begin,
    client_request,
    code_request,
    read_redirect,
    read_tokens,
    refresh_request,
)
from outbox.auth.tokens import Tokens
from outbox.connector import Answer

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECRET = "cs-very-secret-4711"
PERSON = SignIn(
    token_url="https://cloud.example/oauth/token?v=2",
    client_id="app",
    authorize_url="https://cloud.example/oauth/authorize",
    redirect_url="http://localhost:8751/",
    scopes=("read", "write"),
)


def answer(status: int = 200, *, date: str | None = None, **body: object) -> Answer:
    return Answer(status, {} if date is None else {"date": date}, json.dumps(body).encode())


def test_a_sign_in_begins_with_what_the_rfcs_ask_for() -> None:
    begun = begin(PERSON, random=lambda count: bytes(range(count)))
    said = {name: value for name, (value,) in parse_qs(urlsplit(begun.url).query).items()}
    assert begun.verifier is not None
    assert 43 <= len(begun.verifier) <= 128, "RFC 7636, 4.1"
    digest = hashlib.sha256(begun.verifier.encode()).digest()
    assert said == {
        "response_type": "code",
        "client_id": "app",
        "redirect_uri": "http://localhost:8751/",
        "scope": "read write",
        "state": begun.state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    assert begin(PERSON).state != begin(PERSON).state
    assert begun.state not in repr(begun)


def test_the_verifier_of_the_rfc_has_the_challenge_of_the_rfc() -> None:
    octets = bytes([
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
        240, 91, 88, 5, 88, 83, 132, 141, 121,
    ])  # fmt: skip
    begun = begin(PERSON, random=lambda _: octets)
    assert begun.verifier == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" in begun.url  # RFC 7636, appendix B


def test_a_code_is_taken_from_the_answer_to_this_sign_in_alone() -> None:
    begun = begin(PERSON)
    assert read_redirect(begun, f" http://localhost:8751/?code=c1&state={begun.state}\n") == "c1"
    for foreign in ("http://localhost:8751/?code=c1&state=other", "?code=c1", "", "nothing at all"):
        with pytest.raises(SignInForeign):
            read_redirect(begun, foreign)
    with pytest.raises(SignInFailed, match="declined"):
        read_redirect(begun, f"?error=access_denied&state={begun.state}")
    with pytest.raises(SignInFailed, match="no reason given"):
        read_redirect(begun, f"?error=<script>&state={begun.state}")
    with pytest.raises(SignInFailed, match="invalid_scope"):
        read_redirect(begun, f"?error=invalid_scope&state={begun.state}")


def test_requests_are_a_form_or_json_and_carry_what_was_begun() -> None:
    begun = begin(PERSON)
    request = code_request(PERSON, begun, "c1")
    assert (request.method, request.path) == ("POST", "/oauth/token?v=2")
    assert parse_qs(request.body.decode()) == {
        "client_id": ["app"],
        "grant_type": ["authorization_code"],
        "code": ["c1"],
        "redirect_uri": ["http://localhost:8751/"],
        "code_verifier": [begun.verifier],
    }
    program = SignIn(
        "https://cloud.example/token", "app", SecretStr(SECRET), as_json=True, own_fields=(("expiring", "1"),)
    )
    assert not program.by_person
    assert json.loads(client_request(program).body) == {
        "client_id": "app", "client_secret": SECRET, "grant_type": "client_credentials", "expiring": "1",
    }  # fmt: skip
    assert json.loads(refresh_request(program, "r1").body)["refresh_token"] == "r1"
    assert SECRET not in repr(program)


@pytest.mark.parametrize(
    ("url", "listens"),
    [
        ("http://localhost:8751/", True),
        ("http://127.0.0.1/cb", True),
        ("http://[::1]:1/", True),
        ("https://shop.example/cb", False),
        ("https://localhost/", False),
        ("", False),
    ],
)
def test_a_loopback_address_is_listened_at(url: str, *, listens: bool) -> None:
    assert SignIn("https://c.example/t", "app", redirect_url=url).listens is listens


def test_tokens_run_out_by_the_clouds_clock() -> None:
    date = "Sat, 21 Nov 2026 14:00:00 GMT"  # two hours ahead of this PC
    tokens = read_tokens(PERSON, answer(date=date, access_token="a", refresh_token="r", expires_in=3600), NOW)
    assert tokens.expires_at == datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
    assert tokens.left_s(NOW) == 3600
    assert not tokens.is_due(NOW + timedelta(minutes=49))
    assert tokens.is_due(NOW + timedelta(minutes=51)), "ten minutes ahead"
    month = read_tokens(PERSON, answer(access_token="a", expires_at="2026-12-21T12:00:00Z"), NOW)
    assert not month.is_due(NOW + timedelta(days=7))
    assert month.is_due(NOW + timedelta(days=8)), "a quarter of its life"
    assert read_tokens(PERSON, answer(access_token="a"), NOW).left_s(NOW) is None


def test_a_renewal_without_a_new_refresh_token_keeps_the_old_one() -> None:
    before = Tokens("a", "r", refresh_expires_at=NOW)
    after = read_tokens(PERSON, answer(access_token="b", expires_in="60"), NOW, before)
    assert (after.access, after.refresh, after.refresh_expires_at) == ("b", "r", NOW)
    assert after.expires_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (answer(400, error="invalid_grant", error_description=SECRET), TokenRefused, "invalid_grant"),
        (answer(401, error="invalid_client"), TokenRefused, "client id"),
        (answer(403, type="forbidden", message=SECRET), TokenRefused, "forbidden"),
        (answer(400, error={"a": SECRET}), TokenRefused, "HTTP 400"),
        (answer(400, error="invalid_scope"), TokenRefused, "permissions"),
        (Answer(400, {}, b"<html>Sign in to the hotel</html>"), TokenTrouble, "HTTP 400"),
        (answer(400, error="temporarily_unavailable"), TokenTrouble, "again"),
        (answer(500, error="server_error"), TokenTrouble, "HTTP 500"),
        (Answer(429, {"retry-after": "7"}, b""), TokenTrouble, "HTTP 429"),
        (Answer(307, {"location": f"https://evil.example/{SECRET}"}, b""), TokenTrouble, "HTTP 307"),
        (Answer(200, {}, b"<html>"), TokenTrouble, "no token in it"),
        (answer(access_token=""), TokenTrouble, "no token in it"),
        (answer(access_token="two\nlines"), TokenTrouble, "no token in it"),
    ],
)
def test_a_refusal_is_the_clouds_own_word_and_shows_nothing_it_wrote(
    said: Answer, kind: type[SignInError], words: str
) -> None:
    with pytest.raises(kind) as raised:
        read_tokens(PERSON, said, NOW)
    assert words in f"{raised.value} {raised.value.hint}"
    assert SECRET not in f"{raised.value} {raised.value.hint}"
    if isinstance(raised.value, TokenTrouble) and said.status == 429:
        assert raised.value.after_s == 7


@given(status=st.sampled_from([200, 400, 401, 500]), body=st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_no_answer_is_taken_for_a_token_by_mistake(status: int, body: bytes) -> None:
    with pytest.raises(SignInError):
        read_tokens(PERSON, Answer(status, {}, body), NOW)


MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC))


@given(
    secrets=st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=3),
    tokens=st.none()
    | st.builds(Tokens, st.text(min_size=1), st.none() | st.text(), MOMENTS, MOMENTS, MOMENTS, st.floats(-9e9, 9e9),
                st.lists(st.text()).map(tuple)),
    since=MOMENTS,
    refused=st.none() | st.text(),
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_credentials_come_back_as_they_were_kept(
    secrets: dict[str, str], tokens: Tokens | None, since: datetime | None, refused: str | None
) -> None:
    kept = Credentials(secrets, tokens, since, refused)
    assert credentials_.from_bytes(credentials_.to_bytes(kept)) == kept
    assert tokens is None or len(tokens.access) < 8 or tokens.access not in repr(kept)


@pytest.mark.parametrize("clear", [b"", b"[]", b"{}", b'{"secrets": 1}', b"\xff"])
def test_what_are_no_credentials_is_said_to_be_none(clear: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        credentials_.from_bytes(clear)
