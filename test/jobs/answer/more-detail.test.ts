import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/diagnosis/finding.ts';
import { type DetailTools, sendDetail, textOfDetail } from '../../../src/jobs/answer/more-detail.ts';
import { saveRecord } from '../../../src/jobs/answer/record.ts';
import { readWanted } from '../../../src/jobs/deliver/wanted.ts';
import type { Store } from '../../../src/jobs/ports.ts';
import { ALL_PUBLIC } from '../public-channels.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';
import { answerOf, diagnosisSaying, placeIn } from './question-set.ts';

const PLACE = placeIn('C0OPS', { threadTs: '1700000000.000001' });
const FLOW: Diagnosis['flow'] = Array.from({ length: 1000 }, (_, i) => ({
  service: 'ktrdr-backend',
  operation: `step ${i}`,
  spanId: `span-${i}`,
  traceId: 'trace',
  startMs: i,
  durationMs: 1,
  selfMs: 1,
  onCriticalPath: true,
  error: false,
  depth: 0,
  note: '',
}));

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))(
  'a flow that is too long for messages ($kind)',
  ({ open }) => {
    let queue: TestQueue;
    let store: Store;
    let answerId: string;
    let answers = 0;
    let uploads: string[];
    beforeAll(async () => {
      queue = await open(pino({ level: 'silent' }));
      store = queue.backend.front.store;
    });
    beforeEach(async () => {
      answers += 1;
      answerId = `answer-${answers}`;
      uploads = [];
      const diagnosis = { ...diagnosisSaying('It completed.'), flow: FLOW };
      await saveRecord(store, answerId, {
        origin: PLACE,
        answer: answerOf('It completed.'),
        diagnosis,
        symptom: null,
      });
    });
    afterAll(() => queue.remove());

    async function send(takesFiles: boolean): Promise<void> {
      const workspace: DetailTools['workspace'] = {
        ...ALL_PUBLIC,
        async upload(_target, { name }) {
          uploads.push(name);
          return takesFiles;
        },
      };
      const traces = { getTrace: () => Promise.reject(new Error('the flow needs no trace')) };
      const textOf: DetailTools['textOfDetail'] = (wanted, signal) =>
        textOfDetail(wanted, { traces, redact: [] }, signal);
      const request = { kind: 'detail', what: 'flow', answerId, place: PLACE } as const;
      const tools = { client: queue.backend.back, workspace, textOfDetail: textOf };
      await sendDetail(request, tools, AbortSignal.timeout(60_000));
    }
    async function message(): Promise<string | undefined> {
      const wanted = await readWanted(store, `flow-${answerId}`);
      return wanted?.answer.summary.text;
    }

    it('is uploaded once', async () => {
      await send(true);
      await send(true);
      expect(uploads).toEqual(['execution-flow.txt']);
      expect(await message()).toBeUndefined();
    });

    it('is uploaded again after an upload failed, and the message about it is replaced', async () => {
      await send(false);
      expect(await message()).toContain('doesn’t allow file uploads');
      await send(true);
      expect(uploads).toHaveLength(2);
      expect(await message()).toContain('see the file');
    });
  },
);
