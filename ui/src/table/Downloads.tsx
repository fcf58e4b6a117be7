import { Download } from 'lucide-preact';

import { DownloadLink } from '../parts/DownloadLink';

/** Links to the whole table, as a file. */
export function Downloads({ downloads }: { downloads: Record<string, string> }) {
  return (
    <>
      {Object.entries(downloads).map(([format, address]) => (
        <DownloadLink key={format} address={address}>
          <Download size={14} aria-hidden /> {format}
        </DownloadLink>
      ))}
    </>
  );
}
