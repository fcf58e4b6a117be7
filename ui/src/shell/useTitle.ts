import { useEffect } from 'preact/hooks';

/** Name what the page shows in the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Digsite`;
  }, [title]);
}
