import { useState } from 'preact/hooks';

import { Dialog } from './Dialog';
import { lettersAreOn, switchLetters, takenKeys } from './keys';
import styles from './Help.module.css';

/** The keys of this page. */
export function Help({ close }: { close: () => void }) {
  const [letters, setLetters] = useState(lettersAreOn);
  return (
    <Dialog label="Keyboard" close={close}>
      <h2>Keyboard</h2>
      <dl class={styles.keys}>
        {Object.entries(takenKeys()).map(([name, { does }]) => (
          <div key={name}>
            <dt>
              {name.split(' ').map((each) => (
                <kbd key={each}>{shown(each)}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label>
        <input
          type="checkbox"
          checked={letters}
          onChange={(event) => {
            switchLetters(event.currentTarget.checked);
            setLetters(event.currentTarget.checked);
          }}
        />{' '}
        Single letters do something
      </label>
    </Dialog>
  );
}

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);

function shown(name: string): string {
  return name
    .replace('mod', IS_MAC ? '⌘' : 'Ctrl')
    .replace('ArrowLeft', '←')
    .replace('ArrowRight', '→');
}
