"""The caches that a report recommends, as configuration files for those that people run."""

from __future__ import annotations

import re

from agent.report import Report
from agent.report_response import AppCache, ResponseCaching
from analyzers.core import digest
from analyzers.response_caching.artefacts.configurations import configurations
from analyzers.response_caching.artefacts.point import Point

SCOPE_KEYS = ("app", "environment", "model", "system", "tools", "parameters", "tenant", "conversation")
_PLAIN = re.compile(r"[^a-z0-9]+")


def cache_configurations(report: Report) -> dict[str, str]:
    """Relative paths and contents, a folder for each application that should have a cache; empty where none should."""
    found = report.response_caching
    if found is None:
        return {}
    period = "not known"
    if report.period.start is not None and report.period.end is not None:
        period = f"{report.period.start:%Y-%m-%d} to {report.period.end:%Y-%m-%d}"
    files = {}
    for one in found.semantic.by_app:
        point = _point(one, found, period)
        if point is not None:
            for path, content in configurations(point).items():
                files[f"{_folder(one.app)}/{path}"] = content
    return files


def _point(one: AppCache, found: ResponseCaching, period: str) -> Point | None:
    semantic, exact = found.semantic, found.exact
    similar = one.recommended_threshold is not None
    if not similar and not one.exact_hit_rate:
        return None
    return Point(
        app=one.app,
        embedder=semantic.embedder or "",
        threshold=one.recommended_threshold,
        lifetime_s=semantic.ttl_s if similar else exact.ttl_s,
        entries=semantic.entries if similar else exact.entries,
        scope_keys=SCOPE_KEYS,
        hit_rate=one.hit_rate if similar else one.exact_hit_rate,
        wrong_rate_high=one.wrong_rate_high,
        max_wrong_rate=semantic.max_wrong_rate if similar else None,
        saving_usd_month=one.saving_usd_month,
        period=period,
    )


def _folder(app: str | None) -> str:
    """A name that any file system takes, different for different applications."""
    if app is None:
        return "no-app"
    plain = _PLAIN.sub("-", app.lower()).strip("-")[:40]
    return plain if plain == app else f"{plain or 'app'}-{digest(app).hex()[:6]}"
