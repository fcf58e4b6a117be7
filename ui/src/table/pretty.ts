/** JSON on several lines, each number as it was sent. */

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g;
const INDENT = '  ';

export function pretty(json: string): string {
  let [text, depth, before] = ['', 0, ''];
  for (const [token] of json.matchAll(TOKEN)) {
    const closes = token === '}' || token === ']';
    const isEmpty = closes && (before === '{' || before === '[');
    if (closes) depth--;
    const breaks = !isEmpty && (closes || '{[,'.includes(before)) && before !== '';
    text += (breaks ? `\n${INDENT.repeat(depth)}` : '') + token + (token === ':' ? ' ' : '');
    if (token === '{' || token === '[') depth++;
    before = token;
  }
  return text;
}
