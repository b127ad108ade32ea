/** One search per service, because most Jaegers cannot search a tag over all services. */

import { briefly } from '../../jobs/gather/source-failure.ts';
import type { SourceFailure } from '../../jobs/ports.ts';

/** Requests under way at once: enough to be quick, few enough not to load a small Jaeger. */
export const WIDTH = 5;
const MOST_SERVICES = 200;
const JAEGERS_OWN = /^jaeger(?:-(?:all-in-one|query|collector|agent|ingester))?$/;

export interface SearchPlan {
  readonly services: readonly string[];
  readonly gaps: readonly string[];
}

/** Preferred services first, Jaeger's own left out, at most 200. */
export function planSearch(listed: readonly string[], preferred: readonly string[]): SearchPlan {
  const known = new Set(listed);
  const first = preferred.filter((service) => known.has(service));
  const all = [...new Set([...first, ...listed])].filter((service) => !JAEGERS_OWN.test(service));
  const gaps =
    all.length > MOST_SERVICES
      ? [
          `Only ${MOST_SERVICES} of ${all.length} services were searched; set JAEGER_SERVICES to name those that matter.`,
        ]
      : [];
  return { services: all.slice(0, MOST_SERVICES), gaps };
}

/** One sentence for all the services (or traces) that gave no answer, with the first reason. */
export function gapSentence(what: string, missing: readonly string[], of: number, failure: SourceFailure): string {
  const names = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ', …' : '');
  return `${missing.length} of ${of} ${what} (${names}): ${briefly(failure)}.`;
}
