import { useQueryClient } from '@tanstack/react-query';

import { write } from '../../api/client';
import { useToast } from '../../shell/toasts';

/** Which state is published once more: a version, what was at a moment, or a version as it was then. */
export interface State {
  artifact_id?: string;
  as_of?: number;
}

/**
 * What can be done to a key. Each deed says what was done, and offers the way back; what is refused is said as well.
 *
 * The way back is a new version, since what was deleted stays so. It is called Undo where the key then says what it said
 * before; else by what it does.
 */
export function useWrites(key: string) {
  const toast = useToast();
  const client = useQueryClient();

  const attempt = (deed: () => Promise<unknown>) => {
    deed().then(
      () => void client.invalidateQueries(),
      (error: unknown) => toast(error instanceof Error ? error.message : String(error)),
    );
  };
  const publish = (state: State) =>
    write('post', '/artifacts/{key}/restore', { path: { key } }, state) as Promise<{ id: string }>;
  const takeAway = (artifact_id: string) =>
    write('delete', '/artifacts/{artifact_id}', { path: { artifact_id } });

  const restore = (state: State, name: string) =>
    attempt(async () => {
      const { id } = await publish(state);
      toast(`${name} is restored, as a new version.`, {
        label: 'Undo',
        run: () => attempt(() => takeAway(id)),
      });
    });
  const remove = (versions: number, position: number) =>
    attempt(async () => {
      await write('delete', '/artifacts/collections/{key}', { path: { key } });
      const isWhole = versions === 1;
      toast(isWhole ? `${key} is deleted.` : `${key} is deleted, with all of its versions.`, {
        label: isWhole ? 'Undo' : 'Restore the latest',
        run: () => restore({ as_of: position }, isWhole ? key : `What ${key} said last`),
      });
    });
  const removeVersion = (artifact_id: string, number: number, isLatest: boolean) =>
    attempt(async () => {
      await takeAway(artifact_id);
      toast(`v${number} is deleted.`, {
        label: isLatest ? 'Undo' : 'Restore as the latest',
        run: () => restore({ artifact_id }, `v${number}`),
      });
    });
  return { restore, remove, removeVersion };
}
