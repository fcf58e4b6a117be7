import { ask } from './client';

/** Keep what is at an address as a file, with the credentials that were given. Raises ApiError, Offline. */
export async function download(address: string): Promise<void> {
  const answer = await ask('get', address);
  const name = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1];
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name ?? 'artifact';
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(url), REVOKED_AFTER_MS);
}

/** The browser has begun to write by then. */
const REVOKED_AFTER_MS = 10_000;
