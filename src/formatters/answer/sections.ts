import type { Diagnosis } from '../../diagnosis/finding.ts';
import type { AnswerSections } from '../blocks/text-block.ts';
import type { Links } from '../links.ts';
import { executionFlowSection } from './execution-flow.ts';
import { fixSection } from './fix.ts';
import { rootCauseSection } from './root-cause.ts';
import { summaryBlocks } from './summary.ts';
import { traceSummarySection } from './trace-summary.ts';

export interface SectionOptions {
  readonly links: Links;
  /** ISO 8601: when the answer was made. */
  readonly asOf: string;
  /** Characters in a row of the execution flow. */
  readonly flowWidth: number;
  /** True where the details are read without the summary above them: they then say again what was found. */
  readonly isReadApart: boolean;
}

/** The whole answer as words: what stands first, and the details under the headings that people look for. */
export function answerSections(
  diagnosis: Diagnosis,
  { links, asOf, flowWidth, isReadApart }: SectionOptions,
): AnswerSections {
  const sections = [
    traceSummarySection(diagnosis, links),
    executionFlowSection(diagnosis, flowWidth),
    rootCauseSection(diagnosis, isReadApart),
    fixSection(diagnosis, links),
  ];
  return { summary: summaryBlocks(diagnosis, asOf), sections: sections.filter((section) => section !== null) };
}
