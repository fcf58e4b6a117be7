import allowed from '../../../service/markdown/allowed.json';
import { policy } from '../trusted';

/** An element as newer browsers have it, and `lib.dom` not yet. */
type Sanitizing = HTMLElement & { setHTML?(html: string, options: { sanitizer: typeof allowed }): void };

/**
 * Puts HTML that the server has cleaned into the page: the only place where it goes in. The browser cleans it once
 * more by the same list, where it can.
 */
export function setHtml(place: Sanitizing, html: string): void {
  if (place.setHTML === undefined) place.innerHTML = policy.createHTML(html);
  else place.setHTML(html, { sanitizer: allowed });
}
