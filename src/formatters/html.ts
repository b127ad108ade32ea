/** The answer as one page: no script, nothing loaded from elsewhere, light and dark. */
import type { Diagnosis } from '../diagnosis/finding.ts';
import { escapeXml } from '../language/escape.ts';
import { answerSections, type RenderOptions } from './answer/answer.ts';
import { safeUrl } from './blocks/mrkdwn.ts';
import { type Inline, type InlineText, plainText, type Section, type TextBlock } from './blocks/text-block.ts';
import { cleanDiagnosis } from './clean.ts';
import { linksTo } from './links.ts';
import { traceChartOf } from './picture/chart.ts';
import { drawSvg } from './picture/svg.ts';
import { formatUtc } from './units.ts';

const STYLE = `
:root { color-scheme: light dark; --ground: #fff; --words: #1d1c1d; --quiet: #616061; --panel: #f5f5f5; --line: #ddd; --link: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #1a1d21; --words: #e8e8e8; --quiet: #ababad; --panel: #26292e; --line: #3d4046; --link: #6cb4ff; }
}
body { background: var(--ground); color: var(--words); font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1.25rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.3; }
h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
p, ul { margin: .5rem 0; }
.note { color: var(--quiet); font-size: .9rem; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; overflow-x: auto; overflow-wrap: normal; font-size: .85rem; }
code { font-family: ui-monospace, monospace; font-size: .9em; background: var(--panel); border-radius: 3px; padding: 0 .2em; }
a { color: var(--link); }
figure { margin: 1rem 0; overflow-x: auto; }
svg { color: inherit; width: 34rem; max-width: 100%; height: auto; }`;

export function formatHtml(uncleaned: Diagnosis, options: RenderOptions): string {
  const diagnosis = cleanDiagnosis(uncleaned, options.redact);
  const links = linksTo(options.jaegerUrl ?? null, options.grafanaUrl ?? null);
  const answer = answerSections(diagnosis, { links, now: options.now, flowWidth: 140 });
  const body = [
    ...answer.summary.map((block) => html(block, links.hosts)),
    ...answer.sections.flatMap((section) => sectionOf(section, diagnosis, links.hosts)),
  ];
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeXml(diagnosis.headline)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body.join('\n')}
</main>
</body>
</html>
`;
}

function sectionOf(section: Section, diagnosis: Diagnosis, hosts: readonly string[]): readonly string[] {
  const picture = section.slot === 'execution-flow' ? [`<figure>${drawSvg(traceChartOf(diagnosis))}</figure>`] : [];
  return [`<h2>${escapeXml(section.title)}</h2>`, ...picture, ...section.blocks.map((block) => html(block, hosts))];
}

function html(block: TextBlock, hosts: readonly string[]): string {
  const inner = (text: InlineText) => text.map((inline) => inlineHtml(inline, hosts)).join('');
  switch (block.kind) {
    case 'headline':
      return `<h1>${inner(block.text)}</h1>`;
    case 'prose':
      return `<p>${inner(block.text)}</p>`;
    case 'facts':
      return `<p>${block.lines.map(inner).join('<br>\n')}</p>`;
    case 'list':
      return `<p>${escapeXml(block.title)}:</p>\n<ul>\n${block.items.map((item) => `<li>${inner(item)}</li>`).join('\n')}\n</ul>`;
    case 'command':
      return `<p>${inner(block.label)}</p>\n<pre>${escapeXml(block.command)}</pre>`;
    case 'columns':
      return `<pre>${escapeXml(block.lines.join('\n'))}</pre>`;
    case 'note':
      return `<p class="note">${inner(block.text)}</p>`;
  }
}

function inlineHtml(inline: Inline, hosts: readonly string[]): string {
  if (typeof inline === 'string') return escapeXml(inline);
  switch (inline.kind) {
    case 'strong':
      return `<strong>${escapeXml(inline.text)}</strong>`;
    case 'code':
      return `<code>${escapeXml(inline.text)}</code>`;
    case 'time': {
      const utc = formatUtc(inline.at);
      return utc === null ? escapeXml(inline.at) : `<time datetime="${escapeXml(inline.at)}">${utc}</time>`;
    }
    case 'person':
    case 'channel':
      return escapeXml(plainText([inline]));
    case 'link': {
      const url = safeUrl(inline.url, hosts);
      return url === null
        ? escapeXml(plainText([inline]))
        : `<a href="${escapeXml(url)}" rel="noreferrer">${escapeXml(inline.text)}</a>`;
    }
  }
}
