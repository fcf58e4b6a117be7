import { useQueryClient } from '@tanstack/react-query';
import { useRef } from 'preact/hooks';
import { KeyRound } from 'lucide-preact';

import { keepToken } from '../api/token';
import styles from './Notice.module.css';

/** Asks for credentials, in the place of what they are needed for. */
export function TokenField() {
  const field = useRef<HTMLInputElement>(null);
  const client = useQueryClient();
  const keep = (event: SubmitEvent) => {
    event.preventDefault();
    keepToken(field.current?.value ?? '');
    void client.resetQueries();
  };
  return (
    <form class={styles.notice} onSubmit={keep}>
      <KeyRound size={18} aria-hidden />
      <label class={styles.asked}>
        <p>This server asks who you are. Give an API key, or user:password.</p>
        <input ref={field} type="password" autoComplete="current-password" required />
      </label>
      <button type="submit" class="primary">
        Go on
      </button>
    </form>
  );
}
