/** The way from the text of an answer to the diagnosis, as `diagnose --file` goes it. */
import { readTraceDocument } from '../../dist/adapters/jaeger/read.js';
import { diagnose } from '../../dist/diagnosis/diagnose.js';
import { subjectOf } from '../../dist/diagnosis/vocabulary/subject.js';
import { caseFromDocuments } from '../../dist/jobs/gather/documents.js';

const OPERATION_ID = 'op_training_20261123_062532_bbe792eb';
const NOW = Date.parse('2026-11-23T12:00:00Z') * 1000;

export function caseIn(text) {
  const document = readTraceDocument(text);
  if (document.kind !== 'traces') throw new Error(`This is not a trace: it looks like ${document.looksLike}.`);
  const documents = { traces: document.traces, operation: null, workers: null, detail: '', remarks: [] };
  return caseFromDocuments(subjectOf(OPERATION_ID), null, NOW, documents);
}

export function diagnoseCase(kase) {
  const diagnosis = diagnose(kase, { deployment: 'local', apiUrl: null });
  if (diagnosis.verdict !== 'explained') throw new Error(`The verdict is ${diagnosis.verdict}.`);
  return diagnosis;
}

export function diagnoseText(text) {
  return diagnoseCase(caseIn(text));
}
