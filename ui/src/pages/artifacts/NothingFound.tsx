import type { CardPage } from '../../api/schema';
import { Empty } from '../../parts/Empty';
import { counted } from '../../parts/numbers';
import { useParams } from '../../shell/params';
import { asked, FILTERS, type Listing } from './listing';
import styles from './NothingFound.module.css';

/** Says which filter leaves out how many, each to be removed with one click. */
export function NothingFound({ listing, without }: { listing: Listing; without: CardPage['without'] }) {
  const { set } = useParams();
  const filters = asked(listing);
  return (
    <Empty title="No artifact is like this">
      <ul class={styles.filters}>
        {filters.map(({ filter, words }) => (
          <li key={filter}>
            <button type="button" onClick={() => set({ [filter]: null })}>
              Remove {words}
            </button>
            <span>{counted(without[filter] ?? 0, 'artifact')} without it</span>
          </li>
        ))}
      </ul>
      {filters.length > 1 && (
        <button
          type="button"
          class="primary"
          onClick={() => set(Object.fromEntries(FILTERS.map((filter) => [filter, null])))}
        >
          Remove all filters
        </button>
      )}
    </Empty>
  );
}
