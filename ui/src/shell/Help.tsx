import { useState } from 'preact/hooks';

import { Dialog } from './Dialog';
import { lettersAreOn, spelled, switchLetters, takenKeys } from './keys';
import styles from './Help.module.css';

/** The keys of this page. */
export function Help({ close }: { close: () => void }) {
  const [letters, setLetters] = useState(lettersAreOn);
  return (
    <Dialog label="Keyboard" close={close}>
      <h2>Keyboard</h2>
      <dl class={styles.keys}>
        {deeds().map(([does, names]) => (
          <div key={does}>
            <dt>
              {names
                .flatMap((name) => name.split(' '))
                .map((each) => (
                  <kbd key={each}>{spelled(each)}</kbd>
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

/** What is done, each with the keys that do it. */
function deeds(): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const [name, { does }] of Object.entries(takenKeys())) {
    found.set(does, [...(found.get(does) ?? []), name]);
  }
  return [...found];
}
