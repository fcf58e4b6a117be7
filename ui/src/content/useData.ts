import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';

import { addressOf, ask } from '../api/client';
import type { Facts } from '../api/schema';
import { useAt } from '../shell/at';

export type DataForm = 'json' | 'text';

/** The data of an artifact to the letter: as `json` the text that was recorded, as `text` a string's own. */
export function useData(facts: Facts, form: DataForm): UseQueryResult<string> {
  const at = useAt();
  const { id, data_sha256: sha256 } = facts;
  return useQuery({
    queryKey: ['data', id, form, sha256],
    queryFn: async ({ signal }) => {
      const address = addressOf('/ui/artifacts/{artifact_id}/data', {
        path: { artifact_id: id },
        query: { format: form, as_of: at },
      });
      return (await ask('get', address, undefined, signal)).text();
    },
    enabled: sha256 !== null,
    placeholderData: keepPreviousData,
  });
}
