/** What alerts cost Jaeger while nothing happens. */
import { randomUUID } from 'node:crypto';
import { startRecordedJaeger } from '@ktrdr-bot/local-slack';
import { buildSources } from '../src/app/sources.ts';
import { loadConfig } from '../src/config/environment.ts';
import { micros } from '../src/diagnosis/trace.ts';
import { look } from '../src/jobs/alert/look.ts';
import { firstState, nextLook } from '../src/jobs/alert/state.ts';
import { atMost, type Bench, type Figure } from './figure.ts';

const LOOK_EVERY_MS = 30_000;
const LOOKS = 120;

export const alertsBench: Bench = {
  about: 'requests to Jaeger that alerts make in an hour in which nothing happens',
  async run() {
    return Promise.all((['1.76', '2.20', 'main'] as const).map(quietHour));
  },
};

/** One finished health check, long ago: all that this Jaeger knows. */
const DOCUMENT = {
  result: {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'ktrdr-api' } }] },
        scopeSpans: [
          {
            scope: {},
            spans: [
              {
                traceId: randomUUID().replaceAll('-', ''),
                spanId: 'a1b2c3d4e5f60718',
                name: 'GET /health',
                startTimeUnixNano: '1795795200000000000',
                endTimeUnixNano: '1795795200001000000',
                attributes: [],
                status: {},
              },
            ],
          },
        ],
      },
    ],
  },
};

async function quietHour(version: '1.76' | '2.20' | 'main'): Promise<Figure> {
  const jaeger = await startRecordedJaeger({ version, traces: [DOCUMENT] });
  try {
    let nowMs = Date.now();
    const clock = () => micros(nowMs * 1000);
    const sources = await buildSources(loadConfig({ JAEGER_URL: jaeger.url }, false), clock);
    let state = firstState(nowMs);
    for (let i = 0; i < LOOKS; i += 1) {
      const { input, toMs } = nextLook(state, nowMs);
      const seen = await look(input, sources, clock(), AbortSignal.timeout(60_000));
      if (seen.kind === 'unavailable') throw new Error('The recorded Jaeger does not answer.');
      state = {
        ...state,
        mark: toMs,
        backends: { names: [...seen.backends], readAt: state.backends?.readAt ?? nowMs },
      };
      nowMs += LOOK_EVERY_MS;
    }
    const byId = jaeger.requests.filter((path) => /\/traces\/[0-9a-f]/.test(path)).length;
    return {
      name: `a quiet hour, Jaeger ${version}`,
      value: jaeger.requests.length,
      unit: '',
      limit: atMost(3 * LOOKS + 6),
      detail: `${(jaeger.requests.length / LOOKS).toFixed(2)} in each of ${LOOKS} looks, ${byId} by id; the first one also asks what Jaeger speaks`,
    };
  } finally {
    await jaeger.close();
  }
}
