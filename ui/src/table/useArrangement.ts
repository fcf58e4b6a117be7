import { useEffect, useRef, useState } from 'preact/hooks';

import type { Arranged, Arrangement } from './protocol';
import type { OpenTable } from './useRemoteTable';
import { Windows } from './windows';

/** What is seen of a table: an arrangement, and those of its rows that have come. */
export interface Seen {
  table: OpenTable;
  arrangement: Arrangement;
  arranged: Arranged;
  windows: Windows;
  /** What arranging took; of the first arrangement, with opening the table. */
  tookMs: number;
}

/** The table in this arrangement; until that has come, in the one before. */
export function useArrangement(table: OpenTable | null, arrangement: Arrangement): Seen | null {
  const [seen, setSeen] = useState<Seen | null>(null);
  const [, setCame] = useState(0);
  const text = JSON.stringify(arrangement);
  const wanted = useRef({ table, text });
  const arranging = useRef<OpenTable | null>(null);
  const shown = useRef<OpenTable | null>(null);
  wanted.current = { table, text };

  useEffect(() => {
    if (!table || arranging.current === table) return;
    arranging.current = table;
    const isWanted = () => wanted.current.table === table;
    const rowsCame = () => isWanted() && setCame((count) => count + 1);
    /** One after the other: of what is typed meanwhile only the last is searched for. */
    const arrange = async (): Promise<void> => {
      let done: string | null = null;
      while (isWanted() && done !== wanted.current.text) {
        const began = performance.now();
        done = wanted.current.text;
        const next = JSON.parse(done) as Arrangement;
        const arranged = await table.remote.ask('arrange', next);
        const tookMs = performance.now() - began + (shown.current === table ? 0 : table.openedMs);
        shown.current = table;
        const fetch = (from: number) => table.remote.ask('window', { from });
        const windows = new Windows(arranged.windowRows, arranged.found, fetch, rowsCame);
        windows.take(arranged.first);
        if (isWanted()) setSeen({ table, arrangement: next, arranged, windows, tookMs });
      }
      arranging.current = null;
    };
    void arrange();
  }, [table, text]);

  useEffect(() => () => void (wanted.current = { table: null, text: '' }), []);
  return seen;
}
