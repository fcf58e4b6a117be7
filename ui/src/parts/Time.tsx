import { exact, relative, sentence } from './moments';
import { useNow } from './useNow';

interface Props {
  at: string;
  /** Within a sentence: `9s ago` instead of `9s`. */
  ago?: boolean;
}

/** A moment: how long ago in the text, exact and with its zone on hover. */
export function Time({ at, ago = false }: Props) {
  const now = useNow();
  return (
    <time dateTime={at} title={exact(at)}>
      {ago ? sentence(at, now) : relative(at, now)}
    </time>
  );
}
