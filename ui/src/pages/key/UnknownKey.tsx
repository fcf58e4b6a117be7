import type { ApiError } from '../../api/client';
import { Empty } from '../../parts/Empty';
import { toKey } from '../../shell/addresses';
import { useAt } from '../../shell/at';
import { Link } from '../../shell/Link';

/** Says that nothing was published under a key, and which ones are like it. */
export function UnknownKey({ error }: { error: ApiError }) {
  const at = useAt();
  const nearest = nearestOf(error.body);
  const when =
    at === null
      ? 'Nothing was published under this key'
      : 'Nothing had been published under this key by then';
  return (
    <Empty title={when}>
      {nearest.length > 0 && (
        <>
          <span>Perhaps you mean</span>
          <ul>
            {nearest.map((key) => (
              <li key={key}>
                <Link to={toKey(key)}>{key}</Link>
              </li>
            ))}
          </ul>
        </>
      )}
      <Link to="/artifacts" class="button">
        All artifacts
      </Link>
    </Empty>
  );
}

function nearestOf(body: unknown): string[] {
  const { facts } = (body ?? {}) as { facts?: { nearest?: string[] } };
  return facts?.nearest ?? [];
}
