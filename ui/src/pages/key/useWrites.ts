import { useQueryClient } from '@tanstack/react-query';

import { write } from '../../api/client';
import { count } from '../../parts/numbers';
import { useToast } from '../../shell/toasts';

/** Which state is published once more: a version, what was at a moment, or a version as it was then. */
export interface State {
  artifact_id?: string;
  as_of?: number;
}

/** What can be done to a key. Each deed says what was done, and can be undone; what is refused is said as well. */
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
  const undoing = (state: State) => ({
    label: 'Undo',
    run: () => attempt(() => publish(state)),
  });
  const remove = (versions: number, position: number) =>
    attempt(async () => {
      await write('delete', '/artifacts/collections/{key}', { path: { key } });
      toast(
        `${key} is deleted, ${versions === 1 ? 'its version' : `all ${count(versions)} versions`}.`,
        undoing({ as_of: position }),
      );
    });
  const removeVersion = (artifact_id: string, number: number) =>
    attempt(async () => {
      await takeAway(artifact_id);
      toast(`v${number} is deleted.`, undoing({ artifact_id }));
    });
  return { restore, remove, removeVersion };
}
