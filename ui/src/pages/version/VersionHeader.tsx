import { ChevronLeft, ChevronRight, Download, Link2 } from 'lucide-preact';

import { addressOf, ask } from '../../api/client';
import { download } from '../../api/download';
import type { Facts } from '../../api/schema';
import { Time } from '../../parts/Time';
import { TypeIcon } from '../../parts/TypeIcon';
import { toArtifact, toKey } from '../../shell/addresses';
import { useAt } from '../../shell/at';
import { Link } from '../../shell/Link';
import { useToast } from '../../shell/toasts';
import { permanentLink } from './permanentLink';
import styles from './VersionHeader.module.css';

/** Names the version, and leads to those beside it. */
export function VersionHeader({ facts, name }: { facts: Facts; name: string }) {
  const { key, number, versions, previous_id: previous, next_id: next } = facts;
  return (
    <header class={styles.header}>
      <nav aria-label="Where this is" class={styles.way}>
        <Link to="/artifacts">Artifacts</Link>
        {key !== null && (
          <>
            <span aria-hidden>/</span> <Link to={toKey(key)}>{key}</Link>
          </>
        )}
      </nav>
      <div class={styles.line}>
        <h1>
          <TypeIcon
            type={facts.type === 'html' ? 'html' : (facts.shown_as ?? facts.type ?? 'json')}
            size={20}
          />
          {key === null ? name : key} {key !== null && <span class={styles.number}>v{number}</span>}
        </h1>
        <span class={styles.when}>
          <Time at={facts.recorded} ago /> by {facts.actor}
        </span>
        <div class={styles.actions}>
          {key !== null && (
            <nav aria-label="Versions" class={styles.steps}>
              <Beside id={previous} label="Previous version">
                <ChevronLeft size={16} aria-hidden />
              </Beside>
              <span class={styles.of}>
                {number} of {versions}
              </span>
              <Beside id={next} label="Next version">
                <ChevronRight size={16} aria-hidden />
              </Beside>
            </nav>
          )}
          <CopyLink facts={facts} />
          <Downloads facts={facts} />
        </div>
      </div>
    </header>
  );
}

function Beside({
  id,
  label,
  children,
}: {
  id: string | null;
  label: string;
  children: preact.ComponentChildren;
}) {
  if (id === null) {
    return (
      <span class={`button ${styles.none}`} role="link" aria-disabled="true" aria-label={label}>
        {children}
      </span>
    );
  }
  return (
    <Link to={toArtifact(id)} class="button" aria-label={label} title={label}>
      {children}
    </Link>
  );
}

function CopyLink({ facts }: { facts: Facts }) {
  const toast = useToast();
  const copy = () =>
    void navigator.clipboard.writeText(permanentLink(facts)).then(
      () => toast('Copied. The link always shows this state.'),
      () => toast('The browser did not let the link be copied.'),
    );
  return (
    <button type="button" onClick={copy}>
      <Link2 size={14} aria-hidden /> Copy link
    </button>
  );
}

const FORMS: Record<string, string> = {
  '': 'As it is',
  json: 'JSON',
  csv: 'CSV',
  markdown: 'Markdown',
};

/** The data as a file in each form that it has, and the key with its history. */
function Downloads({ facts }: { facts: Facts }) {
  const at = useAt();
  const toast = useToast();
  const keep = (address: string) => () => {
    download(address).catch((error: unknown) => toast((error as Error).message));
  };
  const copy = () =>
    void ask('get', data('text', false))
      .then((answer) => answer.text())
      .then((text) => navigator.clipboard.writeText(text))
      .then(
        () => toast('Copied.'),
        (error: unknown) => toast((error as Error).message),
      );
  const data = (format: string, isDownload = true) =>
    addressOf('/ui/artifacts/{artifact_id}/data', {
      path: { artifact_id: facts.id },
      query: { format, download: isDownload, as_of: at },
    });
  const forms = Object.entries(FORMS).filter(([form]) => form !== 'csv' || facts.shown_as === 'table');
  return (
    <details class={styles.menu}>
      <summary class="button">
        <Download size={14} aria-hidden /> Download
      </summary>
      <div class={styles.items}>
        {facts.absent === null &&
          forms.map(([form, label]) => (
            <button key={form} type="button" class="quiet" onClick={keep(data(form))}>
              {label}
            </button>
          ))}
        {facts.absent === null && (
          <button type="button" class="quiet" onClick={copy}>
            Copy the text
          </button>
        )}
        {facts.key !== null && facts.deleted === null && (
          <button
            type="button"
            class="quiet"
            onClick={keep(
              addressOf('/ui/keys/{key}/file', { path: { key: facts.key }, query: { as_of: at } }),
            )}
          >
            The key with its history, as one file
          </button>
        )}
      </div>
    </details>
  );
}
