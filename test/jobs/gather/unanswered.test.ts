/** Every question to Jaeger that decides, each of the ways to fail: what wasn't answered is never an empty answer. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readRecordedTraces, startRecordedJaeger, startRecordedKtrdr } from '@ktrdr-bot/local-slack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJaegerSource } from '../../../src/adapters/jaeger/source.ts';
import { createKtrdrApi } from '../../../src/adapters/ktrdr/api.ts';
import type { Case, Subject, Symptom } from '../../../src/diagnosis/case.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import type { Diagnosis } from '../../../src/diagnosis/finding.ts';
import { type Micros, micros } from '../../../src/diagnosis/trace.ts';
import { gatherCase } from '../../../src/jobs/gather/gather.ts';
import type { KtrdrApi } from '../../../src/jobs/ports.ts';
import { incidentNamed } from '../../support/incident-named.ts';

const INCIDENT = incidentNamed('04-');
const RUNNING = incidentNamed('21a-');
const HEALTHY = incidentNamed('16b-backtest-healthy-1');
const OPERATION: Subject = { kind: 'operation', operationId: INCIDENT.operationId };
const LAST: Subject = { kind: 'last', type: 'backtesting' };
const now = micros(Date.parse(INCIDENT.expected.now ?? '') * 1000);

type Matcher = (path: string) => boolean;
type Fail = (response: ServerResponse, body: string) => void;

const QUESTIONS = {
  search: (path) => path.includes('operation.id') && !/\/traces\/[0-9a-f]+$/.test(path),
  byId: (path) => /\/traces\/[0-9a-f]+$/.test(path),
  services: (path) => path.includes('/services'),
  attempts: (path) => path.includes('operation.register') || path.includes('/start'),
} as const satisfies Record<string, Matcher>;

const FAILURES: readonly (readonly [string, Fail])[] = [
  ['503 in words', (response) => response.writeHead(503).end('busy')],
  ['503 without a body', (response) => response.writeHead(503).end()],
  ['200 without a body', (response) => response.end()],
  ['204', (response) => response.writeHead(204).end()],
  ['401', (response) => response.writeHead(401).end('Unauthorized')],
  ['a login page', (response) => response.end('<!DOCTYPE html><title>Sign in</title>')],
  ['a redirect', (response) => response.writeHead(302, { location: 'https://sso.example.com/' }).end()],
  ['cut JSON', (response, body) => response.end(body.slice(0, body.length / 2))],
  ['a closed connection', (response) => response.destroy()],
  ['no trace in an object', (response) => response.end('{"data":{}}')],
  [
    'a list and the same key again, without one',
    (response, body) => response.end(`${body.trimEnd().slice(0, -1)},${/"\w+"/.exec(body)?.[0]}:[]}`),
  ],
  ['no data', (response) => response.end('{"data":null,"errors":null}')],
  ['a string', (response) => response.end('"ok"')],
  ['an error beside no data', (response) => response.end('{"data":[],"errors":[{"code":500,"msg":"no such shard"}]}')],
  [
    'an error of either API',
    (response) => response.writeHead(500).end('{"errors":[{"msg":"boom"}],"error":{"httpCode":500,"message":"boom"}}'),
  ],
];

/** An empty Jaeger lists its services as null, so that is an answer. */
const failuresOf = (question: keyof typeof QUESTIONS) =>
  FAILURES.filter(([name]) => question !== 'services' || name !== 'no data');

let fail: { readonly matches: Matcher; readonly how: Fail } | null = null;
const closers: (() => Promise<unknown>)[] = [];
const urls = new Map<string, string>();
let api: Awaited<ReturnType<typeof startRecordedKtrdr>>;

beforeAll(async () => {
  const traces = await readRecordedTraces([INCIDENT.dir, HEALTHY.dir, RUNNING.dir]);
  for (const version of ['1.76', 'main'] as const) {
    const jaeger = await startRecordedJaeger({ version, traces });
    const proxy = createServer(async (request, response) => {
      const answer = await fetch(`${jaeger.url}${request.url}`);
      const body = await answer.text();
      if (fail?.matches(decodeURIComponent(request.url ?? '')) === true) fail.how(response, body);
      else response.writeHead(answer.status).end(body);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    urls.set(version, `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    closers.push(jaeger.close, async () => proxy.close());
  }
  api = await startRecordedKtrdr({ fixtureDirs: [HEALTHY.dir] });
  closers.push(api.close);
});
afterAll(async () => {
  await Promise.all(closers.map((close) => close()));
});

interface Circumstances {
  readonly ktrdr?: KtrdrApi;
  readonly symptom?: Symptom;
  readonly at?: Micros;
}

async function gather(
  version: string,
  subject: Subject,
  { ktrdr, symptom, at = now }: Circumstances = {},
): Promise<Case> {
  const traces = createJaegerSource({
    url: urls.get(version) ?? '',
    api: 'auto',
    headers: {},
    caFile: null,
    timeoutMs: 60_000,
    maxBytes: 1e8,
    preferredServices: [],
    now: () => now,
  });
  const times = { clock: () => at, lookbackMs: 86_400_000, deadlineMs: 120_000, wait: async () => {} };
  const deps = { traces, ktrdr: ktrdr ?? null, ...times };
  return gatherCase({ subject, symptom: symptom ?? null }, deps, new AbortController().signal);
}

async function ask(version: string, subject: Subject, circumstances: Circumstances = {}): Promise<Diagnosis> {
  return diagnose(await gather(version, subject, circumstances), { deployment: 'local', apiUrl: null });
}

function traceSubject(): Subject {
  return { kind: 'trace', traceId: traceId ?? '' };
}
let traceId: string | undefined;

describe.each(['1.76', 'main'])('with Jaeger %s', (version) => {
  it('the operation is found when everything is answered', async () => {
    fail = null;
    const found = await ask(version, OPERATION);
    expect(found).toMatchObject({ verdict: 'explained', primary: { confidence: 'certain' } });
    traceId = found.traces[0]?.traceId;
    expect((await ask(version, LAST)).operationId).not.toBeNull();
  });

  const decisive: readonly (readonly [string, () => Subject, keyof typeof QUESTIONS, RegExp])[] = [
    ['an operation, without its search', () => OPERATION, 'search', /the search for this operation/],
    ['a trace, without the trace', traceSubject, 'byId', /the request for this trace/],
    ['the newest attempt, without the search for it', () => LAST, 'attempts', /the search for the latest backtest/],
    // A newer Jaeger searches all services at once.
    ...(version === 'main'
      ? []
      : ([
          ['an operation, without the services to search', () => OPERATION, 'services', /the search for this/],
        ] as const)),
  ];
  describe.each(decisive)('%s', (_name, subject, question, words) => {
    it.each(failuresOf(question))('is unavailable after %s', async (_how, how) => {
      fail = { matches: QUESTIONS[question], how };
      const { verdict, headline, primary } = await ask(version, subject());
      expect({ verdict, primary }).toEqual({ verdict: 'unavailable', primary: null });
      expect(headline).toMatch(/Jaeger.*127\.0\.0\.1:\d+/);
      if (!headline.includes('is unreachable')) expect(headline).toMatch(words);
    });
  });

  const other: readonly (readonly [string, () => Subject, keyof typeof QUESTIONS])[] = [
    ['the newest attempt, without the search for its operation', () => LAST, 'search'],
    ['a trace, without the search for its operation', traceSubject, 'search'],
    ['a trace, without the services', traceSubject, 'services'],
  ];
  describe.each(other)('%s', (_name, subject, question) => {
    it.each(failuresOf(question))('is judged by what was read, and never surely, after %s', async (_how, how) => {
      fail = { matches: QUESTIONS[question], how };
      const { verdict, primary } = await ask(version, subject());
      expect(verdict).not.toBe('not-found');
      if (version === '1.76') expect(primary?.confidence).not.toBe('certain');
    });
  });

  it('the newest failed one is not surely the one that is meant when the end of a newer one could not be searched', async () => {
    const at = micros(Date.parse(RUNNING.expected.now ?? '') * 1000);
    const gatherFailed = () => gather(version, { kind: 'last', type: null }, { symptom: 'failed', at });
    fail = null;
    const answered = await gatherFailed();
    expect(answered.subject).toEqual(OPERATION);
    expect(answered.search?.unanswered).toEqual([]);
    const isNewer: Matcher = (path) => QUESTIONS.search(path) && path.includes(RUNNING.operationId);
    fail = { matches: isNewer, how: (response) => response.writeHead(503).end('busy') };
    const { search, sources } = await gatherFailed();
    expect(search?.unanswered.join()).toContain(`the search for ${RUNNING.operationId}`);
    expect(sources[0]).toMatchObject({ name: 'jaeger', state: 'partial' });
  });

  it.each(FAILURES)(
    'a completed operation that the ktrdr API knows is not called untraced after %s',
    async (_how, how) => {
      fail = { matches: QUESTIONS.search, how };
      const ktrdr = createKtrdrApi({ url: api.url, headers: {}, timeoutMs: 60_000, clock: () => now });
      const subject: Subject = { kind: 'operation', operationId: HEALTHY.operationId };
      const { verdict, explanation, others } = await ask(version, subject, { ktrdr });
      expect(verdict).toBe('unavailable');
      expect(explanation).toContain('The ktrdr API says that it’s completed');
      expect(others.map(({ cause }) => cause)).not.toContainEqual(expect.stringContaining('trace-not-found'));
    },
  );
});
