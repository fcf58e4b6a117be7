import type { TableDiff } from '../../api/schema';
import { useLook } from './useComparison';

/** The columns that tell rows apart: found, or chosen. */
export function RowKey({
  diff: { key, key_is: keyIs, key_candidates: candidates, columns },
}: {
  diff: TableDiff;
}) {
  const { set } = useLook();
  const others = columns.filter((column) => !candidates.includes(column));
  const [chosen = ''] = keyIs === 'given' ? key : [];
  return (
    <label>
      row key{' '}
      <select
        value={chosen}
        onChange={(event) => set({ row_key: event.currentTarget.value || null }, { replace: true })}
      >
        <option value="">
          {keyIs === 'found'
            ? `${key.join(', ')} (found)`
            : candidates[0]
              ? `${candidates[0]} (found)`
              : 'none: by order'}
        </option>
        {key.length > 1 && <option value={chosen}>{key.join(', ')}</option>}
        {candidates.map((column) => (
          <option key={column} value={column}>
            {column}
          </option>
        ))}
        {others.length > 0 && (
          <optgroup label="not unique, or not in both">
            {others.map((column) => (
              <option key={column} value={column}>
                {column}
              </option>
            ))}
          </optgroup>
        )}
      </select>
    </label>
  );
}
