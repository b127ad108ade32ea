/** The same facts in another form: must not matter. */
import { type Draft, type DraftSpan, isAbout, recordOf } from './draft.ts';
import { bagsOf, eachAttribute, type Kind, renameAttributes, setRecord, textOf } from './parts.ts';

/** Attributes that no cause is read from. */
const OPTIONAL = [
  'http.flavor',
  'http.host',
  'http.scheme',
  'http.server_name',
  'http.user_agent',
  'net.host.port',
  'net.peer.ip',
  'net.peer.port',
  'asgi.event.type',
  'service.method',
  'operation.is_backend_local',
  'data.columns',
  'cli.args',
  'exception.escaped',
];
const SERVER_ONLY = { 'http.url': null, 'http.target': 'url.path', 'http.server_name': 'server.address' };
const CONVENTIONS = {
  'http.method': 'http.request.method',
  'http.status_code': 'http.response.status_code',
  'http.url': 'url.full',
  'http.scheme': 'url.scheme',
  'http.flavor': 'network.protocol.version',
  'http.user_agent': 'user_agent.original',
  'net.peer.ip': 'client.address',
  'net.peer.port': 'client.port',
  'net.host.port': 'server.port',
  'http.host': null,
};
const CASED = ['operation.status', 'operation.type', 'worker.type', 'worker.status', 'dispatch.status'];
const IDLE = / http (?:send|receive)$|^(?:workers|operations)[.]list$/;

export const FORMS: readonly Kind[] = [
  { name: 'unchanged', apply: () => true },
  { name: 'order-of-spans', apply: (draft, random) => reorder(draft, random.shuffled(draft.spans)) },
  { name: 'order-of-spans-reversed', apply: (draft) => reorder(draft, draft.spans.toReversed()) },
  { name: 'order-of-attributes', apply: (draft) => laidOut(draft, { reversed: true }) },
  { name: 'json-indented', apply: (draft) => laidOut(draft, { indent: 2, after: '\n' }) },
  { name: 'json-mark-and-blank-lines', apply: (draft) => laidOut(draft, { before: '\uFEFF', after: '\r\n\r\n' }) },
  { name: 'json-without-wrapper', apply: (draft) => laidOut(draft, { bare: true }) },
  {
    name: 'spans-twice',
    apply: (draft, random) => {
      draft.spans.push(...draft.spans.filter(() => random.chance(0.5)).map((span) => structuredClone(span)));
      return true;
    },
  },
  {
    name: 'traces-twice',
    apply: (draft) => {
      draft.spans.push(...structuredClone(draft.spans));
      return true;
    },
  },
  { name: 'http-conventions-new', apply: newConventions },
  { name: 'http-conventions-both', apply: bothConventions },
  {
    name: 'numbers-as-text',
    apply: (draft) => eachAttribute(draft, (_, value) => (typeof value === 'number' ? String(value) : value)),
  },
  {
    name: 'text-as-numbers',
    apply: (draft) =>
      eachAttribute(draft, (_, value) =>
        typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value,
      ),
  },
  {
    name: 'booleans-as-text',
    apply: (draft) =>
      eachAttribute(draft, (_, value) => (typeof value === 'boolean' ? (value ? 'True' : 'False') : value)),
  },
  {
    name: 'text-as-booleans',
    apply: (draft) =>
      eachAttribute(draft, (_, value) => (value === 'True' || value === 'False' ? value === 'True' : value)),
  },
  { name: 'upper-case-states', apply: (draft) => cased(draft, (text) => text.toUpperCase()) },
  { name: 'lower-case-states', apply: (draft) => cased(draft, (text) => text.toLowerCase()) },
  {
    name: 'optional-attributes-missing',
    apply: (draft) => renameAttributes(bagsOf(draft), Object.fromEntries(OPTIONAL.map((key) => [key, null]))),
  },
  {
    name: 'unknown-attributes',
    apply: (draft, random) => {
      for (const { attributes } of draft.spans) {
        attributes['thread.id'] = random.int(1, 1e6);
        attributes['code.function.name'] = 'run';
        attributes['feature_flag.key'] = `flag-${random.hex(4)}`;
        attributes['app.notes'] = 'first failed attempt of last week: see ticket';
      }
      return true;
    },
  },
  {
    name: 'unknown-resource-attributes',
    apply: (draft, random) => {
      for (const { resource, service } of draft.spans) {
        resource['host.name'] = `host-${service.length}`;
        resource['process.pid'] = 4000 + service.length;
        resource['k8s.pod.name'] = `${service}-0`;
        resource['service.namespace'] = random.pick(['blue', 'green']);
      }
      return true;
    },
  },
  {
    name: 'resource-attributes-missing',
    apply: (draft) => {
      const had = draft.spans.some(({ resource }) => Object.keys(resource).length > 0);
      for (const span of draft.spans) span.resource = {};
      return had;
    },
  },
  {
    name: 'idle-spans-sampled-away',
    apply: (draft) => keep(draft, ({ name, status }) => status.code === 'error' || !IDLE.test(name)),
  },
  { name: 'phases-sampled-away', apply: withoutPhases },
  { name: 'idle-spans-slower', apply: (draft, random) => stretchIdle(draft, 2 + random.next()) },
  { name: 'idle-spans-faster', apply: (draft, random) => stretchIdle(draft, 0.2 + random.next() / 2) },
  { name: 'workers-reordered', apply: workersReordered },
  { name: 'record-not-asked', apply: (draft) => withoutAnswer(draft, 'operation') },
  { name: 'workers-not-asked', apply: (draft) => withoutAnswer(draft, 'workers') },
  {
    name: 'record-with-more-fields',
    apply: (draft) => {
      setRecord(draft, { schema_version: 4, queue: 'default', labels: ['nightly', 'failed-last-week'], retries: 0 });
      return recordOf(draft) !== null;
    },
  },
  { name: 'more-epochs', apply: (draft, random) => epochs(draft, random.int(2, 9)) },
];

function laidOut(draft: Draft, layout: Draft['layout']): boolean {
  draft.layout = layout;
  return true;
}

function reorder(draft: Draft, spans: DraftSpan[]): boolean {
  draft.spans = spans;
  return spans.length > 1;
}

function keep(draft: Draft, isKept: (span: DraftSpan) => boolean): boolean {
  const before = draft.spans.length;
  const parents = new Set(draft.spans.map(({ parentId }) => parentId));
  draft.spans = draft.spans.filter((span) => parents.has(span.spanId) || isKept(span));
  return draft.spans.length < before;
}

/** Where only the end decides. */
function withoutPhases(draft: Draft): boolean {
  if (!isAbout(draft, 'healthy', 'invalid-input', 'service-unreachable', 'resources')) return false;
  return keep(draft, ({ name, status }) => status.code === 'error' || !/^(?:training|backtest)[.](?!start)/.test(name));
}

function withoutAnswer(draft: Draft, answer: 'operation' | 'workers'): boolean {
  if (draft[answer] === null) return false;
  draft[answer] = null;
  draft.api = true;
  const { causes, tracesOnly = [] } = draft.expected;
  draft.expected = { ...draft.expected, causes: [...causes, ...tracesOnly] };
  return true;
}

function newConventions(draft: Draft): boolean {
  let changed = false;
  for (const span of draft.spans) {
    const { attributes, kind, status, events } = span;
    if (kind === 'server') renameAttributes([attributes], SERVER_ONLY);
    const url = /^https?:\/\/([^/:]+)(?::(\d+))?/.exec(textOf(span, 'http.url'));
    if (kind === 'client' && url !== null) {
      attributes['server.address'] = url[1] ?? '';
      if (url[2] !== undefined) attributes['server.port'] = Number(url[2]);
    }
    const isHttp = renameAttributes([attributes], CONVENTIONS);
    if (isHttp && status.code === 'error')
      attributes['error.type'] =
        events[0]?.attributes['exception.type'] ?? String(attributes['http.response.status_code'] ?? '_OTHER');
    changed ||= isHttp;
  }
  return changed;
}

function bothConventions(draft: Draft): boolean {
  const before = draft.spans.map(({ attributes }) => ({ ...attributes }));
  const changed = newConventions(draft);
  for (const [i, span] of draft.spans.entries()) span.attributes = { ...span.attributes, ...before[i] };
  return changed;
}

function cased(draft: Draft, change: (text: string) => string): boolean {
  return eachAttribute(draft, (key, value) =>
    CASED.includes(key) && typeof value === 'string' ? change(value) : value,
  );
}

function stretchIdle(draft: Draft, factor: number): boolean {
  const idle = draft.spans.filter(({ name, duration }) => IDLE.test(name) && duration > 2 && duration < 10_000);
  for (const span of idle) span.duration = Math.max(1, Math.round(span.duration * factor));
  return idle.length > 0;
}

function workersReordered(draft: Draft): boolean {
  if (!Array.isArray(draft.workers) || draft.workers.length < 2) return false;
  draft.workers = draft.workers.toReversed();
  return true;
}

function epochs(draft: Draft, factor: number): boolean {
  return eachAttribute(draft, (key, value) =>
    /^training[.]epochs[.](?:total|completed)$/.test(key) ? Number(value) * factor : value,
  );
}
