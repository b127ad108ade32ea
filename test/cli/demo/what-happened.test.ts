/** The steps of an answer are those of its request, also when several are answered at once. */
import { describe, expect, it } from 'vitest';
import type { BotEvent } from '../../../src/cli/demo/bot-events.ts';
import { whatHappened } from '../../../src/cli/demo/what-happened.ts';

const metadata = (id: string) => ({ event_type: 'ktrdr_bot', event_payload: { request_id: id, slot: 'summary' } });

function eventsOf(id: string, run: string, key: string): readonly BotEvent[] {
  const audit = { kind: 'command', entry: '/ktrdr diagnose', outcome: 'queued', requestIds: [id] };
  return [
    { kind: 'logged', at: 1, fields: { audit, msg: 'request' } },
    { kind: 'begun', at: 2, run, key },
    { kind: 'asked', at: 3, run, server: 'Jaeger', ms: 4, request: `GET /api/v3/traces?q=%7B${run}%7D`, status: 200 },
    { kind: 'asked', at: 4, run, server: 'ktrdr', ms: 1, request: `GET /${run}`, status: null },
    {
      kind: 'concluded',
      at: 8,
      run,
      verdict: 'explained',
      causes: [`worker-lost/${run} (likely)`, 'slow (possible)'],
      notChecked: ['ib-gateway'],
      analysisMs: 1.26,
    },
    { kind: 'logged', at: 9, fields: { msg: 'diagnosed', key, requestIds: [id] } },
    { kind: 'logged', at: 12, fields: { msg: 'answered', requestId: id } },
  ];
}

/** A call as Slack's client makes it: a form, with JSON in it. */
function called(method: string, args: Readonly<Record<string, string>>, answer = {}) {
  return { method, args, answer, teamId: null, at: 10, status: 200, warnings: [], fault: null };
}

const journal = ['R-1', 'R-2'].flatMap((id) => [
  called('chat.postMessage', { metadata: JSON.stringify(metadata(id)), blocks: '[]' }),
  called('files.getUploadURLExternal', { filename: 'trace.png' }, { ok: true, file_id: `F${id.at(-1)}` }),
  called('chat.update', {
    metadata: JSON.stringify(metadata(id)),
    blocks: JSON.stringify([{ type: 'image', slack_file: { id: `F${id.at(-1)}` } }]),
  }),
]);

describe('what just happened', () => {
  const events = [...eventsOf('R-1', 'one', 'k1'), ...eventsOf('R-2', 'two', 'k2')].toSorted((a, b) => a.at - b.at);

  it.each([
    ['R-1', 'one', 'two'],
    ['R-2', 'two', 'one'],
  ])('of %s is told of no other', (id, own, other) => {
    const steps = whatHappened({ metadata: metadata(id) }, journal, events);
    expect(steps.map(({ part, at, text }) => `${at} ${part}: ${text}`)).toEqual([
      '1 Handler: command /ktrdr diagnose: queued',
      '2 Queue: A worker took the job',
      `3 Jaeger: GET /api/v3/traces?q={${own}}: 200, 4 ms`,
      `4 ktrdr: GET /${own}: no response, 1 ms`,
      `8 Rules: worker-lost/${own} (likely), in 1.3 ms`,
      '8 Rules: also found: slow (possible)',
      '8 Rules: couldn’t be checked: ib-gateway',
      '10 Slack: chat.postMessage (summary)',
      '10 Slack: chat.update (summary)',
      '10 Slack: files.getUploadURLExternal',
      '12 Log: answered',
    ]);
    expect(JSON.stringify(steps)).not.toContain(other);
  });

  it('is nothing where nothing is recorded', () => {
    expect(whatHappened({ metadata: null }, journal, events)).toEqual([]);
    expect(whatHappened({ metadata: metadata('R-9') }, journal, events)).toEqual([]);
  });
});
