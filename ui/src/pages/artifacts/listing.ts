import type { Card } from '../../api/schema';
import type { Params } from '../../shell/params';
import { toArtifact, toKey } from '../../shell/addresses';

/** What the address asks of the list, by the names that the server has for it. */
export const FILTERS = ['q', 'type', 'flow', 'writer', 'updated'] as const;
export type Filter = (typeof FILTERS)[number];

export const SORTS = {
  '-updated': 'Updated last',
  updated: 'Updated first',
  '-created': 'Newest',
  created: 'Oldest',
  key: 'Key, A to Z',
  '-key': 'Key, Z to A',
  type: 'Type',
  '-versions': 'Most versions',
} as const;
export const SORT_DEFAULT = '-updated';

export const SPANS = { '1h': 'within an hour', '1d': 'within a day', '7d': 'within a week' } as const;

export interface Listing {
  q: string | null;
  type: string[];
  flow: string[];
  writer: string[];
  updated: string | null;
  sort: string | null;
  unnamed: boolean | null;
}

export function listingOf({ get, all }: Params): Listing {
  return {
    q: get('q'),
    type: all('type'),
    flow: all('flow'),
    writer: all('writer'),
    updated: get('updated'),
    sort: get('sort'),
    unnamed: get('unnamed') ? true : null,
  };
}

/** What is asked, filter by filter, in words. */
export function asked(listing: Listing): { filter: Filter; words: string }[] {
  const words: Record<Filter, string> = {
    q: listing.q ? `“${listing.q}”` : '',
    type: listing.type.join(' or '),
    flow: listing.flow.length ? `flow ${listing.flow.join(' or ')}` : '',
    writer: listing.writer.length ? `by ${listing.writer.join(' or ')}` : '',
    updated: (SPANS as Record<string, string>)[listing.updated ?? ''] ?? listing.updated ?? '',
  };
  return FILTERS.filter((filter) => words[filter]).map((filter) => ({ filter, words: words[filter] }));
}

/** What tells a card from all others. */
export const nameOf = (card: Card) => card.key ?? card.artifact_id;

/** Where a card leads. */
export const addressOf = (card: Card) => (card.key === null ? toArtifact(card.artifact_id) : toKey(card.key));
