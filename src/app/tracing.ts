/** The bot's own traces, when there is a collector for them. */
import { hostname } from 'node:os';
import type { Runtime } from './runtime.ts';
import type { Part } from './stop.ts';

export async function startTracing({ config, version, log }: Runtime): Promise<readonly Part[]> {
  const { url, headers } = config.tracing;
  if (url === null) return [];
  const { startExporter } = await import('../adapters/otlp/exporter.ts');
  return [startExporter({ url, headers, version, instance: `${hostname()}-${process.pid}`, log })];
}
