import { useLayoutEffect, useRef } from 'preact/hooks';

/** What a key does on a page: its name for the help, and the deed. */
export interface Key {
  does: string;
  run: (event: KeyboardEvent) => void;
}

/** By how the key is pressed: `j`, `Shift+ArrowLeft`, `mod+k` (Ctrl, or ⌘ on a Mac), `g a` (one after the other). */
export type Keys = Record<string, Key>;

const SEQUENCE_MS = 1_000;
const SWITCH = 'digsite.letters';

const stack: { current: Keys }[] = [];

/**
 * Take keys for as long as the component is shown: from its first moment, so that no press is lost on what is seen. Of
 * two that take the same key, the one shown last has it.
 */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useLayoutEffect(() => {
    stack.push(latest);
    return () => void stack.splice(stack.indexOf(latest), 1);
  }, []);
}

/** All keys that are taken now. */
export function takenKeys(): Keys {
  return Object.assign({}, ...stack.map((each) => each.current)) as Keys;
}

/** Whether keys that are single letters do something: they can be switched off (WCAG 2.1.4). */
export function lettersAreOn(): boolean {
  return localStorage.getItem(SWITCH) !== 'off';
}

export function switchLetters(on: boolean): void {
  localStorage.setItem(SWITCH, on ? 'on' : 'off');
}

/** How a key is pressed, as `Keys` names it. */
export function nameOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>,
): string {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push('mod');
  if (event.altKey) parts.push('Alt');
  if (event.shiftKey && event.key.length > 1) parts.push('Shift');
  parts.push(event.key === ' ' ? 'Space' : event.key);
  return parts.join('+');
}

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);
const SPELLED: Record<string, string> = {
  mod: IS_MAC ? '⌘' : 'Ctrl',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
};

/** A key as people know it: `Ctrl+k`, `Shift+←`. */
export function spelled(name: string): string {
  return name
    .split('+')
    .map((part) => SPELLED[part] ?? part)
    .join('+');
}

/** Whether what is typed is text for a field. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}

/** Keys that a control in focus has a use for itself. */
const CONTROLS = ['Enter', 'Space'];

function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('a, button, summary, [role=menuitem]') !== null;
}

/** Listen for keys; returns how to stop. */
export function listenForKeys(): () => void {
  let before: { name: string; at: number } | null = null;
  const listener = (event: KeyboardEvent) => {
    const name = nameOf(event);
    const isPlain = !name.includes('+') && name.length === 1;
    if (event.defaultPrevented || (isTyping(event.target) && !name.startsWith('mod'))) return;
    if (isPlain && !lettersAreOn()) return;
    if (CONTROLS.includes(name) && isControl(event.target)) return;
    const sequence = before && Date.now() - before.at < SEQUENCE_MS ? `${before.name} ${name}` : null;
    const keys = takenKeys();
    const key = (sequence ? keys[sequence] : undefined) ?? keys[name];
    before = key ? null : { name, at: Date.now() };
    if (!key) return;
    event.preventDefault();
    key.run(event);
  };
  window.addEventListener('keydown', listener);
  return () => window.removeEventListener('keydown', listener);
}
