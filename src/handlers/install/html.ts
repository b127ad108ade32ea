import type { ServerResponse } from 'node:http';
import { escapeXml } from '../../language/escape.ts';

export interface Page {
  readonly status: number;
  readonly title: string;
  readonly sentences: readonly string[];
  readonly link?: { readonly label: string; readonly href: string };
}

/** These pages load and run nothing, and must not be stored or framed, because they contain an OAuth state. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

const STYLE =
  'body{font:1rem/1.6 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;color:#1f2933;background:#fff}' +
  'a{display:inline-block;margin-top:.5rem;padding:.5rem 1rem;border-radius:.3rem;background:#1f2933;color:#fff}' +
  '@media(prefers-color-scheme:dark){body{color:#e4e7eb;background:#1a1d21}a{background:#e4e7eb;color:#1a1d21}}';

export function sendPage(response: ServerResponse, page: Page): void {
  setPageHeaders(response);
  response.writeHead(page.status).end(htmlOf(page));
}

export function setPageHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
}

export function htmlOf({ title, sentences, link }: Page): string {
  const words = sentences.map((sentence) => `<p>${escapeXml(sentence)}</p>`).join('\n');
  const way = link === undefined ? '' : `<p><a href="${escapeXml(link.href)}">${escapeXml(link.label)}</a></p>\n`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeXml(title)}</title>
<style>${STYLE}</style>
<main>
<h1>${escapeXml(title)}</h1>
${words}
${way}</main>
</html>
`;
}
