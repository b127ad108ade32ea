import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readTraceBody } from '../../src/adapters/jaeger/answer.ts';
import { readTraceDocument } from '../../src/adapters/jaeger/read.ts';
import { readOperationAnswer, readWorkers } from '../../src/adapters/ktrdr/read.ts';
import type { Case, Subject } from '../../src/diagnosis/case.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { micros } from '../../src/diagnosis/trace.ts';
import { traceViewOf } from '../../src/diagnosis/trace-view.ts';
import { subjectOf } from '../../src/diagnosis/vocabulary/subject.ts';
import { EXAMPLE_ID } from '../../src/diagnosis/vocabulary/typed-ids.ts';
import { formatAnswer } from '../../src/formatters/answer/answer.ts';
import { cleanDiagnosis } from '../../src/formatters/clean.ts';
import { formatHtml } from '../../src/formatters/html/page.ts';
import { formatText } from '../../src/formatters/terminal/text.ts';
import { caseFromDocuments } from '../../src/jobs/gather/documents.ts';
import { describeFailure } from '../../src/jobs/gather/source-failure.ts';
import { operationsMentionedIn } from '../../src/jobs/gather/traces.ts';
import { parseJson } from '../../src/language/json.ts';
import { mutatedTexts } from '../mutate.ts';
import { inMemory, type Reader } from '../reader.ts';

const FIXTURES = new URL('../../fixtures/', import.meta.url).pathname;
const LARGEST_BYTES = 60_000;
const NOW = micros(Date.parse('2026-01-09T07:00:00Z') * 1000);

/** The recorded files of one name, parsed. */
export function recorded(name: string): readonly unknown[] {
  return readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(`/${name}`) && statSync(join(FIXTURES, path)).size < LARGEST_BYTES)
    .sort()
    .map((path): unknown => JSON.parse(readFileSync(join(FIXTURES, path), 'utf8')));
}

/** All that people could see of a diagnosis. */
function shown(kase: Case): readonly string[] {
  const said = diagnose(kase, { deployment: 'local', apiUrl: null });
  const links = { jaegerUrl: 'http://localhost:16686', grafanaUrl: null };
  const { now, subject, symptom } = kase;
  const answer = formatAnswer(said, { ...links, jaegerPublicUrl: links.jaegerUrl, redact: [], subject, symptom, now });
  return [
    JSON.stringify(cleanDiagnosis(said)),
    formatText(said, { ...links, width: 100, colour: false, redact: [], now }),
    formatHtml(said, { ...links, redact: [], now, view: traceViewOf(kase, new Set()) }),
    JSON.stringify(answer),
  ];
}

function isId(text: string): boolean {
  const subject = subjectOf(text);
  return subject?.kind === 'operation' && subject.operationId === text;
}

function readText(text: string): readonly string[] {
  const document = readTraceDocument(text);
  const body = readTraceBody(text);
  if (body.kind === 'error')
    describeFailure('Jaeger', { code: 'refused', host: 'x', httpStatus: 500, reason: body.message });
  if (document.kind !== 'traces') return [];
  const { traces, warnings } = document;
  // Questions are typed, pasted, or clicked, so they name what may be an id.
  const operationId = operationsMentionedIn(traces).find(isId);
  const traceId = traces[0]?.traceId ?? '0'.repeat(32);
  const subjects: readonly Subject[] = [
    operationId === undefined ? { kind: 'last', type: null } : { kind: 'operation', operationId },
    { kind: 'trace', traceId },
  ];
  return subjects.flatMap((subject) =>
    shown(
      caseFromDocuments(subject, null, NOW, { traces, operation: null, workers: null, detail: 'x', remarks: warnings }),
    ),
  );
}

function reader(name: string, about: string, documents: () => readonly unknown[]): Reader {
  return { name, about, open: async () => inMemory(mutatedTexts(documents()), (text) => readText(String(text))) };
}

/** Bare OTLP, as collectors write it, out of an answer of Jaeger's v3 API. */
function otlpOf(answer: unknown): unknown {
  const { result } = { result: answer, ...(typeof answer === 'object' ? answer : {}) };
  return result;
}

export const JAEGER = reader('jaeger', 'answers of Jaeger in its own JSON', () => recorded('legacy.json'));
export const JAEGER_V3 = reader('jaeger-v3', 'answers of Jaeger’s v3 API', () => recorded('v3.json'));
export const OTLP = reader('otlp', 'OTLP JSON, bare or several documents', () =>
  recorded('v3.json').flatMap((answer) => [otlpOf(answer), [otlpOf(answer), answer]]),
);

export const KTRDR: Reader = {
  name: 'ktrdr',
  about: 'operations and workers of the ktrdr API',
  async open() {
    const document = readTraceDocument(recorded('legacy.json')[0]);
    const traces = document.kind === 'traces' ? document.traces : [];
    const documents = [...recorded('operation.json'), ...recorded('workers.json')];
    return inMemory(mutatedTexts(documents), (text) => {
      const json = parseJson(String(text));
      const operation = readOperationAnswer(json, 200, NOW);
      const asked = operation?.kind === 'record' ? operation.record.operationId : '';
      const operationId = isId(asked) ? asked : EXAMPLE_ID;
      const [workers, detail] = [readWorkers(json), 'x'];
      return shown(
        caseFromDocuments({ kind: 'operation', operationId }, null, NOW, {
          traces,
          operation,
          workers,
          detail,
          remarks: [],
        }),
      );
    });
  },
};
