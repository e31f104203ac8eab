"""Static files under names that carry their hash, so that browsers may keep them for ever."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, request, url_for
from werkzeug.security import safe_join

STATIC = Path(__file__).resolve().parent.parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
HASH_CHARS = 12
FOREVER = "public, max-age=31536000, immutable"

pages = Blueprint("assets", __name__)


def install(app: Flask) -> None:
    app.register_blueprint(pages)
    app.jinja_env.globals["asset"] = asset


def asset(name: str) -> str:
    """The address of a static file, with the hash of what it holds now."""
    return url_for("assets.file", mark=_loaded(name)[0], name=name)


@pages.get("/assets/<mark>/<path:name>")
def file(mark: str, name: str) -> Response:
    """An old mark still gets the present file, but may not keep it."""
    if Path(name).suffix not in TYPES or safe_join(str(STATIC), name) is None:
        abort(404)
    if not (STATIC / name).is_file():
        abort(404)
    current, plain, packed = _loaded(name)
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    answer = Response(packed if zipped else plain, mimetype=TYPES[Path(name).suffix])
    if zipped:
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = "Accept-Encoding"
    answer.headers["Cache-Control"] = FOREVER if mark == current else "no-cache"
    return answer


def _loaded(name: str) -> tuple[str, bytes, bytes]:
    return _load(name, (STATIC / name).stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _load(name: str, changed: int) -> tuple[str, bytes, bytes]:
    """(hash, content, gzipped); `changed` makes an edited file a new one."""
    plain = (STATIC / name).read_bytes()
    return hashlib.sha256(plain).hexdigest()[:HASH_CHARS], plain, gzip.compress(plain, 6)
