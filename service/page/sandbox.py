"""The sandbox: an empty page in which the page shows a document that others wrote, scripts and all.

It is handed the document by the page around it. So nobody needs credentials to open it, and there is nothing in it to
be seen; and it has a policy of its own, which the document is under from its first character on.
"""

from service.page.defence import POLICY_HEADER, SANDBOX_POLICY

SANDBOX = "/sandbox"

SANDBOX_HEADERS = {
    POLICY_HEADER: SANDBOX_POLICY,
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

DOCUMENT = (
    b"<!doctype html><meta charset=utf-8><title>A document</title><script>"
    b"addEventListener('message', function (event) {"
    b"if (event.source !== parent) return;"
    b"document.open(); document.write(event.data); document.close();"
    b"}, { once: true });"
    b"parent.postMessage('ready', '*');"
    b"</script>"
)
