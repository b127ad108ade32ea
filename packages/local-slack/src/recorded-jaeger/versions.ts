/** How five versions of Jaeger with in-memory storage differ, as measured on servers built from their sources. */
export const JAEGER_VERSIONS = ['1.53', '1.76', '2.10', '2.20', 'main'] as const;
export type JaegerVersion = (typeof JAEGER_VERSIONS)[number];

export interface Behaviour {
  /** As the web page states it. */
  readonly gitVersion: string;
  /** `/api/services`, `/api/operations` and the search under `/api/traces`; by id works everywhere. */
  readonly legacySearch: boolean;
  readonly emptyServices: 'null' | 'list';
  /** The new in-memory store refuses a limit of zero or above its size, and returns what arrived last. */
  readonly store: 'old' | 'new';
  readonly idErrors: 'parse' | 'length';
  /** Whether the parameter `raw` exists, and is checked. */
  readonly knowsRaw: boolean;
  readonly v3ContentType: string;
  readonly v3Encoding: 'base64' | 'hex';
  /** Whether an empty search is an empty result or a 404. */
  readonly v3EmptySearch: 'result' | 'not-found';
  readonly v3UnknownTrace: string;
  /** Attributes, camelCase names, `trace-summaries` and a default depth came together in 2.19. */
  readonly v3Search: 'unfiltered' | 'filtered';
  readonly v3DefaultDepth: number;
  readonly unknownApiPath: 'page' | 'not-found';
  /** What a tag may match besides span, resource and event attributes. */
  readonly matching: 'rendered' | 'plain' | 'named';
  /** The older model keeps the instrumentation scope with the process, so one service has several. */
  readonly scopeIn: 'process' | 'span';
  readonly missingParent: 'invalid' | 'not-in-trace';
  /** Warnings are stored with the span and so repeat at every read. */
  readonly warningsPileUp: boolean;
}

const PLAIN_TEXT = 'text/plain; charset=utf-8';

const OLD: Behaviour = {
  gitVersion: 'v1.76.0',
  legacySearch: true,
  emptyServices: 'null',
  store: 'old',
  idErrors: 'parse',
  knowsRaw: true,
  v3ContentType: PLAIN_TEXT,
  v3Encoding: 'hex',
  v3EmptySearch: 'not-found',
  v3UnknownTrace: 'No traces found',
  v3Search: 'unfiltered',
  v3DefaultDepth: 0,
  unknownApiPath: 'page',
  matching: 'rendered',
  scopeIn: 'span',
  missingParent: 'invalid',
  warningsPileUp: false,
};

const NEW: Behaviour = {
  ...OLD,
  gitVersion: 'v2.20.0',
  emptyServices: 'list',
  store: 'new',
  idErrors: 'length',
  v3ContentType: 'application/json',
  v3Search: 'filtered',
  v3DefaultDepth: 100,
  unknownApiPath: 'not-found',
  matching: 'named',
  missingParent: 'not-in-trace',
  warningsPileUp: true,
};

export const BEHAVIOUR: Readonly<Record<JaegerVersion, Behaviour>> = {
  '1.53': {
    ...OLD,
    gitVersion: 'v1.53.0',
    knowsRaw: false,
    v3Encoding: 'base64',
    v3EmptySearch: 'result',
    v3UnknownTrace: 'trace not found',
    scopeIn: 'process',
  },
  '1.76': OLD,
  '2.10': { ...OLD, gitVersion: 'v2.10.0', store: 'new', matching: 'plain', warningsPileUp: true },
  '2.20': NEW,
  main: { ...NEW, gitVersion: 'dev', legacySearch: false, warningsPileUp: false },
};
