/** A local server that answers recorded traces the way a chosen Jaeger version does, oddities included. */
import type { ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { close, createLocalServer, type Exchange, listen } from '../local-server.ts';
import { type Fault, send } from './fault.ts';
import { legacyApi } from './legacy-api.ts';
import { createStore } from './store.ts';
import { v3Api } from './v3-api.ts';
import { BEHAVIOUR, type Behaviour, type JaegerVersion } from './versions.ts';
import { createWarnings } from './warnings.ts';
import type { WireAnswer } from './wire.ts';

export interface RecordedJaegerOptions {
  readonly version: JaegerVersion;
  /** Documents of v3: by-id or search answers, or bare OTLP. */
  readonly traces: readonly unknown[];
  /** 0 for any free one, the default. */
  readonly port?: number;
  /** e.g. `/jaeger`; other paths are not found. */
  readonly basePath?: string;
  readonly latencyMs?: number;
  /** As storages other than memory behave: a search needs a service. */
  readonly needsService?: boolean;
  readonly onExchange?: (exchange: Exchange) => void;
  /** Microseconds since the epoch: later spans have not arrived. Default: all have. */
  readonly nowMicros?: () => number;
}

export interface RecordedJaeger {
  /** With the base path. */
  readonly url: string;
  /** Paths asked for, in order. */
  readonly requests: readonly string[];
  /** Instead of those that it has. */
  setTraces(traces: readonly unknown[]): void;
  /** From now on; null ends it. */
  setFault(fault: Fault | null): void;
  close(): Promise<void>;
}

export async function startRecordedJaeger(options: RecordedJaegerOptions): Promise<RecordedJaeger> {
  const basePath = options.basePath ?? '';
  let answer = createAnswers(options);
  const requests: string[] = [];
  let fault: Fault | null = null;

  async function respond(url: string, response: ServerResponse): Promise<void> {
    if (options.latencyMs !== undefined) await setTimeout(options.latencyMs);
    send(response, answer(url), fault, url);
  }

  const server = createLocalServer((request, response) => {
    const url = request.url ?? '/';
    requests.push(url);
    respond(url, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  }, options.onExchange);
  return {
    url: (await listen(server, options.port ?? 0)) + basePath,
    requests,
    setTraces(traces) {
      answer = createAnswers({ ...options, traces });
    },
    setFault(next) {
      fault = next;
    },
    close: () => close(server),
  };
}

function createAnswers(options: RecordedJaegerOptions): (url: string) => WireAnswer {
  const behaviour = BEHAVIOUR[options.version];
  const store = createStore(options.traces, behaviour, options.nowMicros ?? null);
  const warnings = createWarnings(behaviour);
  const legacy = legacyApi(store, behaviour, warnings);
  const v3 = v3Api(store, behaviour, warnings, { needsService: options.needsService ?? false });
  const prefix = `${options.basePath ?? ''}/`;
  return (url) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    if (!pathname.startsWith(prefix)) return NOT_FOUND;
    const path = pathname.slice(prefix.length);
    if (!path.startsWith('api/')) return page(behaviour);
    const inApi = path.slice('api/'.length);
    const found = inApi.startsWith('v3/') ? v3(inApi.slice('v3/'.length), searchParams) : legacy(inApi, searchParams);
    return found ?? (behaviour.unknownApiPath === 'page' ? page(behaviour) : NOT_FOUND);
  };
}

const NOT_FOUND: WireAnswer = { status: 404, contentType: 'text/plain; charset=utf-8', body: '404 page not found\n' };

function page({ gitVersion }: Behaviour): WireAnswer {
  const version = JSON.stringify({ gitCommit: '', gitVersion, buildDate: '' });
  const body = `<!DOCTYPE html>
<html lang="en">
  <meta charset="UTF-8">
  <title>Jaeger UI</title>
  <script>const JAEGER_VERSION = ${version};</script>
</html>
`;
  return { status: 200, contentType: 'text/html; charset=utf-8', body };
}
