import type { ComponentChildren } from 'preact';

import { download } from '../api/download';
import { readToken } from '../api/token';
import { useToast } from '../shell/toasts';

/** Takes something along as a file. Where credentials were typed in, the page asks with them; else the browser does. */
export function DownloadLink({ address, children }: { address: string; children: ComponentChildren }) {
  const toast = useToast();
  const take = (event: MouseEvent) => {
    if (!readToken()) return;
    event.preventDefault();
    download(address).catch((error: unknown) => toast((error as Error).message));
  };
  return (
    <a class="button" href={address} download onClick={take}>
      {children}
    </a>
  );
}
