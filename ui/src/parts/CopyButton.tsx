import { Copy } from 'lucide-preact';

import { useToast } from '../shell/toasts';

/** Copies a text. */
export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const toast = useToast();
  const copy = () =>
    void navigator.clipboard.writeText(text).then(
      () => toast('Copied.'),
      () => toast('The browser did not let the text be copied.'),
    );
  return (
    <button type="button" onClick={copy}>
      <Copy size={14} aria-hidden /> {label}
    </button>
  );
}
