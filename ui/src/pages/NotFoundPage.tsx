import { useLocation } from 'wouter-preact';

import { Empty } from '../parts/Empty';
import { Link } from '../shell/Link';
import { useTitle } from '../shell/useTitle';

export function NotFoundPage() {
  const [path] = useLocation();
  useTitle('Not found');
  return (
    <>
      <h1>Nothing is here</h1>
      <Empty title={path}>
        <p>This address belongs to no page.</p>
        <Link to="/artifacts">All artifacts</Link>
      </Empty>
    </>
  );
}
