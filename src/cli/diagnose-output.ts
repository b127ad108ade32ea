import { writeFile } from 'node:fs/promises';
import type { Config } from '../config.ts';
import type { Case } from '../diagnosis/case.ts';
import type { Diagnosis } from '../diagnosis/finding.ts';
import { cleanDiagnosis } from '../formatters/clean.ts';
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

/** One form on stdout; pictures and pages go to the files that were named. */
export async function printDiagnosis(diagnosis: Diagnosis, { kase, options, config, io }: Output): Promise<void> {
  const { redact } = config;
  const links = { jaegerUrl: config.jaeger.publicUrl, grafanaUrl: config.grafanaUrl };
  const pagePath = options.value('html');
  if (pagePath !== null) {
    const { formatHtml } = await import('../formatters/html.ts');
    await writeFile(pagePath, formatHtml(diagnosis, { redact, now: kase.now, ...links }));
  }
  const picturePath = options.value('png');
  if (picturePath !== null) {
    const { formatPng } = await import('../formatters/png.ts');
    const { png, hasText } = await formatPng(diagnosis, { redact });
    await writeFile(picturePath, png);
    if (!hasText) io.warn('The picture has no words: no font is installed on this machine.\n');
  }
  if (options.has('json')) return io.write(`${JSON.stringify(cleanDiagnosis(diagnosis, redact), null, 2)}\n`);
  if (options.has('slack')) {
    const { formatAnswer } = await import('../formatters/answer.ts');
    const answer = formatAnswer(diagnosis, {
      jaegerPublicUrl: config.jaeger.publicUrl,
      grafanaUrl: config.grafanaUrl,
      redact,
      subject: kase.subject,
      symptom: kase.symptom,
      now: kase.now,
    });
    return io.write(`${JSON.stringify(answer, null, 2)}\n`);
  }
  const { formatText } = await import('../formatters/text.ts');
  const { isTTY, columns } = io.stdout;
  const width = isTTY ? Math.min(WIDEST, Math.max(NARROWEST, columns ?? IN_A_PIPE)) : IN_A_PIPE;
  io.write(formatText(diagnosis, { width, colour: isTTY && wantsColour(io.env), now: kase.now, redact, ...links }));
}

/** https://no-color.org, and terminals that have none. */
function wantsColour(env: Io['env']): boolean {
  return (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}
