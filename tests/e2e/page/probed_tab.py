"""A tab for payloads: it counts what runs, and says what there is on a page."""

import re
from typing import Any

from playwright.sync_api import Browser, Request, ViewportSize

from tests.e2e.page.site import Site
from tests.e2e.page.tab import PATIENCE_S
from tests.e2e.page.test_payloads import NEITHER_TRUSTED_NOR_SANITIZED

TALL = ViewportSize(width=1440, height=16_000)
"""Rows that are out of sight are not drawn: so all are in sight."""
SCALE = 0.1
"""Of what is drawn: nobody looks."""

COUNTED = """
let ran = 0;
Object.defineProperty(window, '__ran', { get: () => ran });
Object.defineProperty(window, '__xss', { get: () => undefined, set: () => void (ran += 1) });
"""
SHOWN = "([told, least]) => told.filter((each) => document.body.textContent.includes(each)).length >= least"
FOUND = """
() => {
  const names = (element) => Element.prototype.getAttributeNames.call(element); // names may be shadowed
  const value = (element, name) => Element.prototype.getAttribute.call(element, name);
  const elements = [...document.body.querySelectorAll('*')];
  const all = (some) => [...new Set(some.flatMap((element) =>
    [element.localName, ...names(element).map((name) => `${element.localName} ${name}`)]))];
  return {
    ran: window.__ran,
    found: all(elements),
    inDocuments: all([...document.querySelectorAll('[class*=prose] *')]),
    addresses: elements.flatMap((element) => names(element)
      .filter((name) => /^(xlink:)?(href|src|srcset|action|data|poster|background)$/.test(name))
      .map((name) => value(element, name))),
  };
}
"""
PROVOKE = """
async () => {
  const stay = (event) => event instanceof MouseEvent || event.preventDefault(); // around it may be a link elsewhere
  document.addEventListener('click', stay, true);
  for (const element of document.querySelectorAll('[class*=prose] *')) {
    for (const name of Element.prototype.getAttributeNames.call(element)) {
      if (name.startsWith('on')) element.dispatchEvent(new Event(name.slice(2), { cancelable: true }));
    }
    const address = String(element.href?.baseVal ?? element.href ?? element.action ?? '');
    const leads = element.matches('a, area, form') && /^javascript:/i.test(address);
    if (leads) (element.requestSubmit ?? element.click)?.call(element);
  }
  await new Promise((done) => setTimeout(done, 100));
}
"""
"""Whatever waits for somebody."""


class ProbedTab:
    """A tab that counts what runs, and notes what it asks of others and what it has to say."""

    def __init__(self, browser: Browser, site: Site, *, has_policy: bool, has_sanitizer: bool = True) -> None:
        self.window = browser.new_context(
            base_url=site.root, bypass_csp=not has_policy, viewport=TALL, device_scale_factor=SCALE
        )
        self.window.set_default_timeout(1000 * PATIENCE_S)
        self.window.add_init_script(COUNTED + ("" if has_sanitizer else NEITHER_TRUSTED_NOR_SANITIZED))
        self.page = self.window.new_page()
        self.left: set[str] = set()
        self.page.on("dialog", lambda dialog: (self.left.add(dialog.message), dialog.dismiss()))
        self.page.on("requestfailed", self._failed)

    def open(self, path: str, told: list[str], least: int) -> dict[str, Any]:
        """What is on a page when it shows that many of what it is told."""
        self.left.clear()
        self.page.goto(path)
        self.page.wait_for_function(SHOWN, arg=[told, least])
        return self.found()

    def show(self, path: str, html: str, told: list[str]) -> dict[str, Any]:
        """What is on the page of a version when this is its document, and whatever in it waits has been provoked."""
        document = {"html": html, "dedented": False, "is_whole": True, "bytes": len(html)}
        self.page.route(re.compile(r"/rendered\?"), lambda route: route.fulfill(json=document))
        self.open(path, told, len(told))
        self.page.evaluate(PROVOKE)
        self.page.unroute_all()
        return self.found()

    def found(self) -> dict[str, Any]:
        """How often something ran, and which elements, attributes and addresses there are."""
        return self.page.evaluate(FOUND)  # type: ignore[no-any-return]

    def _failed(self, request: Request) -> None:
        """What is asked of others fails, since nobody else is to be found. What the policy forbids was not asked."""
        if "NAME_NOT_RESOLVED" in (request.failure or ""):
            self.left.add(request.resource_type)
