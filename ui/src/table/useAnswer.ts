import { useEffect, useState } from 'preact/hooks';

import type { Call, Calls } from './protocol';
import type { RemoteTable } from './remote';

/** What the worker answers; undefined: it has not answered yet. */
export function useAnswer<C extends Call>(
  remote: RemoteTable,
  call: C,
  asked: Calls[C]['asked'],
): Calls[C]['answer'] | undefined {
  const [answer, setAnswer] = useState<Calls[C]['answer']>();
  const text = JSON.stringify(asked);
  useEffect(() => {
    let isLeft = false;
    setAnswer(undefined);
    void remote.ask(call, JSON.parse(text) as Calls[C]['asked']).then((found) => {
      if (!isLeft) setAnswer(() => found);
    });
    return () => {
      isLeft = true;
    };
  }, [remote, call, text]);
  return answer;
}
