/** Trace files that someone gave to the page. Each has its own recorded Jaeger, so that nothing else mixes with it. */
import { type Exchange, type RecordedJaeger, startRecordedJaeger } from '@ktrdr-bot/local-slack';
import { readTraceFile } from './trace-file.ts';

/** The commands that ask about a file, the likeliest first; or a sentence on why it can't be read. */
export type GivenTrace = { readonly commands: readonly string[] } | { readonly sentence: string };

export interface GivenTraces {
  take(bytes: Uint8Array): Promise<GivenTrace>;
  /** The address of the Jaeger that has this operation or trace; null when none was given. */
  jaegerOf(ask: string | null): string | null;
  close(): Promise<void>;
}

const MOST_FILES = 10;

export function createGivenTraces(onExchange: (exchange: Exchange) => void): GivenTraces {
  const files: { readonly asks: readonly string[]; readonly jaeger: RecordedJaeger }[] = [];
  return {
    async take(bytes) {
      const file = readTraceFile(bytes);
      if (file.kind === 'unreadable') return { sentence: file.sentence };
      const { asks, document } = file;
      files.unshift({ asks, jaeger: await startRecordedJaeger({ version: '2.20', traces: [document], onExchange }) });
      await Promise.all(files.splice(MOST_FILES).map(({ jaeger }) => jaeger.close()));
      return { commands: asks.map((ask) => `/ktrdr diagnose ${ask}`) };
    },
    jaegerOf: (ask) => files.find(({ asks }) => ask !== null && asks.includes(ask))?.jaeger.url ?? null,
    async close() {
      await Promise.all(files.map(({ jaeger }) => jaeger.close()));
    },
  };
}
