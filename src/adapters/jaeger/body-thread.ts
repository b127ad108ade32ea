/** Entry of the thread that reads one large answer; it posts everything and ends. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { readTraceBody } from './answer.ts';
import type { Portion } from './body.ts';

const PORTION_SPANS = 500;

interface Task {
  readonly bytes: Uint8Array;
  readonly port: MessagePort;
}

function run({ bytes, port }: Task): void {
  const answer = readTraceBody(Buffer.from(bytes.buffer).toString('utf8'));
  const post = (portion: Portion): void => port.postMessage(portion);
  if (answer.kind !== 'traces') {
    post({ answer });
    return;
  }
  post({ answer: { ...answer, traces: answer.traces.map((trace) => ({ ...trace, spans: [] })) } });
  for (const [trace, { spans }] of answer.traces.entries()) {
    for (let from = 0; from < spans.length; from += PORTION_SPANS) {
      post({ trace, spans: spans.slice(from, from + PORTION_SPANS) });
    }
  }
}

run(workerData);
