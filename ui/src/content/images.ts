/** Whether images that lie elsewhere are loaded only when they are asked for: loading them tells others who looks. */
const NAME = 'digsite.images';

export function asksForImages(): boolean {
  return localStorage.getItem(NAME) === 'ask';
}

export function askForImages(asks: boolean): void {
  localStorage.setItem(NAME, asks ? 'ask' : 'load');
}

/** What the address of an image is: the image itself, a place elsewhere, or no address of an image at all. */
export type ImageAddress = { is: 'inside' } | { is: 'elsewhere'; host: string } | { is: 'none'; why: string };

const INSIDE = /^data:image\//i;

export function imageAddress(text: string, base = location.href): ImageAddress {
  if (INSIDE.test(text)) return { is: 'inside' };
  if (text.trim() === '') return { is: 'none', why: 'It has no address.' };
  let url: URL;
  try {
    url = new URL(text, base);
  } catch {
    return { is: 'none', why: 'This is no address.' };
  }
  if (!['http:', 'https:'].includes(url.protocol)) {
    return { is: 'none', why: `A page shows no image from an address that begins with ${url.protocol}` };
  }
  return { is: 'elsewhere', host: url.host };
}

/** Why an image is not to be seen, as far as a page can tell. */
export function whyBroken(address: ImageAddress): string {
  if (address.is === 'none') return address.why;
  if (address.is === 'inside') return 'What its address holds is no image that this browser can read.';
  if (!navigator.onLine) return 'This browser is offline.';
  return `${address.host} does not answer, does not let it be seen, or what is there is no image.`;
}
