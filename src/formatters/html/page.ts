/** The answer as one page: it loads nothing, and its one script draws the spans. Without scripts, the flow is text. */
import { createHash } from 'node:crypto';
import type { Diagnosis, Evidence } from '../../diagnosis/finding.ts';
import type { TraceView } from '../../diagnosis/trace-view.ts';
import { iso } from '../../diagnosis/words.ts';
import { escapeXml } from '../../language/escape.ts';
import type { RenderOptions } from '../answer/answer.ts';
import { executionFlowSection } from '../answer/execution-flow.ts';
import { furtherFixBlocks, mainFinding } from '../answer/fix.ts';
import { rootCauseSection } from '../answer/root-cause.ts';
import { summaryBlocks } from '../answer/summary.ts';
import { traceSummarySection } from '../answer/trace-summary.ts';
import type { Section } from '../blocks/text-block.ts';
import { cleanDiagnosis } from '../clean.ts';
import { type Links, linksTo } from '../links.ts';
import { blockHtml } from './blocks.ts';
import { type Embedded, embed } from './embed.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { STYLE } from './style.ts';

export interface PageOptions extends RenderOptions {
  /** All spans; without them, the page has the flow as text only. */
  readonly view?: TraceView;
}

const FLOW_WIDTH = 110;

export function formatHtml(uncleaned: Diagnosis, options: PageOptions): string {
  const { redact = [], view, now } = options;
  const diagnosis = cleanDiagnosis(uncleaned, redact);
  const links = linksTo(options.jaegerUrl ?? null, options.grafanaUrl ?? null);
  const embedded = view === undefined || view.spans.length === 0 ? null : embed(view, diagnosis, links, redact);
  const main = [
    ...summaryBlocks(diagnosis, iso(now), 'below').map((block) => blockHtml(block, links.hosts)),
    ...rootCause(diagnosis, links, embedded),
    ...fixes(diagnosis, links),
    ...flow(diagnosis, links, embedded),
    ...sectionHtml(traceSummarySection(diagnosis, links), links),
  ];
  const script = embedded === null ? '' : PAGE_SCRIPT;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policyFor(script)}">
<title>${escapeXml(diagnosis.headline)}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#flow">Skip to the spans</a>
<button type="button" id="theme" hidden>Dark theme</button>
<main>
${main.join('\n')}
</main>
${embedded === null ? '' : `<script type="application/json" id="data">${scriptJson(embedded.data)}</script>\n<script>${script}</script>`}
</body>
</html>
`;
}

/** Nothing but this page's own style and script, whatever a span contains. */
function policyFor(script: string): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const scripts = script === '' ? '' : ` script-src ${hash(script)};`;
  return `default-src 'none'; style-src ${hash(STYLE)};${scripts} base-uri 'none'; form-action 'none'`;
}

/** JSON in an element: without `<`, nothing in it ends the element or starts a comment. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** With each piece of evidence, a link to the span that it was read from. */
function rootCause(diagnosis: Diagnosis, { hosts }: Links, embedded: Embedded | null): readonly string[] {
  const section = rootCauseSection(diagnosis);
  const main = mainFinding(diagnosis);
  if (section === null) return [];
  const evidenceLink = (item: number) => spanLink(main?.evidence[item], embedded);
  return [
    heading(section.title),
    ...section.blocks.map((block) =>
      blockHtml(block, hosts, block.kind === 'list' && block.title === 'Evidence' ? evidenceLink : undefined),
    ),
  ];
}

function spanLink(evidence: Evidence | undefined, embedded: Embedded | null): string {
  const at = evidence?.spanId === undefined ? null : (embedded?.positionOf(evidence) ?? null);
  return at === null ? '' : ` <a class="span-link" href="#span-${at}">show span</a>`;
}

function fixes(diagnosis: Diagnosis, links: Links): readonly string[] {
  const blocks = furtherFixBlocks(diagnosis, links, Number.POSITIVE_INFINITY);
  if (blocks.length === 0) return [];
  return [
    heading(diagnosis.primary === null ? 'Next' : 'Fix'),
    ...blocks.map((block) => blockHtml(block, links.hosts)),
  ];
}

function flow(diagnosis: Diagnosis, links: Links, embedded: Embedded | null): readonly string[] {
  const section = executionFlowSection(diagnosis, FLOW_WIDTH);
  const text = section === null ? [] : section.blocks.map((block) => blockHtml(block, links.hosts));
  if (embedded === null) return section === null ? [] : [`<h2 id="flow">${section.title}</h2>`, ...text];
  return [
    '<section id="flow" aria-labelledby="flow-title">',
    '<h2 id="flow-title">Execution flow</h2>',
    '<div id="spans"></div>',
    `<noscript>${text.join('\n')}</noscript>`,
    '</section>',
  ];
}

function sectionHtml({ title, blocks }: Section, { hosts }: Links): readonly string[] {
  return [heading(title), ...blocks.map((block) => blockHtml(block, hosts))];
}

function heading(title: string): string {
  return `<h2>${escapeXml(title)}</h2>`;
}
