"""Who may come in, and what every page is sent with: sessions, forgery checks, headers."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, redirect, request, url_for
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect
from secure import (
    ContentSecurityPolicy,
    CrossOriginOpenerPolicy,
    ReferrerPolicy,
    Secure,
    StrictTransportSecurity,
    XContentTypeOptions,
)
from werkzeug.wrappers import Response as AnyResponse

from hub.bootstrap import Hub
from hub.web.screens.here import Person

SESSION_LIFE = timedelta(days=14)
csrf = CSRFProtect()


def install(app: Flask, hub: Hub, guarded: frozenset[str]) -> None:
    """Sessions, sign-in and headers; the `guarded` blueprints are for signed-in people only."""
    secure = hub.settings.public_url.startswith("https://")
    app.config.update(
        SESSION_COOKIE_NAME="hub_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        PERMANENT_SESSION_LIFETIME=SESSION_LIFE,
        # Else a live refresh under way while a person signs out would sign them in again.
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    csrf.init_app(app)
    _install_login(app, hub)
    _install_headers(app, secure)

    @app.before_request
    def require() -> AnyResponse | None:
        return _require() if request.blueprint in guarded else None


def _install_login(app: Flask, hub: Hub) -> None:
    manager = LoginManager(app)

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(user_id: str) -> Person | None:
        user = hub.catalogue.control.user(user_id)
        return Person(user) if user else None


def _require() -> AnyResponse | None:
    """A person is signed in, and what changes something carries the token."""
    if not current_user.is_authenticated:
        wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
        return redirect(url_for("sign_in.page", next=wanted if len(wanted) > 1 else None))
    csrf.protect()
    return None


def _install_headers(app: Flask, secure: bool) -> None:
    policy = (
        ContentSecurityPolicy()
        .default_src("'none'")
        .script_src("'self'")
        .style_src("'self'")
        .img_src("'self'", "data:")
        .font_src("'self'")
        .connect_src("'self'")
        .form_action("'self'")
        .frame_ancestors("'none'")
        .base_uri("'none'")
    )
    headers = Secure(
        csp=policy,
        hsts=StrictTransportSecurity().max_age(31_536_000) if secure else None,
        referrer=ReferrerPolicy().same_origin(),
        coop=CrossOriginOpenerPolicy().same_origin(),
        xcto=XContentTypeOptions().nosniff(),
    ).headers

    @app.after_request
    def guard(response: Response) -> Response:
        """A page that sets its own policy keeps it."""
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if response.mimetype == "text/html":
            response.headers.setdefault("Cache-Control", "no-store")
        return response
