"""The defence: what a browser is told not to do with what it is sent."""

import re
from base64 import b64encode
from hashlib import sha256

POLICY_HEADER = "Content-Security-Policy"


def _policy(*directives: str) -> str:
    return "; ".join(directives)


POLICY = _policy(
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: http: https:",
    "connect-src 'self'",
    "worker-src 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types ui",
)
"""The page's Content-Security-Policy: nothing runs but the page's own files, and no text becomes a script."""

PAGE_HEADERS = {
    POLICY_HEADER: POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

SANDBOX_POLICY = _policy(
    "sandbox allow-scripts",
    "default-src 'none'",
    "script-src 'unsafe-inline'",
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "font-src data:",
    "media-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
)
"""Of the sandbox that a document of others is shown in. Its scripts run, and reach nothing: its origin is none, so it
has no credentials, and it may neither ask nor load nor lead anywhere."""

API_POLICY = _policy("default-src 'none'", "frame-ancestors 'none'", "sandbox")
"""Of all that is no page: data. Opened as a page it can do nothing, whatever it holds, and nobody can frame it."""

API_HEADERS = ((POLICY_HEADER.lower().encode(), API_POLICY.encode()), (b"x-content-type-options", b"nosniff"))
"""As they are sent. They belong to every answer without a policy of its own."""

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def docs_policy(html: str) -> str:
    """The policy of the API's documentation: its files, and the one script that stands in the document itself."""
    scripts = [b64encode(sha256(script.encode()).digest()).decode() for script in _INLINE_SCRIPT.findall(html)]
    return _policy(
        "default-src 'none'",
        " ".join(("script-src 'self'", *(f"'sha256-{script}'" for script in scripts))),
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
