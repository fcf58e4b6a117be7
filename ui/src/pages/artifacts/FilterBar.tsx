import { X } from 'lucide-preact';

import type { CardPage } from '../../api/schema';
import { useParams } from '../../shell/params';
import { FilterMenu } from './FilterMenu';
import { SORTS, SORT_DEFAULT, SPANS, type Listing } from './listing';
import styles from './FilterBar.module.css';

/** What is asked of the list. All of it is in the address. */
export function FilterBar({ listing, page }: { listing: Listing; page: CardPage | undefined }) {
  const { set } = useParams();
  const types = Object.entries(page?.types ?? {}).map(([name, count]) => ({ name, count }));
  return (
    <div class={styles.bar} role="group" aria-label="Filters">
      {listing.q && (
        <button type="button" class={styles.chip} onClick={() => set({ q: null })}>
          <span class={styles.text}>“{listing.q}”</span>
          <X size={13} aria-label="Remove the search" />
        </button>
      )}
      <FilterMenu label="Type" options={types} chosen={listing.type} choose={(type) => set({ type })} />
      <FilterMenu
        label="Flow"
        options={page?.flows ?? []}
        chosen={listing.flow}
        choose={(flow) => set({ flow })}
      />
      <FilterMenu
        label="Writer"
        options={page?.writers ?? []}
        chosen={listing.writer}
        choose={(writer) => set({ writer })}
      />
      <select
        aria-label="Updated"
        value={listing.updated ?? ''}
        data-chosen={listing.updated ?? undefined}
        onChange={(event) => set({ updated: event.currentTarget.value })}
      >
        <option value="">Any time</option>
        {Object.entries(SPANS).map(([value, words]) => (
          <option key={value} value={value}>
            {sentence(words)}
          </option>
        ))}
      </select>
      <label class={styles.check}>
        <input
          type="checkbox"
          checked={listing.unnamed === true}
          onChange={(event) => set({ unnamed: event.currentTarget.checked ? 'true' : null })}
        />
        Without a key
      </label>
      <select
        class={styles.sort}
        aria-label="Sort"
        value={listing.sort ?? SORT_DEFAULT}
        onChange={({ currentTarget: { value } }) => set({ sort: value === SORT_DEFAULT ? null : value })}
      >
        {Object.entries(SORTS).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
