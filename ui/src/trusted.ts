/** The page's one Trusted Types policy: the only way in which text becomes HTML, or the address of a worker. */
interface Policy {
  createHTML(text: string): string;
  createScriptURL(address: string): string;
}

interface Factory {
  createPolicy(name: string, rules: Policy): Policy;
}

const rules: Policy = { createHTML: (text) => text, createScriptURL: ownAddress };

/** Where the browser knows no Trusted Types, the rules alone. */
export const policy = (window as { trustedTypes?: Factory }).trustedTypes?.createPolicy('ui', rules) ?? rules;

function ownAddress(address: string): string {
  if (new URL(address, location.href).origin !== location.origin) {
    throw new TypeError(`${address} is no script of this page.`);
  }
  return address;
}
