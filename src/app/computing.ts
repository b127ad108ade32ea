/** CPU-heavy work: gathering, diagnosing, formatting, searching, and drawing. */
import type { Config } from '../config/environment.ts';
import type { Subject, Symptoms } from '../diagnosis/case.ts';
import type { Diagnosis } from '../diagnosis/finding.ts';
import type { LongText } from '../formatters/answer/whole-flow.ts';
import { cleanDiagnosis } from '../formatters/clean.ts';
import type { Answer, TracePicture } from '../formatters/message.ts';
import type { Picture } from '../formatters/picture/png.ts';
import { formatWithPicture } from '../formatters/picture/trace-picture.ts';
import { type LookInput, type LookResult, look } from '../jobs/alert/look.ts';
import { type DetailRequest, textOfDetail } from '../jobs/answer/more-detail.ts';
import type { GatherPhase } from '../jobs/gather/gather.ts';
import type { Clock } from '../jobs/ports.ts';
import type { SearchFilter } from '../jobs/search/filter.ts';
import { type SearchAnswer, type ShownRows, searchOperations } from '../jobs/search/search-operations.ts';
import {
  buildDiagnoser,
  buildSources,
  clockFrom,
  type Diagnoser,
  type SourceConfig,
  type SourceOptions,
} from './sources.ts';

/** The diagnosis is already free of secrets. */
interface Diagnosed {
  readonly diagnosis: Diagnosis;
  readonly answer: Answer;
}

/** The inputs and results are plain data, so that they can pass between processes. */
export interface Works {
  readonly diagnose: {
    readonly input: { readonly subject: Subject; readonly symptom: Symptoms | null };
    readonly output: Diagnosed;
  };
  readonly search: {
    readonly input: { readonly filter: SearchFilter; readonly shown: ShownRows | undefined };
    readonly output: SearchAnswer;
  };
  readonly look: { readonly input: LookInput; readonly output: LookResult };
  readonly textOfDetail: { readonly input: DetailRequest; readonly output: LongText | null };
  readonly draw: { readonly input: TracePicture['chart']; readonly output: Picture };
}

export type Compute<Name extends keyof Works> = (
  input: Works[Name]['input'],
  signal: AbortSignal,
  onPhase?: (phase: GatherPhase) => void,
) => Promise<Works[Name]['output']>;

export type Computing = { readonly [Name in keyof Works]: Compute<Name> };

export type ComputingTask = {
  [Name in keyof Works]: { readonly work: Name; readonly input: Works[Name]['input'] };
}[keyof Works];

export type ComputingConfig = SourceConfig & Pick<Config, 'grafanaUrl'>;

interface ComputingOptions extends SourceOptions {
  /** For tests that simulate a day. */
  readonly clock?: Clock;
  readonly diagnose?: Diagnoser;
}

/** Does the work in this process. */
export async function computeHere(config: ComputingConfig, options: ComputingOptions = {}): Promise<Computing> {
  const { clock = clockFrom(null) } = options;
  const { redact, grafanaUrl } = config;
  const jaegerPublicUrl = config.jaeger.publicUrl;
  const sources = await buildSources(config, clock, options);
  const diagnose = options.diagnose ?? (await buildDiagnoser(config, sources));
  return {
    async diagnose({ subject, symptom }, signal, onPhase) {
      const found = await diagnose(subject, symptom, signal, onPhase);
      const now = clock();
      const answer = formatWithPicture(found, { subject, symptom, jaegerPublicUrl, grafanaUrl, redact, now });
      return { diagnosis: cleanDiagnosis(found, redact), answer };
    },
    search: ({ filter, shown }, signal) => searchOperations(filter, { ...sources, clock, redact }, signal, shown),
    look: (input, signal) => look(input, sources, clock(), signal),
    textOfDetail: (request, signal) => textOfDetail(request, { ...sources, redact }, signal),
    async draw(chart) {
      const { drawPng } = await import('../formatters/picture/png.ts');
      return drawPng(chart);
    },
  };
}
