"""Whether the score told who would leave: the tenant's own back-test."""

from __future__ import annotations

from flask import Blueprint, render_template

from hub.web.screens import past

pages = Blueprint("backtest", __name__, url_prefix="/health/backtest")


@pages.get("")
def page() -> str:
    return render_template("backtest.html", told=past.tested_page())
