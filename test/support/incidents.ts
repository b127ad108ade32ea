import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readTraceDocument } from '../../src/adapters/jaeger/read.ts';
import { readOperationAnswer, readWorkers } from '../../src/adapters/ktrdr/read.ts';
import type { Case, Subject } from '../../src/diagnosis/case.ts';
import { micros } from '../../src/diagnosis/trace.ts';
import { subjectOf } from '../../src/diagnosis/vocabulary/subject.ts';
import { caseFromDocuments } from '../../src/jobs/gather/documents.ts';

/** What a recorded incident's `case.json` says; explained in `fixtures/README.md`. */
interface Expectation {
  readonly ask?: string;
  readonly operationId: string | null;
  readonly causes: readonly string[];
  /** Accepted when the ktrdr API is not asked. */
  readonly tracesOnly?: readonly string[];
  /** Accepted when earlier operations can be searched. */
  readonly withBaseline?: readonly string[];
  readonly must: readonly string[];
  /** Words that headline, explanation and fixes of the first cause must not contain. */
  readonly mustNot?: readonly string[];
  readonly notCertain?: boolean;
  readonly healthy?: boolean;
  readonly now?: string;
  readonly statusCode?: number | null;
}

export interface Incident {
  readonly name: string;
  readonly dir: string;
  readonly expected: Expectation;
}

export type Dialect = 'legacy' | 'v3';

export function incidentsIn(root: string): readonly Incident[] {
  const found: Incident[] = [];
  const waiting = [root];
  for (let dir = waiting.pop(); dir !== undefined; dir = waiting.pop()) {
    for (const entry of readdirSync(dir)) {
      const path = join(dir, entry);
      if (entry === 'case.json')
        found.push({ name: relative(root, dir), dir, expected: JSON.parse(readFileSync(path, 'utf8')) });
      else if (statSync(path).isDirectory()) waiting.push(path);
    }
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export const FIXTURES = new URL('../../fixtures/', import.meta.url).pathname;

/** The incident as the bot would gather it, from its saved answers. */
export function caseOf(incident: Incident, dialect: Dialect, options: { readonly api: boolean }): Case {
  const { expected, dir } = incident;
  const saved = join(dir, 'saved.json');
  if (existsSync(saved)) {
    const whole: Case = JSON.parse(readFileSync(saved, 'utf8'));
    return options.api ? whole : { ...whole, operation: null, operationLater: null, workers: null };
  }
  const now = micros(expected.now === undefined ? LONG_AFTER : Date.parse(expected.now) * 1000);
  const read = (name: string) => {
    const path = [join(dir, name), join(dir, 'ktrdr-api', name)].find((candidate) => existsSync(candidate));
    return path === undefined ? null : JSON.parse(readFileSync(path, 'utf8'));
  };
  const traces = traceFiles(dir, dialect).flatMap((path) => {
    const document = readTraceDocument(readFileSync(path, 'utf8'));
    if (document.kind !== 'traces') throw new Error(`${path} is not a trace but ${document.looksLike}`);
    return document.traces;
  });
  return caseFromDocuments(subjectIn(incident), null, now, {
    traces,
    operation: options.api ? readOperationAnswer(read('operation.json'), expected.statusCode ?? null, now) : null,
    workers: options.api ? readWorkers(read('workers.json')) : null,
    detail: 'recorded answers',
    remarks: [],
  });
}

export function acceptedCauses({ expected }: Incident, options: { readonly api: boolean }): readonly string[] {
  return options.api ? expected.causes : (expected.tracesOnly ?? expected.causes);
}

/** One document with all traces as in `fixtures/`, or one for each trace below `jaeger/`. */
function traceFiles(dir: string, dialect: Dialect): readonly string[] {
  const whole = join(dir, `${dialect}.json`);
  if (existsSync(whole)) return [whole];
  const folder = join(dir, 'jaeger', dialect);
  return readdirSync(folder).map((file) => join(folder, file));
}

function subjectIn(incident: Incident): Subject {
  const subject = subjectOf(incident.expected.ask ?? incident.expected.operationId ?? '');
  if (subject === null) throw new Error(`${incident.name}: case.json names nothing to ask for`);
  return subject;
}

/** Incidents in the runbook's vocabulary do not say when they were asked about; it was after they had ended. */
const LONG_AFTER = Date.parse('2026-11-24T12:00:00Z') * 1000;
