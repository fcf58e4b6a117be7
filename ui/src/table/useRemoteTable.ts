import { useEffect, useState } from 'preact/hooks';

import type { Opened } from './protocol';
import { RemoteTable } from './remote';

export interface OpenTable extends Opened {
  remote: RemoteTable;
  /** What opening it took. */
  openedMs: number;
}

interface Opening {
  /** The last one that could be opened; it stays until there is another. */
  table: OpenTable | null;
  error: Error | null;
}

/** The table at an address; null: none is asked for. It is opened anew when its data has changed, for which `state` stands. */
export function useRemoteTable(address: string | null, state: unknown): Opening & { retry: () => void } {
  const [{ table, error }, set] = useState<Opening>({ table: null, error: null });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (address === null) return;
    const remote = new RemoteTable();
    const began = performance.now();
    let isLeft = false;
    let isOpen = false;
    remote.open(address).then(
      (opened) => {
        isOpen = true;
        if (!isLeft) set({ table: { ...opened, remote, openedMs: performance.now() - began }, error: null });
      },
      (failure: unknown) => {
        remote.close();
        if (!isLeft) set({ table: null, error: failure as Error });
      },
    );
    return () => {
      isLeft = true;
      if (!isOpen) remote.close();
    };
  }, [address, state, attempt]);
  useEffect(() => () => table?.remote.close(), [table]);
  return { table, error, retry: () => setAttempt(attempt + 1) };
}
