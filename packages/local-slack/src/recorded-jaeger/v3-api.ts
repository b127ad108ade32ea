/** `/api/v3/…`: OTLP. Before 2.19 its search takes no attributes and says nothing about it. */
import type { Api } from './legacy-api.ts';
import { duration, instant, integer, type Parsed, tags, traceId } from './parameters.ts';
import type { Filter, Store } from './store.ts';
import type { StoredTrace } from './stored.ts';
import { v3Result, v3Summary } from './v3-json.ts';
import type { Behaviour } from './versions.ts';
import type { Warnings } from './warnings.ts';
import type { WireAnswer } from './wire.ts';

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];

export interface V3Options {
  /** Storages other than memory and ClickHouse cannot search all services. */
  readonly needsService: boolean;
}

/** `path` begins after `/api/v3/`. */
export function v3Api(store: Store, behaviour: Behaviour, warnings: Warnings, { needsService }: V3Options): Api {
  const filtered = behaviour.v3Search === 'filtered';

  function fetchOne(text: string): WireAnswer {
    const id = traceId(text, behaviour.idErrors);
    if ('problem' in id) return failure(400, `malformed parameter trace_id: ${id.problem}`);
    const trace = store.byId(id.value);
    return trace === null ? failure(404, behaviour.v3UnknownTrace) : traces([trace]);
  }

  function traces(found: readonly StoredTrace[]): WireAnswer {
    const byTrace = new Map(found.map((trace) => [trace.traceId, warnings(trace)]));
    return success(v3Result(found, behaviour, (span) => byTrace.get(span.wire.traceId)?.(span) ?? []));
  }

  function find(
    query: URLSearchParams,
  ): { readonly traces: readonly StoredTrace[] } | { readonly refusal: WireAnswer } {
    const filter = v3Filter(query, filtered);
    if ('problem' in filter) return refuse(400, filter.problem);
    const depth = integer(
      parameter(query, 'searchDepth', filtered) ?? query.get('query.num_traces'),
      behaviour.v3DefaultDepth,
    );
    if ('problem' in depth) return refuse(400, `malformed parameter query.num_traces: ${depth.problem}`);
    if (filter.value.service === '') {
      if (behaviour.store === 'old') return { traces: [] };
      if (needsService)
        return behaviour.legacySearch ? refuse(500, 'service Name must be set') : refuse(400, ONE_SERVICE);
    }
    const found = store.find(filter.value, depth.value);
    return found === null
      ? refuse(500, 'search depth must be greater than 0 and less than max traces')
      : { traces: found };
  }

  function search(query: URLSearchParams): WireAnswer {
    const found = find(query);
    if ('refusal' in found) return found.refusal;
    if (found.traces.length > 0) return traces(found.traces);
    return behaviour.v3EmptySearch === 'result' ? success({ result: {} }) : failure(404, 'No traces found');
  }

  function summaries(query: URLSearchParams): WireAnswer {
    const found = find(query);
    return 'refusal' in found ? found.refusal : success({ summaries: found.traces.map(v3Summary) });
  }

  function services(): WireAnswer {
    const leaveOut = store.services.length === 0 && behaviour.emptyServices === 'null';
    return success(leaveOut ? {} : { services: store.services });
  }

  function operations(service: string): WireAnswer {
    const found = store.operations(service);
    return success({ operations: found.map(({ name, kind }) => ({ name, spanKind: KINDS[kind] ?? '' })) });
  }

  function success(body: object): WireAnswer {
    return { status: 200, contentType: behaviour.v3ContentType, body: JSON.stringify(body) };
  }

  return (path, query) => {
    const byId = /^traces\/([^/]+)$/.exec(path)?.[1];
    if (byId !== undefined) return fetchOne(byId);
    if (path === 'traces') return search(query);
    if (path === 'trace-summaries' && filtered) return summaries(query);
    if (path === 'services') return services();
    return path === 'operations' ? operations(query.get('service') ?? '') : null;
  };
}

const ONE_SERVICE = 'this storage backend requires a service name to search; searching all services is not supported';

function v3Filter(query: URLSearchParams, filtered: boolean): Parsed<Filter> {
  const min = parameter(query, 'startTimeMin', filtered);
  const max = parameter(query, 'startTimeMax', filtered);
  const style = filtered ? (name: string) => name : snakeCase;
  if (min === null || max === null) {
    return { problem: `query.${style('startTimeMin')} and query.${style('startTimeMax')} are required` };
  }
  const from = instant(min);
  if ('problem' in from) return { problem: `malformed parameter query.start_time_min: ${from.problem}` };
  const to = instant(max);
  if ('problem' in to) return { problem: `malformed parameter query.start_time_max: ${to.problem}` };
  const shortest = duration(parameter(query, 'durationMin', filtered), 0);
  if ('problem' in shortest) return { problem: `malformed parameter query.duration_min: ${shortest.problem}` };
  const longest = duration(parameter(query, 'durationMax', filtered), Number.POSITIVE_INFINITY);
  if ('problem' in longest) return { problem: `malformed parameter query.duration_max: ${longest.problem}` };
  const attributes = tags(filtered ? query.get('query.attributes') : null);
  if ('problem' in attributes) return { problem: `malformed parameter query.attributes: ${attributes.problem}` };
  return {
    value: {
      service: parameter(query, 'serviceName', filtered) ?? '',
      operation: parameter(query, 'operationName', filtered) ?? '',
      tags: attributes.value,
      fromMicros: from.value,
      toMicros: to.value,
      minMicros: shortest.value,
      maxMicros: longest.value,
    },
  };
}

/** Under its newer name where the version knows it, else under the older one. */
function parameter(query: URLSearchParams, name: string, filtered: boolean): string | null {
  const older = `query.${snakeCase(name)}`;
  if (filtered) return query.get(`query.${name}`) ?? query.get(older);
  return name === 'searchDepth' ? null : query.get(older);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function refuse(httpCode: number, message: string): { readonly refusal: WireAnswer } {
  return { refusal: failure(httpCode, message) };
}

function failure(httpCode: number, message: string): WireAnswer {
  const body = `${JSON.stringify({ error: { httpCode, message } })}\n`;
  return { status: httpCode, contentType: 'text/plain; charset=utf-8', body };
}
