/** `/api/…`: removed from main except for the fetch by id. */
import { legacyTrace } from './legacy-json.ts';
import { duration, integer, type Parsed, tags, traceId } from './parameters.ts';
import type { Filter, Store } from './store.ts';
import type { StoredTrace } from './stored.ts';
import type { Behaviour } from './versions.ts';
import type { Warnings } from './warnings.ts';
import type { WireAnswer } from './wire.ts';

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
const LOOKBACK_MICROS = 48 * 3600 * 1e6;
const DEFAULT_LIMIT = 100;

/** Null when the version has no such path. `path` begins after `/api/`. */
export type Api = (path: string, query: URLSearchParams) => WireAnswer | null;

export function legacyApi(store: Store, behaviour: Behaviour, warnings: Warnings): Api {
  function fetchOne(text: string, raw: string | null): WireAnswer {
    if (behaviour.knowsRaw && raw !== null && !/^(?:[01tTfF]|true|false)$/i.test(raw)) {
      return failure(
        400,
        `unable to parse param 'raw': strconv.ParseBool: parsing ${JSON.stringify(raw)}: invalid syntax`,
      );
    }
    const id = traceId(text, behaviour.idErrors);
    if ('problem' in id) return failure(400, id.problem);
    const trace = store.byId(id.value);
    return trace === null ? failure(404, 'trace not found') : traces([trace]);
  }

  function fetchSome(ids: readonly string[]): WireAnswer {
    const found = ids.map((id) => store.byId(id.toLowerCase().padStart(32, '0')));
    const errors = ids
      .filter((_id, index) => found[index] === null)
      .map((id) => ({ msg: 'trace not found', traceID: id }));
    return traces(
      found.filter((trace) => trace !== null),
      errors,
    );
  }

  function search(query: URLSearchParams): WireAnswer {
    const ids = query.getAll('traceID');
    if (ids.length > 0) return fetchSome(ids);
    const filter = filterOf(query);
    if ('problem' in filter) return failure(400, filter.problem);
    const limit = integer(query.get('limit'), DEFAULT_LIMIT);
    if ('problem' in limit) return failure(400, limit.problem);
    const found = store.find(filter.value, limit.value);
    return found === null
      ? failure(500, 'search depth must be greater than 0 and less than max traces')
      : traces(found);
  }

  function traces(found: readonly StoredTrace[], errors: readonly object[] = []): WireAnswer {
    const data = found.map((trace) => legacyTrace(trace, behaviour, warnings(trace)));
    if (holdsNaN(data)) {
      const cause = 'failed marshalling HTTP response to JSON: json: unsupported value: NaN';
      return failure(500, `failed writing HTTP response: ${cause}`);
    }
    return success(data, 0, errors.length === 0 ? null : errors);
  }

  function services(): WireAnswer {
    const empty = store.services.length === 0 && behaviour.emptyServices === 'null';
    return success(empty ? null : store.services, store.services.length);
  }

  return (path, query) => {
    const byId = /^traces\/([^/]+)$/.exec(path)?.[1];
    if (byId !== undefined) return fetchOne(byId, query.get('raw'));
    if (!behaviour.legacySearch) return null;
    if (path === 'traces') return search(query);
    if (path === 'services') return services();
    if (path === 'operations') return operations(store, query.get('service'));
    const service = /^services\/([^/]+)\/operations$/.exec(path)?.[1];
    return service === undefined ? null : operationNames(store, decodeURIComponent(service));
  };
}

function operations(store: Store, service: string | null): WireAnswer {
  if (service === null || service === '') return failure(400, "parameter 'service' is required");
  const found = store.operations(service).map(({ name, kind }) => ({ name, spanKind: KINDS[kind] ?? '' }));
  return success(found, found.length);
}

function operationNames(store: Store, service: string): WireAnswer {
  const names = [...new Set(store.operations(service).map(({ name }) => name))];
  return success(names.length === 0 ? null : names, names.length);
}

function filterOf(query: URLSearchParams): Parsed<Filter> {
  const service = query.get('service') ?? '';
  if (service === '') return { problem: "parameter 'service' is required" };
  const now = Date.now() * 1000;
  const from = integer(query.get('start'), now - LOOKBACK_MICROS);
  if ('problem' in from) return { problem: `unable to parse param 'start': ${from.problem}` };
  const to = integer(query.get('end'), now);
  if ('problem' in to) return { problem: `unable to parse param 'end': ${to.problem}` };
  const min = duration(query.get('minDuration'), 0);
  if ('problem' in min) return { problem: `unable to parse param 'minDuration': ${min.problem}` };
  const max = duration(query.get('maxDuration'), Number.POSITIVE_INFINITY);
  if ('problem' in max) return { problem: `unable to parse param 'maxDuration': ${max.problem}` };
  if (max.value < min.value) return { problem: "'maxDuration' should be greater than 'minDuration'" };
  const single = singleTags(query.getAll('tag'));
  if ('problem' in single) return single;
  const json = tags(query.get('tags'));
  if ('problem' in json) return { problem: `malformed 'tags' parameter, cannot unmarshal JSON: ${json.problem}` };
  return {
    value: {
      service,
      operation: query.get('operation') ?? '',
      tags: { ...single.value, ...json.value },
      fromMicros: from.value,
      toMicros: to.value,
      minMicros: min.value,
      maxMicros: max.value,
    },
  };
}

function singleTags(texts: readonly string[]): Parsed<Readonly<Record<string, string>>> {
  const malformed = texts.find((text) => !text.includes(':'));
  if (malformed !== undefined)
    return { problem: `malformed 'tag' parameter, expecting key:value, received: ${malformed}` };
  return {
    value: Object.fromEntries(
      texts.map((text) => [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)]),
    ),
  };
}

/** This dialect has no word for what is no number, and one such value spoils the whole answer. */
function holdsNaN(traces: readonly ReturnType<typeof legacyTrace>[]): boolean {
  const spans = traces.flatMap((trace) => trace.spans);
  const pairs = spans.flatMap(({ tags: own, logs }) => [...own, ...logs.flatMap(({ fields }) => fields)]);
  return pairs.some(({ type, value }) => type === 'float64' && typeof value === 'string');
}

function success(data: unknown, total: number, errors: unknown = null): WireAnswer {
  return answer(200, 'application/json', { data, total, limit: 0, offset: 0, errors });
}

/** Errors go out as plain text, with a line end. */
function failure(code: number, msg: string): WireAnswer {
  const body = { data: null, total: 0, limit: 0, offset: 0, errors: [{ code, msg }] };
  const sent = answer(code, 'text/plain; charset=utf-8', body);
  return { ...sent, body: `${sent.body}\n` };
}

function answer(status: number, contentType: string, body: object): WireAnswer {
  return { status, contentType, body: JSON.stringify(body) };
}
