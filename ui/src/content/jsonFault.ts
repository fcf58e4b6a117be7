/** What the browser's parser says of a text that is no JSON, with the place; null: it is JSON. */
export function jsonFault(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const said = (error as Error).message;
    const at = /position (\d+)/.exec(said)?.[1];
    const message = said.replace(/\s*\(line.*$/, '');
    return at === undefined
      ? `This begins like JSON, but is none: ${message}.`
      : placed(text, Number(at), message);
  }
}

function placed(text: string, at: number, said: string): string {
  const before = text.slice(0, at).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  return `This begins like JSON, but is none: ${said} (line ${before.length}, column ${column}).`;
}
