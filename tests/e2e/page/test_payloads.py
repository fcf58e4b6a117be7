"""What others wrote cannot do anything on the page, even if only one of its defences holds."""

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from service.markdown import allowed, render
from service.markdown.github import html_of
from tests.e2e.page.site import Site
from tests.payloads import PAYLOADS

NEITHER_TRUSTED_NOR_SANITIZED = """
delete Element.prototype.setHTML;
const create = TrustedTypePolicyFactory.prototype.createPolicy;
TrustedTypePolicyFactory.prototype.createPolicy = function (name, rules) {
  return (window.__policy = create.call(this, name, rules));
};
"""
"""An older browser, whose policy the test may use as the page does."""

INSERT = """
async ({ documents, way, sanitizer }) => {
  const ran = [];
  const place = document.body.appendChild(document.createElement('div'));
  const settled = () => new Promise((done) => setTimeout(done, 20));
  const policy = (window.__policy ??= trustedTypes.createPolicy('ui', { createHTML: (html) => html }));
  const attributes = (element) => Element.prototype.getAttributeNames.call(element); // names may be shadowed
  const provoke = (element) => {
    for (const name of attributes(element)) {
      if (name.startsWith('on')) element.dispatchEvent(new Event(name.slice(2)));
    }
    const address = String(element.href?.baseVal ?? element.href ?? element.action ?? '');
    if (/^javascript:/i.test(address)) (element.requestSubmit ?? element.click)?.call(element);
  };
  for (const [number, html] of documents) {
    const own = place.appendChild(document.createElement('div'));
    if (way === 'setHTML') own.setHTML(html, { sanitizer });
    else own.innerHTML = policy.createHTML(html);
    own.querySelectorAll('*').forEach(provoke);
    if (number % 20 === 0) await settled();
    if (window.__xss === 1) ran.push(number); // an element may have the name
    delete window.__xss;
  }
  await settled();
  await settled();
  if (window.__xss === 1) ran.push('late');
  const elements = [...place.querySelectorAll('*')];
  const names = (element) => attributes(element).map((name) => `${element.localName} ${name}`);
  return { ran, found: [...new Set([...elements.map((each) => each.localName), ...elements.flatMap(names)])] };
}
"""
"""Each document in an element of its own; whatever in it waits for somebody is provoked. Which set `window.__xss`, and
what has come of them all."""

LIST = Path(allowed.__file__).with_name("allowed.json")
RAW = [*map(html_of, PAYLOADS), *PAYLOADS]
THAT_STAY = [html for html in RAW if "http-equiv=refresh" not in html]
"""A policy does not keep a document from sending the browser elsewhere. The list does."""
MAY_BE_FOUND = {"div"} | {
    found
    for element in allowed.ALLOWED.elements
    for found in (element.name, *(f"{element.name} {attribute}" for attribute in element.attributes))
}


def window_of(browser: Browser, site: Site, *, has_policy: bool, is_old: bool) -> BrowserContext:
    window = browser.new_context(base_url=site.root, bypass_csp=not has_policy)
    if is_old:
        window.add_init_script(NEITHER_TRUSTED_NOR_SANITIZED)
    return window


def inserted(window: BrowserContext, site: Site, documents: list[str], way: str = "innerHTML") -> dict[str, Any]:
    """What became of the documents on a page of the site. A dialog, or a way off the page, counts as having run."""
    with window:
        page = window.new_page()
        left: list[str] = []
        elsewhere = re.compile(f"^(?!{site.root})http")
        page.on("dialog", lambda dialog: (left.append(dialog.message), dialog.dismiss()))
        page.route(elsewhere, lambda route: (left.append(route.request.resource_type), route.abort()))
        page.goto("/artifacts")
        page.wait_for_selector("h1")
        asked = {"documents": list(enumerate(documents)), "way": way, "sanitizer": json.loads(LIST.read_text())}
        return {**page.evaluate(INSERT, asked), "left": left}


def test_without_any_defence_many_run(browser: Browser, site: Site) -> None:
    window = window_of(browser, site, has_policy=False, is_old=True)
    assert len(inserted(window, site, THAT_STAY)["ran"]) > 50


def test_with_the_servers_list_alone_none_runs(browser: Browser, site: Site) -> None:
    window = window_of(browser, site, has_policy=False, is_old=True)
    outcome = inserted(window, site, [render(payload).html for payload in PAYLOADS])
    assert outcome["ran"] == outcome["left"] == []
    assert set(outcome["found"]) <= MAY_BE_FOUND


def test_with_the_browsers_sanitizer_alone_none_runs(browser: Browser, site: Site) -> None:
    window = window_of(browser, site, has_policy=False, is_old=False)
    outcome = inserted(window, site, RAW, way="setHTML")
    assert outcome["ran"] == outcome["left"] == []
    assert set(outcome["found"]) <= MAY_BE_FOUND


def test_with_the_policy_alone_none_runs(browser: Browser, site: Site) -> None:
    window = window_of(browser, site, has_policy=True, is_old=True)
    outcome = inserted(window, site, THAT_STAY)
    assert outcome["ran"] == []
    assert set(outcome["left"]) <= {"image", "other"}, "where images may be from, prefetched links may be"
