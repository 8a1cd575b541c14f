"""Nobody gets an answer without a login: over every route that exists, with every trick that is known."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.routing import Rule

from ca_platform.settings import Settings
from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.conftest import write_settings
from ca_platform_tests.dash_app.visitor import CALLBACK, PASSWORD, USER, Visitor, form, next_of
from dash_app.app import Dashboards, build
from dash_app.security.headers import CSRF_HEADER
from dash_app.users import FAILURES_ALLOWED, UserStore

OPEN = {"/login", "/health"}
PAGES = ("/", "/funnels", "/orders", "/profile", "/anything/else")
_FILLED = {
    "<string:package_name>": "dash",
    "<path:fingerprinted_path>": "deps/react@18.3.1.min.js",
    "<path:filename>": "dashboards.js",
    "<path:path>": "no/such/page",
    "<card_id>": "orders-daily",
}


def _addresses(app: Dashboards) -> Iterator[tuple[str, str]]:
    """Every method of every route, with something that exists in place of its variables."""
    for rule in app.server.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield method, _filled(rule)


def _filled(rule: Rule) -> str:
    address = rule.rule
    for variable, value in _FILLED.items():
        address = address.replace(variable, value)
    assert "<" not in address, f"{rule} has a variable that this test does not know"
    return address


def _assert_closed(visitor: Visitor) -> None:
    """Every route, by every method, with and without what a browser or a callback would send."""
    body = {"output": "page.children", "inputs": [{"id": "pathname", "property": "value", "value": "/login"}]}
    for method, address in _addresses(visitor.app):
        if address in OPEN:
            continue
        for options in ({}, {"json": body}, {"headers": {"Sec-Fetch-Mode": "navigate"}}):
            answer = visitor.client.open(address, method=method, **options)
            assert answer.status_code in (302, 401), f"{method} {address}: {answer.status}"
            if answer.status_code == 302:
                assert method == "GET"
                assert answer.location.startswith("/login")
            assert not re.search(r"orders|figure|dash-config", answer.text.replace("/csv/orders-daily", ""))


def test_stranger_gets_nothing_from_any_route(stranger: Visitor) -> None:
    assert len(list(_addresses(stranger.app))) > 8
    _assert_closed(stranger)


@pytest.mark.parametrize("path", PAGES)
def test_stranger_is_led_from_a_page_to_the_login_and_back(stranger: Visitor, path: str) -> None:
    answer = stranger.get(f"{path}?date=2026-11-21&dimension=region=EU")
    assert answer.status_code == 302
    assert next_of(answer.location) == f"{path}?date=2026-11-21&dimension=region=EU"


@pytest.mark.parametrize(
    "path",
    [
        "/_dash-layout",
        "/_dash-dependencies",
        "/_reload-hash",
        "/_favicon.ico",
        "/assets/dashboards.js",
        "/csv/orders-daily",
    ],
)
def test_stranger_gets_401_for_what_is_no_page(stranger: Visitor, path: str) -> None:
    assert stranger.get(path).status_code == 401


def test_page_asked_for_by_a_script_is_refused_and_not_redirected(stranger: Visitor) -> None:
    assert stranger.get("/orders", headers={"Sec-Fetch-Mode": "cors"}).status_code == 401


def test_header_named_like_the_servers_own_key_opens_nothing(stranger: Visitor) -> None:
    for name in ("dash_app.warm_up", "Dash-App.Warm-Up", "HTTP_DASH_APP.WARM_UP"):
        assert stranger.get("/_dash-layout", headers={name: "1"}).status_code == 401


def test_forged_and_foreign_session_cookies_open_nothing(stranger: Visitor, tmp_path: Path) -> None:
    other = Visitor(build(write_settings(tmp_path)))
    UserStore(other.app.server.config["USERS"]).add(USER, PASSWORD)
    other.log_in()
    foreign = other.client.get_cookie("ca_session")
    assert foreign is not None
    for cookie in (foreign.value, "eyJ1c2VyIjoiYW5uYSJ9.x.y", ""):
        stranger.client.set_cookie("ca_session", cookie)
        assert stranger.get("/_dash-layout").status_code == 401


def test_forged_callback_of_a_stranger_is_refused(stranger: Visitor, visitor: Visitor) -> None:
    body = visitor.card_body("orders-daily", f"?date={frames.DAY}")
    for options in (
        {"json": body},
        {"json": body, "headers": {CSRF_HEADER: visitor.token}},
        {"data": json.dumps(body)},
    ):
        assert stranger.client.post(CALLBACK, **options).status_code == 401


@pytest.mark.parametrize("path", [CALLBACK, "/logout", "/profile"])
def test_post_without_the_token_of_its_session_is_refused(visitor: Visitor, stranger: Visitor, path: str) -> None:
    body = visitor.card_body("orders-daily")
    stranger.get("/login")
    foreign = form(stranger.get("/login").text)["csrf_token"]
    for token in ("", "nonsense", foreign):
        assert visitor.post(path, token=token, json=body).status_code == 400


def test_login_without_token_is_refused(stranger: Visitor) -> None:
    answer = stranger.client.post("/login", data={"username": USER, "password": PASSWORD})
    assert answer.status_code == 400
    assert stranger.get("/_dash-layout").status_code == 401


def test_logout_ends_the_session_also_for_a_copy_of_its_cookie(app: Dashboards) -> None:
    visitor, thief = Visitor(app), Visitor(app)
    visitor.log_in()
    cookie = visitor.client.get_cookie("ca_session")
    assert cookie is not None
    thief.client.set_cookie("ca_session", cookie.value)
    assert thief.get("/_dash-layout").status_code == 200
    assert visitor.post("/logout").status_code == 303
    thief.client.set_cookie("ca_session", cookie.value)
    _assert_closed(visitor)
    _assert_closed(thief)


def test_changed_password_logs_out_everywhere(tmp_path: Path) -> None:
    app, first, second = _shop(tmp_path)
    page = first.get("/profile").text
    new = {"new_password": "a new long one", "new_password_again": "a new long one"}
    wrong = first.post("/profile", data=form(page) | new | {"password": "not it"})
    assert wrong.status_code == 401
    assert second.get("/_dash-layout").status_code == 200
    answer = first.post("/profile", data=form(page) | new | {"password": PASSWORD})
    assert answer.status_code == 303
    _assert_closed(first)
    _assert_closed(second)
    assert Visitor(app).log_in(password=PASSWORD).status_code == 401
    assert Visitor(app).log_in(password="a new long one").status_code == 303


def test_new_passwords_that_differ_or_are_too_short_change_nothing(tmp_path: Path) -> None:
    app, visitor, _ = _shop(tmp_path)
    hidden = form(visitor.get("/profile").text) | {"password": PASSWORD}
    differ = visitor.post(
        "/profile", data=hidden | {"new_password": "one long word", "new_password_again": "another one"}
    )
    short = visitor.post("/profile", data=hidden | {"new_password": "short", "new_password_again": "short"})
    assert (differ.status_code, short.status_code) == (400, 400)
    assert "at least 10 characters" in short.text
    assert Visitor(app).log_in().status_code == 303


def test_removed_user_is_out_at_once(tmp_path: Path) -> None:
    app, visitor, _ = _shop(tmp_path)
    UserStore(app.server.config["USERS"]).remove(USER)
    _assert_closed(visitor)


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\tevil",
        "/login",
    ],
)
def test_login_never_leads_away_from_the_site(app: Dashboards, target: str) -> None:
    from urllib.parse import quote

    visitor = Visitor(app)
    assert visitor.log_in(query=f"?next={quote(target)}").location == "/"


def test_login_leads_to_the_page_that_was_asked_for(app: Dashboards) -> None:
    answer = Visitor(app).log_in(query="?next=%2Forders%3Fdate%3D2026-11-21")
    assert answer.location == "/orders?date=2026-11-21"


def test_wrong_name_and_wrong_password_look_the_same(app: Dashboards) -> None:
    answers = [Visitor(app).log_in(name, "wrong password") for name in (USER, "nobody")]
    assert [answer.status_code for answer in answers] == [401, 401]
    texts = [re.sub(r'value="[^"]*"', "", answer.text) for answer in answers]
    assert texts[0] == texts[1]


def test_name_is_shown_as_text_on_the_login_page(app: Dashboards) -> None:
    answer = Visitor(app).log_in('"><script>alert(1)</script>', "wrong password")
    assert "<script" not in answer.text


def test_too_many_failures_make_this_name_wait_at_this_address_alone(tmp_path: Path) -> None:
    app, _, _ = _shop(tmp_path)
    visitor = Visitor(app)
    for _ in range(FAILURES_ALLOWED):
        assert visitor.log_in(password="wrong").status_code == 401
    refused = visitor.log_in()
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 30
    assert visitor.log_in("somebody else", "wrong").status_code == 401
    page = visitor.get("/login").text
    elsewhere = visitor.client.post(
        "/login", data=form(page) | {"username": USER, "password": PASSWORD}, environ_base={"REMOTE_ADDR": "10.0.0.9"}
    )
    assert elsewhere.status_code == 303


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Dashboards) -> None:
    plain, secure = Visitor(app), Visitor(app)
    plain.log_in()
    cookie = plain.client.get_cookie("ca_session")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.secure) == (True, "Lax", False)
    secure.client.get("/login", base_url="https://localhost")
    over_tls = secure.client.get_cookie("ca_session")
    assert over_tls is not None
    assert over_tls.secure


@pytest.mark.parametrize("path", ["/", "/login", "/health", "/_dash-layout", "/assets/dashboards.css", "/nothing"])
def test_every_answer_carries_the_policy_that_keeps_requests_at_home(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert "http" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_pages_and_data_are_not_kept_by_browsers(visitor: Visitor) -> None:
    for path in ("/", "/_dash-layout", f"/csv/orders-daily?date={frames.DAY}"):
        assert visitor.get(path).headers["Cache-Control"] == "no-store"


def test_plain_pages_say_simulated_too(stranger: Visitor, visitor: Visitor, tmp_path: Path) -> None:
    assert "Simulated" in stranger.get("/login").text
    assert "Simulated" in visitor.get("/profile").text
    assert "Simulated" not in Visitor(build(write_settings(tmp_path, "business: {currency: GBP}\n"))).get("/login").text


def test_health_is_open_and_speaks_in_status_words(stranger: Visitor, tmp_path: Path) -> None:
    answer = stranger.get("/health")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "store": "ok", "lake": "ok"}
    text = "document_store: {kind: elasticsearch, hosts: ['http://127.0.0.1:9'], give_up_after: 1s}\n"
    down = Visitor(build(write_settings(tmp_path, text))).get("/health")
    assert down.status_code == 503
    assert down.json == {"status": "down", "store": "down", "lake": "ok"}


def test_assistants_protocol_and_static_folder_are_closed(
    app: Dashboards, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DASH_MCP_ENABLED", "true")
    rules = {rule.rule for rule in build(write_settings(tmp_path)).server.url_map.iter_rules()}
    assert not [rule for rule in rules if "mcp" in rule or rule.startswith("/static")]


def test_key_and_users_are_readable_by_their_owner_alone(shop: Settings) -> None:
    for name in (shop.users.path, str(Path(shop.users.path).with_name("users.key"))):
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o600


def test_sessions_survive_a_restart(shop: Settings, visitor: Visitor) -> None:
    cookie = visitor.client.get_cookie("ca_session")
    assert cookie is not None
    after = Visitor(build(shop))
    after.client.set_cookie("ca_session", cookie.value)
    assert after.get("/_dash-layout").status_code == 200


def _shop(folder: Path) -> tuple[Dashboards, Visitor, Visitor]:
    """A shop of its own with two open sessions of its user."""
    app = build(write_settings(folder))
    UserStore(app.server.config["USERS"]).add(USER, PASSWORD)
    first, second = Visitor(app), Visitor(app)
    first.log_in()
    second.log_in()
    return app, first, second
