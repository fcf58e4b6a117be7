/** The parts of a text, by turns: not what is searched for, what is, not, ... */
export function marked(text: string, needle: string): string[] {
  const lower = text.toLowerCase();
  const sought = needle.toLowerCase();
  if (sought === '' || lower.length !== text.length) return [text];
  const parts: string[] = [];
  let from = 0;
  for (let at = lower.indexOf(sought); at !== -1; at = lower.indexOf(sought, from)) {
    parts.push(text.slice(from, at), text.slice(at, at + sought.length));
    from = at + sought.length;
  }
  return [...parts, text.slice(from)];
}
