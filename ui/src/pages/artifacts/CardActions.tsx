import type { Card } from '../../api/schema';
import { toArtifact, toCompare, toFlowRun } from '../../shell/addresses';
import { useAt, keepingAt } from '../../shell/at';
import { Dialog } from '../../shell/Dialog';
import { useToast } from '../../shell/toasts';
import { useGo } from '../../shell/useGo';
import { start } from '../../start';
import { addressOf } from './listing';
import styles from './CardActions.module.css';

interface Props {
  card: Card;
  close: () => void;
  peek: () => void;
}

/** What can be done with a row. */
export function CardActions({ card, close, peek }: Props) {
  const go = useGo();
  const at = useAt();
  const toast = useToast();
  const copy = (text: string) =>
    void navigator.clipboard.writeText(text).then(
      () => toast('Copied.'),
      () => toast('The browser did not let the text be copied.'),
    );
  const { key, number, flow_run_id: run } = card;
  const actions: [string, () => void][] = [
    ['Open', () => go(addressOf(card))],
    ['Peek', peek],
    ['Open this version', () => go(toArtifact(card.artifact_id))],
    ['Copy link', () => copy(location.origin + start.root + keepingAt(addressOf(card), at))],
    [key === null ? 'Copy id' : 'Copy key', () => copy(key ?? card.artifact_id)],
  ];
  if (key !== null && number > 1) {
    actions.push(['Compare with the version before', () => go(toCompare(key, number - 1, number))]);
  }
  if (run) actions.push(['Open the run that wrote it', () => go(toFlowRun(run))]);
  return (
    <Dialog label={`Actions for ${key ?? card.artifact_id}`} close={close}>
      <ul class={styles.actions}>
        {actions.map(([label, run], index) => (
          <li key={label}>
            <button
              type="button"
              class="quiet"
              autoFocus={index === 0}
              onClick={() => {
                close();
                run();
              }}
            >
              {label}
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
