/** The services of ktrdr by name. Deployments add a prefix or a suffix, and every start of a worker creates a new name. */
import { BACKEND_SERVICE, isKtrdrsService } from './operations.ts';

const BACKEND = /(?<![a-z])(?:api|backend)(?![a-z])/i;
/** Words in the names of services that work on an operation, by the beginning of its type. */
const WORKS_ON: Readonly<Record<string, RegExp>> = {
  training: /train/i,
  backtest: /backtest/i,
  data: /(?<![a-z])(?:ib|data)(?![a-z])/i,
  agent: /agent|design|assess|train|backtest/i,
};

/**
 * The services that most likely know an operation of the type come first: the backend, the services that work on such operations, the rest
 * of ktrdr, everything else. Jaeger lists services in any order, so equals are in the order of their names.
 */
export function byRelevance(services: readonly string[], type: string | null): readonly string[] {
  const rank = new Map(services.map((service) => [service, rankOf(service, type)]));
  const rankIn = (service: string) => rank.get(service) ?? LAST_RANK;
  return services.toSorted((a, b) => rankIn(a) - rankIn(b) || (a < b ? -1 : a > b ? 1 : 0));
}

const LAST_RANK = 4;

function rankOf(service: string, type: string | null): number {
  if (service === BACKEND_SERVICE) return 0;
  if (!isKtrdrsService(service)) return LAST_RANK;
  if (BACKEND.test(service)) return 1;
  return type !== null && fits(service, type) ? 2 : 3;
}

function fits(service: string, type: string): boolean {
  return Object.entries(WORKS_ON).some(([start, words]) => type.startsWith(start) && words.test(service));
}

/** Whether the service is a worker of ktrdr for operations of another type. */
export function worksOnOthers(service: string, type: string | null): boolean {
  if (type === null || !/^(?:training|backtest|data)/.test(type) || !isKtrdrsService(service)) return false;
  return /(?:train|backtest)[a-z]*-worker/i.test(service) && !fits(service, type);
}

const MOST_LIKE = 10;

/** At most ten of the listed services that are `service` under a deployment's own name; `service` itself when no list is known. */
export function servicesLike(service: string, listed: readonly string[] | null): readonly string[] {
  if (listed === null || listed.length === 0) return [service];
  const isLike = (name: string) =>
    service === BACKEND_SERVICE ? rankOf(name, null) <= 1 : name.toLowerCase().includes(service.toLowerCase());
  return listed
    .filter(isLike)
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
    .slice(0, MOST_LIKE);
}
