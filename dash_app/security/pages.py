"""The pages without Dash: login, logout and the profile with its change of password. Plain HTML, own style, no script."""

from __future__ import annotations

from flask import Flask, Response, g, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response as BaseResponse

from ca_platform.errors import ConfigurationError
from dash_app.security.gate import log_in, log_out, safe_target
from dash_app.users import NAME_LENGTH, PASSWORD_LENGTH, UserStore

_WRONG = "That name and password do not match."
_SECONDS = "Too many failed attempts. Try again in {wait} seconds."


def add_pages(server: Flask, users: UserStore) -> None:
    """Register ``/login``, ``/logout`` and ``/profile``."""

    @server.route("/login", methods=["GET", "POST"], endpoint="login")
    def login() -> str | BaseResponse:
        target = safe_target(request.args.get("next"))
        if request.method == "GET":
            return redirect(target) if g.user else _login_page(target)
        name, password = request.form.get("username", ""), request.form.get("password", "")
        return _try_login(users, name[:NAME_LENGTH], password) or redirect(target, 303)

    @server.errorhandler(CSRFError)
    def forged(error: CSRFError) -> tuple[str, int] | Response:
        if request.endpoint != "login":
            return Response(f"{error.description}\n", 400, mimetype="text/plain")
        # A form that lay open while its cookie went away, most likely: give a fresh one.
        return _login_page(safe_target(request.args.get("next")), error="This page was too old. Log in again."), 400

    @server.route("/logout", methods=["POST"], endpoint="logout")
    def logout() -> BaseResponse:
        log_out(users)
        return redirect("/login", 303)

    @server.route("/profile", methods=["GET", "POST"], endpoint="profile")
    def profile() -> str | BaseResponse:
        if request.method == "GET":
            return _profile_page()
        return _change_password(users) or redirect("/login?changed=1", 303)


def _try_login(users: UserStore, name: str, password: str) -> Response | None:
    """None when the user is logged in now; the page that says why not otherwise."""
    address = request.remote_addr or ""
    target = safe_target(request.args.get("next"))
    if wait := users.wait(name, address):
        answer = Response(_login_page(target, name=name, error=_SECONDS.format(wait=wait)), 429)
        answer.headers["Retry-After"] = str(wait)
        return answer
    if not users.verify(name, password):
        users.note_failure(name, address)
        return Response(_login_page(target, name=name, error=_WRONG), 401)
    users.forget_failures(name, address)
    log_in(users, name)
    return None


def _change_password(users: UserStore) -> Response | None:
    """None when the password is changed and every session of the user is over."""
    old, new, again = (request.form.get(field, "") for field in ("password", "new_password", "new_password_again"))
    address = request.remote_addr or ""
    if wait := users.wait(g.user, address):
        return Response(_profile_page(error=_SECONDS.format(wait=wait)), 429)
    if not users.verify(g.user, old):
        users.note_failure(g.user, address)
        return Response(_profile_page(error="The present password is not right."), 401)
    if new != again:
        return Response(_profile_page(error="The two new passwords differ."), 400)
    try:
        users.set_password(g.user, new)
    except ConfigurationError as error:
        return Response(_profile_page(error=str(error)), 400)
    log_out(users)
    return None


def _login_page(target: str, *, name: str = "", error: str = "") -> str:
    changed = request.method == "GET" and "changed" in request.args
    return render_template("login.html", target=target, name=name, error=error, changed=changed)


def _profile_page(error: str = "") -> str:
    return render_template("profile.html", user=g.user, error=error, shortest=PASSWORD_LENGTH)
