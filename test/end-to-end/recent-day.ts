/** Recordings as if they were of yesterday or today: digests and searches look at the time that it is now. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RecordedJaeger, startRecordedJaeger } from '@ktrdr-bot/local-slack';
import { incidentNamed } from '../support/incident-named.ts';

const DAY_MS = 86_400_000;
/** Whole days, so that ids still tell the time of their operation. */
const SHIFT_DAYS = Math.floor((Date.now() - Date.parse('2026-11-23T08:00:00Z')) / DAY_MS);

/** The text with its ids and times moved. */
export function lately(recorded: string): string {
  const day = new Date(Date.parse('2026-11-23T00:00:00Z') + SHIFT_DAYS * DAY_MS).toISOString().slice(0, 10);
  return recorded
    .replaceAll('20261123_', `${day.replaceAll('-', '')}_`)
    .replaceAll(/"(\d{19})"/g, (_all, ns: string) => `"${BigInt(ns) + BigInt(SHIFT_DAYS * DAY_MS) * 1_000_000n}"`);
}

/** Knows the incidents of these names. */
export async function startRecentJaeger(names: readonly string[]): Promise<RecordedJaeger> {
  const documents = names.map((name) => readFileSync(join(incidentNamed(name).dir, 'v3.json'), 'utf8'));
  return startRecordedJaeger({ version: '2.20', traces: documents.map((text) => JSON.parse(lately(text))) });
}
