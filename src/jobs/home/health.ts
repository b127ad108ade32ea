/** What the bot needs, asked just now. */
import type { SourceReport } from '../../diagnosis/case.ts';
import type { BotStatus } from '../../formatters/reports/status.ts';
import type { QueueBackend } from '../queue/queues.ts';

export interface HealthSources {
  readonly backend: Pick<QueueBackend, 'health' | 'kind'>;
  /** What the sources answer now. */
  probe(signal: AbortSignal): Promise<readonly SourceReport[]>;
}

/** A person waits three seconds for an answer. */
const PROBE_MS = 1500;

export async function readHealth({ backend, probe }: HealthSources): Promise<Pick<BotStatus, 'queue' | 'sources'>> {
  const [health, sources] = await Promise.all([backend.health(), probe(AbortSignal.timeout(PROBE_MS))]);
  const open = Object.entries(health.queues).map(([name, counts]) => [name, openJobs(counts)] as const);
  return { queue: { kind: backend.kind, problems: health.problems, open: Object.fromEntries(open) }, sources };
}

function openJobs(counts: Readonly<Record<string, number>>): number {
  return ['waiting', 'active', 'delayed', 'prioritized'].reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}
