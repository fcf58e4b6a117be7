import type { Facts } from '../../api/schema';
import { toArtifact } from '../../shell/addresses';
import { start } from '../../start';

/** The address that always shows the version as it is shown now. */
export function permanentLink(facts: Facts): string {
  return `${location.origin}${start.root}${toArtifact(facts.id)}?at=${facts.deleted?.position ?? facts.position}`;
}
