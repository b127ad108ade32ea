import { writeFile } from 'node:fs/promises';
import type { Config } from '../config/environment.ts';
import type { Case } from '../diagnosis/case.ts';
import type { Diagnosis } from '../diagnosis/finding.ts';
import { cleanDiagnosis } from '../formatters/clean.ts';
import { plural } from '../language/plurals.ts';
import type { Options, QueryResult } from './command.ts';
import type { Io } from './io.ts';
import { cleanCase, writePrivately } from './saved-case.ts';
import { reasonOf } from './saved-files.ts';

interface Diagnosed {
  readonly diagnosis: Diagnosis;
  readonly input: Case;
  readonly config: Config;
}

/** Longer lines are hard to read. */
const WIDEST = 120;
const USUAL_COLUMNS = 80;

export function resultOf({ diagnosis, input, config }: Diagnosed, options: Options, io: Io): QueryResult {
  const { redact } = config;
  const links = { jaegerUrl: config.jaeger.publicUrl, grafanaUrl: config.grafanaUrl };
  const { isTTY, columns } = io.stdout;
  const colour = wantsColour(isTTY, io.env);
  const isAnswered = diagnosis.verdict !== 'unavailable';
  return {
    kind: 'answer',
    isAnswered,
    isStyled: colour,
    async text() {
      const { formatShortText, formatText } = await import('../formatters/terminal/text.ts');
      const width = isTTY ? Math.min(WIDEST, columns ?? USUAL_COLUMNS) : Number.POSITIVE_INFINITY;
      const format = options.has('full') ? formatText : formatShortText;
      const text = format(diagnosis, { width, colour, now: input.now, redact, ...links });
      return isAnswered ? text : `${text}${options.naming.whatToCheck(diagnosis.headline)}\n`;
    },
    json: () => cleanDiagnosis(diagnosis, redact),
    async slack() {
      const { formatAnswer } = await import('../formatters/answer/answer.ts');
      const { subject, symptom, now } = input;
      const { publicUrl: jaegerPublicUrl } = config.jaeger;
      return formatAnswer(diagnosis, { ...links, jaegerPublicUrl, redact, subject, symptom, now });
    },
  };
}

const FILES = ['save', 'save-raw', 'html', 'png'] as const;
const RAW_WARNING =
  'contains everything unredacted, including secrets. Only you can read the file. Use --save for one that you can share.';

/** Writes the case, the page, and the picture to the given files. Returns the first problem, or null. */
export async function writeFiles(diagnosed: Diagnosed, options: Options, io: Io): Promise<string | null> {
  for (const option of FILES) {
    const path = options.value(option);
    if (path === null) continue;
    const problem = await writeNamed(option, path, await contentOf(option, diagnosed, io));
    if (problem !== null) return problem;
    if (option === 'save-raw') io.warn(`--save-raw ${path} ${RAW_WARNING}\n`);
  }
  return null;
}

async function contentOf(
  option: (typeof FILES)[number],
  { diagnosis, input, config }: Diagnosed,
  io: Io,
): Promise<string | Uint8Array> {
  const { redact } = config;
  if (option === 'save') return `${JSON.stringify(cleanCase(input, redact))}\n`;
  if (option === 'save-raw') return `${JSON.stringify(input)}\n`;
  if (option === 'html') {
    const { formatHtml } = await import('../formatters/html/page.ts');
    const { traceViewOf } = await import('../diagnosis/trace-view.ts');
    const links = { jaegerUrl: config.jaeger.publicUrl, grafanaUrl: config.grafanaUrl };
    const view = traceViewOf(input, traceIdsIn(diagnosis));
    const page = formatHtml(diagnosis, { redact, now: input.now, view, ...links });
    io.warn(`The report has ${plural(view.spans.length, 'span')} and ${sizeOf(page)}.\n`);
    return page;
  }
  const { formatPng } = await import('../formatters/picture/png.ts');
  const { png, hasText } = await formatPng(diagnosis, redact);
  if (!hasText) io.warn('The picture has no text: no font is installed on this machine.\n');
  return png;
}

/** Traces that findings refer to. */
function traceIdsIn({ primary, others }: Diagnosis): ReadonlySet<string> {
  const findings = [...(primary === null ? [] : [primary]), ...others];
  const refs = findings.flatMap(({ culprit, evidence }) => [
    culprit?.traceId,
    ...evidence.map(({ traceId }) => traceId),
  ]);
  return new Set(refs.filter((traceId) => traceId !== undefined));
}

function sizeOf(text: string): string {
  const bytes = Buffer.byteLength(text);
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

async function writeNamed(option: string, path: string, content: string | Uint8Array): Promise<string | null> {
  try {
    await (option.startsWith('save') ? writePrivately(path, String(content)) : writeFile(path, content));
    return null;
  } catch (error) {
    return `--${option} ${path} can't be written: ${reasonOf(error)}.`;
  }
}

/** https://force-color.org, https://no-color.org, and terminals that have none. */
function wantsColour(isTTY: boolean, env: Io['env']): boolean {
  const forced = env['FORCE_COLOR'] ?? '';
  if (forced !== '') return forced !== '0' && forced !== 'false';
  return isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
