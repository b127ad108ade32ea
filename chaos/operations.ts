/** Operations to ask for: the recorded ones whose answer has every part, each under as many ids as are wanted. */
import { acceptedCauses, FIXTURES, incidentsIn } from '../test/support/incidents.ts';
import type { Random } from './random.ts';

const DIGITS = 4;

/** Answers that name no cause have fewer parts. */
const WITHOUT_CAUSE: ReadonlySet<string> = new Set(['healthy', 'running', 'nothing-found']);

const EXPLAINED = incidentsIn(FIXTURES).filter(
  (incident) =>
    incident.expected.operationId !== null &&
    incident.expected.healthy !== true &&
    !acceptedCauses(incident, { api: false }).some((cause) => WITHOUT_CAUSE.has(cause)),
);

/** For the recorded Jaeger, which knows each operation under any last four digits. */
export const INCIDENT_DIRS = EXPLAINED.map(({ dir }) => dir);

/** Ids that are never given twice. */
export function createOperations(random: Random): () => string {
  const ids = random.shuffled(EXPLAINED.map(({ expected }) => expected.operationId ?? ''));
  const first = Math.floor(random.between(0, 0x8000));
  let count = 0;
  return () => {
    const id = ids[count % ids.length] ?? '';
    const digits = (first + Math.floor(count / ids.length)).toString(16).padStart(DIGITS, '0');
    count += 1;
    return id.slice(0, -DIGITS) + digits;
  };
}
