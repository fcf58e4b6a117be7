import { Link as WouterLink } from 'wouter-preact';
import type { HTMLAttributes } from 'preact';

import { keepingAt, useAt } from './at';

type Props = Omit<HTMLAttributes<HTMLAnchorElement>, 'href'> & { to: string };

/** A link to a page of ours, at the same moment as this one. */
export function Link({ to, ...rest }: Props) {
  return <WouterLink {...(rest as object)} href={keepingAt(to, useAt())} />;
}
