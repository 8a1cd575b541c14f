"""Messages about failed runs, and their way to real servers: a web server, a mail server with and without TLS."""

from __future__ import annotations

import json
import logging
import ssl
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from ca_platform.logging import Redactor
from ca_platform.notify import FailedRun, FailedStep, NotificationError, body, notify, payload, subject
from ca_platform.settings import Settings
from ca_platform_tests.services.certificates import make_certificates
from ca_platform_tests.services.listeners import Mailbox
from ca_platform_tests.services.process import free_port

PASSWORD = "correct horse battery"
RUN = FailedRun(
    run_id="abc123",
    job="daily_refresh",
    days="2024-01-01 to 2024-01-03",
    reason="Steps failed: ['sessions'].",
    steps=(FailedStep("sessions", f"The server refused the password {PASSWORD}."),),
    url="http://localhost:3000/runs/abc123",
)


def settings_with(**notifications: Any) -> Settings:
    source = {
        "kind": "postgresql",
        "dsn": "postgresql://shop@db/shop",
        "password": PASSWORD,
        "table": "sessions",
        "columns": {},
    }
    return Settings.model_validate({"notifications": notifications, "sources": {"sessions": source}})


def test_message_says_what_failed_why_and_where_to_look() -> None:
    text = body(RUN)
    assert subject(RUN) == "CA Platform: daily_refresh failed for 2024-01-01 to 2024-01-03"
    assert text.startswith(subject(RUN))
    assert "- sessions: The server refused" in text
    assert RUN.url is not None
    assert RUN.url in text


def test_message_without_steps_gives_the_reason_of_the_run() -> None:
    bare = FailedRun("abc123", "daily_refresh", "", "The process was killed.")
    assert subject(bare) == "CA Platform: daily_refresh failed"
    assert "\nThe process was killed.\n" in body(bare)
    assert "Look at run abc123" in body(bare)


def test_payload_is_json_and_long_reasons_are_cut() -> None:
    found = json.loads(json.dumps(payload(FailedRun("a", "job", "", "x" * 5_000))))
    assert found["event"] == "run_failed"
    assert len(found["reason"]) < 1_100


def test_redaction_reaches_every_text() -> None:
    clean = RUN.redacted(Redactor([PASSWORD]))
    assert PASSWORD not in body(clean) + json.dumps(payload(clean))


def test_log_line_is_written_by_default_and_says_why_and_where(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="ca_platform"):
        logging.getLogger("ca_platform").propagate = True
        notify(RUN, settings_with())
    (record,) = caplog.records
    assert record.message.startswith(f"{subject(RUN)}. sessions: The server refused")
    assert f"Look at it: {RUN.url} Repair the cause" in record.message
    assert "\n" not in record.message
    assert PASSWORD not in str(vars(caplog.records[0]))


def test_webhook_gets_the_payload_without_secrets(hook: tuple[str, list[dict[str, Any]]]) -> None:
    address, received = hook
    notify(RUN, settings_with(log=False, webhook=f"{address}/hook"))
    assert len(received) == 1
    assert received[0]["run_id"] == "abc123"
    assert received[0]["steps"][0]["name"] == "sessions"
    assert PASSWORD not in json.dumps(received)


def test_mail_is_delivered_without_secrets() -> None:
    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        email = {
            "host": "127.0.0.1",
            "port": server.port,
            "tls": False,
            "sender": "ca@shop.example",
            "to": "me@x.example",
        }
        notify(RUN, settings_with(log=False, email=email))
    finally:
        server.stop()
    (mail,) = mailbox.mails
    assert isinstance(mail.content, bytes)
    message = message_from_bytes(mail.content, policy=policy.default)
    assert mail.rcpt_tos == ["me@x.example"]
    assert message["Subject"] == subject(RUN)
    assert "- sessions: The server refused the password ***" in message.get_content()


def test_mail_goes_by_tls_with_a_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = make_certificates(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(files.authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    logins: list[LoginPassword] = []

    def login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        logins.append(data)
        return AuthResult(success=data == LoginPassword(b"shop", PASSWORD.encode()), handled=False)

    mailbox = Mailbox()
    server = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=login,
    )
    server.start()
    try:
        email = {"port": server.port, "username": "shop", "sender": "ca@shop.example", "to": ["a@x.example"]}
        good = {**email, "host": "localhost", "password": PASSWORD}
        notify(RUN, settings_with(log=False, email=good))
        with pytest.raises(NotificationError, match="SMTPAuthenticationError"):
            notify(RUN, settings_with(log=False, email={**good, "password": "wrong one"}))
    finally:
        server.stop()
    assert len(mailbox.mails) == 1
    assert [found.password for found in logins][:1] == [PASSWORD.encode()]


def test_one_way_that_fails_does_not_keep_the_other_from_being_tried(hook: tuple[str, list[dict[str, Any]]]) -> None:
    address, received = hook
    email = {"host": "127.0.0.1", "port": free_port(), "tls": False, "sender": "a@x.example", "to": "b@x.example"}
    with pytest.raises(NotificationError) as caught:
        notify(RUN, settings_with(log=False, webhook=f"{address}/broken", email=email))
    assert len(received) == 1
    assert "webhook: HTTP Error 500" in str(caught.value)
    assert "e-mail by 127.0.0.1" in str(caught.value)
    assert "/broken" not in str(caught.value)
