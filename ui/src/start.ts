/** What the server put into the document for the page to start with. */
export interface Start {
  /** The path before all addresses: empty, or `/x`. */
  root: string;
  /** Where the log ended; null: credentials are asked for. */
  position: number | null;
  version: string;
}

/** Without a server of ours behind the document, as in development. */
const ALONE: Start = { root: '', position: null, version: 'development' };

function read(): Start {
  const text = document.getElementById('start')?.textContent;
  return text ? (JSON.parse(text) as Start) : ALONE;
}

export const start = read();
export const API = `${start.root}/api`;
