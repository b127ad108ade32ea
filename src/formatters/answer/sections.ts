import type { Diagnosis } from '../../diagnosis/finding.ts';
import type { Story } from '../blocks/text-block.ts';
import type { Links } from '../links.ts';
import { tellExecutionFlow } from './execution-flow.ts';
import { tellFix } from './fix.ts';
import { tellRootCause } from './root-cause.ts';
import { tellSummary } from './summary.ts';
import { tellTraceSummary } from './trace-summary.ts';

export interface Telling {
  readonly links: Links;
  /** ISO 8601: when the answer was made. */
  readonly asOf: string;
  /** Characters in a row of the execution flow. */
  readonly flowWidth: number;
  /** True where the details are read without the summary above them: they then say again what was found. */
  readonly isReadApart: boolean;
}

/** The whole answer as words: what stands first, and the details under the headings that people look for. */
export function tell(diagnosis: Diagnosis, { links, asOf, flowWidth, isReadApart }: Telling): Story {
  const sections = [
    tellTraceSummary(diagnosis, links),
    tellExecutionFlow(diagnosis, flowWidth),
    tellRootCause(diagnosis, isReadApart),
    tellFix(diagnosis, links),
  ];
  return { summary: tellSummary(diagnosis, asOf), sections: sections.filter((section) => section !== null) };
}
