/** Other names, places and times for the same things: must not matter. */
import { type Draft, isAbout, rewrite } from './draft.ts';
import { endOf, isKtrdr, iso, type Kind, textOf, type Words } from './parts.ts';
import type { Random } from './random.ts';

const SYMBOLS = ['NZDCAD', 'NOKSEK', 'SPY', 'TLT', 'QQQ', 'BRK.B'] as const;
const TIMEFRAMES: Readonly<Record<string, string>> = { '1h': '4h', '4h': '1h', '5m': '15m', '15m': '5m' };
const DAY_SECONDS = 86_400;

export const NAMES: readonly Kind[] = [
  {
    name: 'trace-ids',
    apply: (draft, random) =>
      renamed(
        draft,
        random,
        32,
        draft.spans.map(({ traceId }) => traceId),
      ),
  },
  {
    name: 'span-ids',
    apply: (draft, random) =>
      renamed(
        draft,
        random,
        16,
        draft.spans.map(({ spanId }) => spanId),
      ),
  },
  {
    name: 'operation-id',
    apply: (draft, random) => {
      const before = draft.operationId;
      if (before === null) return false;
      const after = before.replace(/[0-9a-f]{8}$/, random.hex(8));
      return rewrite(draft, (text) => text.replaceAll(before, after));
    },
  },
  {
    name: 'service-prefix',
    apply: (draft, random) => {
      const prefix = random.pick(['prod-', 'eu/', 'acme.']);
      return services(draft, (name) => `${prefix}${name}`);
    },
  },
  {
    name: 'service-suffix',
    apply: (draft, random) => {
      const suffix = random.pick(['-prod', '.eu', '-v2']);
      return services(draft, (name) => `${name}${suffix}`);
    },
  },
  {
    name: 'service-capitals',
    apply: (draft) => services(draft, (name) => name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase())),
  },
  { name: 'service-upper-case', apply: (draft) => services(draft, (name) => name.toUpperCase()) },
  { name: 'service-underscores', apply: (draft) => services(draft, (name) => name.replaceAll('-', '_')) },
  { name: 'hosts', apply: hosts },
  { name: 'worker-ports', apply: workerPorts },
  { name: 'worker-ids', apply: workerIds },
  { name: 'symbols', apply: symbols },
  {
    name: 'timeframes',
    apply: (draft) =>
      rewrite(draft, (text) =>
        text.replace(/(?<![\w/.-])(?:1h|4h|5m|15m)(?![\w/.-])/g, (one) => TIMEFRAMES[one] ?? one),
      ),
  },
  {
    name: 'strategy',
    apply: (draft, random) => strategies(draft, random.pick(['trend_rider', 'mean_reversion_v2', 'x7'])),
  },
  { name: 'strategy-in-unicode', apply: (draft) => strategies(draft, 'стратегия_µ²') },
  {
    name: 'calendar',
    apply: (draft, random) => shift(draft, random.int(-200, 200) * DAY_SECONDS + random.int(0, 3599)),
  },
  { name: 'clock-seconds-off', apply: (draft, random) => clockOff(draft, random, random.int(2, 50)) },
  { name: 'clock-minutes-off', apply: (draft, random) => clockOff(draft, random, random.int(60, 1800)) },
  {
    name: 'refused-in-other-words',
    apply: (draft, random) => otherWords(draft, /All connection attempts failed/, random.pick(REFUSED)),
  },
  { name: 'timed-out-in-other-words', apply: (draft, random) => otherWords(draft, /^$/, random.pick(TIMED_OUT)) },
];

const REFUSED: readonly [Other, ...Other[]] = [
  (host, port) => ({
    type: 'aiohttp.client_exceptions.ClientConnectorError',
    message: `Cannot connect to host ${host}:${port} ssl:default [Connect call failed ('${host}', ${port})]`,
  }),
  (host, port) => ({
    type: 'requests.exceptions.ConnectionError',
    message: `HTTPConnectionPool(host='${host}', port=${port}): Max retries exceeded with url: /start (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f3a>: Failed to establish a new connection: [Errno 111] Connection refused'))`,
  }),
  () => ({ type: 'ConnectionRefusedError', message: '[Errno 111] Connection refused' }),
  () => ({ type: 'httpcore.ConnectError', message: '[Errno 111] Connection refused' }),
];
const TIMED_OUT: readonly [Other, ...Other[]] = [
  () => ({ type: 'asyncio.exceptions.TimeoutError', message: '' }),
  () => ({ type: 'aiohttp.client_exceptions.ServerTimeoutError', message: 'Timeout on reading data from socket' }),
  (host, port) => ({
    type: 'requests.exceptions.ReadTimeout',
    message: `HTTPConnectionPool(host='${host}', port=${port}): Read timed out. (read timeout=30)`,
  }),
];

type Other = (host: string, port: string) => Words;

function renamed(draft: Draft, random: Random, digits: number, ids: readonly string[]): boolean {
  const names = new Map([...new Set(ids)].map((id) => [id, random.hex(digits)]));
  return rewrite(draft, (text) => names.get(text) ?? text);
}

/** A worker's name ends in its id, so a suffix comes before that. */
function services(draft: Draft, change: (name: string) => string): boolean {
  const names = new Map<string, string>();
  for (const { service } of draft.spans.filter(isKtrdr)) {
    const [, name = service, id = ''] = /^(.*?)(-[0-9a-f]{8})?$/.exec(service) ?? [];
    if (!names.has(service)) names.set(service, `${change(name)}${id}`);
  }
  for (const span of draft.spans) span.service = names.get(span.service) ?? span.service;
  return names.size > 0;
}

function hosts(draft: Draft, random: Random): boolean {
  const names = new Map<string, string>();
  const named = (host: string) => {
    if (!names.has(host))
      names.set(
        host,
        /^[\d.]+$/.test(host) ? `10.20.${random.int(0, 255)}.${random.int(1, 254)}` : `node-${random.hex(3)}.lan`,
      );
    return names.get(host) ?? host;
  };
  return rewrite(draft, (text, key) => {
    if (/^(?:net[.]peer[.]ip|net[.]peer[.]name|server[.]address)$/.test(key)) return named(text);
    return text
      .replace(/(https?:\/\/)([\w.-]+)(?=:\d)/g, (_, scheme: string, host: string) => `${scheme}${named(host)}`)
      .replace(/^([\w.-]+)(?=:\d{4,5}$)/, (host) => named(host))
      .replace(/'(127[.]0[.]0[.]1)', /g, (_, host: string) => `'${named(host)}', `);
  });
}

/** 5003 to 5008, as in the local deployment; 5001 and 5002 are the host services. */
function workerPorts(draft: Draft, random: Random): boolean {
  const base = random.pick([5100, 6200, 15000]);
  const moved = (port: string) => String(base + Number(port.slice(-1)));
  let changed = rewrite(draft, (text) => text.replace(/(?<=:)500[3-8]\b/g, moved));
  for (const { attributes } of draft.spans)
    for (const key of ['net.host.port', 'server.port'])
      if (/^500[3-8]$/.test(String(attributes[key]))) {
        attributes[key] = Number(moved(String(attributes[key])));
        changed = true;
      }
  return changed;
}

function workerIds(draft: Draft, random: Random): boolean {
  const names = new Map<string, string>();
  return rewrite(draft, (text) =>
    text.replace(/(?<=worker-)[0-9a-f]{8}\b/g, (id) => {
      names.set(id, names.get(id) ?? random.hex(8));
      return names.get(id) ?? id;
    }),
  );
}

function symbols(draft: Draft, random: Random): boolean {
  const used = [
    ...new Set(draft.spans.map((span) => textOf(span, 'data.symbol')).filter((symbol) => /^[A-Z]{2,8}$/.test(symbol))),
  ];
  const others = random.shuffled(SYMBOLS);
  const names = new Map(used.map((symbol, i) => [symbol, others[i % others.length] ?? symbol]));
  return rewrite(draft, (text) => text.replace(/\b[A-Z]{2,8}\b/g, (word) => names.get(word) ?? word));
}

function strategies(draft: Draft, name: string): boolean {
  return rewrite(draft, (text) =>
    text.replace(/\b(?:v3_minimal|momentum_strategy|trend_follow_v3|mean_revert_v2)\b/g, name),
  );
}

/** All clocks, and the times in ids and records; dates of market data stay. */
function shift(draft: Draft, seconds: number): boolean {
  rewrite(draft, (text, key) => {
    if (/(?:_at|_check|^timestamp)$/.test(key)) return movedIso(text, seconds);
    return text.replace(/_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)_/g, (_, ...parts: string[]) => {
      const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.slice(0, 6).map(Number);
      const at = new Date(Date.UTC(year, month - 1, day, hour, minute, second + seconds)).toISOString();
      return `_${at.slice(0, 10).replaceAll('-', '')}_${at.slice(11, 19).replaceAll(':', '')}_`;
    });
  });
  shiftSpans(draft, seconds, () => true);
  draft.now += seconds * 1e6;
  if (Array.isArray(draft.workers))
    for (const { metadata } of draft.workers)
      if (typeof metadata?.last_selected === 'number') metadata.last_selected += seconds;
  return seconds !== 0;
}

function movedIso(text: string, seconds: number): string {
  const at = Date.parse(text);
  return Number.isNaN(at) ? text : iso((at + seconds * 1000) * 1000);
}

function shiftSpans(draft: Draft, seconds: number, isOf: (service: string) => boolean): void {
  for (const span of draft.spans) {
    if (!isOf(span.service)) continue;
    span.start += seconds * 1e6;
    for (const event of span.events) event.time += seconds * 1e6;
    const updated = span.attributes['progress.updated_at'];
    if (typeof updated === 'number') span.attributes['progress.updated_at'] = updated + seconds;
  }
}

/** The clock of a process that another one calls, so that the call shows how far it is off; it also wrote the record. */
function clockOff(draft: Draft, random: Random, seconds: number): boolean {
  const byId = new Map(draft.spans.map((span) => [`${span.traceId}${span.spanId}`, span]));
  const called = draft.spans.filter(({ kind, service, traceId, parentId }) => {
    const caller = byId.get(`${traceId}${parentId}`);
    return kind === 'server' && caller?.kind === 'client' && caller.service !== service && service !== 'ktrdr-api';
  });
  const service = random.pickFrom([...new Set(called.map((span) => span.service))]);
  if (service === null || isAbout(draft, 'slow', 'trace-split', 'worker-unreachable/timeout')) return false;
  const offset = random.chance(0.5) ? seconds : -seconds;
  shiftSpans(draft, offset, (one) => one === service);
  const registers = draft.spans.some((span) => span.name === 'operation.register' && span.service === service);
  if (registers)
    draft.operation = JSON.parse(JSON.stringify(draft.operation), (key, value: unknown) =>
      /^(?:created_at|started_at|completed_at|timestamp)$/.test(key) && typeof value === 'string'
        ? movedIso(value, offset)
        : value,
    );
  return true;
}

/** What another HTTP library says of the same failed call, in the exception and in ktrdr's sentence around it. */
function otherWords(draft: Draft, said: RegExp, other: Other): boolean {
  let changed = false;
  let embedded: string | null = null;
  for (const span of draft.spans.filter(({ kind }) => kind === 'client')) {
    const [, host = 'localhost', port = '80'] = /:\/\/([^/:]+):(\d+)/.exec(textOf(span, 'http.url')) ?? [];
    for (const { attributes } of span.events) {
      if (
        !said.test(String(attributes['exception.message'] ?? '-')) ||
        !/Connect|Timeout/.test(String(attributes['exception.type']))
      )
        continue;
      const { type, message } = other(host, port);
      Object.assign(attributes, {
        'exception.type': type,
        'exception.message': message,
        'exception.stacktrace': `${type}: ${message}`,
      });
      span.status = { code: 'error', message: `${type.split('.').at(-1)}: ${message}` };
      embedded = message;
      changed = true;
    }
  }
  const words = embedded;
  if (words !== null && said.source.length > 2 && endOf(draft, 'failed') !== null)
    rewrite(draft, (text, key) =>
      /^(?:operation[.]error|error_message)$/.test(key) ? text.replace(said, words) : text,
    );
  return changed;
}
