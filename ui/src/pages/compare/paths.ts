/** The steps of a JSON Pointer (RFC 6901); the whole value is one step. */
export function steps(pointer: string): string[] {
  if (pointer === '') return ['the whole'];
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
