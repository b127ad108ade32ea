import { writeFile } from 'node:fs/promises';
import type { Config } from '../config.ts';
import type { Case } from '../diagnosis/case.ts';
import type { Diagnosis } from '../diagnosis/finding.ts';
import { cleanDiagnosis } from '../formatters/clean.ts';
import { reasonOf } from './file-reasons.ts';
import type { Io } from './io.ts';
import type { Options } from './options.ts';

interface Output {
  readonly kase: Case;
  readonly options: Options;
  readonly config: Config;
  readonly io: Io;
}

const NARROWEST = 40;
const WIDEST = 120;
const IN_A_PIPE = 100;

/** One form on stdout; pictures, pages and the case go to the files that were named. Answers the problem with one of these, or null. */
export async function printDiagnosis(diagnosis: Diagnosis, output: Output): Promise<string | null> {
  const { kase, options, config, io } = output;
  const { redact } = config;
  const links = { jaegerUrl: config.jaeger.publicUrl, grafanaUrl: config.grafanaUrl };
  for (const [option, path] of ['save', 'html', 'png'].map((name) => [name, options.value(name)] as const)) {
    if (path === null) continue;
    const problem = await writeNamed(`--${option}`, path, await contentOf(option, diagnosis, output));
    if (problem !== null) return problem;
  }
  if (options.has('json')) {
    io.write(`${JSON.stringify(cleanDiagnosis(diagnosis, redact), null, 2)}\n`);
  } else if (options.has('slack')) {
    const { formatAnswer } = await import('../formatters/answer.ts');
    const { subject, symptom, now } = kase;
    const { publicUrl: jaegerPublicUrl } = config.jaeger;
    const answer = formatAnswer(diagnosis, { ...links, jaegerPublicUrl, redact, subject, symptom, now });
    io.write(`${JSON.stringify(answer, null, 2)}\n`);
  } else {
    const { formatText } = await import('../formatters/text.ts');
    const { isTTY, columns } = io.stdout;
    const width = isTTY ? Math.min(WIDEST, Math.max(NARROWEST, columns ?? IN_A_PIPE)) : IN_A_PIPE;
    io.write(formatText(diagnosis, { width, colour: isTTY && wantsColour(io.env), now: kase.now, redact, ...links }));
  }
  return null;
}

async function contentOf(
  option: string,
  diagnosis: Diagnosis,
  { kase, config, io }: Output,
): Promise<string | Uint8Array> {
  const { redact } = config;
  if (option === 'save') return `${JSON.stringify(kase)}\n`;
  if (option === 'html') {
    const { formatHtml } = await import('../formatters/html.ts');
    const links = { jaegerUrl: config.jaeger.publicUrl, grafanaUrl: config.grafanaUrl };
    return formatHtml(diagnosis, { redact, now: kase.now, ...links });
  }
  const { formatPng } = await import('../formatters/png.ts');
  const { png, hasText } = await formatPng(diagnosis, { redact });
  if (!hasText) io.warn('The picture has no words: no font is installed on this machine.\n');
  return png;
}

async function writeNamed(option: string, path: string, content: string | Uint8Array): Promise<string | null> {
  try {
    await writeFile(path, content);
    return null;
  } catch (error) {
    return `${option} ${path} cannot be written: ${reasonOf(error)}.`;
  }
}

/** https://no-color.org, and terminals that have none. */
function wantsColour(env: Io['env']): boolean {
  return (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
