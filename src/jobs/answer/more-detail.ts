/** Sends an answer's full flow or stack trace to its thread: as messages, or as a file if it is long. */
import { errorOf } from '../../diagnosis/facts/errors.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import type { Trace } from '../../diagnosis/trace.ts';
import { type LongText, stackTraceText, wholeFlowText } from '../../formatters/answer/whole-flow.ts';
import { buildMessage } from '../../formatters/blocks/build-message.ts';
import type { DetailJob } from '../background/background-jobs.ts';
import { isAnswered, say } from '../deliver/wanted.ts';
import type { TraceSource } from '../ports.ts';
import type { QueueClient } from '../queue/queues.ts';
import { textCell } from '../queue/store-cell.ts';
import { readerAt } from '../readers.ts';
import { closeRequest } from '../register/open-requests.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { readRecord } from './record.ts';

export interface DetailTools {
  readonly client: QueueClient;
  readonly workspace: Pick<SlackWorkspace, 'channel' | 'isMember' | 'upload'>;
  /** Runs `textOfDetail`, possibly in another process. */
  textOfDetail(request: DetailRequest, signal: AbortSignal): Promise<LongText | null>;
}

export interface DetailRequest {
  readonly what: DetailJob['what'];
  readonly diagnosis: Diagnosis;
}

const UPLOADED = textCell<Pick<DetailJob, 'what' | 'answerId'>>({
  key: ({ what, answerId }) => `uploaded:${what}-${answerId}`,
  ttlMs: 7 * 24 * 3_600_000,
});

/** Sends each detail of an answer once, however often it is requested. */
export async function sendDetail(request: DetailJob, tools: DetailTools, signal: AbortSignal): Promise<void> {
  const { what, answerId, place } = request;
  const { client } = tools;
  const record = await readRecord({ store: client.store, workspace: tools.workspace }, answerId, readerAt(place));
  const address = { requestId: `${what}-${answerId}`, place };
  if (record === null) {
    await closeRequest(client.store, address);
    return;
  }
  const long = await tools.textOfDetail({ what, diagnosis: record.diagnosis }, signal);
  if (long === null) {
    const sorry = buildMessage(['The trace no longer has the stack trace, or Jaeger isn’t responding.']);
    await say(client, address, { summary: sorry, thread: [] });
  } else if (long.answer !== null) {
    await say(client, address, long.answer);
  } else {
    await uploadOnce(request, long, tools);
  }
}

async function uploadOnce({ what, answerId, place }: DetailJob, long: LongText, tools: DetailTools): Promise<void> {
  const { store } = tools.client;
  const address = { requestId: `${what}-${answerId}`, place };
  if (!(await UPLOADED.setIfAbsent(store, { what, answerId }, 'yes'))) {
    await closeRequest(store, address);
    return;
  }
  const isDone = await tools.workspace.upload(place, { name: long.fileName, title: long.title, text: long.text });
  if (isDone) {
    // The reply to an earlier request may still say that the upload failed.
    if (await isAnswered(store, address.requestId))
      return say(tools.client, address, {
        summary: buildMessage([`${long.title}: see the file.`]),
        thread: [],
      });
    await closeRequest(store, address);
    return;
  }
  await UPLOADED.delete(store, { what, answerId });
  const sorry = buildMessage([
    `It has ${long.text.split('\n').length} lines, and Slack doesn’t allow file uploads here.`,
  ]);
  await say(tools.client, address, { summary: sorry, thread: [] });
}

/** The whole flow, or the stack trace of the culprit or else of the first span that has one; null when there is none. */
export async function textOfDetail(
  { what, diagnosis }: DetailRequest,
  { traces, redact }: { readonly traces: Pick<TraceSource, 'getTrace'>; readonly redact: readonly RegExp[] },
  signal: AbortSignal,
): Promise<LongText | null> {
  if (what === 'flow') return wholeFlowText(diagnosis);
  const culprit = diagnosis.primary?.culprit ?? null;
  const ids = [culprit?.traceId, ...diagnosis.traces.map(({ traceId }) => traceId)].filter((id) => id !== undefined);
  for (const traceId of new Set(ids)) {
    const answer = await traces.getTrace(traceId, signal);
    const stack = answer.kind === 'traces' ? stackIn(answer.traces, culprit?.spanId) : null;
    if (stack !== null) return stackTraceText(stack, diagnosis, redact);
  }
  return null;
}

function stackIn(traces: readonly Trace[], spanId: string | undefined): string | null {
  const spans = traces.flatMap((trace) => trace.spans);
  const inOrder = [...spans.filter((span) => span.spanId === spanId), ...spans];
  for (const span of inOrder) {
    const stack = errorOf(span)?.stack ?? null;
    if (stack !== null) return stack;
  }
  return null;
}
