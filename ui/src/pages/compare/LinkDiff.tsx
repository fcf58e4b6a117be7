import type { LinkDiff as Diff } from '../../api/schema';
import { Sign } from './Sign';
import { marked } from './marked';
import styles from './diff.module.css';

/** Where a link led, and where it leads; its text before and after. */
export function LinkDiff({
  diff: { before, after, url_changed: urlChanged, text_changed: textChanged },
}: {
  diff: Diff;
}) {
  return (
    <dl class={styles.pairs}>
      <Pair name="URL" before={before.url} after={after.url} isChanged={urlChanged} />
      <Pair name="Text" before={before.text} after={after.text} isChanged={textChanged} />
    </dl>
  );
}

interface PairProps {
  name: string;
  before: string;
  after: string;
  isChanged: boolean;
}

/** A text and what it was, with what differs marked between what both begin and end with. */
export function Pair({ name, before, after, isChanged }: PairProps) {
  const [one, other] = marked(before, after);
  return (
    <div data-step={isChanged || undefined}>
      <dt>{name}</dt>
      {isChanged ? (
        <>
          <dd data-is="removed">
            <Sign of="removed" /> {one.start}
            {one.middle && <del>{one.middle}</del>}
            {one.end}
          </dd>
          <dd data-is="added">
            <Sign of="added" /> {other.start}
            {other.middle && <ins>{other.middle}</ins>}
            {other.end}
          </dd>
        </>
      ) : (
        <dd>
          <Sign of="equal" /> {after || 'none'}
        </dd>
      )}
    </div>
  );
}
