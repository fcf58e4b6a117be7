import { createContext, type ComponentChildren } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';

import { useReadHead } from './useReadHead';
import { LiveSocket, type LiveState, type News } from './socket';
import type { Reading } from './reader';

const Context = createContext<LiveSocket | null>(null);

/** Opens the tab's connection to the log at the position that the page has started with. */
export function Live({ children }: { children: ComponentChildren }) {
  const position = useReadHead();
  const [socket, setSocket] = useState<LiveSocket | null>(null);
  useEffect(() => {
    if (position === null) return;
    const opened = new LiveSocket(position);
    opened.open();
    setSocket(opened);
    return () => opened.close();
  }, [position]);
  return <Context.Provider value={socket}>{children}</Context.Provider>;
}

/** Be told of what is recorded from now on, once a frame of the screen. */
export function useNews(listener: ((news: News) => void) | undefined): void {
  const socket = useContext(Context);
  const latest = useRef(listener);
  latest.current = listener;
  const listens = listener !== undefined;
  useEffect(() => {
    if (!socket || !listens) return;
    return socket.listen((news) => latest.current?.(news));
  }, [socket, listens]);
}

/** How the connection is, and how far it has read. */
export function useLive(): { state: LiveState; reading: Reading | null } {
  const socket = useContext(Context);
  const [, repaint] = useState(0);
  useEffect(() => socket?.watch(() => repaint((count) => count + 1)), [socket]);
  return { state: socket?.state ?? { is: 'connecting' }, reading: socket?.reading ?? null };
}
