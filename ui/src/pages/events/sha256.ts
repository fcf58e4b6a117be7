/** SHA-256 over bytes, given in hexadecimal, and a text behind them; in hexadecimal. */
export async function sha256(before: string, text: string): Promise<string> {
  const bytes = Uint8Array.from(before.match(/../g) ?? [], (each) => parseInt(each, 16));
  const all = new Uint8Array([...bytes, ...new TextEncoder().encode(text)]);
  const hash = await crypto.subtle.digest('SHA-256', all);
  return Array.from(new Uint8Array(hash), (each) => each.toString(16).padStart(2, '0')).join('');
}
