import { ArrowLeftRight } from 'lucide-preact';
import { useParams as usePath } from 'wouter-preact';

import { Empty } from '../../parts/Empty';
import { toCompare, toKey } from '../../shell/addresses';
import { useAt } from '../../shell/at';
import { useKeys } from '../../shell/keys';
import { Link } from '../../shell/Link';
import { useParams } from '../../shell/params';
import { useGo } from '../../shell/useGo';
import { useTitle } from '../../shell/useTitle';
import { Comparison } from './Comparison';
import { nameOf, rangeOf, type Range } from './named';
import { VersionPicker } from './VersionPicker';
import styles from './ComparePage.module.css';

/** Two versions of a key, and what changed from one to the other. */
export default function ComparePage() {
  const { key: encoded, range } = usePath<{ key: string; range: string }>();
  const key = decodeURIComponent(encoded);
  const asked = rangeOf(decodeURIComponent(range));
  useTitle(asked ? `${key}: ${shown(asked.from)} → ${shown(asked.to)}` : `Compare ${key}`);
  if (!asked)
    return (
      <>
        <h1>Compare {key}</h1>
        <Empty title="The address names no two versions. It ends in two of them, such as 1..2, by number or by id.">
          <Link to={toKey(key)}>The versions of {key}</Link>
        </Empty>
      </>
    );
  return <Two artifactKey={key} range={asked} />;
}

function Two({ artifactKey: key, range }: { artifactKey: string; range: Range }) {
  const at = useAt();
  const go = useGo();
  const { query } = useQueryText();
  const to = (from: string, other: string) => toCompare(key, from, other) + query;
  const swapped = to(range.to, range.from);
  useKeys({ s: { does: 'Swap before and after', run: () => go(swapped) } });
  return (
    <>
      <p class={styles.crumbs}>
        <Link to="/artifacts">Artifacts</Link> / <Link to={toKey(key)}>{key}</Link>
      </p>
      <h1>
        Compare {key}: {shown(range.from)} → {shown(range.to)}
      </h1>
      <div class={styles.pair}>
        <VersionPicker
          artifactKey={key}
          label="Before"
          part={range.from}
          pick={(part) => go(to(part, range.to))}
        />
        <Link
          to={swapped}
          class={`button ${styles.swap ?? ''}`}
          title="Swap before and after (s)"
          aria-label="Swap before and after"
        >
          <ArrowLeftRight size={16} aria-hidden />
        </Link>
        <VersionPicker
          artifactKey={key}
          label="After"
          part={range.to}
          pick={(part) => go(to(range.from, part))}
        />
      </div>
      <Comparison named={{ from: nameOf(key, range.from, at), to: nameOf(key, range.to, at) }} />
    </>
  );
}

/** What is asked of the look, without the change that was gone to: between two others it is another one. */
function useQueryText(): { query: string } {
  const { address } = useParams();
  const [, query = ''] = address({ change: null }).split('?');
  return { query: query && `?${query}` };
}

function shown(part: string): string {
  const [version = '', position] = part.split('@');
  const name = /^v?\d+$/.test(version) ? `v${version.replace('v', '')}` : version.slice(0, 8);
  return position === undefined ? name : `${name} at ${position}`;
}
