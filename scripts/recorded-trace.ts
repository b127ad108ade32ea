import { startRecordedJaeger } from '@ktrdr-bot/local-slack';

/** One OTLP trace as a Jaeger that has both query APIs answers it by ID, in each of them. */
export async function recordedTrace(otlp: unknown): Promise<{ readonly legacy: unknown; readonly v3: unknown }> {
  const [traceId] = /(?<="traceId":")[0-9a-f]{32}/.exec(JSON.stringify(otlp)) ?? [];
  if (traceId === undefined) throw new Error('The document has no traceId.');
  const jaeger = await startRecordedJaeger({ version: '2.20', traces: [otlp] });
  const get = async (path: string): Promise<unknown> => (await fetch(`${jaeger.url}/${path}/${traceId}`)).json();
  try {
    return { legacy: await get('api/traces'), v3: await get('api/v3/traces') };
  } finally {
    await jaeger.close();
  }
}
