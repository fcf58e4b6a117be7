/** A link that a page may lead to. `host` is where it leads, `rest` the way there. */
export interface LinkParts {
  href: string;
  text: string;
  host: string;
  rest: string;
}

const MARKDOWN_LINK = /^\s*\[([^[\]]*)\]\(\s*(\S+?)\s*\)\s*$/;

/** The link that a text is: Markdown that is one link and nothing else, or an address. Null: it is none. */
export function linkOf(text: string): LinkParts | null {
  const found = MARKDOWN_LINK.exec(text);
  const href = found?.[2] ?? text.trim();
  let url: URL;
  try {
    url = new URL(href);
  } catch {
    return null;
  }
  if (url.protocol === 'mailto:') {
    return { href, text: found?.[1] || url.pathname, host: url.pathname, rest: url.search };
  }
  if (!['http:', 'https:'].includes(url.protocol)) return null;
  const rest = `${url.pathname}${url.search}${url.hash}`;
  return { href, text: found?.[1] || href, host: url.host, rest: rest === '/' ? '' : rest };
}
